"""A scatter plot of many objects: shaded where they are many, single points where they are few."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    BoxZoomTool,
    ColumnDataSource,
    CustomJS,
    LassoSelectTool,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure as Figure

from ..theme import PALETTES, Paint, ThemedPlot
from .picking import inside_box
from .shade import Ink, count_points, in_colour, paint, point_colours, point_shapes

MOST_POINTS = 4000
"""Objects in view that are drawn one by one; more are shaded."""

_ACTIVATE = "for (const [name, tool] of Object.entries({pan, zoom, lasso, box})) tool.active = name === this.tags[0];"

TOOLS = ("pan", "zoom", "lasso", "box")
"""What dragging in the figure can do."""

_NO_IMAGE = {"image": [], "x": [], "y": [], "dw": [], "dh": []}
_NO_POINTS = {"x": [], "y": [], "colour": [], "size": [], "shape": []}


@dataclass(frozen=True, eq=False)
class ScatterPlot(ThemedPlot):
    """A figure and its sources: the shaded image, single points, a ring around one, contours of its error."""

    PAINT: ClassVar[Paint] = {"line": {"ring": "highlight", "error": "highlight"}}

    figure: Figure
    image: ColumnDataSource
    points: ColumnDataSource
    ring: ColumnDataSource
    error: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        palette = PALETTES[theme]
        self.figure.grid.grid_line_color = palette.line
        self.figure.grid.grid_line_alpha = 0.45
        for tool in self.figure.select({"type": LassoSelectTool}):
            tool.overlay.update(
                line_color=palette.accent, fill_color=palette.accent, fill_alpha=0.12, line_dash="solid"
            )
        for kind in (BoxSelectTool, BoxZoomTool):
            for tool in self.figure.select({"type": kind}):
                tool.overlay.update(line_color=palette.accent, fill_color=palette.accent, fill_alpha=0.12)


def build_scatter(name: str, theme: str, tool: str = "pan") -> ScatterPlot:
    """An empty plot; setting the ``tags`` of its figure to one of `TOOLS` makes dragging do that.

    Parameters
    ----------
    tool
        What dragging does at first, one of `TOOLS`.
    """
    # The server finds what lies inside a lasso or box, so the tools themselves select nothing.
    lasso, box = LassoSelectTool(continuous=False, renderers=[]), BoxSelectTool(continuous=False, renderers=[])
    tools = {"pan": PanTool(), "zoom": BoxZoomTool(), "lasso": lasso, "box": box}
    wheel = WheelZoomTool()
    figure = Figure(
        x_range=Range1d(0, 1), y_range=Range1d(0, 1), tools=[*tools.values(), wheel, ResetTool()],
        toolbar_location=None, sizing_mode="stretch_both", min_border=6, min_border_left=54, min_border_bottom=44,
        name=name, tags=[tool],
        lod_threshold=None,
    )  # fmt: skip
    figure.toolbar.active_scroll = wheel
    figure.toolbar.active_drag = tools[tool]
    image, points = ColumnDataSource(_NO_IMAGE), ColumnDataSource(_NO_POINTS)
    ring, error = (ColumnDataSource({"x": [], "y": []}) for _ in range(2))
    figure.image_rgba("image", "x", "y", "dw", "dh", source=image, name="image")
    figure.scatter(
        "x",
        "y",
        source=points,
        size="size",
        marker="shape",
        fill_color="colour",
        line_color=None,
        fill_alpha=0.8,
        name="points",
    )
    figure.scatter("x", "y", source=ring, size=17, fill_color=None, line_width=2.5, name="ring", level="overlay")
    figure.multi_line("x", "y", source=error, line_width=1.5, line_dash="solid", name="error", level="overlay")
    figure.js_on_change("tags", CustomJS(args=tools, code=_ACTIVATE))
    plot = ScatterPlot(figure, image, points, ring, error)
    plot.dress(theme)
    return plot


def map_data(
    x: np.ndarray,
    y: np.ndarray,
    ink: Ink,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    shape: tuple[int, int],
) -> tuple[dict[str, list], dict[str, np.ndarray], int]:
    """Contents of the sources of image and points, one of them empty, and the number of objects in view.

    Parameters
    ----------
    x, y, ink
        (n,) float32, and their colours.
    shape
        Width and height of the plot in pixels.
    """
    pixels = count_points(x, y, ink, x_range, y_range, shape) if len(x) > MOST_POINTS else None
    if pixels is not None and (n := pixels.n) > MOST_POINTS:
        image = paint(pixels, ink)
        left, bottom = x_range[0], y_range[0]
        filled = {"image": [image], "x": [left], "y": [bottom], "dw": [x_range[1] - left], "dh": [y_range[1] - bottom]}
        return filled, dict(_NO_POINTS), n
    rows = inside_box(x, y, x_range, y_range)
    rows = rows[np.argsort(in_colour(ink)[rows], kind="stable")]  # the grey context lies underneath
    size = float(np.interp(len(rows), [50, 500, MOST_POINTS], [9.0, 6.0, 4.0]))
    data = {"x": x[rows], "y": y[rows], "colour": point_colours(ink, rows), "size": np.full(len(rows), size)}
    data["shape"] = np.full(len(rows), point_shapes(ink, rows), dtype=object)
    return dict(_NO_IMAGE), data, len(rows)
