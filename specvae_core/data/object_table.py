"""A table of objects beside the spectra: redshifts, classes and labels, joined by id or by position on the sky."""

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import BadConfig, NotFound, UserError
from .apart import check_regular, is_worker, read_apart
from .readers.axis import AT_REST
from .readers.columns import find_column, identify, redshifts
from .readers.parquet import MAGIC as PARQUET
from .readers.parquet import single_values
from .readers.sdss import sdss_id
from .readers.source import PLAIN_TEXT, Source
from .readers.tables import load_table, plain_column, table_format
from .spectra import Observation
from .table_reading import reading_table

MATCH = "catalogue_match"
"""Column that says how an object was found in the table: one of `STATES`."""

STATES = ("matched", "unmatched", "ambiguous")
PLATE_MJD_FIBRE = ("plate", "mjd", "fiberid")
_SKY = re.compile(r"ra\s*,\s*dec\s*(?::\s*([\d.]+)\s*(arcsec|arcmin|deg|\"|'|)?)?")
_ARCSEC = {"": 1.0, "arcsec": 1.0, '"': 1.0, "arcmin": 60.0, "'": 60.0, "deg": 3600.0}


@dataclass(frozen=True, eq=False)
class ObjectTable:
    """A table of n objects, and how spectra find their rows in it.

    Parameters
    ----------
    name
        Name of the file, for messages and reports.
    columns
        Name -> (n,) numbers or words.
    on
        ``id``, the name of a column of ids, ``plate,mjd,fiberid``, or ``ra,dec:1arcsec``.
    """

    name: str
    columns: Mapping[str, np.ndarray]
    on: str

    def join(self, observation: Observation) -> Observation:
        """The spectrum with the properties of its object in the table.

        The table's redshift is the one that is used from then on, where it has one; a column that both have is the
        table's, and the file's own value gets ``_file`` behind its name. Every object gets the column `MATCH`. Where
        more than one row suits an object, none is taken.
        """
        rows = self._near(observation) if self._radius is not None else self._rows.get(observation.id, ())
        state = STATES[1] if len(rows) == 0 else STATES[0] if len(rows) == 1 else STATES[2]
        joined = {**observation.columns, MATCH: state}
        if state != "matched":
            return replace(observation, columns=joined)
        found = {name: values[rows[0]] for name, values in self.columns.items() if name not in self._keys}
        joined |= {f"{name}_file": observation.columns[name] for name in found if name in observation.columns}
        joined |= {name: value.item() if isinstance(value, np.generic) else value for name, value in found.items()}
        return self._with_redshift(replace(observation, columns=joined), rows[0])

    def _with_redshift(self, observation: Observation, row: int) -> Observation:
        redshift = np.nan if self._redshift is None else self._redshift[row]
        if not np.isfinite(redshift):
            return observation
        own = {} if observation.redshift is None else {"redshift_file": observation.redshift}
        understood = observation.understood and replace(
            observation.understood,
            redshift=f"column {self._redshift_name} of {self.name}",
            assumed=tuple(phrase for phrase in observation.understood.assumed if phrase != AT_REST),
        )
        columns = {**observation.columns, **own}
        return replace(observation, redshift=float(redshift), columns=columns, understood=understood)

    def check(self) -> None:
        """Raise where the table cannot be joined as it was asked for; no spectrum is needed for that."""
        _ = self._tree if self._radius is not None else self._rows

    @cached_property
    def _radius(self) -> float | None:
        """Largest distance on the sky in arcsec; ``None`` where ids are compared."""
        match = _SKY.fullmatch(self.on.strip().lower())
        if not match:
            return None
        radius = float(match[1] or 1.0) * _ARCSEC[match[2] or ""]
        if not 0 < radius <= 3600:
            raise BadConfig(
                f"Objects within {radius:g} arcsec were asked for: more than 0 and at most 3600 was expected."
            )
        return radius

    @cached_property
    def _id_names(self) -> tuple[str, ...]:
        """The column of ids, or the three that make an SDSS id."""
        spelt = {name.lower(): name for name in self.columns}
        wanted = self.on.strip().lower().replace(" ", "")
        if wanted == ",".join(PLATE_MJD_FIBRE) and set(PLATE_MJD_FIBRE) <= spelt.keys():
            return tuple(spelt[name] for name in PLATE_MJD_FIBRE)
        name = spelt.get(self.on.strip().lower()) or (find_column(self.columns, "id") if wanted == "id" else None)
        if name is None:
            raise NotFound(
                f"{self.name} has no column {self.on!r} to join by: it has {', '.join(list(self.columns)[:12])}; give "
                "one of these by --on, or --on ra,dec:1arcsec."
            )
        return (name,)

    @cached_property
    def _keys(self) -> frozenset[str]:
        """Columns that only find the object."""
        return frozenset(self._id_names if self._radius is None else ())

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        """Rows by id."""
        columns = [self.columns[name] for name in self._id_names]
        if len(columns) == 3:
            names = [sdss_id(*map(int, numbers)) for numbers in zip(*columns, strict=True)]
        else:
            names = identify(columns[0], "", len(columns[0])).names
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(names):
            rows.setdefault(name, []).append(row)
        return rows

    @cached_property
    def _redshift_name(self) -> str | None:
        return find_column(self.columns, "redshift")

    @cached_property
    def _redshift(self) -> np.ndarray | None:
        return None if self._redshift_name is None else redshifts(self.columns[self._redshift_name])

    @cached_property
    def _tree(self):
        """Positions as points on the unit sphere, and their rows."""
        from scipy.spatial import cKDTree

        names = [find_column(self.columns, role) for role in ("ra", "dec")]
        if None in names:
            raise NotFound(f"{self.name} has no columns known as ra and dec: give --on and a column of ids.")
        ra, dec = (redshifts(self.columns[name]) for name in names)
        known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
        if not len(known):
            raise UserError(f"The positions in {self.name} are not numbers: ra and dec in degrees were expected.")
        return cKDTree(_on_sphere(ra[known], dec[known])), known

    def _near(self, observation: Observation) -> np.ndarray:
        """Rows within the radius of the object; none where the file does not say its position."""
        position = [observation.columns.get(name) for name in ("ra", "dec")]
        if not all(isinstance(value, int | float) and np.isfinite(value) for value in position):
            return np.zeros(0, dtype=int)
        tree, rows = self._tree
        chord = 2 * np.sin(np.radians(self._radius / 3600) / 2)
        return rows[tree.query_ball_point(_on_sphere(*map(float, position)), chord)]


def _on_sphere(ra: np.ndarray | float, dec: np.ndarray | float) -> np.ndarray:
    """(…, 3) unit vectors of right ascension and declination in degrees."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def read_object_table(path: Path, on: str = "id") -> ObjectTable:
    """Read a table of objects: FITS, VOTable, ECSV, IPAC, Parquet, HDF5, CSV or any other that Astropy reads.

    Parameters
    ----------
    path
        The file.
    on
        How rows are found, see `ObjectTable`.

    Raises
    ------
    NotFound
        There is no such file, or no column to join by.
    UserError
        The file is not a table.
    """
    if not os.path.lexists(path):
        raise NotFound(f"There is no table {path}: check the path given by --catalogue.")
    table = ObjectTable(path.name, read_columns(path), on)
    table.check()
    return table


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of single values of a table, by name, within a budget of memory and time.

    Raises
    ------
    NotFound
        There is no such file.
    Refused
        The file is not a table, or takes more than a file may.
    """
    check_regular(path)
    here = is_worker() or (path.stat().st_size < PLAIN_TEXT and _is_text(path))
    return dict(table_columns(path) if here else read_apart("objects", path))


def table_columns(path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a table of objects, by name; errors as in `reading_table`."""
    with reading_table(path, "save it as CSV, FITS or Parquet"):
        yield from _columns(path).items()


def _is_text(path: Path) -> bool:
    """Whether Pandas reads the file, which takes no more than a small multiple of its size."""
    return path.name.lower().endswith((".csv", ".tsv"))


def _columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of single values."""
    if _is_text(path.with_name(path.name.lower().removesuffix(".gz"))):
        return _text(path)
    with Source(path) as source:
        if source.head.startswith(PARQUET):
            return single_values(path)
        columns = load_table(source)[0] if table_format(source) else _by_astropy(path)
    return {name: _words(column[:]) for name, column in columns.items() if len(column.shape) == 1}


def _by_astropy(path: Path) -> dict[str, np.ndarray]:
    from astropy.table import Table

    with warnings.catch_warnings(action="ignore"):  # comments on units and on the standard
        is_text = path.name.lower().removesuffix(".gz").endswith((".txt", ".dat", ".ascii", ".asc", ".cat"))
        table = Table.read(str(path), **({"format": "ascii"} if is_text else {}))
    return {name: plain_column(table[name]) for name in table.colnames}


def _words(values: np.ndarray) -> np.ndarray:
    """Bytes as words without the spaces that FITS pads them with."""
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return np.char.strip(values) if values.dtype.kind == "U" else values


def _text(path: Path) -> dict[str, np.ndarray]:
    """CSV: ids keep every digit and zero; a column of numbers with odd cells stays one of words."""
    import pandas as pd

    separator = "\t" if ".tsv" in path.name.lower() else ","
    frame = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, comment="#", encoding="utf-8-sig")
    columns = {}
    for name in frame.columns:
        words = frame[name].str.strip()
        numbers = pd.to_numeric(words.where(words != ""), errors="coerce")
        exact = words.str.fullmatch(r"[-+]?(?:[1-9]\d{0,14}|0)?(?:\.\d*)?(?:[eE][-+]?\d+)?|nan|").all()
        is_numeric = exact and numbers.notna().any()
        columns[str(name).strip()] = numbers.to_numpy(float) if is_numeric else words.to_numpy(dtype=str)
    return columns
