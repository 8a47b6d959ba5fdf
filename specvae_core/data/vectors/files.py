"""Files of vectors as a worker reads them: which array or column holds the vectors, which one the ids.

Parquet (lists, or lists of the vectors of tokens), FITS and other tables that Astropy reads, HDF5, NumPy archives, and
CSV (a column for each component, or a list in brackets in one cell). Nothing is unpickled.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ...errors import BadConfig, NotFound, Reason, Refused, UserError
from ..readers.columns import find_column, identify
from ..table_reading import reading_table
from .arrays import Stored, StoredArray, hdf5_arrays, npy_arrays, npz_arrays
from .shapes import pooled
from .tables import Arrays, Vectors, astropy_columns, csv_columns, numbered, parquet_columns

_VECTOR = re.compile(r"emb|vec|latent|feature|repr|token|hidden|code", re.IGNORECASE)
_COMPONENTS = re.compile(
    r"(?:[vxzhec]|pca?|dim|comp(?:onent)?|axis|umap|tsne)?[_. \[(]?[01][\])]? to .*", re.IGNORECASE
)
"""Columns `v0 to v23`, or `0 to 23` of a table that pandas wrote."""


def vector_parts(path: Path, column: str, id_column: str, pool: str, rows: int | None = None) -> Iterator[object]:
    """What a `VectorTable` is made of: first ``column``, ``id_column``, ``ids`` and ``table``, then blocks of rows.

    Raises
    ------
    Refused
        The file cannot be read, takes more than a file may, or what its vectors are is not clear.
    """
    try:
        with reading_table(path, "save it as Parquet, FITS, HDF5, npz or CSV"):
            yield from _parts(path, column, id_column, pool, rows)
    except Refused:
        raise
    except UserError as error:
        raise Refused(Reason.FOREIGN, str(error)) from error


def _parts(path: Path, column: str, id_column: str, pool: str, rows: int | None) -> Iterator[object]:
    with _opened(path, column, pool, rows) as (vectors, singles):
        name = _chosen(vectors, column, path.name)
        found = _id_column(singles, id_column, path.name)
        ids = singles.pop(found) if found else None
        names = None if ids is None else list(identify(ids, path.stem, len(ids)).names)
        yield {"column": name, "id_column": found, "ids": names, "table": singles}
        for block in vectors[name]:
            yield np.asarray(block, dtype=np.float32)


@contextmanager
def _opened(path: Path, column: str, pool: str, most: int | None) -> Iterator[tuple[Vectors, Arrays]]:
    """Vectors, as blocks of rows (m, d), and columns of single values (n,), by name, of the first rows."""
    with path.open("rb") as file:
        head = file.read(8)
    for magic, arrays_in in _ARRAYS.items():
        if head.startswith(magic):
            with arrays_in(path) as arrays:
                yield _sorted(arrays, pool, most)
            return
    if head.startswith(b"PAR1"):
        yield parquet_columns(path, column, pool, most)
    elif path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt")):
        yield csv_columns(path, column, most)
    else:
        yield _sorted({name: StoredArray.of(values) for name, values in astropy_columns(path).items()}, pool, most)


_ARRAYS = {b"\x89HDF": hdf5_arrays, b"PK": npz_arrays, b"\x93NUMPY": npy_arrays}
"""What opens a file of arrays, by its first bytes."""


def _sorted(arrays: Stored, pool: str, most: int | None) -> tuple[Vectors, Arrays]:
    """Arrays of numbers (n, d), and (n, tokens, d), pooled; and of single values (n,)."""
    vectors: Vectors = {}
    singles: Arrays = {}
    for name, array in arrays.items():
        if len(array.shape) in (2, 3) and array.dtype.kind in "fiu":
            vectors[name] = _vectors(array, pool, most)
        elif len(array.shape) == 1 and array.dtype.kind != "V":
            values = array.read(most)
            singles[name] = np.char.strip(np.char.decode(values, "utf-8")) if values.dtype.kind == "S" else values
    return (vectors, singles) if vectors else numbered(singles)


def _vectors(array: StoredArray, pool: str, most: int | None) -> Iterator[np.ndarray]:
    for block in array.in_blocks(most):
        if block.ndim == 2:
            yield block
            continue
        n, tokens, d = block.shape
        yield pooled(block.reshape(n * tokens, d).astype(np.float32), np.full(n, tokens), pool)


def _chosen(vectors: Mapping[str, object], column: str, file: str) -> str:
    """The name of the vectors that are meant."""
    names = list(vectors)
    if column:
        same = [name for name in names if name == column or name.rpartition("/")[2] == column]
        if len(same) == 1:
            return same[0]
        raise NotFound(f"{file} has no vectors called {column}: it has {', '.join(names) or 'no vectors'}.")
    called = [name for name in names if named_as_vectors(name)]
    for some in (names, called):
        if len(some) == 1:
            return some[0]
    if not names:
        raise NotFound(
            f"{file} holds no vectors: lists of numbers in one column, an array of two dimensions, or columns such as "
            "emb_0, emb_1… were expected."
        )
    raise SeveralVectors(file, names)


def named_as_vectors(name: str) -> bool:
    """Whether a column is called what columns of vectors are called, or several what components are."""
    return bool(_VECTOR.search(name) or _COMPONENTS.fullmatch(name))


class SeveralVectors(BadConfig):
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
