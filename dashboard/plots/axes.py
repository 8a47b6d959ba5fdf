"""Titles and units of the axis along which the pixels of a grid lie."""

from bokeh.models import FixedTicker, LinearAxis

from specvae_core.grid import BandGrid, Grid, PixelGrid


def axis_title(grid: Grid) -> str:
    """Title of the axis: rest wavelength with its unit, band, or pixel where pixels carry no wavelength."""
    if isinstance(grid, PixelGrid):
        return "pixel"
    return "band" if isinstance(grid, BandGrid) else "rest wavelength in vacuum (Å)"


def name_bands(axis: LinearAxis, grid: BandGrid) -> None:
    """Put the names of the bands where they lie."""
    places = [float(value) for value in grid.wavelength]
    names = dict(zip(places, grid.names, strict=True))
    axis.update(ticker=FixedTicker(ticks=places), major_label_overrides=names, axis_label=axis_title(grid))


def axis_unit(grid: Grid) -> str:
    """Unit behind a number on that axis."""
    return "px" if isinstance(grid, PixelGrid) else "Å"
