"""Which array of a file is what: wavelengths, flux, errors, mask, and columns of the objects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ...errors import Reason, Refused
from ..catalogue import LARGEST_EXACT
from .axis import NO_WAVELENGTHS
from .columns import error_kind, find_column, split_name
from .source import Source

PLATE_MJD_FIBRE = "plate_mjd_fiber"


class ArrayLike(Protocol):
    """A NumPy array, or a dataset on disk of which slices are read.

    Where it has a mapping ``attrs``, its ``unit`` (or ``units``) is the unit of its values, and a true ``in_air`` says
    that wavelengths are in air.
    """

    shape: tuple[int, ...]
    dtype: np.dtype

    def __getitem__(self, item: slice | tuple) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Column:
    """An array with its attributes in the file.

    Parameters
    ----------
    values
        The array.
    attrs
        ``unit`` and ``in_air``, where the file states them; ``source``, where the values are not a column.
    """

    values: np.ndarray
    attrs: Mapping[str, object] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.values.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the values."""
        return self.values.dtype

    def __getitem__(self, item: slice | tuple) -> np.ndarray:
        return self.values[item]


@dataclass(frozen=True)
class Layout:
    """Which array is what.

    Parameters
    ----------
    axis
        Name of the wavelengths.
    pixels
        Role (``flux``, ``error``, ``mask``) -> name of an array shaped as the flux.
    used
        Arrays that are not properties of single objects: axis, pixels and their units.
    axis_unit, flux_unit, error_unit
        Units by the user's hints or the file, empty where neither gives one.
    """

    axis: str
    pixels: Mapping[str, str]
    used: frozenset[str]
    axis_unit: str
    flux_unit: str
    error_unit: str

    @property
    def error_kind(self) -> str:
        """``error``, ``variance`` or ``ivar``; empty without errors."""
        return error_kind(self.pixels["error"]) if "error" in self.pixels else ""


def array_layout(arrays: Mapping[str, ArrayLike], source: Source) -> Layout:
    """What the arrays are; refused where flux or wavelengths are missing or arrays do not fit each other."""
    hints, file = source.hints, source.name
    axis, flux = (find_column(arrays, role, hints, file) for role in ("wavelength", "flux"))
    if flux is None or axis is None:
        names = ", ".join(sorted(arrays)[:8]) or "nothing"
        missing = "flux" if flux is None else "wavelength"
        raise Refused(
            Reason.FOREIGN,
            f"{file} has no array known as {missing} ({names}): name it by --column {missing}=NAME; flux (n, m) and "
            "wavelength (m,) were expected.",
            answer=f"columns.{missing}",
            choices=sorted(arrays),
        )
    pixels = {"flux": flux}
    shape = arrays[flux].shape
    like_flux = [
        name
        for name, array in arrays.items()
        if name not in (axis, flux) and (len(array.shape) == len(shape) or array.shape == shape[-1:] != shape[:1])
    ]
    for role in ("error", "mask"):
        name = find_column(arrays if role in hints.columns else like_flux, role, hints, file)
        if name is not None:
            pixels[role] = name
    _check_shapes(arrays, axis, pixels, file)
    units = {f"{name}_{word}" for name in (axis, flux, "wavelength", "flux") for word in ("unit", "units")}
    used = {axis, *pixels.values(), *(name for name in arrays if name.lower() in {unit.lower() for unit in units})}
    flux_unit = hints.flux_unit or _stated_unit(arrays, flux)
    error_unit = _stated_unit(arrays, pixels["error"]) if "error" in pixels else ""
    return Layout(axis, pixels, frozenset(used), _stated_unit(arrays, axis), flux_unit, error_unit)


def _check_shapes(arrays: Mapping[str, ArrayLike], axis: str, pixels: Mapping[str, str], file: str) -> None:
    shape, scale = arrays[pixels["flux"]].shape, arrays[axis].shape
    wrong = [
        f"{name} {arrays[name].shape}" for name in pixels.values() if arrays[name].shape not in (shape, shape[-1:])
    ]
    if len(shape) not in (1, 2) or wrong or scale not in (shape, shape[-1:]) or 0 in shape:
        raise Refused(
            Reason.SHAPE,
            f"{file} has {pixels['flux']} of shape {shape}, {axis} {scale}{', ' if wrong else ''}{', '.join(wrong)}: "
            "flux (n, m) with wavelengths (m,) or (n, m) and errors and mask shaped as flux were expected.",
        )
    words = [name for name in (axis, *pixels.values()) if arrays[name].dtype.kind not in "fiub"]
    if words:
        raise Refused(
            Reason.FOREIGN, f"{file} has words or dates in {words[0]}: numbers were expected there in every row."
        )


def _stated_unit(arrays: Mapping[str, ArrayLike], name: str) -> str:
    """The unit in the array's name, in an HDF5 attribute or in a string beside it; empty where there is none."""
    split = split_name(name)
    attributes = getattr(arrays[name], "attrs", {})
    beside = {other.lower(): other for other in arrays if arrays[other].shape in ((), (1,))}
    role = "flux" if split.base.startswith("f") else "wavelength"
    stated = [split.unit, *(attributes[key] for key in attributes if key.lower() in ("unit", "units"))]
    for key in (f"{stem}_{word}" for stem in (name.lower(), split.base, role) for word in ("unit", "units")):
        if key in beside:
            stated.append(_plain(np.atleast_1d(arrays[beside[key]][()]))[0])
    words = [word.decode() if isinstance(word, bytes) else str(word) for word in stated]
    return next((word.strip() for word in words if word.strip()), "")


def origin(arrays: Mapping[str, ArrayLike], name: str) -> str:
    """Origin of an array in the file, in words."""
    return str(getattr(arrays[name], "attrs", {}).get("source") or f"column {name}")


def without_wavelengths(arrays: Mapping[str, ArrayLike], source: Source) -> dict[str, ArrayLike]:
    """The arrays with counted pixels in the place of wavelengths; images (n, …) become rows (n, m) of their pixels."""
    flux, axis = (find_column(arrays, role, source.hints, source.name) for role in ("flux", "wavelength"))
    if flux is None:
        return dict(arrays)
    shape = arrays[flux].shape
    flat = {name: array for name, array in arrays.items() if name != axis}
    if len(shape) > 2:
        same = [name for name, array in flat.items() if array.shape == shape]
        flat |= {name: Column(np.reshape(arrays[name][()], (shape[0], -1))) for name in same}
    counted = Column(np.arange(1.0, flat[flux].shape[-1] + 1), {"source": NO_WAVELENGTHS})
    return flat | {"wavelength": counted}


def object_columns(arrays: Mapping[str, ArrayLike], n: int) -> dict[str, np.ndarray]:
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


def _word(item: object) -> str:
    """A string, empty where the value is missing."""
    return "" if item is None else item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)


def _plain(array: np.ndarray) -> np.ndarray:
    """Strings as ``str``, of whatever kind the file has them; numbers as they are."""
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind == "O":
        if all(item is None or isinstance(item, int | float) for item in array.flat):
            numbers = np.array([np.nan if item is None else item for item in array.flat], dtype=float)
            if not (np.abs(numbers) > LARGEST_EXACT).any():
                return numbers.reshape(array.shape)
        decoded = [_word(item) for item in array.flat]
        return np.array(decoded).reshape(array.shape)
    return array
