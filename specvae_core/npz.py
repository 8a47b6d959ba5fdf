"""Arrays by name in one file, ``.npz``: values have checksums of the ZIP format, their names a list of their own."""

import math
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

NAMES = "names_of_arrays"
"""Array that lists the others, so that one whose name is damaged is missed; files of version 0.1 have none."""

LARGE = 64_000_000
"""Bytes from which on `map_npz` leaves arrays on the disk."""

PIECE = 1 << 24
"""Bytes read at once for a checksum."""

ALIGNED = 64
"""Arrays written here begin at a multiple of so many bytes, as compiled code likes them."""

LOCAL_HEADER, ZIP64, FIELD, PADDING = 30, 20, 4, b"\x35\xd9"
"""Bytes of the parts of a ZIP file in front of an array, and the number that marks a field of padding."""


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays; numbers or strings, no objects."""
    with zipfile.ZipFile(path, "w") as file:
        for name, array in {**arrays, NAMES: np.array(sorted(arrays), dtype=str)}.items():
            info = zipfile.ZipInfo(f"{name}.npy")
            start = file.fp.tell() + LOCAL_HEADER + len(info.filename.encode()) + ZIP64 + FIELD
            info.extra = PADDING + (-start % ALIGNED).to_bytes(2, "little") + bytes(-start % ALIGNED)
            with file.open(info, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)


def map_npz(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a large file as they lie on disk, read-only: the system reads what is used, and forgets it at need.

    All is read once, for the checksums. A small file, and one whose arrays do not lie at even addresses as those of
    earlier versions, is read as by `read_npz`.

    Raises
    ------
    OSError, ValueError
        The file is missing or damaged.
    """
    if path.stat().st_size < LARGE or os.name != "posix":  # elsewhere a file in use cannot be replaced
        return read_npz(path)
    try:
        with zipfile.ZipFile(path) as file, path.open("rb") as stream:
            arrays = {info.filename.removesuffix(".npy"): _mapped(stream, info) for info in file.infolist()}
    except (zipfile.BadZipFile, EOFError, struct.error) as error:
        raise ValueError(str(error)) from error
    names = arrays.pop(NAMES, None)
    if names is None or any(array is None for array in arrays.values()):
        return read_npz(path)
    return _checked(arrays, names)


def read_array_header(stream: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, order (whether columns lie together) and type of an array that begins here in NumPy's format.

    Raises
    ------
    ValueError
        There is no such header.
    """
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(stream)


def _mapped(stream: BinaryIO, info: zipfile.ZipInfo) -> np.ndarray | None:
    """One array of a file, once its checksum was found right; ``None`` where it cannot be mapped."""
    stream.seek(info.header_offset)
    name, extra = struct.unpack("<26x2H", stream.read(LOCAL_HEADER))
    start = info.header_offset + LOCAL_HEADER + name + extra
    if info.compress_type != zipfile.ZIP_STORED or start % ALIGNED:
        return None
    stream.seek(start)
    left, checksum = info.file_size, 0
    while left and (piece := stream.read(min(left, PIECE))):
        left, checksum = left - len(piece), zlib.crc32(piece, checksum)
    if left or checksum != info.CRC:
        raise ValueError(f"bad CRC-32 of {info.filename}")
    stream.seek(start)
    shape, fortran, kind = read_array_header(stream)
    if kind.hasobject or fortran:
        return None
    if not math.prod(shape):
        return np.empty(shape, kind)
    return np.asarray(np.memmap(stream, kind, "r", stream.tell(), shape))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read all arrays.

    Raises
    ------
    OSError, ValueError
        The file is missing or damaged.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = dict(file)
    except OSError:
        raise
    except Exception as error:  # what NumPy, zipfile, zlib and struct make of damage
        raise ValueError(str(error) or type(error).__name__) from error
    names = arrays.pop(NAMES, None)
    return arrays if names is None else _checked(arrays, names)


def _checked(arrays: dict[str, np.ndarray], names: np.ndarray) -> dict[str, np.ndarray]:
    if sorted(arrays) != names.tolist():
        raise ValueError(f"it holds {', '.join(sorted(arrays))} in place of {', '.join(names.tolist())}")
    return arrays
