"""Histogram of a column: all objects, and the selected ones."""

import holoviews as hv
import numpy as np

from dashboard.colouring import finite_part
from dashboard.theme import PALETTES, dress

hv.extension("bokeh", logo=False)

BINS = 40
"""Bins of each histogram."""


def compare_histograms(everything: np.ndarray, selected: np.ndarray, title: str, theme: str) -> hv.Overlay:
    """Histograms of all and of the selected objects, each as a share of its own total.

    Parameters
    ----------
    everything, selected
        (n,) and (m,) numbers; those that are not finite are left out.
    title
        Name of the column, with its unit where there is one.
    """
    palette = PALETTES[theme]
    everything, selected = everything[np.isfinite(everything)], selected[np.isfinite(selected)]
    edges = histogram_edges(everything)
    layers = []
    for values, colour, alpha, name in (
        (everything, palette.context, 0.75, "all"),
        (selected, palette.accent, 0.65, "selected"),
    ):
        places = np.clip((values - edges[0]) * (BINS / (edges[-1] - edges[0])), 0, BINS - 1).astype(np.uint8)
        counts = np.bincount(places, minlength=BINS)
        shares = counts / max(counts.sum(), 1)
        bars = hv.Histogram((edges, shares), kdims=[hv.Dimension("value", label=title)], vdims=["share"], label=name)
        layers.append(bars.opts(fill_color=colour, fill_alpha=alpha, line_color=None))
    return hv.Overlay(layers).opts(
        responsive=True, toolbar=None, default_tools=[], legend_position="top_right", ylabel="share", xlabel=title,
        hooks=[lambda plot, element: dress(plot.state, theme)], fontsize={"legend": 9},
    )  # fmt: skip


def histogram_edges(values: np.ndarray) -> np.ndarray:
    """(BINS + 1,) edges from the 0.5th to the 99.5th percentile; what lies beyond counts in the outer bins."""
    some = finite_part(values)
    low, high = np.percentile(some, [0.5, 99.5]) if len(some) else (0.0, 1.0)
    return np.linspace(low, high, BINS + 1) if high > low else np.linspace(low - 0.5, low + 0.5, BINS + 1)
