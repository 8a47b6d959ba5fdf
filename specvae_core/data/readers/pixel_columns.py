"""Spectra in the columns of a FITS table: a row a pixel, or a row a spectrum whose cells are vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..understanding import Understanding
from .assemble import Pixels, assemble
from .axis import Axis, resolve_axis
from .columns import bad_pixels, error_kind, find_column, is_log_wavelength, mask_phrase, split_name
from .fits_unit import Unit
from .source import Source


def not_zero(mask: np.ndarray) -> np.ndarray:
    """Which pixels are bad where any bit of a mask, or a true value, means bad."""
    return bad_pixels("mask", mask)


@dataclass(frozen=True)
class PixelColumns:
    """Roles of the columns of a table, with properties that the format fixes and the table does not state.

    Parameters
    ----------
    wavelength, flux, error, mask
        Names in upper case; empty where there is none.
    kind
        What the errors are: ``error``, ``variance`` or ``ivar``.
    bad
        Which pixels the values of the mask make bad.
    bad_phrase
        The same in words.
    wavelength_unit, flux_unit
        Where the table states none.
    log10
        Whether wavelengths are decimal logarithms.
    in_air
        The medium; ``None`` where neither file nor format says it.
    """

    wavelength: str
    flux: str
    error: str = ""
    mask: str = ""
    kind: str = "error"
    bad: Callable[[np.ndarray], np.ndarray] = not_zero
    bad_phrase: str = "not 0 is bad"
    wavelength_unit: str = ""
    flux_unit: str = ""
    log10: bool = False
    in_air: bool | None = None


def find_pixel_columns(unit: Unit, source: Source) -> PixelColumns | None:
    """The columns of a table by their names, the user's hints first; ``None`` where it holds no spectra."""
    spelt = {unit.column_text("TTYPE", name): name for name in unit.layout.columns}
    found = {role: find_column(spelt, role, source.hints, source.name) for role in ("wavelength", "flux")}
    if None in found.values():
        return None
    wavelength, flux = (spelt[name] for name in found.values())
    alike = {text: name for text, name in spelt.items() if _length(unit, name) == _length(unit, flux)}
    if _length(unit, wavelength) != _length(unit, flux):
        return None
    error, mask = (find_column(alike, role, source.hints, source.name) for role in ("error", "mask"))
    return PixelColumns(
        wavelength,
        flux,
        alike[error] if error else "",
        alike[mask] if mask else "",
        kind=error_kind(error) if error else "error",
        bad=partial(bad_pixels, mask or ""),
        bad_phrase=mask_phrase(mask or ""),
        log10=is_log_wavelength(found["wavelength"]),
        in_air=split_name(found["wavelength"]).in_air,
    )


def _length(unit: Unit, name: str) -> int:
    """How many values a cell of the column holds; -1 where that differs from row to row."""
    letter, repeat, _ = unit.layout.columns[name]
    return -1 if letter in "PQ" else repeat


def read_pixels(
    source: Source, unit: Unit, columns: PixelColumns, lengths: Sequence[int] | None = None
) -> list[tuple[Axis, Pixels]]:
    """The spectra of a table: one of all rows where a row is a pixel, else one of each row.

    Parameters
    ----------
    source, unit
        The file and its table.
    columns
        Which column holds what.
    lengths
        How many pixels of each row count, where the cells are longer than that.
    """
    names = [name for name in (columns.wavelength, columns.flux, columns.error, columns.mask) if name]
    table = unit.table(names)
    if _length(unit, columns.flux) == 1:
        return [_spectrum(source, unit, columns, table)] if len(table) else []
    ends = [None] * len(table) if lengths is None else lengths
    cells = {name: table[name].astype(table[name].dtype.newbyteorder("=")) for name in names}
    rows = ({name: cells[name][i][:end] for name in names} for i, end in enumerate(ends))
    return [_spectrum(source, unit, columns, row) for row in rows]


def _spectrum(
    source: Source, unit: Unit, columns: PixelColumns, values: np.ndarray | dict[str, np.ndarray]
) -> tuple[Axis, Pixels]:
    axis = resolve_axis(
        values[columns.wavelength],
        source=f"column {unit.column_text('TTYPE', columns.wavelength)}",
        file=source.name,
        unit=stated_unit(unit, columns.wavelength) or columns.wavelength_unit,
        named=True,
        log10=columns.log10,
        in_air=columns.in_air,
        hints=source.hints,
    )
    pixels = assemble(
        axis,
        values[columns.flux],
        file=source.name,
        flux_unit=source.hints.flux_unit or stated_unit(unit, columns.flux) or columns.flux_unit,
        error=values[columns.error] if columns.error else None,
        error_unit=stated_unit(unit, columns.error) if columns.error else "",
        kind=columns.kind,
        bad=columns.bad(values[columns.mask]) if columns.mask else None,
    )
    return axis, pixels


def stated_unit(unit: Unit, name: str) -> str:
    """The unit of a column: TUNITn, else what stands in its name in brackets."""
    return unit.column_text("TUNIT", name) or split_name(unit.column_text("TTYPE", name)).unit


def understanding(reader: str, unit: Unit, columns: PixelColumns, axis: Axis, pixels: Pixels) -> Understanding:
    """The `Understanding` of spectra that stand in columns."""
    words = {"error": "1 sigma", "variance": "variance", "ivar": "inverse variance"}
    spelt = {name: unit.column_text("TTYPE", name) for name in (columns.flux, columns.error, columns.mask) if name}
    return Understanding(
        reader=reader,
        wavelength=axis.source,
        wavelength_unit=axis.unit,
        medium=axis.medium,
        flux=f"column {spelt[columns.flux]}",
        flux_unit=stated_unit(unit, columns.flux) or columns.flux_unit,
        error=f"column {spelt[columns.error]} ({words[columns.kind]})" if columns.error else "",
        mask=f"column {spelt[columns.mask]}, {columns.bad_phrase}" if columns.mask else "",
        converted=pixels.converted,
        assumed=axis.assumed,
    )


def with_medium(columns: PixelColumns, in_air: bool | None) -> PixelColumns:
    """The columns with the medium that the header states, where it states one."""
    return columns if in_air is None else replace(columns, in_air=in_air)
