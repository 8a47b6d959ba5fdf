"""Hyperspectral cubes: every pixel of a scene is an object with a place, x and y, and a spectrum.

The id of a pixel is the file's name with y and x, counted from 0. Maps of the scene, (rows, columns) or (rows, columns,
k), become columns of its pixels.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import read_arrays
from .source import Source

PIXELS_AT_ONCE = 4096


def read_cube(
    cube: ArrayLike,
    wavelength: ArrayLike | None,
    maps: Mapping[str, np.ndarray],
    source: Source,
    *,
    reader: str,
    bad: np.ndarray | None = None,
) -> Iterator[Observation | Refused]:
    """The spectra of all pixels, some lines at a time.

    Parameters
    ----------
    cube
        (rows, columns, bands); rows are read as slices.
    wavelength
        (bands,) with its unit among its ``attrs``; ``None`` where the file does not say it.
    maps
        Name -> (rows, columns) or (rows, columns, k).
    source
        The file, with the user's hints.
    reader
        Name of the format, for messages.
    bad
        (bands,) bool, bands without use; ``None`` where all are good.

    Raises
    ------
    Refused
        While iterating, where neither file nor user gives the wavelengths of the bands.
    """
    n_rows, n_columns, n_bands = cube.shape
    if wavelength is None and not source.hints.no_wavelengths:
        raise Refused(
            Reason.UNIT,
            f"{source.name} has {n_bands} bands and says their wavelengths nowhere: put them beside the cube, or state "
            "by --wavelength-unit pixel that its bands are only counted.",
            answer="wavelength_unit",
        )
    step = max(1, PIXELS_AT_ONCE // n_columns)
    for start in range(0, n_rows, step):
        lines = np.asarray(cube[start : start + step])
        n = len(lines) * n_columns
        y, x = (index.ravel() for index in np.indices((len(lines), n_columns)))
        y = y + start
        arrays: dict[str, ArrayLike] = {"flux": lines.reshape(n, n_bands)}
        if wavelength is not None:
            arrays["wavelength"] = wavelength
        if bad is not None:
            arrays["mask"] = np.broadcast_to(bad, (n, n_bands))
        arrays |= _columns(maps, slice(start, start + len(lines)), n)
        arrays |= {"x": x, "y": y, "id": _names(source.stem, y, x)}
        yield from read_arrays(arrays, source, reader=reader, first=start * n_columns)


def _columns(maps: Mapping[str, np.ndarray], lines: slice, n: int) -> dict[str, np.ndarray]:
    """The maps of some lines as columns (n,); ``name_1``… where a map has several layers."""
    columns = {}
    for name, values in maps.items():
        part = values[lines].reshape(n, -1)
        names = [name] if part.shape[1] == 1 else [f"{name}_{k + 1}" for k in range(part.shape[1])]
        columns |= {column: part[:, k] for k, column in enumerate(names)}
    return columns


def _names(stem: str, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.array([f"{stem}-{row:04d}-{column:04d}" for row, column in zip(y, x, strict=True)])


def as_column(values: np.ndarray, unit: str) -> Column:
    """Wavelengths of bands with their unit."""
    return Column(np.ravel(values), {"unit": unit, "source": "wavelengths of the bands"})
