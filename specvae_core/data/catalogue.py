"""Columns of a catalogue: header values of files as columns of one type, and rows by object id."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..names import storable

RESERVED = (
    *("id", "class", "z", "sn", "coverage", "seen_fraction", "source", "assumed_sn"),
    *("mean_flux", "scale", "flux_unit", "brightness"),
)
"""Columns that the program itself writes; a column of that name in a file gets `SUFFIX`."""

SUFFIX = "_file"

CLASS_COLUMNS = ("class", "spectype", "subclass", "taxon", "spectral_type", "type", "label")
"""Columns that may hold a class, in any case; the first that holds a word counts."""

LARGEST_EXACT = 2**53
"""Whole numbers beyond this lose digits in a browser and in float columns, so they travel as strings."""

Value = str | int | float | bool | None


def scalar(value: object) -> Value:
    """A file's value as plain Python: words stripped, huge integers as words, what is not a single value ``None``."""
    if type(value) is float:  # as most are
        return value
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, np.generic | np.ndarray):
        if np.size(value) != 1:
            return None
        value = np.asarray(value).reshape(()).item()
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_EXACT:
        return str(value)
    return value if isinstance(value, bool | int | float) else None


def own_class(columns: Mapping[str, object]) -> str:
    """The class that a file gives its object, empty where it gives none."""
    spelt = {name.lower(): name for name in columns}
    for name in CLASS_COLUMNS:
        value = scalar(columns[spelt[name]]) if name in spelt else None
        if value not in (None, "") and not isinstance(value, float):
            return str(value)
    return ""


def own_classes(columns: Mapping[str, np.ndarray], n: int) -> list[str]:
    """As `own_class`, for n objects with columns (n,)."""
    spelt, found = {name.lower(): name for name in columns}, [""] * n
    for name in CLASS_COLUMNS:
        for row, value in enumerate(columns[spelt[name]].tolist() if name in spelt else ()):
            found[row] = found[row] or own_class({name: value})
    return found


def own_columns(columns: Mapping[str, object]) -> dict[str, Value]:
    """A file's columns beside the program's: plain values, names that are taken get `SUFFIX`.

    ``class`` is left out: it becomes the program's own column.
    """
    kept = {}
    for name, value in columns.items():
        if name.lower() == "class":
            continue
        kept[_stored_name(name)] = scalar(value)
    return kept


def stored_columns(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """As `own_columns`, for n objects with columns (n,), each of one type as `as_table` makes it."""
    return {_stored_name(name): column_of(values) for name, values in columns.items() if name.lower() != "class"}


@lru_cache(maxsize=4096)
def _stored_name(name: str) -> str:
    """Name of a file's column in the catalogue."""
    return name + SUFFIX if name.lower() in RESERVED else name


def as_table(rows: Sequence[Mapping[str, Value]]) -> pd.DataFrame:
    """Table with one row per mapping; every column has one type, also where rows lack a value.

    Words win over numbers, numbers over booleans; what is missing is empty or NaN.

    Parameters
    ----------
    rows
        Plain values by column.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in names}, index=range(len(rows)))


def column_of(values: np.ndarray) -> np.ndarray:
    """A column (n,) of one type, of a file's values: what `as_table` makes of them one by one."""
    kind, width = values.dtype.kind, values.dtype.itemsize
    if kind == "f" and width <= 8:
        return values.astype(float)
    if kind == "b":
        return values.copy()
    if kind in "iu" and len(values) and values.min() >= -LARGEST_EXACT and values.max() <= LARGEST_EXACT:
        return values.astype(np.int64)
    return _column([scalar(value) for value in values.tolist()])


def _column(values: list[Value]) -> np.ndarray:
    present = [value for value in values if value is not None]
    complete = len(present) == len(values)
    if any(isinstance(value, str) for value in present):
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    if complete and all(isinstance(value, bool) for value in present):
        return np.array(values, dtype=bool)
    if complete and all(isinstance(value, int) for value in present):
        return np.array(values, dtype=np.int64)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def utf8_ids(ids: np.ndarray) -> np.ndarray:
    """Ids (n,) in UTF-8 bytes; a million of ASCII, without a look at each, in a tenth of a second.

    Examples
    --------
    >>> utf8_ids(np.array(["a1", "b"])).tolist(), utf8_ids(np.array(["é", "b"])).tolist()
    ([b'a1', b'b'], [b'\\xc3\\xa9', b'b'])
    """
    if not len(ids):
        return np.zeros(0, "S1")
    codes = np.array(ids, dtype=str).view(np.uint32).reshape(len(ids), -1)
    if not codes.size or codes.max() >= 128:
        return np.char.encode(ids, "utf-8")
    return codes.astype(np.uint8).view(f"S{codes.shape[1]}").ravel()


class ObjectIndex:
    """Rows of a catalogue by object id: a look at all ids, of ten million some milliseconds, and no table of them.

    Parameters
    ----------
    ids
        (n,) ids in the order of the rows; of an id that comes twice the first row counts.
    """

    def __init__(self, ids: np.ndarray | pd.Series | pa.ChunkedArray) -> None:
        self._ids = (
            ids if isinstance(ids, pa.ChunkedArray) else pa.chunked_array([pa.array(np.asarray(ids, dtype=str))])
        )
        self.row_of = lru_cache(maxsize=64)(self._row_of)
        """Row of an object, ``None`` where there is none of that id."""

    def __len__(self) -> int:
        return len(self._ids)

    def _row_of(self, object_id: str) -> int | None:
        row = pc.index(self._ids, pa.scalar(storable(object_id), self._ids.type)).as_py()
        return None if row < 0 else row

    def rows_of(self, object_ids: Sequence[str]) -> np.ndarray:
        """Rows of objects, (m,) int64 in the order of ``object_ids``, -1 where there is none of that id."""
        asked = self._arrow(np.asarray(object_ids, dtype=str))
        place = pc.index_in(self._ids, value_set=asked).fill_null(-1).to_numpy()  # of doubles in ``asked`` the first
        rows = np.flatnonzero(place >= 0)[::-1]
        found = np.full(len(asked), -1, np.int64)
        found[place[rows]] = rows  # the first row is written last
        return found[pc.index_in(asked, value_set=asked).to_numpy()]

    def _arrow(self, texts: np.ndarray) -> pa.Array:
        try:
            return pa.array(texts, self._ids.type)
        except UnicodeError:  # half of a surrogate pair, as it may come from a name of a file or an address
            return pa.array([storable(text) for text in texts.tolist()], self._ids.type)

    def ids_of(self, rows: Sequence[int]) -> list[str]:
        """Ids of the objects in some rows (m,)."""
        return [self._ids[int(row)].as_py() for row in rows]  # `take` would copy all ids

    def matching(self, text: str) -> np.ndarray:
        """Rising rows of the objects whose id contains a text in any case; the one row where an id is the text."""
        exact = self.row_of(text)
        if exact is not None:
            return np.array([exact])
        return np.flatnonzero(pc.match_substring(self._ids, storable(text), ignore_case=True).to_numpy())
