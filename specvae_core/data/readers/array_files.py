"""Named arrays from ``.npz``, HDF5 and text tables, whatever they mean."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import pandas as pd

from ...errors import Reason, Refused
from .columns import find_column
from .source import Source


class ArrayLike(Protocol):
    """A NumPy array, or a dataset on disk of which slices are read."""

    shape: tuple[int, ...]
    dtype: np.dtype

    def __getitem__(self, item: slice | tuple) -> np.ndarray: ...


TEXT_SUFFIXES = {".csv": ",", ".tsv": "\t", ".txt": r"\s+", ".dat": r"\s+"}
WAVELENGTH_COLUMNS = {"wave", "wavelength", "wavelengths", "lambda", "loglam", "wave_nm", "wavelength_nm"}
_PIXEL_COLUMN = re.compile(r"(?:(flux|ivar|err|error|mask)_)?(\d{2,}(?:\.\d+)?)")
"""A column per pixel: the wavelength in Angstrom, after ``flux_``, ``ivar_``, ``err_`` or ``mask_``."""


def holds_arrays(source: Source) -> bool:
    """Whether the file is an archive of arrays, HDF5, or a table in text."""
    suffix = source.path.suffix.lower()
    if source.head.startswith(b"PK"):
        return suffix == ".npz" or (zipfile.is_zipfile(source.path) and _has_npy(source))
    if source.head.startswith(b"\x89HDF\r\n\x1a\n"):
        return True
    return suffix == ".csv" or (suffix in TEXT_SUFFIXES and _looks_like_spectrum(source))


@contextmanager
def open_arrays(source: Source) -> Iterator[Mapping[str, ArrayLike]]:
    """The file's arrays by name. Nothing is unpickled: arrays of Python objects are left out."""
    if source.head.startswith(b"PK"):
        yield _npz(source)
    elif source.head.startswith(b"\x89HDF"):
        import h5py

        with h5py.File(source.path, "r") as file:
            yield {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
    else:
        yield _table(source)


def _has_npy(source: Source) -> bool:
    with zipfile.ZipFile(source.path) as archive:
        return any(name.endswith(".npy") for name in archive.namelist())


def _npz(source: Source) -> dict[str, np.ndarray]:
    arrays = {}
    with source.path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        for name in archive.files:
            try:
                arrays[name] = archive[name]
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
    return arrays


def _first_line(source: Source) -> list[str]:
    """The fields of the first line that is no comment."""
    lines = source.head.decode("utf-8", "replace").splitlines()
    line = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return [field.strip().strip('"').lower() for field in re.split(TEXT_SUFFIXES[source.path.suffix.lower()], line)]


def _numbers(fields: list[str]) -> bool:
    try:
        return all(np.isfinite(float(field)) for field in fields if field)
    except ValueError:
        return False


def _looks_like_spectrum(source: Source) -> bool:
    """Whether a text file is two or three columns of numbers or names a wavelength and a flux."""
    if b"\0" in source.head or source.head.startswith(b"# %ECSV"):
        return False
    fields = [field for field in _first_line(source) if field]
    return (len(fields) in (2, 3) and _numbers(fields)) or (
        bool(WAVELENGTH_COLUMNS.intersection(fields)) and "flux" in fields
    )


def _table(source: Source) -> dict[str, np.ndarray]:
    """A text table: one pixel a row, or one spectrum a row with a column per pixel."""
    bare = _numbers(_first_line(source))
    how = {
        "sep": TEXT_SUFFIXES[source.path.suffix.lower()],
        "comment": "#",
        "skipinitialspace": True,
        "header": None if bare else "infer",
        "encoding": "utf-8-sig",
    }
    try:
        names = pd.read_csv(source.path, nrows=0, **how).columns
        id_name = None if bare else find_column(map(str, names), "id", source.hints, source.name)
        frame = pd.read_csv(source.path, dtype={id_name: str} if id_name else None, low_memory=False, **how)
    except ValueError as error:
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} is no table that can be read ({str(error).splitlines()[0].strip('. ')}): columns "
            "wavelength and flux were expected.",
        ) from error
    if bare:
        return _columns(_named(frame, source), source)
    frame.columns = [str(name).strip() for name in frame.columns]
    if find_column(frame.columns, "wavelength", source.hints, source.name):
        return _columns(frame, source)
    return _spectra_by_row(frame, source)


def _named(frame: pd.DataFrame, source: Source) -> pd.DataFrame:
    """A table without a line of names, which has to be wavelength, flux and perhaps error."""
    names = ["wavelength", "flux", "error"]
    if len(frame.columns) not in (2, 3):
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} has {len(frame.columns)} columns without names: wavelength, flux and perhaps error were "
            "expected, or a first line that names the columns.",
        )
    return frame.set_axis(names[: len(frame.columns)], axis="columns")


def _columns(frame: pd.DataFrame, source: Source) -> dict[str, np.ndarray]:
    """One spectrum: columns by name; one that has the same value in every row says something of the object."""
    roles = ("wavelength", "flux", "error", "mask")
    pixels = {find_column(frame.columns, role, source.hints, source.name) for role in roles}
    arrays = {}
    for name in frame.columns:
        values = _array(frame[name])
        constant = len(values) and name not in pixels and (values == values[0]).all()
        arrays[name] = values[0] if constant else values
    return {name: np.asarray(values) for name, values in arrays.items()}


def _spectra_by_row(frame: pd.DataFrame, source: Source) -> dict[str, np.ndarray]:
    """One spectrum a row: pixel columns gathered into (n, m) arrays, the others as they are."""
    pixels: dict[str, dict[float, str]] = {}
    arrays = {}
    for name in frame.columns:
        match = _PIXEL_COLUMN.fullmatch(name.lower())
        if match:
            pixels.setdefault(match[1] or "flux", {})[float(match[2])] = name
        else:
            arrays[name] = _array(frame[name])
    wavelengths = sorted(pixels.get("flux", ()))
    for kind, columns in pixels.items():
        if sorted(columns) != wavelengths:
            raise Refused(
                Reason.SHAPE,
                f"{source.name} has columns {kind}_ at other wavelengths than the {len(wavelengths)} of its flux: one "
                "for each was expected.",
            )
        arrays[kind] = frame[[columns[wavelength] for wavelength in wavelengths]].to_numpy(float)
    if wavelengths:
        arrays["wavelength"] = np.array(wavelengths)
    return arrays


def _array(column: pd.Series) -> np.ndarray:
    """Numbers as they are, anything else as strings, empty where missing."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    return column.fillna("").to_numpy(dtype=str)
