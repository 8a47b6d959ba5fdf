"""The door to long catalogues on disk: a column at a time, rows of a few groups, and statistics without either.

Catalogues are Parquet files in groups of rows. A column of ten million objects is read in a fraction of a second, a row
in some milliseconds; the whole is never read. pyarrow does it, which the program needs anyway, and which compares the
checksum of each page: DuckDB, 69 MB more, filters a file several times as fast, but checks none, and what filters,
colours and axes ask for is kept in memory as columns.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.parquet import FileMetaData, ParquetFile

from .chunks import naming_damage

KEPT = 400_000_000
"""Bytes of columns that a table keeps in memory."""

PIECE = 1 << 20
"""Rows of a column that are read at once where it is not kept."""

Kept = TypeVar("Kept", pd.Series, pd.Categorical)


class StoredTable:
    """Objects in a Parquet file, used as a `DataFrame` of them is: ``table[name]``, ``take``, ``assign``, ``len``.

    Parameters
    ----------
    path
        The file, in groups of rows of one size.
    survey
        Name of the survey, for messages.
    check
        Called after each reading; raises an error where the survey was replaced meanwhile.
    """

    def __init__(self, path: Path, survey: str, check: Callable[[], None] = lambda: None) -> None:
        self._path, self._survey, self._check = path, survey, check
        self._beside: dict[str, np.ndarray] = {}  # columns that are not in the file
        self._metadata: FileMetaData | None = None  # of thousands of groups they take long to read
        with self._open() as file:
            self._metadata, self._schema = file.metadata, file.schema_arrow
        self._kept: OrderedDict[object, pd.Series | pd.Categorical] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def _open(self, **options: object) -> Iterator[ParquetFile]:
        named = naming_damage(self._survey, "the catalogue")
        with (
            named,
            ParquetFile(self._path, metadata=self._metadata, page_checksum_verification=True, **options) as file,
        ):
            yield file
        self._check()

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return self._metadata.num_rows

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def is_stored(self, name: str) -> bool:
        """Whether a column is in the file, not only in memory."""
        return name in self._schema.names and name not in self._beside

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return [*self._schema.names, *self._beside]

    def __getitem__(self, name: str) -> pd.Series:
        if name in self._beside:
            return pd.Series(self._beside[name])
        return self._keep(name, lambda: self.read(name).to_pandas())

    def _keep(self, key: object, make: Callable[[], Kept]) -> Kept:
        """What was read under a key, or is read now; the oldest is forgotten where all take more than `KEPT`."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(one.nbytes for one in self._kept.values()) > KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]

    def assign(self, **columns: np.ndarray) -> "StoredTable":
        """The same with more columns (n,), which share what is kept in memory."""
        other = object.__new__(StoredTable)
        vars(other).update(vars(self), _beside=self._beside | columns)
        return other

    def read(self, name: str) -> pa.ChunkedArray:
        """One column of the file, (n,), as Arrow has it; not kept."""
        if name not in self._schema.names:
            raise KeyError(name)
        with self._open() as file:
            return file.read([name]).column(0)

    def words(self, name: str) -> pd.Categorical:
        """A column of words, as codes and the different words."""
        if name in self._beside:
            return pd.Categorical(self._beside[name])
        return self._keep((name, "words"), lambda: self._words(name))

    def _words(self, name: str) -> pd.Categorical:
        known: dict[object, int] = {}
        codes = np.empty(len(self), np.int32)
        for rows, column in self._pieces(name, read_dictionary=[name]):
            column = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
            ours = [known.setdefault(word, len(known)) for word in column.dictionary.to_pylist()]
            indices = column.indices.fill_null(len(ours)).to_numpy()
            codes[rows] = np.array([*ours, -1], np.int32)[indices]
        return pd.Categorical.from_codes(codes, list(known))

    def numbers(self, name: str) -> np.ndarray:
        """(n,) float32, a column of numbers, NaN where unknown; read piece by piece, and not kept."""
        if name in self._beside:
            return np.asarray(self._beside[name], np.float32)
        values = np.empty(len(self), np.float32)
        for rows, column in self._pieces(name):
            values[rows] = column.to_numpy(zero_copy_only=False)
        return values

    def _pieces(self, name: str, **options: object) -> Iterator[tuple[slice, pa.Array]]:
        """A column of the file, and which rows each piece is."""
        done = 0
        with self._open(**options) as file:
            for batch in file.iter_batches(PIECE, columns=[name]):
                yield slice(done, done + len(batch)), batch.column(0)
                done += len(batch)

    def row_of_largest(self, name: str) -> int | None:
        """First row of the largest number in a column; ``None`` where none is finite.

        Only the group that holds it by the file's statistics is read, and those of which these say nothing.
        """
        if name in self._beside:
            return _largest(np.asarray(self._beside[name], float))
        ends = [self.ends_of(group, name) for group in range(self.n_groups)]
        known = [group for group in range(self.n_groups) if ends[group] is not None]
        unknown = [group for group in range(self.n_groups) if ends[group] is None]
        best = []
        for group in [*unknown, *sorted(known, key=lambda group: ends[group][1], reverse=True)[:1]]:
            start, column = self.read_group(group, name)
            values = column.to_pandas().to_numpy(dtype=float)
            if (row := _largest(values)) is not None:
                best.append((-values[row], start + row))
        return min(best)[1] if best else None

    def take(self, rows: np.ndarray, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Some objects (m,), numbered from 0, in any order; only the groups that hold them are read.

        Parameters
        ----------
        names
            Columns of the file; by default all columns.
        """
        rows = np.asarray(rows, dtype=np.int64)
        order = np.argsort(rows, kind="stable")
        groups, starts = np.unique(rows[order] // self._group, return_index=True)
        parts = [self._schema.empty_table() if names is None else self._schema.empty_table().select(names)]
        with self._open() as file:
            for group, some in zip(groups.tolist(), np.split(order, starts[1:]), strict=bool(len(groups))):
                read = file.read_row_group(group, names, use_threads=False)
                parts.append(read.take(rows[some] - group * self._group))
        found = pa.concat_tables(parts).take(np.argsort(order)).to_pandas(ignore_metadata=True)
        return found if names else found.assign(**{name: values[rows] for name, values in self._beside.items()})

    @property
    def n_groups(self) -> int:
        """Number of groups of rows in the file."""
        return self._metadata.num_row_groups

    def read_group(self, group: int, name: str) -> tuple[int, pa.ChunkedArray]:
        """First row of a group, and one column of it."""
        with self._open() as file:
            return group * self._group, file.read_row_group(group, [name], use_threads=False).column(0)

    def ends_of(self, group: int, name: str) -> tuple[object, object] | None:
        """Smallest and largest value of a column within a group, where the file's statistics say so."""
        known = self._metadata.row_group(group).column(self._schema.names.index(name)).statistics
        return (known.min, known.max) if known is not None and known.has_min_max else None

    def only(self, rows: np.ndarray, names: Sequence[str]) -> "StoredRows":
        """Some objects (m,) and columns, still on the disk."""
        return StoredRows(self, rows, names)

    @property
    def _group(self) -> int:
        """Rows in each group but the last."""
        return self._metadata.row_group(0).num_rows if len(self) else 1

    def is_number(self, name: str) -> bool:
        """Whether a column holds numbers, not words or truths."""
        if name in self._beside:
            return self._beside[name].dtype.kind in "iuf"
        kind = self._schema.field(name).type
        return pa.types.is_integer(kind) or pa.types.is_floating(kind)

    def varies(self, name: str) -> bool:
        """Whether a column of numbers has two different finite ones: by the file's statistics, where these say so."""
        if name in self._schema.names:
            known = [self.ends_of(group, name) for group in range(self.n_groups)]
            ends = [end for one in known if one is not None for end in one]
            if len(set(filter(np.isfinite, ends))) > 1:
                return True
            return _vary(column.to_numpy(zero_copy_only=False) for _, column in self._pieces(name))
        values = self._beside[name]
        return _vary(values[start : start + PIECE] for start in range(0, len(values), PIECE))

    def n_words(self, name: str, most: int) -> int:
        """Number of different words in a column; where the first group has more than ``most``, of that alone."""
        if name in self._beside:
            return pd.Series(self._beside[name]).nunique()
        with self._open() as file:
            first = pc.count_distinct(file.read_row_group(0, [name]).column(0)).as_py() if len(self) else 0
        return first if first > most else len(self.words(name).categories)


class StoredRows:
    """Some objects of a `StoredTable` in an order of their own, used as a `DataFrame` of them is; none is read before.

    Parameters
    ----------
    table
        All objects.
    rows
        (m,) which.
    columns
        Names of the columns, in order.
    """

    def __init__(self, table: StoredTable, rows: np.ndarray, columns: Sequence[str]) -> None:
        self._table, self._rows, self.columns = table, np.asarray(rows), list(columns)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> pd.Series:
        return self._table[name].take(self._rows).reset_index(drop=True)

    def take(self, places: np.ndarray) -> pd.DataFrame:
        """The objects at some places (k,) among them, numbered from 0."""
        return self._table.take(self._rows[places])[self.columns]


def _vary(pieces: Iterable[np.ndarray]) -> bool:
    """Whether numbers, piece by piece, have two different finite ones; no further pieces are asked for than needed."""
    first = None
    for piece in pieces:
        finite = piece[np.isfinite(piece)]
        if len(finite):
            first = finite[0] if first is None else first
            if finite.min() < first or finite.max() > first:
                return True
    return False


def _largest(values: np.ndarray) -> int | None:
    """First row of the largest of some numbers (n,); ``None`` where none is finite."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else None
