"""From the cells of a text table to arrays: numbers, words, and lists in brackets."""

import re
from collections.abc import Sequence
from itertools import chain, islice
from operator import itemgetter

import numpy as np

from ...errors import Reason, Refused
from .columns import find_column
from .source import Source
from .text_layout import MISSING, TextLayout, number, value_lines

_BRACKETS = re.compile(r"[()\[\]{},;\s]+")
_EXACT = 2**62
"""Whole numbers up to this size fit into int64."""


def read_columns(layout: TextLayout, names: Sequence[str], source: Source) -> dict[str, np.ndarray]:
    """All columns of a table: by NumPy's fast reader where every cell is a number, else cell by cell."""
    if all(find_column(names, role, source.hints, source.name) is None for role in ("id", "redshift")):
        lines = islice(value_lines(source.text()), layout.n_skipped, None)
        first = list(islice(lines, 1))
        try:
            block = (
                np.loadtxt(chain(first, lines), delimiter=layout.delimiter or None, comments=None, ndmin=2)
                if first
                else np.zeros((0, 0))
            )
        except ValueError:
            block = np.zeros((0, 0))
        if block.shape[1] == len(names):
            return {name: block[:, i] for i, name in enumerate(names)}
    return parse_columns(list(layout.rows(source.text())), names, source)


def parse_columns(rows: Sequence[Sequence[str]], names: Sequence[str], source: Source) -> dict[str, np.ndarray]:
    """Columns of words, numbers, or (n, m) lists, by name."""
    if not rows:
        raise Refused(Reason.FOREIGN, f"{source.name} has names of columns and no rows: there is nothing to read.")
    check_lengths(rows, len(names), source)
    words, numbers = (
        {find_column(names, role, source.hints, source.name) for role in roles}
        for roles in (("id", "redshift"), ("wavelength", "flux", "error"))
    )
    columns = {}
    for name, values in zip(names, zip(*rows, strict=True), strict=True):
        columns[name] = _words(values) if name in words else _column(values)
        if name in numbers and columns[name].dtype.kind == "U":
            columns[name] = _mostly_numbers(values, columns[name])
    return columns


def check_lengths(rows: Sequence[Sequence[str]], n_columns: int, source: Source) -> None:
    """Refuse rows of another length than most."""
    wrong = next((i for i, row in enumerate(rows, 1) if len(row) != n_columns), None)
    if wrong is not None:
        raise Refused(
            Reason.SHAPE,
            f"{source.name} has {len(rows[wrong - 1])} fields in row {wrong} where {n_columns} were expected: it is "
            "cut short there, or a field holds what splits the others.",
        )


def pixel_block(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> np.ndarray:
    """(n, m) numbers of some columns; NaN where a cell is not a number, whatever the others are."""
    pick = itemgetter(*columns)
    block = np.empty((len(rows), len(columns)))
    for i, row in enumerate(rows):
        cells = pick(row)
        try:
            block[i] = list(map(float, cells))
        except ValueError:
            block[i] = [_float(cell) for cell in cells]
    return block


def stack_lists(rows: Sequence[np.ndarray]) -> np.ndarray:
    """(n, m) of lists of numbers; shorter ones end in NaN."""
    longest = max(map(len, rows), default=0)
    stacked = np.full((len(rows), longest), np.nan)
    for row, values in enumerate(rows):
        stacked[row, : len(values)] = values
    return stacked


def _column(values: Sequence[str]) -> np.ndarray:
    """Numbers where all cells are numbers or missing, (n, m) where they hold lists in brackets, else words."""
    try:
        return _integers(np.array(list(map(float, values))), values)
    except ValueError:
        pass
    first = next((value for value in values if value.strip().lower() not in MISSING), "")
    if first.startswith(("(", "[", "{")):
        return stack_lists([np.array([_float(word) for word in _BRACKETS.split(v) if word]) for v in values])
    lower = [value.strip().lower() for value in values]
    if all(value in ("true", "false") for value in lower):
        return np.array([value == "true" for value in lower])
    try:
        return np.array([np.nan if value in MISSING else number(value) for value in lower])
    except ValueError:
        return _words(values)


def _words(values: Sequence[str]) -> np.ndarray:
    return np.array([value.strip() for value in values], dtype=str)


def _mostly_numbers(values: Sequence[str], words: np.ndarray) -> np.ndarray:
    """Numbers with NaN in odd cells, where most cells are numbers; else the words as they are."""
    numbers = np.array([_float(value) for value in values])
    return numbers if np.isfinite(numbers).mean() > 0.5 else words


def _integers(numbers: np.ndarray, values: Sequence[str]) -> np.ndarray:
    """Whole numbers as such, where all cells are written so."""
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    if whole and all(value.strip().lstrip("+-").isdigit() for value in values):
        return np.array([int(value) for value in values], dtype=np.int64 if np.abs(numbers).max() < _EXACT else object)
    return numbers


def _float(value: str) -> float:
    try:
        return number(value)
    except ValueError:
        return float("nan")
