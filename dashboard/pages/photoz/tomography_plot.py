"""n(z) of tomographic bins: curves, and histograms of spectroscopic redshifts behind them."""

import numpy as np
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure as Figure

from dashboard.theme import OKABE_ITO, dress
from specvae_core.analysis.tomography import Bin

STEPS = 40
"""Steps of the histograms along the axis."""

FEWEST = 20
"""Spectroscopic redshifts that a histogram is drawn for."""


class TomographyPlot:
    """All bins are one source of curves and one of boxes, so that data alone change."""

    def __init__(self, theme: str) -> None:
        self.figure = Figure(
            x_axis_label="redshift", y_axis_label="n(z)", tools="", toolbar_location=None,
            sizing_mode="stretch_both", x_range=Range1d(0, 1), y_range=Range1d(0, 1), min_border_left=52,
            min_border_right=10, min_border_bottom=42, name="tomography",
        )  # fmt: skip
        self.curves = ColumnDataSource({"z": [], "density": [], "colour": []})
        self.boxes = ColumnDataSource({"left": [], "right": [], "top": [], "colour": []})
        self.figure.quad(
            "left", "right", "top", 0, source=self.boxes, fill_color="colour", line_color=None, fill_alpha=0.22
        )
        self.figure.multi_line("z", "density", source=self.curves, line_color="colour", line_width=2)
        self.dress(theme)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        dress(self.figure, theme)

    def show(self, bins: list[Bin], z_phot: np.ndarray, z_spec: np.ndarray) -> None:
        """Draw bins, and the spectroscopic redshifts (n,) of the objects whose z_phot (n,) lies in them."""
        colours = [OKABE_ITO[i % len(OKABE_ITO)] for i in range(len(bins))]
        self.curves.data = {
            "z": [one.grid for one in bins], "density": [one.density for one in bins], "colour": colours
        }  # fmt: skip
        if not bins:
            self.boxes.data = {"left": [], "right": [], "top": [], "colour": []}
            return
        shown = np.flatnonzero(np.any([one.density > 0.01 * one.density.max() for one in bins], axis=0))
        end = float(bins[0].grid[shown[-1]]) if len(shown) else 1.0
        edges = np.linspace(0, end, STEPS + 1)
        boxes: dict[str, list] = {"left": [], "right": [], "top": [], "colour": []}
        for one, colour in zip(bins, colours, strict=True):
            truth = z_spec[(z_phot >= one.low) & (z_phot < one.high) & np.isfinite(z_spec)]
            if len(truth) >= FEWEST:
                top, _ = np.histogram(truth, edges)
                boxes["left"] += edges[:-1].tolist()
                boxes["right"] += edges[1:].tolist()
                boxes["top"] += (top / len(truth) / np.diff(edges)).tolist()
                boxes["colour"] += [colour] * STEPS
        self.boxes.data = boxes
        highest = max(float(one.density.max()) for one in bins)
        self.figure.x_range.update(start=0.0, end=end)
        self.figure.y_range.update(start=0.0, end=1.15 * max([highest, *boxes["top"]]))
