"""A few spectra above each other, to see at a glance what is in a survey."""

from collections.abc import Sequence

import numpy as np
from bokeh.core.properties import value
from bokeh.plotting import figure

from dashboard.plots.axes import axis_title, name_bands
from dashboard.theme import FONT, PALETTES, dress
from specvae_core.grid import BandGrid, Grid


def peek_figure(
    grid: Grid,
    flux: np.ndarray,
    seen: np.ndarray,
    labels: Sequence[str],
    colours: Sequence[str],
    theme: str,
) -> figure:
    """Spectra stacked, the first one on top, each stretched to its own strip; magnitudes with bright ones on top.

    Parameters
    ----------
    flux
        (n, n_pixel), infilled where unseen.
    seen
        (n, n_pixel) bool; what is not seen is drawn as infilled, in grey.
    labels, colours
        One for each spectrum.
    """
    palette, in_bands = PALETTES[theme], isinstance(grid, BandGrid)
    wavelength, flux = grid.wavelength, -flux if in_bands else flux
    margin = 0.03 * float(wavelength[-1] - wavelength[0]) if in_bands else 0.0  # for the points at the ends
    plot = figure(
        x_axis_label=axis_title(grid),
        x_range=(float(wavelength[0]) - margin, float(wavelength[-1]) + margin),
        y_range=(-0.05, len(flux) + 0.1),
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_both",
        min_border_left=8,
    )
    for level, (row, mask, label, colour) in enumerate(
        zip(flux[::-1], seen[::-1], labels[::-1], colours[::-1], strict=True)
    ):
        strip = level + 0.82 * _to_strip(row)
        plot.line(wavelength, np.where(mask, strip, np.nan), color=colour, line_width=1.1)
        if in_bands:
            plot.scatter(wavelength[mask], strip[mask], size=5, color=colour)
        if not mask.all():
            plot.line(wavelength, np.where(_widened(~mask), strip, np.nan), color=palette.context, line_width=1.1)
        plot.text(
            [float(wavelength[0])],
            [level + 0.83],
            [label],
            x_offset=4,
            text_baseline="bottom",
            text_font=value(FONT),
            text_font_size="11px",
            text_color=palette.muted,
            background_fill_color=palette.surface,
            background_fill_alpha=0.8,
        )
    plot.yaxis.visible = False
    if in_bands:
        name_bands(plot.xaxis[0], grid)
    dress(plot, theme)
    return plot


def _to_strip(row: np.ndarray) -> np.ndarray:
    """A spectrum between 0 and 1; noise spikes beyond the 99.5th percentile are cut."""
    low, high = np.percentile(row, [0.5, 99.5])
    return np.clip((row - low) / max(high - low, 1e-9), -0.05, 1.15)


def _widened(mask: np.ndarray) -> np.ndarray:
    """The mask and a pixel more at either side, so that the line reaches its neighbours."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    return wide
