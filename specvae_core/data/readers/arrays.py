"""Spectra as plain arrays, in ``.npz``, HDF5 (top level) or text.

What an array is follows from its name, in any case:

=============================================  ==========================================================
``flux`` or ``reflectance``                    (n, m), one spectrum a row; (m,) for a single spectrum
``wave`` / ``wavelength``, Angstrom            (m,) or (n, m); also ``loglam`` (log10 Angstrom), ``wave_nm``
                                               and ``wave_um``
``ivar``, or ``err`` / ``error``               as flux, optional
``mask``                                       as flux, optional; true or not 0 means bad
``z`` / ``redshift``                           (n,), optional; without it spectra are taken as at rest
``id`` / ``name``                              (n,), optional, unique
any other (n,) or (n, 1)                       a column of the catalogue
(n, k) with ``<name>_names`` or ``_cols``      k columns, called so (``labels`` with ``label_names`` too); an
                                               array ``<name>_err`` beside it becomes ``<column>_err``
=============================================  ==========================================================

Everything else is left aside. A text table has either a row per pixel, with the columns above, or a row per spectrum,
whose pixel columns are named by their wavelength in Angstrom (``3500.5``, ``flux_3500.5``, ``err_3500.5``…).
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .array_files import ArrayLike, holds_arrays, open_arrays
from .pixels import ivar_from_error, usable_ivar, wavelength_from_log10
from .sdss import sdss_id
from .source import Source

FLUX = ("flux", "reflectance", "spectra")
ANGSTROM = {"wave": 1.0, "wavelength": 1.0, "wavelengths": 1.0, "lambda": 1.0}
ANGSTROM |= {"wave_nm": 10.0, "wavelength_nm": 10.0, "wave_um": 1e4, "wavelength_um": 1e4}
LOG_ANGSTROM = ("loglam", "log10_wavelength", "loglambda", "log_wave")
IVAR = ("ivar", "flux_ivar")
ERROR = ("err", "error", "flux_err", "flux_error", "sigma", "uncertainty")
MASK = ("mask", "and_mask")
REDSHIFT = ("z", "redshift")
ID = ("id", "name", "object_id")
PLATE_MJD_FIBRE = "plate_mjd_fiber"
ROWS_AT_ONCE = 512


class ArraysReader:
    """Reads spectra from files of named arrays."""

    def claims(self, source: Source) -> bool:
        """Whether the file holds named arrays at all."""
        return holds_arrays(source)

    def read(self, source: Source) -> Iterator[Observation]:
        """One spectrum for each row of the flux."""
        with open_arrays(source) as found:
            arrays = {name.lower(): array for name, array in found.items()}
            pixels = _pixel_arrays(arrays, source.name)
            n = pixels["flux"].shape[0]
            others = {name: array for name, array in found.items() if name.lower() not in _PIXEL_NAMES}
            columns = _catalogue(others, n)
            redshift = _take(columns, REDSHIFT)
            ids = _identify(columns, source.stem, n)
            for start in range(0, n, ROWS_AT_ONCE):
                rows = slice(start, start + ROWS_AT_ONCE)
                block = {name: np.asarray(array[rows]) for name, array in pixels.items()}
                for i in range(len(block["flux"])):
                    yield Observation(
                        id=ids[start + i],
                        **_spectrum({name: array[i] for name, array in block.items()}),
                        redshift=None if redshift is None else float(redshift[start + i]),
                        columns={name: values[start + i].item() for name, values in columns.items()},
                        source=str(source.path),
                    )


_PIXEL_NAMES = frozenset((*FLUX, *ANGSTROM, *LOG_ANGSTROM, *IVAR, *ERROR, *MASK))


def _pixel_arrays(arrays: Mapping[str, ArrayLike], file: str) -> dict[str, ArrayLike]:
    """``flux``, ``wavelength`` (Angstrom) and, where there are any, ``ivar`` or ``error`` and ``mask``; (n, m) each."""
    flux = _first(arrays, FLUX)
    scale = next((name for name in (*ANGSTROM, *LOG_ANGSTROM) if name in arrays), None)
    if flux is None or scale is None:
        names = ", ".join(sorted(arrays)[:8]) or "nothing"
        raise Refused(
            Reason.FOREIGN,
            f"{file} holds no spectra ({names}): arrays flux (n, m) and wave or loglam (m,) were expected.",
        )
    wavelength = np.asarray(arrays[scale][()], dtype=float)
    wavelength = wavelength_from_log10(wavelength) if scale in LOG_ANGSTROM else wavelength * ANGSTROM[scale]
    found = {"flux": flux, "ivar": _first(arrays, IVAR), "error": _first(arrays, ERROR), "mask": _first(arrays, MASK)}
    pixels = {name: array for name, array in found.items() if array is not None}
    shape = flux.shape
    wrong = [f"{name} {array.shape}" for name, array in pixels.items() if array.shape != shape]
    if len(shape) not in (1, 2) or wrong or wavelength.shape not in (shape, shape[-1:]) or 0 in shape:
        raise Refused(
            Reason.SHAPE,
            f"{file} has flux of shape {shape}, {scale} {wavelength.shape}{', ' if wrong else ''}{', '.join(wrong)}: "
            "flux (n, m) with wavelengths (m,) or (n, m) and errors and mask shaped as flux were expected.",
        )
    if len(shape) == 1:
        pixels = {name: np.asarray(array[()])[None] for name, array in pixels.items()}
    return pixels | {"wavelength": np.broadcast_to(wavelength, (1, *shape) if len(shape) == 1 else shape)}


def _spectrum(row: Mapping[str, np.ndarray]) -> dict[str, np.ndarray | None]:
    """Wavelength, flux and ivar (m,) of one row; pixels without a wavelength are dropped, falling ones turned round.

    Without errors there is no ivar, and a bad pixel is told by its flux, NaN.
    """
    wavelength, flux = row["wavelength"], row["flux"].astype(float)
    bad = row["mask"] != 0 if "mask" in row else np.zeros(flux.shape, dtype=bool)
    if "ivar" in row:
        ivar = usable_ivar(flux, row["ivar"].astype(float), bad)
    elif "error" in row:
        ivar = usable_ivar(flux, ivar_from_error(row["error"].astype(float)), bad)
    else:
        ivar, flux = None, np.where(bad, np.nan, flux)
    kept = np.flatnonzero(np.isfinite(wavelength))
    if len(kept) > 1 and wavelength[kept[0]] > wavelength[kept[-1]]:
        kept = kept[::-1]
    return {"wavelength": wavelength[kept], "flux": flux[kept], "ivar": None if ivar is None else ivar[kept]}


def _catalogue(arrays: Mapping[str, ArrayLike], n: int) -> dict[str, np.ndarray]:
    """The (n,) columns that the other arrays make."""
    columns: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if array.shape in ((n,), (n, 1)) or (n == 1 and array.shape == ()):
            columns[name] = _plain(np.reshape(array[()], n))
        elif len(array.shape) == 2 and array.shape[0] == n:
            names = _column_names(name, array.shape[1], arrays)
            values = _plain(np.asarray(array[()])) if names else None
            columns |= {column: values[:, i] for i, column in enumerate(names)}
    return columns


def _column_names(name: str, k: int, arrays: Mapping[str, ArrayLike]) -> list[str]:
    """Names of the k columns of a 2-D array, from an array of strings beside it; empty where there is none."""
    if name.lower() == PLATE_MJD_FIBRE and k == 3:
        return ["plate", "mjd", "fiberid"]
    if name.endswith("_err"):
        return [f"{column}_err" for column in _column_names(name.removesuffix("_err"), k, arrays)]
    for companion in (f"{stem}_{word}" for stem in (name, name.removesuffix("s")) for word in ("names", "cols")):
        if companion in arrays and arrays[companion].shape == (k,):
            return [str(column) for column in _plain(np.asarray(arrays[companion][()]))]
    return []


def _plain(array: np.ndarray) -> np.ndarray:
    """Strings as ``str``, of whatever kind the file has them; numbers as they are."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O":
        decoded = [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in array.flat]
        return np.array(decoded).reshape(array.shape)
    return array


def _identify(columns: dict[str, np.ndarray], stem: str, n: int) -> list[str]:
    """Unique ids: the file's own, else SDSS's plate, MJD and fibre, else the file's name and the row."""
    key = next((key for name in ID for key in columns if key.lower() == name), None)
    ids = [str(value).strip() for value in columns[key].tolist()] if key else []
    if not ids and {"plate", "mjd", "fiberid"} <= columns.keys():
        ids = [
            sdss_id(*numbers)
            for numbers in zip(*(columns[c].tolist() for c in ("plate", "mjd", "fiberid")), strict=True)
        ]
    if len(set(ids)) == n and all(ids):
        columns.pop(key, None)
        return ids
    return [stem] if n == 1 else [f"{stem}-{row:05d}" for row in range(n)]


def _take(columns: dict[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray | None:
    """Remove and return the first numeric column of these names."""
    for name in names:
        for key, values in columns.items():
            if key.lower() == name and values.dtype.kind in "fiu":
                return columns.pop(key)
    return None


def _first(arrays: Mapping[str, ArrayLike], names: tuple[str, ...]) -> ArrayLike | None:
    return next((arrays[name] for name in names if name in arrays), None)
