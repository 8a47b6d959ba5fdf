"""Spectra of endmembers and of a mixture, and the nuisance of every object."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import BoxZoomTool, ColumnDataSource, HoverTool, PanTool, ResetTool, TapTool, WheelZoomTool
from bokeh.plotting import figure as Figure

from dashboard.plots.axes import axis_title
from dashboard.theme import OKABE_ITO, Paint, ThemedPlot
from specvae_core.grid import Grid

OUTLYING = 4.0
"""Distance from the median, in robust standard deviations, from which a nuisance is marked."""


def colours_of(names: list[str]) -> list[str]:
    """A colour for each endmember."""
    return [OKABE_ITO[i % len(OKABE_ITO)] for i in range(len(names))]


@dataclass(frozen=True, eq=False)
class SpectraPlot(ThemedPlot):
    """Endmembers, the mixture and the picked object over wavelength.

    Parameters
    ----------
    figure
        Flux against wavelength.
    curves
        Columns ``wavelength, mixture, observed``.
    """

    PAINT: ClassVar[Paint] = {"line": {"mixture": "accent", "observed": "text"}}

    figure: Figure
    curves: ColumnDataSource


def build_spectra(grid: Grid, names: list[str], endmembers: np.ndarray, known: np.ndarray, theme: str) -> SpectraPlot:
    """Endmembers as thin lines, known ones beneath them as wide pale ones.

    Parameters
    ----------
    names
        Names of the k endmembers.
    endmembers
        (k, n_pixel), found by the model.
    known
        (k, n_pixel), mean spectra of pure objects; NaN where there are none.
    """
    wavelength = grid.wavelength
    figure = Figure(
        x_axis_label=axis_title(grid), y_axis_label="flux / mean", sizing_mode="stretch_both", toolbar_location=None,
        tools="", min_border_left=58, min_border_right=12, name="endmember-spectra",
    )  # fmt: skip
    for name, colour, found, true in zip(names, colours_of(names), endmembers, known, strict=True):
        if np.isfinite(true).any():
            figure.line(wavelength, true, line_width=7, line_color=colour, line_alpha=0.22)
        figure.line(wavelength, found, line_width=1.4, line_color=colour, legend_label=name)
    nothing = np.full(len(wavelength), np.nan)
    curves = ColumnDataSource({"wavelength": wavelength, "mixture": nothing, "observed": nothing.copy()})
    figure.line("wavelength", "observed", source=curves, line_width=1.2, line_dash="dotted", name="observed",
                legend_label="picked object")  # fmt: skip
    figure.line("wavelength", "mixture", source=curves, line_width=2.6, name="mixture", legend_label="mixture")
    wheel = WheelZoomTool()
    figure.add_tools(wheel, PanTool(), BoxZoomTool(), ResetTool())
    figure.toolbar.active_scroll = wheel
    figure.legend.orientation, figure.legend.ncols = "horizontal", 3
    figure.legend.padding, figure.legend.spacing = 4, 10
    figure.add_layout(figure.legend[0], "above")
    plot = SpectraPlot(figure, curves)
    plot.dress(theme)
    return plot


@dataclass(frozen=True, eq=False)
class NuisancePlot(ThemedPlot):
    """The nuisance of every object, in some order.

    Parameters
    ----------
    figure
        Nuisance against place in the order.
    points
        Columns ``place, nuisance, outlying, id, row``.
    """

    PAINT: ClassVar[Paint] = {"fill": {"nuisance": "band"}, "line": {"outlying": "highlight"}}

    figure: Figure
    points: ColumnDataSource

    def fill(self, nuisance: np.ndarray, order: np.ndarray, ids: np.ndarray) -> None:
        """Draw nuisances (n,) in the order of rows (n,)."""
        values = nuisance[order]
        marked = np.where(outlying(nuisance)[order], values, np.nan)
        self.points.data = {
            "place": np.arange(1, len(order) + 1), "nuisance": values, "outlying": marked, "id": ids[order],
            "row": order.astype(np.int32),
        }  # fmt: skip


def outlying(values: np.ndarray) -> np.ndarray:
    """(n,) bool, values (n,) farther from the median than `OUTLYING` robust standard deviations."""
    centre = np.nanmedian(values)
    spread = 1.4826 * np.nanmedian(np.abs(values - centre))
    return np.abs(values - centre) > OUTLYING * max(float(spread), 1e-9)


def build_nuisance(theme: str) -> NuisancePlot:
    """An empty plot; a tap picks an object."""
    figure = Figure(
        x_axis_label="object, in order", y_axis_label="nuisance", sizing_mode="stretch_both", toolbar_location=None,
        tools="", min_border_left=52, min_border_right=10, name="nuisance",
    )  # fmt: skip
    points = ColumnDataSource({"place": [], "nuisance": [], "outlying": [], "id": [], "row": []})
    dots = figure.scatter("place", "nuisance", source=points, size=4, line_color=None, name="nuisance",
                          nonselection_fill_alpha=1.0)  # fmt: skip
    figure.scatter("place", "outlying", source=points, size=10, fill_color=None, line_width=1.5, name="outlying",
                   nonselection_line_alpha=1.0)  # fmt: skip
    figure.add_tools(HoverTool(renderers=[dots], tooltips=[("", "@id")]), TapTool(renderers=[dots]))
    plot = NuisancePlot(figure, points)
    plot.dress(theme)
    return plot
