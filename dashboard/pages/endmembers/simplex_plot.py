"""Fractions in a plane: a triangle for three endmembers, a regular polygon for more, a segment for two.

A mixture lies at the mean of the corners, weighted by its fractions. With more than three endmembers many mixtures
share a place; a place that somebody points at is then read as Wachspress coordinates, which are 1 at a corner, run
straight along an edge and are smooth inside.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, HoverTool, LabelSet, PointDrawTool, Range1d, TapTool
from bokeh.plotting import figure as Figure

from dashboard.theme import FONT, PALETTES, Paint, ThemedPlot

_MARGIN = 1.32
_EDGE = 1e-9
_LONGEST = 18


@dataclass(frozen=True, eq=False)
class SimplexPlot(ThemedPlot):
    """The figure and its sources.

    Parameters
    ----------
    figure
        Square.
    objects
        Columns ``x, y, colour``: one point for each object.
    corners
        Columns ``x, y, name``.
    mixture
        One point, which can be dragged.
    picked
        A ring around the picked object, or nothing.
    """

    PAINT: ClassVar[Paint] = {
        "line": {"outline": "line", "mixture": "surface", "picked": "highlight"},
        "fill": {"mixture": "accent"},
    }

    figure: Figure
    objects: ColumnDataSource
    corners: ColumnDataSource
    mixture: ColumnDataSource
    picked: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        self.figure.select_one({"name": "names"}).text_color = PALETTES[theme].text


def corner_places(n_endmember: int) -> np.ndarray:
    """(n_endmember, 2) corners of a regular polygon, the first at the top.

    Two lie at the left and the right; four make a square, whose names do not lie over objects near its corners.
    """
    first = {2: np.pi, 4: 3 * np.pi / 4}.get(n_endmember, np.pi / 2)
    angle = first - 2 * np.pi * np.arange(n_endmember) / n_endmember
    radius = 1.25 if n_endmember == 4 else 1.0
    return radius * np.column_stack([np.cos(angle), np.sin(angle)])


def place(fractions: np.ndarray) -> np.ndarray:
    """Places (n, 2) of mixtures with fractions (n, n_endmember)."""
    return fractions @ corner_places(fractions.shape[1])


def fractions_at(point: tuple[float, float], n_endmember: int) -> np.ndarray:
    """Fractions (n_endmember,) of the mixture at a place; outside of the polygon, of the nearest one inside."""
    corners = corner_places(n_endmember)
    at = np.asarray(point, dtype=float)
    if n_endmember == 2:
        share = float(np.clip((at[0] + 1) / 2, 0, 1))
        return np.array([1 - share, share])
    at = _into(at, corners)
    sides = _areas(at, corners, np.roll(corners, -1, axis=0))  # of the triangle over the edge from i to i + 1
    if sides.min() < _EDGE:
        return _on_edge(at, corners, int(sides.argmin()))
    weights = 1 / (sides * np.roll(sides, 1))
    return weights / weights.sum()


def _areas(at: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Doubled areas of the triangles of a point and edges, positive inside."""
    a, b = first - at, second - at
    return -(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])


def _into(at: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The point itself, or the nearest one on the outline where it lies outside."""
    following = np.roll(corners, -1, axis=0)
    if (_areas(at, corners, following) >= 0).all():
        return at
    edge = following - corners
    share = np.clip(((at - corners) * edge).sum(axis=1) / (edge**2).sum(axis=1), 0, 1)
    nearest = corners + share[:, None] * edge
    return nearest[np.argmin(((nearest - at) ** 2).sum(axis=1))]


def _on_edge(at: np.ndarray, corners: np.ndarray, edge: int) -> np.ndarray:
    following = (edge + 1) % len(corners)
    way = corners[following] - corners[edge]
    share = np.clip((at - corners[edge]) @ way / (way @ way), 0, 1)
    fractions = np.zeros(len(corners))
    fractions[edge], fractions[following] = 1 - share, share
    return fractions


def build_simplex(names: list[str], theme: str) -> SimplexPlot:
    """An empty diagram with named corners.

    Parameters
    ----------
    names
        Names of the endmembers, two or more.
    """
    corners = corner_places(len(names))
    figure = Figure(
        x_range=Range1d(-_MARGIN, _MARGIN), y_range=Range1d(-_MARGIN, _MARGIN), aspect_ratio=1,
        toolbar_location=None, sizing_mode="scale_both", x_axis_type=None, y_axis_type=None, tools="", min_border=4,
        name="simplex",
    )  # fmt: skip
    closed = np.vstack([corners, corners[:1]])
    figure.line(closed[:, 0], closed[:, 1], line_width=1.2, name="outline")
    objects = ColumnDataSource({"x": [], "y": [], "colour": []})
    circles = figure.scatter("x", "y", source=objects, size=5, fill_color="colour", line_color=None, fill_alpha=0.6,
                             nonselection_fill_alpha=0.6, name="objects")  # fmt: skip
    picked, mixture = ColumnDataSource({"x": [], "y": []}), ColumnDataSource({"x": [0.0], "y": [0.0]})
    figure.scatter("x", "y", source=picked, size=14, fill_color=None, line_width=2, name="picked")
    dragged = figure.scatter("x", "y", source=mixture, size=16, line_width=2, name="mixture")
    x, y = 1.07 * corners.T[0], 1.09 * corners.T[1]
    beside = np.sign(np.round(x, 1)).astype(int)  # names at the sides stand above their corner and end at it
    y = np.where((beside != 0) & (np.abs(y - 0.3) < 0.6), y + 0.09, y)
    align = np.array(["center", "right", "left"])[beside]
    source = ColumnDataSource({"x": x, "y": y, "align": align, "name": short_names(names)})
    figure.add_layout(
        LabelSet(x="x", y="y", text="name", text_align="align", text_baseline="middle", source=source, name="names",
                 text_font=value(FONT), text_font_size="12px")
    )  # fmt: skip
    figure.add_tools(PointDrawTool(renderers=[dragged], add=False, num_objects=1), TapTool(renderers=[circles]))
    figure.add_tools(HoverTool(renderers=[dragged], tooltips="drag: the spectrum follows"))
    figure.toolbar.active_multi = figure.tools[0]
    plot = SimplexPlot(figure, objects, source, mixture, picked)
    plot.dress(theme)
    return plot


def short_names(names: list[str]) -> list[str]:
    """Names in short: without the last words that all share, and not longer than `_LONGEST`."""
    words = [name.split() for name in names]
    while all(len(some) > 1 for some in words) and len({some[-1] for some in words}) == 1:
        words = [some[:-1] for some in words]
    short = [" ".join(some) for some in words]
    return [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in short]
