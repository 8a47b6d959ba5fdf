"""Kinds of data that files hold: spectra, stars with labels, mixtures, photometry, embeddings; and their columns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import NotFound, UserError
from .band_columns import extinction_column, measurements_among
from .catalogue import RESERVED, as_table, own_columns
from .fractions import likely_fractions
from .label_columns import ERROR_SUFFIX, likely_labels
from .object_table import read_columns
from .photometry_files import TABLES, first_rows

ROWS = 1000
"""Objects whose columns are looked at."""

FEWEST_BANDS = 2
"""Bands that make a table a catalogue of photometry."""


class DataKind(StrEnum):
    """What a survey is made of; each has fields of its own in a form."""

    SPECTRA = "spectra"
    STARS = "stars"
    MIXTURES = "mixtures"
    PHOTOMETRY = "photometry"
    EMBEDDING = "embedding"

    @property
    def title(self) -> str:
        """The kind in words."""
        return _TITLES[self]


_TITLES = {
    DataKind.SPECTRA: "Spectra",
    DataKind.STARS: "Stars with labels",
    DataKind.MIXTURES: "Spectra of mixtures",
    DataKind.PHOTOMETRY: "Photometry",
    DataKind.EMBEDDING: "Embedding (vectors)",
}


class Columns:
    """Columns of the first objects among spectra, beside their pixels."""

    def __init__(self) -> None:
        self._rows: list[Mapping[str, object]] = []
        self._joined = pd.DataFrame()

    def add(self, columns: Mapping[str, object]) -> None:
        """Take the columns of one object."""
        if len(self._rows) < ROWS:
            self._rows.append(columns)

    def join(self, path: Path) -> None:
        """Take those of a table of objects as well.

        Raises
        ------
        NotFound, UserError
            The file is missing, or no table.
        """
        self._joined = pd.DataFrame({name: values[:ROWS] for name, values in read_columns(path).items()})

    def to_json(self) -> dict[str, object]:
        """What may be ticked.

        Returns
        -------
        seen
            ``columns`` of numbers, each with ``name``, ``known`` (objects that have it), ``of`` and the range ``low``
            to ``high``; ``labels`` and ``fractions``, the names among them that look like it; ``id_columns``, columns
            that are different for each object; ``keys``, names of all columns of the joined table; ``groups``, columns
            of words or whole numbers that are the same for several objects.
        """
        raw = as_table(self._rows)
        own = as_table([own_columns(row) for row in self._rows])
        numbers = {**_numbers(own), **_numbers(self._joined)}
        fractions = likely_fractions(own) or likely_fractions(self._joined)
        return {
            "columns": [_described(name, values) for name, values in numbers.items()],
            "labels": [name for name in likely_labels(numbers) if np.isfinite(numbers[name]).any()],
            "fractions": [name for name in fractions if name in numbers],
            "id_columns": [name for name in raw if len(raw) > 1 and raw[name].is_unique and _names_objects(raw[name])],
            "keys": [str(name) for name in self._joined],
            "groups": [*_repeating(own), *_repeating(self._joined)],
        }


def look_at_catalogue(path: Path) -> dict[str, object] | None:
    """What a table of photometry holds; ``None`` where a file is none.

    Returns
    -------
    seen
        ``measurements``, each a `BandColumns` by name; ``unit``, magnitude or flux; ``ebv``, the column with E(B-V);
        ``numbers``, names of all columns of numbers; ``groups``, as in `Columns.to_json`; ``objects`` among the first
        rows.
    """
    if path.suffix not in TABLES:
        return None
    try:
        table = first_rows(path)
    except (NotFound, UserError):
        return None
    numbers = [str(name) for name in table if pd.api.types.is_numeric_dtype(table[name])]
    found = measurements_among(numbers)
    bands = [one for one in found if one.band]
    if len(bands) < FEWEST_BANDS:
        return None
    return {
        "file": path.name,
        "objects": len(table),
        "measurements": [asdict(one) | {"text": one.text} for one in found],
        "unit": "flux" if all(one.flux for one in bands) else "magnitude",
        "ebv": extinction_column(numbers),
        "numbers": numbers,
        "groups": _repeating(table),
    }


def kind_of(seen: Mapping) -> DataKind:
    """The kind that files most likely are, from what `look` saw in them."""
    if not seen["kinds"]:
        large = any(found["dimensions"] > 2 * FEWEST_BANDS for found in seen["vectors"])
        if seen["catalogues"] and not large:
            return DataKind.PHOTOMETRY
        return DataKind.EMBEDDING if seen["vectors"] else DataKind.SPECTRA
    if seen["fractions"]:
        return DataKind.MIXTURES
    return DataKind.STARS if seen["labels"] else DataKind.SPECTRA


def _numbers(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Columns of numbers as float64; errors of others, names that the program uses, and names with commas left out."""
    found = {}
    for name in table:
        numeric = pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
        error = str(name).endswith(ERROR_SUFFIX) and str(name).removesuffix(ERROR_SUFFIX) in table
        if numeric and not error and name not in RESERVED and "," not in str(name):
            found[str(name)] = table[name].to_numpy(dtype=float, na_value=np.nan)
    return found


def _repeating(table: pd.DataFrame) -> list[str]:
    """Columns that can name objects and are the same in several rows."""
    return [str(name) for name in table if _names_objects(table[name]) and table[name].nunique() < len(table)]


def _described(name: str, values: np.ndarray) -> dict[str, object]:
    known = values[np.isfinite(values)]
    ends = {"low": float(known.min()), "high": float(known.max())} if len(known) else {"low": None, "high": None}
    return {"name": name, "known": len(known), "of": len(values), **ends}


def _names_objects(values: Sequence) -> bool:
    """Whether a column can hold ids: words or whole numbers."""
    return not pd.api.types.is_float_dtype(values) and not pd.api.types.is_bool_dtype(values)
