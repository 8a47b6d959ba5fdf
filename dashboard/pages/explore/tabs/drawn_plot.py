"""Spectra of objects that were drawn, above each other."""

import numpy as np
from bokeh.models import FixedTicker
from bokeh.plotting import figure

from dashboard.theme import PALETTES, dress
from specvae_core.grid import Grid, SpectralGrid


def drawn_figure(grid: Grid, spectra: np.ndarray, theme: str) -> figure:
    """Spectra (n, n_pixel), each about its number, the first on top."""
    palette, n = PALETTES[theme], len(spectra)
    on_wavelengths = isinstance(grid, SpectralGrid)
    x = grid.wavelength if on_wavelengths else np.arange(grid.n_pixel)
    plot = figure(
        x_axis_label="rest wavelength (Å)" if on_wavelengths else "band", toolbar_location=None, tools="",
        sizing_mode="stretch_both", min_border_left=40, y_range=(n + 0.8, 0.2), name="drawn",
    )  # fmt: skip
    middle, spread = np.median(spectra, axis=1, keepdims=True), np.ptp(spectra, axis=1, keepdims=True)
    height = 0.9 * (spectra - middle) / np.maximum(spread, 1e-12)
    places = np.arange(1, n + 1)
    plot.multi_line([x] * n, list(places[:, None] - height), color=palette.accent, line_width=1.1)
    plot.yaxis.ticker = FixedTicker(ticks=places.tolist())
    dress(plot, theme)
    return plot
