"""Fractions of endmembers as columns of a catalogue: numbers from 0 to 1 that sum to 1."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..errors import BadConfig, NotFound
from .catalogue import RESERVED, own_columns
from .label_columns import label_names, read_labels

TOLERANCE = 0.02
"""How far the sum of an object's fractions may lie from 1."""


def simplex_names(text: str, columns: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the columns given by a list of names, or by ``start:stop``.

    Parameters
    ----------
    text
        ``olivine,pyroxene``, or ``0:4`` for the first four columns of numbers in the file.
    columns
        Columns of one object of the file.

    Raises
    ------
    NotFound, BadConfig
        There are no such columns, or fewer than two.
    """
    numbers = [name for name, value in own_columns(columns).items() if type(value) in (int, float)]
    numbers = [name for name in numbers if name not in RESERVED]
    listed = ", ".join(numbers) or "no numbers"
    if ":" not in text:
        names = label_names(text)
        missing = [name for name in names if name not in columns]
        if missing:
            raise NotFound(f"There is no column {missing[0]} for --simplex: the file has {listed}.")
    else:
        try:
            start, stop = (int(part) for part in text.split(":"))
        except ValueError:
            raise BadConfig(f"--simplex {text!r} is not of the form start:stop, as in 0:4: count from 0.") from None
        names = tuple(numbers[start:stop])
    if len(names) < 2:
        raise BadConfig(
            f"--simplex {text} names {len(names)} columns, but at least two endmembers were expected: the file has "
            f"{listed}."
        )
    return names


def read_fractions(table: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Fractions out of a catalogue.

    Returns
    -------
    fractions
        (n, k) float64; rows sum to 1, or are NaN throughout where a fraction is missing.

    Raises
    ------
    NotFound
        A column is missing.
    BadConfig
        A column holds text or nothing at all, a fraction is negative, or the fractions of an object do not sum to 1.
    """
    fractions = read_labels(table, names).values
    known = np.isfinite(fractions).all(axis=1)
    sums = fractions.sum(axis=1)
    wrong = np.flatnonzero(known & ((np.abs(sums - 1) > TOLERANCE) | (fractions.min(axis=1) < -TOLERANCE)))
    if len(wrong):
        first = ", ".join(f"{value:g}" for value in fractions[wrong[0]])
        raise BadConfig(
            f"The fractions {', '.join(names)} must be at least 0 and sum to 1, but those of {len(wrong)} objects do "
            f"not, first {table['id'].iloc[wrong[0]]} with {first}: divide them by their sum, or name other columns."
        )
    kept = np.clip(fractions, 0, None)
    return np.where(known[:, None], kept / kept.sum(axis=1, keepdims=True), np.nan)


def likely_fractions(table: pd.DataFrame) -> tuple[str, ...]:
    """The first run of neighbouring columns of numbers whose values lie from 0 to 1 and sum to 1; none where none does.

    Parameters
    ----------
    table
        Some objects of a file. Rows without one of the values say nothing.
    """
    names = [name for name in table if pd.api.types.is_numeric_dtype(table[name]) and name not in RESERVED]
    values = table[names].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        outside = (values < -TOLERANCE) | (values > 1 + TOLERANCE)
    likely = np.isfinite(values).any(axis=0) & ~outside.any(axis=0)
    for start in np.flatnonzero(likely):
        run = start + np.flatnonzero(~np.append(likely[start:], False))[0]
        for stop in range(run, start + 1, -1):
            if _sums_to_one(values[:, start:stop]):
                return tuple(names[start:stop])
    return ()


def _sums_to_one(values: np.ndarray) -> bool:
    """Whether the numbers of nearly every row do, and they are not the same in all rows."""
    known = values[np.isfinite(values).all(axis=1)]
    good = np.abs(known.sum(axis=1) - 1) <= TOLERANCE
    return len(known) > 1 and good.mean() > 0.95 and bool(np.ptp(known, axis=0).min() > 0)
