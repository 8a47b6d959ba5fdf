"""Photometry, or pixels without wavelengths, in the plot of a spectrum: magnitudes at the bands, bright ones on top."""

from bokeh.models import GlyphRenderer
from bokeh.plotting import figure as Figure

from specvae_core.grid import BandGrid, PixelGrid

from .axes import axis_title, name_bands
from .spectrum import SpectrumPlot


def show_bands(plot: SpectrumPlot, grid: BandGrid) -> None:
    """Turn an empty plot of spectra into one of magnitudes: points, names of bands, no spectral lines."""
    for figure in (plot.flux, plot.residual):
        _renderer(figure, "lines").visible = False
    plot.flux.above[0].visible = False
    plot.flux.yaxis.axis_label = "magnitude"
    wavelength = [float(value) for value in grid.wavelength]
    margin = 0.04 * (max(wavelength) - min(wavelength))
    plot.flux.x_range.update(start=min(wavelength) - margin, end=max(wavelength) + margin)
    name_bands(plot.residual.below[0], grid)
    for figure, name in ((plot.flux, "observed"), (plot.residual, "residual")):
        _renderer(figure, name).glyph.line_alpha = 0.25
        figure.scatter("wavelength", name, source=plot.pixels, size=8, line_color=None, name=f"{name} points")


def show_pixels(plot: SpectrumPlot, grid: PixelGrid) -> None:
    """Turn an empty plot of spectra into one of counted pixels, which carry no wavelength: no spectral lines."""
    for figure in (plot.flux, plot.residual):
        _renderer(figure, "lines").visible = False
    plot.flux.above[0].visible = False
    plot.residual.below[0].axis_label = axis_title(grid)


def dress_bands(plot: SpectrumPlot, colour: str) -> None:
    """Give the points a colour."""
    for figure, name in ((plot.flux, "observed"), (plot.residual, "residual")):
        _renderer(figure, f"{name} points").glyph.fill_color = colour


def _renderer(figure: Figure, name: str) -> GlyphRenderer:
    """Renderer of a name; figures and axes may have the same name, so `select_one` finds too many."""
    return next(renderer for renderer in figure.renderers if renderer.name == name)
