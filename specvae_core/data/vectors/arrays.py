"""Arrays of NumPy and HDF5 files, read some rows at a time, so that three gigabytes need little memory.

Members of an archive are read as a stream, whether they are compressed or not. Nothing is unpickled. Headers are
believed only as far as the file has bytes for what they claim.
"""

import math
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from ...errors import Reason, Refused
from ...names import printable
from ...npz import read_array_header
from ..readers.array_layout import ArrayLike
from ..readers.hdf5 import CACHE, datasets
from ..readers.source import Source
from .shapes import rows_at_once

if TYPE_CHECKING:
    import h5py

LARGEST_BY_COLUMN = 2**28
"""Bytes of an array that lies in its file column by column: it can only be read as a whole."""


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in an open file.

    Parameters
    ----------
    shape, dtype
        As the file says.
    blocks
        Gives its rows from the first on, so many at a time.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    blocks: Callable[[int], Iterator[np.ndarray]]

    @classmethod
    def of(cls, values: np.ndarray) -> "StoredArray":
        """An array that is in memory already."""
        return cls(values.shape, values.dtype, lambda rows: _slices(values, len(values), rows))

    def in_blocks(self, most: int | None = None) -> Iterator[np.ndarray]:
        """Blocks of rows of a bounded size: all, or the first ones."""
        row = math.prod(self.shape[1:]) * self.dtype.itemsize
        left = self.shape[0] if most is None else min(most, self.shape[0])
        for block in self.blocks(min(rows_at_once(row), max(left, 1))):
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return

    def read(self, most: int | None = None) -> np.ndarray:
        """All rows, or the first ones."""
        return np.concatenate([np.empty((0, *self.shape[1:]), self.dtype), *self.in_blocks(most)])


Stored = dict[str, StoredArray]


def _slices(values: ArrayLike, n: int, rows: int) -> Iterator[np.ndarray]:
    for first in range(0, n, rows):
        yield np.asarray(values[first : first + rows])


@contextmanager
def npy_arrays(path: Path) -> Iterator[Stored]:
    """The one array of a ``.npy`` file, by the name of the file."""
    size = path.stat().st_size
    yield {path.stem: _stored(lambda: path.open("rb"), path.stem, size, path)}


@contextmanager
def npz_arrays(path: Path) -> Iterator[Stored]:
    """The arrays of an archive by name."""
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
        arrays = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            opened = cast(Callable[[], BinaryIO], lambda member=member: archive.open(member))
            arrays[name] = _stored(opened, name, member.file_size, path)
        yield arrays


def _stored(opened: Callable[[], BinaryIO], name: str, size: int, path: Path) -> StoredArray:
    """An array in the format of NumPy, whose file or member takes ``size`` bytes.

    Raises
    ------
    Refused
        It claims more values than there are bytes, holds Python objects, or is large and lies column by column.
    """
    with opened() as stream:
        shape, by_column, dtype = read_array_header(stream)
    file, values = printable(path.name), math.prod(shape)
    if dtype.hasobject:
        sentence = f"the array {name} holds Python objects, which are not opened for safety: save it as numbers or text"
        raise Refused(Reason.FOREIGN, f"{file} cannot be read: {sentence}.")
    if min(shape, default=0) < 0 or values * dtype.itemsize > size or (values and not dtype.itemsize):
        sentence = f"its array {name} claims {values:,} values in {size:,} bytes: save it once more"
        raise Refused(Reason.UNREADABLE, f"{file} is damaged: {sentence}.")
    if not by_column or len(shape) < 2:
        return StoredArray(shape, dtype, lambda rows: _streamed(opened, shape, dtype, rows))
    if size > LARGEST_BY_COLUMN:
        sentence = f"its array {name} is large and lies column by column: save np.ascontiguousarray({name})"
        raise Refused(Reason.TOO_LARGE, f"{file} cannot be read row by row: {sentence}.")
    return StoredArray(shape, dtype, lambda rows: _slices(_whole(opened), shape[0], rows))


def _streamed(
    opened: Callable[[], BinaryIO], shape: tuple[int, ...], dtype: np.dtype, rows: int
) -> Iterator[np.ndarray]:
    row = math.prod(shape[1:]) * dtype.itemsize
    with opened() as stream:
        read_array_header(stream)
        for first in range(0, shape[0], rows):
            n = min(rows, shape[0] - first)
            content = stream.read(n * row)
            if len(content) < n * row:
                raise EOFError("the file ends early")
            yield np.frombuffer(content, dtype, n * math.prod(shape[1:])).reshape(n, *shape[1:])


def _whole(opened: Callable[[], BinaryIO]) -> np.ndarray:
    with opened() as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


@contextmanager
def hdf5_arrays(path: Path) -> Iterator[Stored]:
    """The datasets of an HDF5 file by path; what lies in other files is left out, see `readers.hdf5`."""
    import h5py

    with h5py.File(path, "r", rdcc_nbytes=CACHE) as file:
        found = datasets(file, Source(path))
        yield {name: _dataset(item) for name, item in found.items() if item.shape}


def _dataset(item: "ArrayLike | h5py.Dataset") -> StoredArray:
    import h5py

    if not isinstance(item, h5py.Dataset):
        return StoredArray.of(np.asarray(item[:]))
    is_text = h5py.check_string_dtype(item.dtype) is not None
    values = item.asstr() if is_text else item
    chunk = item.chunks[0] if item.chunks else 1

    def blocks(rows: int) -> Iterator[np.ndarray]:  # whole chunks, so that none is decompressed twice
        return _slices(values, item.shape[0], max(rows // chunk, 1) * chunk if chunk <= 4 * rows else rows)

    return StoredArray(item.shape, np.dtype(object) if is_text else item.dtype, blocks)
