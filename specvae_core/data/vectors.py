"""Vectors of objects in files: embeddings that other programs have made.

Parquet (lists, or lists of the vectors of tokens), FITS and other tables that Astropy reads, HDF5, NumPy archives, and
CSV (a column for each component, or a list in brackets in one cell). Nothing is unpickled, and files are read by a
worker process with a budget of memory and time, see `apart`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from ..errors import BadConfig, NotFound, Reason, Refused, UserError
from ..names import printable
from .apart import check_regular, is_worker, read_apart, refusing_tables
from .readers.columns import find_column, identify
from .readers.source import PLAIN_TEXT

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

FEWEST, MOST = 2, 4096
"""Dimensions that a vector may have."""

POOLS = ("mean", "max", "first", "last")
"""What becomes of the vectors of an object's tokens: their mean, largest values, or one of them."""

ROWS_AT_ONCE = 16_384
EXPANSION, FREE_EXPANSION = 20, 2**28
"""What vectors may take in memory: so many times their file, or so many bytes in any case."""
PEEKED = 1000
"""Rows that a look at a file reads."""

_VECTOR = re.compile(r"emb|vec|latent|feature|repr|token|hidden|code", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*?)[_\[(. ]?(\d+)[\])]?")


@dataclass(frozen=True, eq=False)
class VectorTable:
    """Vectors of n objects.

    Parameters
    ----------
    ids
        (n,) as written; ``None`` where the file names no objects.
    vectors
        (n, d) float32.
    table
        n rows, the columns of single values beside them, ids left out.
    column
        Where the vectors came from, in words.
    id_column
        Column of the ids, empty where there is none.
    """

    ids: np.ndarray | None
    vectors: np.ndarray
    table: pd.DataFrame
    column: str
    id_column: str

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self.vectors.shape[1]


def read_vectors(
    path: Path, column: str = "", id_column: str = "", pool: str = "mean", most: int | None = None
) -> VectorTable:
    """Read the vectors in a file.

    Parameters
    ----------
    path
        The file.
    column
        Column or array of the vectors; by default the only one with vectors, or the only one that is called so.
    id_column
        Column of the ids; by default the one that is known as such.
    pool
        One of `POOLS`, for columns that hold the vectors of several tokens.
    most
        Rows after which to stop; all by default.

    Raises
    ------
    NotFound
        There is no such file or column.
    UserError
        The file cannot be read, or what the vectors are is not clear; the message says what there is.
    """
    if pool not in POOLS:
        raise BadConfig(f"The vectors of tokens cannot be pooled by {pool!r}: choose {', '.join(POOLS)}.")
    check_regular(path)
    here = is_worker() or (path.suffix == ".csv" and path.stat().st_size < PLAIN_TEXT)
    given = {"column": column, "id_column": id_column, "pool": pool}
    parts = vector_parts(path, **given, rows=most) if here else read_apart("embedding", path, **given, rows=most)
    head = cast(dict, next(parts))
    values = _joined(cast(Iterator[np.ndarray], parts), head["column"], path)
    ids = None if head["ids"] is None else np.array(head["ids"], dtype=object)
    columns = {name: column for name, column in head["table"].items() if len(column) == len(values)}
    return VectorTable(ids, values, pd.DataFrame(columns, index=range(len(values))), head["column"], head["id_column"])


def vector_parts(path: Path, column: str, id_column: str, pool: str, rows: int | None = None) -> Iterator[object]:
    """What a `VectorTable` is made of: first ``column``, ``id_column``, ``ids`` and ``table``, then blocks of rows.

    Raises
    ------
    Refused
        The file cannot be read, takes more than a file may, or what its vectors are is not clear.
    """
    check_regular(path)
    name = printable(path.name)
    try:
        with refusing_tables(name, "save it as Parquet, FITS, HDF5, npz or CSV"):
            yield from _parts(path, column, id_column, pool, rows)
    except Refused:
        raise
    except UserError as error:
        raise Refused(Reason.FOREIGN, str(error)) from error


def _parts(path: Path, column: str, id_column: str, pool: str, rows: int | None) -> Iterator[object]:
    vectors, singles = _read(path, column, pool, rows)
    name = _chosen(vectors, column, path.name)
    values = vectors.pop(name)
    found = _id_column(singles, id_column, path.name)
    ids = singles.pop(found) if found else None
    names = None if ids is None else list(identify(ids, path.stem, len(ids)).names)
    yield {"column": name, "id_column": found, "ids": names, "table": singles}
    for block in _in_blocks(values) if isinstance(values, np.ndarray) else values:
        yield np.asarray(block, dtype=np.float32)


def _in_blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    for first in range(0, len(values), ROWS_AT_ONCE):
        yield values[first : first + ROWS_AT_ONCE]


def _joined(blocks: Iterator[np.ndarray], name: str, path: Path) -> np.ndarray:
    """All blocks, (n, d)."""
    kept: list[np.ndarray] = []
    most, taken = max(FREE_EXPANSION, EXPANSION * path.stat().st_size), 0
    for block in blocks:
        d = block.shape[1]
        if not FEWEST <= d <= MOST:
            raise BadConfig(
                f"The vectors in {name} of {path.name} have {d} components: {FEWEST} to {MOST} are expected."
            )
        if kept and d != kept[0].shape[1]:
            raise UserError(_uneven(name, path.name, (kept[0].shape[1], d)))
        if (taken := taken + block.nbytes) > most:
            sentence = f"{path.name} expands to more than {EXPANSION} times its size: write it without compression."
            raise Refused(Reason.TOO_LARGE, sentence)
        kept.append(block)
    if not kept:
        raise UserError(f"{path.name} holds no rows: there is nothing to read.")
    return np.concatenate(kept)


def peek(path: Path) -> Iterator[dict[str, object]]:
    """What `read_vectors` takes of a file, by its first rows; nothing where it has no column that is called vectors.

    Yields
    ------
    seen
        One for each column that may be meant: ``column`` of the vectors, ``dimensions``, ``id_column`` (empty where
        there is none), ``table``, the names of the other columns, and ``ids`` of the first `PEEKED` rows.
    """
    names: list[str] = []
    try:
        found = read_vectors(path, most=PEEKED)
        if _VECTOR.search(found.column):
            yield _seen(found)
    except UserError as error:
        names = error.__cause__.names if isinstance(error.__cause__, _Several) else []
    for name in names:
        with suppress(UserError):
            yield _seen(read_vectors(path, name, most=PEEKED))


def _seen(found: VectorTable) -> dict[str, object]:
    return {
        "column": found.column,
        "dimensions": found.dimensions,
        "id_column": found.id_column,
        "table": list(found.table),
        "ids": [] if found.ids is None else found.ids.tolist(),
    }


Arrays = dict[str, np.ndarray]
Vectors = dict[str, np.ndarray | Iterator[np.ndarray]]


def _read(path: Path, column: str, pool: str, most: int | None) -> tuple[Vectors, Arrays]:
    """Arrays (n, d), or blocks of their rows, and arrays (n,), by name, of the first rows."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PAR1"):
        return _parquet(path, column, pool, most)
    if head.startswith(b"\x89HDF"):
        return _sorted(_hdf5(path, most), pool)
    if head.startswith(b"PK"):
        with np.load(path, allow_pickle=False) as archive:
            return _sorted({name: _first(archive[name], most) for name in archive.files}, pool)
    if head.startswith(b"\x93NUMPY"):
        return _sorted({path.stem: _first(np.load(path, allow_pickle=False), most)}, pool)
    if path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
        return _csv(path, column, most)
    return _sorted({name: _first(values, most) for name, values in _astropy(path).items()}, pool)


def _first(values: np.ndarray, most: int | None) -> np.ndarray:
    return values[:most] if values.ndim else values


def _parquet(path: Path, column: str, pool: str, most: int | None) -> tuple[Vectors, Arrays]:
    """Vectors row group by row group, so that a million long ones need little memory at a time."""
    import pyarrow.parquet as pq
    import pyarrow.types as types

    with pq.ParquetFile(path) as file:
        fields = {field.name: field.type for field in file.schema_arrow}
        lists = [name for name, kind in fields.items() if _is_list(kind)]
        wanted = [_chosen(dict.fromkeys(lists), column, path.name)] if lists else []
        scalars = [name for name, kind in fields.items() if not (types.is_nested(kind) or types.is_binary(kind))]
        singles = _first_rows(file, scalars, most) if scalars else {}
    if wanted:
        return {wanted[0]: _blocks(path, wanted[0], pool, most)}, singles
    return _numbered(singles, column)


def _first_rows(file: "ParquetFile", columns: list[str], most: int | None) -> Arrays:
    if most is None or file.metadata.num_rows <= most:
        frame = file.read(columns=columns).to_pandas()
    else:
        frame = next(file.iter_batches(most, columns=columns)).to_pandas()
    return {name: frame[name].to_numpy() for name in frame}


def _blocks(path: Path, name: str, pool: str, most: int | None) -> Iterator[np.ndarray]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(most or ROWS_AT_ONCE, columns=[name])
        for batch in islice(batches, None if most is None else 1):
            yield _lists(batch.column(0), name, pool, path.name)


def _is_list(kind: object) -> bool:
    import pyarrow.types as types

    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _lists(array: object, name: str, pool: str, file: str) -> np.ndarray:
    """(n, d) of lists of numbers, or of lists of lists, pooled; NaN where a list is missing or empty."""
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(int)
    inner = pc.list_flatten(array)
    if _is_list(inner.type):
        return _pooled(_lists(inner, name, pool, file), lengths, pool)
    flat = inner.to_numpy(zero_copy_only=False).astype(np.float32)
    sizes = np.unique(lengths[lengths > 0])
    if len(sizes) > 1:
        raise UserError(_uneven(name, file, sizes))
    full = np.full((len(lengths), sizes[0] if len(sizes) else 0), np.nan, np.float32)
    full[lengths > 0] = flat.reshape(-1, full.shape[1]) if len(flat) else flat
    return full


def _uneven(name: str, file: str, sizes: object) -> str:
    first, last = min(sizes), max(sizes)
    return f"The vectors in {name} of {file} have {first} to {last} components: all need the same number."


def _pooled(tokens: np.ndarray, counts: np.ndarray, pool: str) -> np.ndarray:
    """(n, d) of tokens (sum of counts, d) that belong to n objects; NaN where an object has none."""
    result = np.full((len(counts), tokens.shape[1]), np.nan, np.float32)
    some = counts > 0
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1][some]
    if not some.any():
        return result
    if pool == "mean":
        result[some] = np.add.reduceat(tokens, starts, axis=0) / counts[some, None]
    elif pool == "max":
        result[some] = np.maximum.reduceat(tokens, starts, axis=0)
    else:
        result[some] = tokens[starts if pool == "first" else starts + counts[some] - 1]
    return result


def _hdf5(path: Path, most: int | None) -> Arrays:
    import h5py

    found: Arrays = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset) and item.shape and not (item.external or item.is_virtual):
            values = item.asstr()[:most] if h5py.check_string_dtype(item.dtype) else item[:most]
            parts = (
                {f"{name}/{part}": values[part] for part in item.dtype.names} if item.dtype.names else {name: values}
            )
            found.update(parts)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def _astropy(path: Path) -> Arrays:
    import warnings

    from astropy.table import Table

    from .readers.tables import plain_column

    with warnings.catch_warnings(action="ignore"):  # comments on units and on the standard
        table = Table.read(str(path))
    return {
        name: plain_column(table[name]) if table[name].ndim < 3 else np.asarray(table[name]) for name in table.colnames
    }


def _sorted(arrays: Arrays, pool: str) -> tuple[Arrays, Arrays]:
    """Arrays of numbers (n, d), tokens pooled, and of single values (n,)."""
    vectors, singles = {}, {}
    for name, values in arrays.items():
        if values.ndim == 3 and values.dtype.kind in "fiu":
            n, tokens, d = values.shape
            values = _pooled(values.reshape(n * tokens, d).astype(np.float32), np.full(n, tokens), pool)
        if values.ndim == 2 and values.dtype.kind in "fiu":
            vectors[name] = values
        elif values.ndim == 1 and values.dtype.kind != "V":
            singles[name] = np.char.strip(np.char.decode(values, "utf-8")) if values.dtype.kind == "S" else values
    return (vectors, singles) if vectors else _numbered(singles, "")


def _csv(path: Path, column: str, most: int | None) -> tuple[Arrays, Arrays]:
    separator = "\t" if ".tsv" in path.name.lower() else ","
    types = _id_types(path, separator)
    frame = pd.read_csv(path, sep=separator, comment="#", encoding="utf-8-sig", dtype=types, nrows=most)
    singles = {str(name).strip(): frame[name].to_numpy() for name in frame}
    for name in [column] if column in singles else list(singles):
        words = singles[name]
        if len(words) and isinstance(words[0], str) and words[0].strip().startswith(("[", "(")):
            cells = [np.array(re.findall(r"[-+.\deE]+|nan", str(word)), dtype=np.float32) for word in words]
            sizes = {len(cell) for cell in cells}
            if len(sizes) > 1:
                raise UserError(_uneven(name, path.name, sizes))
            return {name: np.array(cells)}, {key: values for key, values in singles.items() if key != name}
    return _numbered(singles, column)


def _id_types(path: Path, separator: str) -> dict[str, type]:
    """Ids are words, so that zeros in front and digits stay."""
    names = list(pd.read_csv(path, sep=separator, comment="#", encoding="utf-8-sig", nrows=0))
    return {name: str for name in names if find_column([str(name).strip()], "id") is not None}


def _numbered(singles: Arrays, column: str) -> tuple[Arrays, Arrays]:
    """Columns such as ``emb_0``, ``emb_1``… as one array: the longest row of them, or that of the given name."""
    groups: dict[str, dict[int, str]] = {}
    for name, values in singles.items():
        found = _NUMBERED.fullmatch(name)
        if found and values.dtype.kind in "fiu":
            groups.setdefault(found[1], {})[int(found[2])] = name
    groups = {name: members for name, members in groups.items() if len(members) >= FEWEST}
    chosen = column if column in groups else max(groups, key=lambda name: len(groups[name]), default=None)
    if chosen is None or (column and column not in groups):
        return {}, singles
    members = [groups[chosen][number] for number in sorted(groups[chosen])]
    vectors = np.column_stack([singles[name] for name in members])
    label = column or f"{members[0]} to {members[-1]}"
    return {label: vectors}, {name: values for name, values in singles.items() if name not in members}


def _chosen(vectors: Mapping[str, object], column: str, file: str) -> str:
    """The name of the vectors that are meant."""
    names = list(vectors)
    if column:
        same = [name for name in names if name == column or name.rpartition("/")[2] == column]
        if len(same) == 1:
            return same[0]
        raise NotFound(f"{file} has no vectors called {column}: it has {', '.join(names) or 'no vectors'}.")
    called = [name for name in names if _VECTOR.search(name)]
    for some in (names, called):
        if len(some) == 1:
            return some[0]
    if not names:
        raise NotFound(
            f"{file} holds no vectors: lists of numbers in one column, an array of two dimensions, or columns such as "
            "emb_0, emb_1… were expected."
        )
    raise _Several(file, names)


class _Several(BadConfig):
    """It is not clear which of these columns holds the vectors that are meant."""

    def __init__(self, file: str, names: list[str]) -> None:
        super().__init__(f"{file} has several columns of vectors ({', '.join(names[:8])}): name one by --column.")
        self.names = names


def _id_column(singles: Mapping[str, np.ndarray], wanted: str, file: str) -> str:
    if not wanted:
        return find_column(singles, "id") or ""
    if wanted in singles:
        return wanted
    raise NotFound(f"{file} has no column {wanted} of ids: it has {', '.join(singles) or 'no such columns'}.")
