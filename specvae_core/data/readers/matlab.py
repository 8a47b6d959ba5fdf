"""MATLAB files: spectra by name, or a scene whose pixels are spectra. Versions 5 to 7.2 by SciPy, 7.3 as HDF5.

A **scene** is an array (rows, columns, bands), or a matrix (bands, pixels) beside a map of the same number of pixels or
numbers ``nRow``, ``nCol`` (``lines``, ``cols``); MATLAB counts the pixels of a matrix down the columns first. A map
(rows, columns, k) of numbers that sum to 1 holds fractions of endmembers: they become ``abundance_1``…; other maps keep
their names.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import read_arrays
from .columns import find_column, split_name
from .cube import as_column, read_cube
from .hdf5 import MAGIC, datasets
from .source import Source

READER = "MATLAB"
ROWS = ("nrow", "nrows", "rows", "lines", "h", "height")
COLUMNS = ("ncol", "ncols", "cols", "columns", "samples", "w", "width")
FEWEST_BANDS = 10
SUM_TOLERANCE = 0.02


class MatlabReader:
    """Reads spectra and scenes from MATLAB files."""

    def claims(self, source: Source) -> bool:
        """Whether the file begins as MATLAB's do."""
        return source.head.startswith(b"MATLAB ") or (source.path.suffix.lower() == ".mat" and _is_version_73(source))

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """The spectra by name, or the pixels of the scene."""
        arrays = _version_73(source) if _is_version_73(source) else _version_5(source)
        by_name = {name: Column(np.squeeze(array) if 1 in array.shape else array) for name, array in arrays.items()}
        roles = ("flux",) if source.hints.no_wavelengths else ("flux", "wavelength")
        if None not in (find_column(by_name, role, source.hints, source.name) for role in roles):
            flux = by_name[find_column(by_name, "flux", source.hints, source.name)]
            if len(flux.shape) < 3:
                yield from read_arrays(by_name, source, reader=READER)
                return
        cube, maps = _scene(arrays, source)
        axis = find_column(by_name, "wavelength", source.hints, source.name)
        wavelength = None
        if axis is not None and by_name[axis].shape == cube.shape[-1:]:
            wavelength = as_column(by_name[axis][:], split_name(axis).unit)
        yield from read_cube(cube, wavelength, maps, source, reader=READER)


def _is_version_73(source: Source) -> bool:
    return source.head[512:].startswith(MAGIC) or source.head.startswith(MAGIC)


def _version_5(source: Source) -> dict[str, np.ndarray]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        loaded = loadmat(source.path, appendmat=False)
    except (MatReadError, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    found: dict[str, np.ndarray] = {}
    for name, value in loaded.items():
        if not name.startswith("__"):
            _collect(name, np.asarray(value), found)
    return found


def _collect(name: str, value: np.ndarray, found: dict[str, np.ndarray]) -> None:
    """Arrays of numbers and words by name; the fields of a structure of one element by their own names."""
    if value.dtype.names and value.size == 1:
        for field in value.dtype.names:
            _collect(field, np.asarray(value[field].item()), found)
    elif value.dtype.kind in "fiubU" and value.size:
        found.setdefault(name, value)


def _version_73(source: Source) -> dict[str, np.ndarray]:
    """Arrays of numbers; HDF5 holds MATLAB's arrays with their axes in reverse order."""
    import h5py

    with h5py.File(source.path, "r") as file:
        found = {path: array for path, array in datasets(file, source).items() if not path.startswith("#refs#")}
        return {
            path.rpartition("/")[2]: np.asarray(array[()]).T for path, array in found.items() if _holds_numbers(array)
        }


def _holds_numbers(array: ArrayLike) -> bool:
    return array.dtype.kind in "fiub" and np.prod(array.shape) > 0


def _scene(arrays: Mapping[str, np.ndarray], source: Source) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(rows, columns, bands) and the maps of the same rows and columns."""
    numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "fiub"}
    named = find_column(numbers, "flux", source.hints, source.name)
    cubes = {name: array for name, array in numbers.items() if array.ndim == 3 and array.shape[2] >= FEWEST_BANDS}
    if named in cubes or (cubes and named is None):
        name = named or max(cubes, key=lambda name: cubes[name].size)
        return cubes[name], _maps(numbers, cubes[name].shape[:2], name)
    shape, name = _shape_of_matrix(numbers, named)
    if shape is None or name is None:
        listed = ", ".join(f"{name} {array.shape}" for name, array in list(arrays.items())[:8]) or "nothing"
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} holds no spectra ({listed}): arrays flux and wavelength, or a scene (rows, columns, "
            "bands), were expected; name the array by --column flux=NAME.",
            answer="columns.flux",
            choices=arrays,
        )
    matrix = numbers[name]
    bands_first = matrix.shape[1] == shape[0] * shape[1]
    cube = (matrix if bands_first else matrix.T).reshape(-1, *shape, order="F")
    return np.moveaxis(cube, 0, -1), _maps(numbers, shape, name)


def _shape_of_matrix(numbers: Mapping[str, np.ndarray], named: str | None) -> tuple[tuple[int, int] | None, str | None]:
    """Rows and columns of a scene that is stored as a matrix, and the matrix's name."""
    single = {name.lower(): int(array.ravel()[0]) for name, array in numbers.items() if array.size == 1}
    rows, columns = (next((single[name] for name in names if name in single), 0) for names in (ROWS, COLUMNS))
    shapes = [(rows, columns), *(array.shape[:2] for array in numbers.values() if array.ndim == 3)]
    for shape in shapes:
        n = shape[0] * shape[1]
        for name, array in numbers.items():
            others = [size for size in array.shape if size != n]
            if (
                n > 1
                and array.ndim == 2
                and name in (named or name,)
                and len(others) == 1
                and others[0] >= FEWEST_BANDS
            ):
                return (int(shape[0]), int(shape[1])), name
    return None, None


def _maps(numbers: Mapping[str, np.ndarray], shape: tuple[int, int], cube: str) -> dict[str, np.ndarray]:
    """Arrays (rows, columns) and (rows, columns, k) beside the cube."""
    maps = {}
    for name, array in numbers.items():
        if name == cube or array.shape[:2] != tuple(shape) or array.ndim not in (2, 3):
            continue
        if array.ndim == 3 and np.abs(array.sum(axis=2) - 1).max() < SUM_TOLERANCE:
            name = "abundance"
        maps[name] = array
    return maps
