"""Histogram of a column: all objects, and the selected ones."""

import numpy as np
from bokeh.models import DataRange1d
from bokeh.plotting import figure

from dashboard.colouring import finite_part
from dashboard.theme import PALETTES, dress

from ..maps.bins import bin_values

BINS = 40
"""Bins of each histogram."""


def compare_histograms(everything: np.ndarray, selected: np.ndarray, title: str, theme: str) -> figure:
    """Histograms of all and of the selected objects, each as a share of its own total.

    Parameters
    ----------
    everything, selected
        (n,) and (m,) numbers; those that are not finite are left out.
    title
        Name of the column, with its unit where there is one.
    """
    palette = PALETTES[theme]
    edges = histogram_edges(everything)
    plot = figure(
        x_axis_label=title, y_axis_label="share", tools="", toolbar_location=None, sizing_mode="stretch_both",
        x_range=(edges[0], edges[-1]), y_range=DataRange1d(start=0),
    )  # fmt: skip
    for values, colour, alpha, name in (
        (everything, palette.context, 0.75, "all"),
        (selected, palette.accent, 0.65, "selected"),
    ):
        plot.quad(
            left=edges[:-1], right=edges[1:], bottom=0, top=_shares(values, edges),
            fill_color=colour, fill_alpha=alpha, line_color=None, legend_label=name, name=name,
        )  # fmt: skip
    plot.legend.location = "top_right"
    dress(plot, theme)
    return plot


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(BINS,) shares of the finite values (n,) in each bin."""
    known = np.isfinite(values)
    values = values if known.all() else values[known]
    bins = bin_values(values.astype(np.float32), edges[[0, -1]], BINS)
    counts = np.bincount(bins, minlength=BINS + 1)[:BINS]
    counts[0] += np.count_nonzero(values < edges[0])
    counts[-1] += len(values) - counts.sum()
    return counts / max(len(values), 1)


def histogram_edges(values: np.ndarray) -> np.ndarray:
    """(BINS + 1,) edges from the 0.5th to the 99.5th percentile; what lies beyond counts in the outer bins."""
    some = finite_part(values)
    low, high = np.percentile(some, [0.5, 99.5]) if len(some) else (0.0, 1.0)
    return np.linspace(low, high, BINS + 1) if high > low else np.linspace(low - 0.5, low + 0.5, BINS + 1)
