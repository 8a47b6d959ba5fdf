"""NumPy archives, ``.npz``: arrays by name. Nothing is unpickled: arrays of Python objects are left out."""

import zipfile
from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from ...errors import Reason, Refused
from ...npz import read_array_header
from ..spectra import Observation
from .array_layout import ArrayLike
from .arrays import read_arrays
from .columns import NAMES, find_column
from .source import EXPANSION, FREE_EXPANSION, Source

_SPARE = 1024
"""Bytes that the header of an array takes at most beside its values."""


class NpzReader:
    """Reads spectra from NumPy archives."""

    def claims(self, source: Source) -> bool:
        """Whether the file is a ZIP archive with arrays in it."""
        if not source.head.startswith(b"PK"):
            return False
        return source.path.suffix.lower() == ".npz" or bool(zipfile.is_zipfile(source.path) and _members(source))

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One spectrum for each row of the flux."""
        yield from read_arrays(load_npz(source), source, reader="arrays (.npz)")


def _members(source: Source) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(source.path) as archive:
        return [member for member in archive.infolist() if member.filename.endswith(".npy")]


def load_npz(source: Source) -> dict[str, ArrayLike]:
    """The arrays by name; one that claims more values than the archive holds is refused before memory is taken."""
    arrays, objects = {}, []
    with zipfile.ZipFile(source.path) as archive:
        for member in _members(source):
            with archive.open(member) as stream:
                shape, _, dtype = read_array_header(stream)
            name = member.filename.removesuffix(".npy")
            if dtype.hasobject:
                objects.append(name)
                continue
            if dtype.kind == "f" and member.file_size > max(FREE_EXPANSION, EXPANSION * member.compress_size):
                raise Refused(
                    Reason.TOO_LARGE,
                    f"{source.name} is damaged or incomplete: its array {name} expands to more than {EXPANSION} times "
                    "its size.",
                )
            if prod(shape) * dtype.itemsize > member.file_size:
                raise Refused(
                    Reason.UNREADABLE,
                    f"{source.name} is damaged: its array {name} claims {prod(shape):,} values in {member.file_size:,} "
                    "bytes; save it once more, or leave that array out.",
                )
            with archive.open(member) as stream:
                arrays[name] = np.lib.format.read_array(stream, allow_pickle=False)
    _check_left_out(objects, arrays, source)
    return arrays


def _check_left_out(objects: list[str], arrays: Mapping[str, ArrayLike], source: Source) -> None:
    """Refuse the file where an array of Python objects is left out that would mean something."""
    for role in NAMES:
        name = find_column(objects, role)
        if name is not None and (find_column(arrays, role) is None or source.hints.columns.get(role) == name):
            raise Refused(
                Reason.FOREIGN,
                f"{source.name} has {name} as an array of Python objects, which are not opened for safety: save it as "
                "numbers or as text (astype(str)).",
            )
