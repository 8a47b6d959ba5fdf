"""Example spectra of files that are not stored yet: flux, its error band, and pixels that the file calls bad."""

from collections.abc import Mapping

import numpy as np
from bokeh.plotting import figure

from dashboard.theme import PALETTES, dress

HEIGHT = 110


def example_figure(example: Mapping, theme: str, *, counted: bool = False) -> figure:
    """One spectrum as the file has it.

    Parameters
    ----------
    example
        As `look` gives it: wavelength in Angstrom, flux, error (or ``None``), bad.
    counted
        Whether its pixels are counted and carry no wavelength.
    """
    palette = PALETTES[theme]
    wavelength = np.asarray(example["wavelength"], dtype=float)
    flux, bad = np.asarray(example["flux"], dtype=float), np.asarray(example["bad"], dtype=bool)
    good = np.where(bad, np.nan, flux)
    plot = figure(
        x_axis_label="pixel" if counted else f"wavelength in {'air' if example['in_air'] else 'vacuum'} (Å)",
        x_range=(float(wavelength[0]), float(wavelength[-1])),
        y_range=_limits(good),
        tools="",
        toolbar_location=None,
        sizing_mode="stretch_width",
        height=HEIGHT,
        min_border_left=8,
    )
    if example["error"] is not None:
        error = np.nan_to_num(np.asarray(example["error"], dtype=float))
        plot.varea(wavelength, good - error, good + error, fill_color=palette.band, fill_alpha=0.5, name="error")
    plot.line(wavelength, good, color=palette.accent, line_width=1.0, name="flux")
    if bad.any():
        low, _ = _limits(good)
        plot.scatter(wavelength[bad], np.full(bad.sum(), low), marker="dash", size=5, color=palette.masked, name="bad")
    plot.yaxis.visible = False
    dress(plot, theme)
    return plot


def _limits(flux: np.ndarray) -> tuple[float, float]:
    """Lower and upper end of the flux axis; spikes of single pixels are cut."""
    known = flux[np.isfinite(flux)]
    if not len(known):
        return 0.0, 1.0
    low, high = np.percentile(known, [0.1, 99.9])
    margin = 0.08 * max(high - low, abs(high) * 1e-3, 1e-300)
    return float(low - margin), float(high + margin)
