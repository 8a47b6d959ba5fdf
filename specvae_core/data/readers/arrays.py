"""From arrays by name to spectra: what an array is follows from its name (`columns`, in any case) or the user's hints.

======================================  ================================================================
``flux``, ``reflectance``…              (n, m), one spectrum a row; (m,) for a single spectrum
``wavelength``, ``wave``, ``lambda``…   (m,) or (n, m), its unit in the name (``wave_nm``, ``wave [um]``), in an
                                        array ``wave_unit`` or in an attribute; ``loglam`` is log10
``ivar``, ``err``, ``fluxerr``, ``var``…  as flux, optional
``mask``                                as flux, optional; true or not 0 means bad
``z_spec``, ``redshift``, ``z``…        (n,), optional; without it spectra are taken as at rest
``id``, ``targetid``, ``name``…         (n,), optional
any other (n,) or (n, 1)                a column of the catalogue
(n, k) with ``<name>_names``, ``_cols``  k columns, called so (``labels`` with ``label_names`` too); an array
                                        ``<name>_err`` beside it becomes ``<column>_err``
======================================  ================================================================

Everything else is left aside. Each reader of a format that names its arrays ends here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from ...errors import Refused
from ..block import Block
from ..spectra import Observation
from ..understanding import Understanding
from .array_layout import ArrayLike, Layout, array_layout, object_columns, origin, without_wavelengths
from .assemble import assemble
from .axis import PIXEL, Axis, resolve_axis
from .columns import ERROR_KINDS, OTHER_AXES, bad_pixels, is_log_wavelength, mask_phrase, split_name
from .objects import Objects, take_objects
from .source import Source

ROWS_AT_ONCE = 512

FEW = 32
"""Fewer rows than this are handed over one by one."""

BLOCK_VALUES = 1 << 20
"""Fluxes of a block at most: 8 MB."""


def read_arrays(
    arrays: Mapping[str, ArrayLike], source: Source, *, reader: str, first: int = 0, assumed: tuple[str, ...] = ()
) -> Iterator[Observation | Block | Refused]:
    """One spectrum for each row of the flux; neighbours on the same pixels together, as a block.

    Parameters
    ----------
    arrays
        By name, as the file spells them.
    source
        The file, with the user's hints.
    reader
        Name of the format, for messages.
    first
        Number of the first row, where a file comes in pieces.
    assumed
        What the reader of the format assumed, for `Understanding`.

    Raises
    ------
    Refused
        While iterating, where flux or wavelengths are missing, have no unit, or do not fit each other.
    """
    if source.hints.no_wavelengths:
        arrays = without_wavelengths(arrays, source)
    layout = array_layout(arrays, source)
    shape = arrays[layout.pixels["flux"]].shape
    pixels = {role: _rows(arrays[name], shape) for role, name in layout.pixels.items()}
    n = pixels["flux"].shape[0]
    others = {name: array for name, array in arrays.items() if name not in layout.used}
    objects = take_objects(object_columns(others, n), source, n, first)
    axis = arrays[layout.axis]
    shared = _resolve(np.asarray(axis[()], dtype=float), axis, layout, source) if len(axis.shape) == 1 else None
    if shared is None:
        pixels["wavelength"] = axis
    latest = _Latest(lambda values: _resolve(values, axis, layout, source))
    described = Understanding(
        reader=reader,
        flux=origin(arrays, layout.pixels["flux"]),
        flux_unit=layout.flux_unit,
        error=f"{origin(arrays, layout.pixels['error'])} ({ERROR_KINDS[layout.error_kind]})"
        if layout.error_kind
        else "",
        mask=f"column {layout.pixels['mask']}, {mask_phrase(layout.pixels['mask'])}" if "mask" in layout.pixels else "",
        **{**objects.understood, "assumed": (*assumed, *objects.understood["assumed"])},
    )
    made = partial(_block, layout=layout, objects=objects, described=described, source=source)
    rows_at_once = max(1, min(ROWS_AT_ONCE, BLOCK_VALUES // pixels["flux"].shape[1]))
    for start in range(0, n, rows_at_once):
        rows = {role: np.asarray(array[start : start + rows_at_once]) for role, array in pixels.items()}
        together = _together(rows, start, shared, latest, made)
        if together is not None:
            yield together
            continue
        for i in range(len(rows["flux"])):
            row = start + i
            try:
                spectrum = {role: array[i : i + 1] for role, array in rows.items()}
                yield made(slice(row, row + 1), shared or latest(spectrum["wavelength"][0]), spectrum)[0]
            except Refused as refusal:
                if n == 1 or shared or row + first == 0:
                    raise
                yield refusal


def _together(
    rows: Mapping[str, np.ndarray],
    start: int,
    shared: Axis | None,
    resolve: Callable[[np.ndarray], Axis],
    made: Callable[[slice, Axis, Mapping[str, np.ndarray]], Block],
) -> Block | None:
    """Rows from ``start`` on as a block, where there are enough of them and all have the same wavelengths.

    Where they are refused, ``None``: each is then refused by itself.
    """
    n = len(rows["flux"])
    if n < FEW or not (shared or (rows["wavelength"] == rows["wavelength"][0]).all()):
        return None
    try:
        return made(slice(start, start + n), shared or resolve(rows["wavelength"][0]), rows)
    except Refused:
        return None


def _rows(array: ArrayLike, shape: tuple[int, ...]) -> ArrayLike:
    """(n, m) of an array that may be that of a single spectrum, (m,), or of all n of them."""
    if len(array.shape) > 1:
        return array
    return np.broadcast_to(np.asarray(array[()]), shape if len(shape) == 2 else (1, *shape))


class _Latest:
    """Resolves wavelengths, once for neighbouring rows with the same ones."""

    def __init__(self, resolve: Callable[[np.ndarray], Axis]) -> None:
        self._resolve, self._values, self._axis = resolve, np.zeros(0), None

    def __call__(self, values: np.ndarray) -> Axis:
        if self._axis is None or not np.array_equal(values, self._values):
            self._values, self._axis = values, self._resolve(values)
        return self._axis


def _resolve(values: np.ndarray, array: ArrayLike, layout: Layout, source: Source) -> Axis:
    """The wavelengths of one spectrum, or of all."""
    split, attributes = split_name(layout.axis), getattr(array, "attrs", {})
    return resolve_axis(
        values,
        source=origin({layout.axis: array}, layout.axis),
        file=source.name,
        unit=layout.axis_unit,
        named=split.base not in OTHER_AXES or "wavelength" in source.hints.columns,
        log10=is_log_wavelength(layout.axis),
        in_air=attributes.get("in_air", split.in_air),
        hints=source.hints,
    )


def _block(
    rows: slice,
    axis: Axis,
    arrays: Mapping[str, np.ndarray],
    layout: Layout,
    objects: Objects,
    described: Understanding,
    source: Source,
) -> Block:
    """Spectra on one axis with their metadata."""
    pixels = assemble(
        axis,
        arrays["flux"].astype(float),
        file=source.name,
        flux_unit=layout.flux_unit,
        error=arrays.get("error"),
        error_unit=layout.error_unit,
        kind=layout.error_kind or "error",
        bad=bad_pixels(layout.pixels["mask"], arrays["mask"]) if "mask" in arrays else None,
    )
    return Block(
        ids=objects.ids[rows],
        wavelength=pixels.wavelength,
        flux=pixels.flux,
        ivar=pixels.ivar,
        redshift=None if objects.redshift is None else objects.redshift[rows],
        columns={name: values[rows] for name, values in objects.columns.items()},
        flux_unit=pixels.flux_unit,
        in_air=axis.in_air,
        on_pixels=axis.unit == PIXEL,
        source=str(source.path),
        understood=replace(
            described,
            wavelength=axis.source,
            wavelength_unit=axis.unit,
            medium="" if axis.unit == PIXEL else axis.medium,
            converted=pixels.converted,
            assumed=axis.assumed + described.assumed,
        ),
    )
