"""One object under several models: small spectra that share their axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.models import Span
from bokeh.plotting import figure as Figure

from dashboard.plots.photometry import dress_bands, show_bands, show_pixels
from dashboard.plots.spectrum import build_spectrum, flux_limits, spectrum_data, unseen_runs
from dashboard.theme import OKABE_ITO, PALETTES, dress
from dashboard.widgets.spectrum_tools.plots_with_tools import PlotsWithTools
from specvae_core.analysis.compare import Reconstruction
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid, Grid, PixelGrid, SpectralGrid
from specvae_core.lines import LINE


@dataclass(frozen=True)
class Zoom:
    """A range of wavelength around lines.

    Parameters
    ----------
    key, title
        Its name in the address, and on the button.
    lines
        Keys of the lines in it.
    margin
        Angstrom on either side of them.
    """

    key: str
    title: str
    lines: tuple[str, ...]
    margin: float

    @property
    def limits(self) -> tuple[float, float]:
        """First and last wavelength, Angstrom."""
        at = [LINE[key].wavelength for key in self.lines]
        return min(at) - self.margin, max(at) + self.margin


ZOOMS = (
    Zoom("oii", "[O II]", ("oii_3727",), 90.0),
    Zoom("cahk", "Ca H & K", ("ca_k", "ca_h"), 90.0),
    Zoom("hbeta", "Hβ + [O III]", ("h_beta", "oiii_5007"), 90.0),
    Zoom("mgb", "Mg b", ("mg_b",), 110.0),
    Zoom("nad", "Na D", ("na_d",), 90.0),
    Zoom("halpha", "Hα + [N II]", ("nii_6548", "nii_6584"), 110.0),
    Zoom("sii", "[S II]", ("sii_6717", "sii_6731"), 90.0),
)
"""Ranges as in Portillo et al. (2020, Figs. 4-7)."""


class SideBySide:
    """Several `SpectrumPlot` with common axes.

    Parameters
    ----------
    grid
        Grid of the survey.
    n
        Number of plots.
    large
        The tools that serve them.
    """

    def __init__(self, grid: Grid, n: int, theme: str, large: PlotsWithTools) -> None:
        self.grid, self.large = grid, large
        self.order = np.argsort(grid.wavelength, kind="stable")  # bands need not come in order
        self._bands = isinstance(grid, BandGrid)
        self.plots = [build_spectrum(grid.wavelength[self.order], theme) for _ in range(n)]
        first = self.plots[0]
        for plot in self.plots:
            plot.flux.x_range = plot.residual.x_range = first.flux.x_range
            plot.flux.y_range, plot.residual.y_range = first.flux.y_range, first.residual.y_range
            plot.flux.update(sizing_mode="stretch_width", height=190)
            plot.residual.update(sizing_mode="stretch_width", height=104)
            if self._bands:
                show_bands(plot, grid)
                dress_bands(plot, PALETTES[theme].text)
            elif isinstance(grid, PixelGrid):
                show_pixels(plot, grid)
        large.attach(self.plots, grid)

    def fill(self, spectrum: SpectraSet, found: Sequence[Reconstruction], zoom: str) -> None:
        """Show an object (a set of one row) and its reconstruction by each model."""
        order, large = self.order, self.large
        factor, wavelength = large.take_unit(spectrum), large.take_frame()
        observed, noise = spectrum.flux[0][order] * factor, spectrum.ivar[0][order] / factor**2
        infilled = None if spectrum.infilled is None else spectrum.infilled[0][order] * factor
        for plot, one in zip(self.plots, found, strict=True):
            flux, ivar, decoded = large.smooth(observed, noise, one.flux[order] * factor)
            plot.pixels.data = spectrum_data(wavelength, flux, ivar, infilled, decoded)
            plot.unseen.data = unseen_runs(large.edges, ivar)
        large.draw_pins()
        large.mark()
        self.zoom(zoom)

    def zoom(self, key: str) -> None:
        """Zoom to one of `ZOOMS`; any other key shows the whole spectrum."""
        plot, wavelength = self.plots[0], self.plots[0].pixels.data["wavelength"]
        limits = next((zoom.limits for zoom in ZOOMS if zoom.key == key), None)
        low, high = self.large.ends if limits is None else (end * self.large.stretch for end in limits)
        inside = (wavelength >= low) & (wavelength <= high)
        shown = ("observed", "reconstruction")
        ends = [flux_limits({name: one.pixels.data[name][inside] for name in shown}) for one in self.plots]
        bottom, top = min(low for low, _ in ends), max(high for _, high in ends)
        if self._bands:
            plot.flux.y_range.update(start=top, end=bottom)  # bright magnitudes are low ones
            return
        plot.flux.x_range.update(start=float(low), end=float(high))
        plot.flux.y_range.update(start=bottom, end=top)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        for plot in self.plots:
            plot.dress(theme)
            if self._bands:
                dress_bands(plot, PALETTES[theme].text)
        self.large.dress(theme)


def zooms_on(grid: Grid) -> dict[str, str]:
    """Titles and keys of the zooms that lie on a grid, everything first; bands and counted pixels show no lines."""
    if not isinstance(grid, SpectralGrid):
        return {"all bands" if isinstance(grid, BandGrid) else "all pixels": ""}
    wavelength = grid.wavelength
    inside = [zoom for zoom in ZOOMS if wavelength[0] <= zoom.limits[0] and zoom.limits[1] <= wavelength[-1]]
    return {"whole spectrum": "", **{zoom.title: zoom.key for zoom in inside}}


def pdf_figure(redshift: np.ndarray, density: np.ndarray, known: float, theme: str) -> Figure:
    """Density of redshift (n_z,), with the catalogue's redshift marked where it is known."""
    plot = Figure(
        height=110, x_axis_label="redshift", y_axis_label="p(z)", tools="", toolbar_location=None,
        min_border_left=62, sizing_mode="stretch_width",
    )  # fmt: skip
    plot.varea(redshift, np.zeros_like(density), density, fill_alpha=0.35)
    plot.line(redshift, density)
    if np.isfinite(known):
        plot.add_layout(Span(location=known, dimension="height", line_color=OKABE_ITO[1], line_dash="dashed"))
    plot.yaxis.ticker.desired_num_ticks = 2
    dress_pdf(plot, theme)
    return plot


def dress_pdf(plot: Figure, theme: str) -> None:
    """Give a figure of `pdf_figure` the colours of a theme."""
    area, line = plot.renderers
    area.glyph.fill_color = line.glyph.line_color = PALETTES[theme].accent
    dress(plot, theme)
