"""Redshift distributions: p(z) of one object, PIT histogram and PP plot of many."""

import numpy as np
from bokeh.models import ColumnDataSource, Range1d, Span
from bokeh.models.tools import HoverTool
from bokeh.plotting import figure as Figure

from dashboard.theme import OKABE_ITO, PALETTES, dress

BINS = 20
"""Bins of the PIT histogram."""

FLOOR = 1e-3
"""Fraction of its peak below which p(z) is left off the axis."""


def colours(theme: str) -> dict[str, str]:
    """Colours of the two estimators and of the spectroscopic redshift."""
    return {"marginal": PALETTES[theme].accent, "importance": OKABE_ITO[2], "spectroscopic": OKABE_ITO[1]}


class DensityPlot:
    """p(z) of one object by both estimators, with its spectroscopic redshift."""

    def __init__(self, theme: str) -> None:
        self.figure = _figure("redshift", "p(z)", name="density")
        self.curves = ColumnDataSource({"z": [], "marginal": [], "importance": []})
        self._lines = {
            name: self.figure.line("z", name, source=self.curves, line_width=2, legend_label=name)
            for name in ("marginal", "importance")
        }
        self.truth = ColumnDataSource({"z": [], "height": []})
        self._rule = self.figure.line(
            "z", "height", source=self.truth, line_dash="dashed", line_width=1.5, legend_label="spectroscopic"
        )
        tips = [("redshift", "@z{0.0000}"), ("marginal", "@marginal{0.00}"), ("importance", "@importance{0.00}")]
        self.figure.add_tools(HoverTool(tooltips=tips, renderers=[self._lines["marginal"]], mode="vline"))
        legend = self.figure.legend[0]
        legend.update(orientation="horizontal", location="top_right", padding=0, margin=2, spacing=10, glyph_height=14)
        self.dress(theme)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        dress(self.figure, theme)
        chosen = colours(theme)
        for name, line in self._lines.items():
            line.glyph.line_color = chosen[name]
        self._rule.glyph.line_color = chosen["spectroscopic"]

    def show(self, grid: np.ndarray, pdfs: dict[str, np.ndarray], z_spec: float) -> None:
        """Draw densities (n_z,) over redshifts (n_z,); ``z_spec`` is NaN where it is unknown."""
        self.curves.data = {"z": grid, **pdfs}
        known = bool(np.isfinite(z_spec))
        shown = np.flatnonzero(np.any([pdf > FLOOR * pdf.max() for pdf in pdfs.values()], axis=0))
        low, high = grid[shown[0]], grid[shown[-1]]
        if known:
            low, high = min(low, z_spec), max(high, z_spec)
        margin = 0.06 * (high - low)
        self.figure.x_range.update(start=float(max(low - margin, 0)), end=float(high + margin))
        top = 1.3 * float(max(pdf.max() for pdf in pdfs.values()))  # the legend lies above the curves
        self.figure.y_range.update(start=0.0, end=top)
        self.truth.data = {"z": [z_spec] * 2, "height": [0.0, top]} if known else {"z": [], "height": []}
        self.figure.legend.items[-1].visible = known


class CalibrationPlot:
    """Calibration of p(z): histogram of the PIT, and PP plot."""

    def __init__(self, theme: str) -> None:
        self.pit = _figure("PIT", "relative frequency", name="pit")
        self.pp = _figure("expected quantile", "observed quantile", name="pp")
        steps = {name: [] for name in ("left", "right", "marginal", "importance")}
        self.bins, self.curves = ColumnDataSource(steps), ColumnDataSource({"x": [], "marginal": [], "importance": []})
        self._bars = self.pit.quad("left", "right", "marginal", 0, source=self.bins, line_color=None, fill_alpha=0.45)
        self._step = self.pit.step("left", "importance", source=self.bins, mode="after", line_width=1.8)
        self._level = Span(location=1.0, dimension="width", line_dash="dashed")
        self.pit.add_layout(self._level)
        self._diagonal = self.pp.line([0, 1], [0, 1], line_dash="dashed")
        self._lines = {
            name: self.pp.line("x", name, source=self.curves, line_width=2) for name in steps if name[0] in "mi"
        }
        self.pit.x_range.update(start=0.0, end=1.0)
        for axis in (self.pp.x_range, self.pp.y_range):
            axis.update(start=0.0, end=1.0)
        self.dress(theme)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        chosen = colours(theme)
        for figure in (self.pit, self.pp):
            dress(figure, theme)
        self._bars.glyph.fill_color = chosen["marginal"]
        self._step.glyph.line_color = chosen["importance"]
        self._level.line_color = self._diagonal.glyph.line_color = PALETTES[theme].muted
        for name, line in self._lines.items():
            line.glyph.line_color = chosen[name]

    def show(self, pits: dict[str, np.ndarray]) -> None:
        """Draw the PIT (n,) by estimator; values that are not finite are left out."""
        edges, levels = np.linspace(0, 1, BINS + 1), np.linspace(0, 1, 101)
        heights, curves, top = {}, {"x": levels}, 1.5
        for name, values in pits.items():
            values = values[np.isfinite(values)]
            counts = np.histogram(values, edges)[0] * BINS / max(len(values), 1)
            heights[name] = np.append(counts, counts[-1])
            curves[name] = np.searchsorted(np.sort(values), levels, side="right") / max(len(values), 1)
            top = max(top, 1.1 * counts.max())
        right = np.append(edges[1:], 1.0)
        self.bins.data = {"left": edges, "right": right, **heights}
        self.curves.data = curves
        self.pit.y_range.update(start=0.0, end=float(min(top, 6.0)))


def _figure(x_label: str, y_label: str, name: str) -> Figure:
    return Figure(
        x_axis_label=x_label, y_axis_label=y_label, tools="", toolbar_location=None, sizing_mode="stretch_both",
        x_range=Range1d(0, 1), y_range=Range1d(0, 1), min_border_left=52, min_border_right=10, min_border_bottom=42,
        name=name,
    )  # fmt: skip
