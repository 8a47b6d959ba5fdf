"""HDF5: arrays at the top or in groups, one set of spectra for the file or one group for each object.

``spectrum/flux``, ``spectrum/lambda`` beside ``Z`` and ``object_id`` (Multimodal Universe and others) are n spectra;
groups that each have a flux and a wavelength of their own are one object each, called after the group. Numbers and
words among the attributes of a group, or of a file with one spectrum, count as properties of the object. Links into
other files, external storage and virtual datasets are not followed: what is read lies in the file that was given.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import read_arrays
from .columns import find_column
from .source import EXPANSION, FREE_EXPANSION, Source

if TYPE_CHECKING:
    import h5py

MAGIC = b"\x89HDF\r\n\x1a\n"
READER = "arrays (HDF5)"
ARMS = frozenset(("b", "r", "z", "blue", "red", "green", "nir", "ir", "uvb", "vis", "uv", "arm1", "arm2", "br", "rd"))
"""Names of groups that hold arms of the same objects."""

MOST_COMPRESSED = 10_000
"""What masks and whole numbers may expand to, as `EXPANSION` for fluxes."""

CACHE = 2**27
"""Bytes of decompressed chunks that are kept: spectra are read some rows at a time, and chunks may hold more."""


class Hdf5Reader:
    """Reads spectra from HDF5."""

    def claims(self, source: Source) -> bool:
        """Whether the file is HDF5."""
        return source.head.startswith(MAGIC)

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """One spectrum for each row of the flux, or for each group."""
        import h5py

        with h5py.File(source.path, "r", rdcc_nbytes=CACHE) as file:
            yield from read_groups(datasets(file, source), file, source, READER)


def datasets(file: "h5py.File", source: Source) -> dict[str, ArrayLike]:
    """Every dataset that lies in the file itself, by path; the columns of compound ones by path and name."""
    import h5py

    found: dict[str, ArrayLike] = {}

    def visit(path: str, item: object) -> None:
        if not isinstance(item, h5py.Dataset) or item.shape is None or item.external or item.is_virtual:
            return
        _check_size(path, item, source)
        if item.dtype.names:
            values = item[()]
            found.update({f"{path}/{name}": Column(values[name]) for name in item.dtype.names})
        else:
            found[path] = item

    try:
        file.visititems(visit)
    except RuntimeError as error:  # how h5py reports a damaged tree
        raise OSError(str(error)) from error
    return found


def _check_size(path: str, item: "h5py.Dataset", source: Source) -> None:
    stored = item.id.get_storage_size()
    most = max(FREE_EXPANSION, (EXPANSION if item.dtype.kind == "f" else MOST_COMPRESSED) * stored)
    if item.nbytes > most:
        raise Refused(
            Reason.UNREADABLE,
            f"{source.name} is damaged or incomplete: its dataset {path} claims {item.nbytes:,} bytes and holds "
            f"{stored:,}; write it once more.",
        )


def read_groups(
    found: Mapping[str, ArrayLike], file: "h5py.File", source: Source, reader: str
) -> Iterator[Observation | Refused]:
    """Spectra out of datasets by path: those of the whole file, or one for each group that has its own."""
    folders: dict[str, dict[str, ArrayLike]] = {}
    for path, array in found.items():
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, {})[name] = array
    with_spectra = [folder for folder, arrays in folders.items() if _has_spectra(arrays, source)]
    if len(with_spectra) > 1:
        yield from _object_by_group({folder: folders[folder] for folder in with_spectra}, file, source, reader)
        return
    yield from read_arrays(_flat(found, with_spectra) | _attributes(file, with_spectra), source, reader=reader)


def _has_spectra(arrays: Mapping[str, ArrayLike], source: Source) -> bool:
    hints = {role: name for role, name in source.hints.columns.items() if name in arrays}
    return all(role in hints or find_column(arrays, role) is not None for role in ("flux", "wavelength"))


def _flat(found: Mapping[str, ArrayLike], with_spectra: list[str]) -> dict[str, ArrayLike]:
    """Datasets by their last names; where two share one, that of the group with the spectra or nearer to the top."""
    order = sorted(found, key=lambda path: (path.rpartition("/")[0] not in with_spectra, path.count("/"), path))
    arrays: dict[str, ArrayLike] = {}
    for path in order:
        arrays.setdefault(path.rpartition("/")[2], found[path])
    return arrays


def _attributes(file: "h5py.File", groups: list[str]) -> dict[str, ArrayLike]:
    """Numbers and words among the attributes of the file and of the given groups, as arrays of one value."""
    values = {}
    for group in (file, *(file[name] for name in groups if name)):
        for name, value in group.attrs.items():
            if np.ndim(value) == 0 and isinstance(value, str | bytes | int | float | np.generic):
                values[str(name)] = np.asarray(value.decode() if isinstance(value, bytes) else value)
    return values


def _object_by_group(
    folders: Mapping[str, Mapping[str, ArrayLike]], file: "h5py.File", source: Source, reader: str
) -> Iterator[Observation | Refused]:
    last = {folder: folder.rpartition("/")[2] for folder in folders}
    names = last if len(set(last.values())) == len(last) else {folder: folder for folder in folders}
    if {name.lower() for name in last.values()} <= ARMS:
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} holds the arms {', '.join(sorted(folders))} of its spectra in groups of their own: join "
            "them first, so that each object has one flux and one wavelength.",
        )
    for folder, arrays in folders.items():
        attributes = _attributes(file, [folder])
        if find_column([*arrays, *attributes], "id", source.hints, source.name) is None:
            attributes["id"] = np.asarray(names[folder])
        try:
            yield from read_arrays(dict(arrays) | attributes, source, reader=reader)
        except Refused as refusal:
            yield refusal
