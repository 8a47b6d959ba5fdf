"""A scatter plot to work with: tap an object, draw a lasso or a box, zoom, see the whole again."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, RangesUpdate, SelectionGeometry, Tap

from ..live import Soon
from ..page import Session
from ..plots.picking import inside_geometry, nearest
from ..plots.scatter import MOST_POINTS, TOOLS, build_scatter, map_data
from ..plots.shade import Ink
from ..theme import hint
from .size import FigureSize

_REACH = 40.0  # pixels within which a tap finds an object
_DELAY = 40  # milliseconds that changes of the axes are gathered before drawing

Limits = tuple[tuple[float, float], tuple[float, float]]
"""Ends of the x axis and of the y axis."""


class ScatterMap:
    """n objects in a plane. Its parts, ``tools``, ``reset_button`` and ``pane``, are laid out by the card that owns it.

    Parameters
    ----------
    guess
        Width and height in pixels, until the browser has reported them.
    tool
        The tool at first, one of `TOOLS`.
    extra_tools
        Further tools by the words on their buttons. Taps and drags with one of them are the card's own.

    Attributes
    ----------
    on_pick
        Called with the row of an object that was tapped.
    on_select
        Called with the rows inside a lasso or box, (m,) int32, rising, at least one.
    on_draw
        Called after each drawing with the number of objects in view, in words.
    selectable
        (n,) bool, the objects that a lasso or box can select; ``None`` for all.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        guess: tuple[int, int],
        tool: str = "pan",
        extra_tools: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.session = session
        self.on_pick: Callable[[int], object] = lambda row: None
        self.on_select: Callable[[np.ndarray], object] = lambda rows: None
        self.on_draw: Callable[[str], object] = lambda words: None
        self.selectable: np.ndarray | None = None
        self._x = self._y = np.empty(0, np.float32)
        self._ink: Ink | None = None
        self._row: int | None = None
        self._limits: Limits = (0.0, 1.0), (0.0, 1.0)
        self.plot = build_scatter(name, session.state.theme, tool)
        self.figure = self.plot.figure
        self.tools = pn.widgets.RadioButtonGroup(
            options={tool.capitalize(): tool for tool in TOOLS} | dict(extra_tools), value=tool, css_classes=["tools"]
        )
        self.reset_button = pn.widgets.Button(
            label="", css_classes=["pill", "icon", "icon-reset"], description=hint("Show everything (double click)")
        )
        self.pane = pn.pane.Bokeh(self.figure, sizing_mode="stretch_both", css_classes=["plot"])
        self._draw_soon = Soon(session.guard(self._draw), _DELAY)
        self._size = FigureSize(guess, self._draw_soon)
        self._listen()

    def _listen(self) -> None:
        figure, guard = self.figure, self.session.guard
        take = f"figure.tags = [{json.dumps(list(self.tools.options.values()))}[cb_obj.active]];"
        self.tools.jscallback(value=take, args={"figure": figure})  # at once: a drag may follow before the server hears
        self.reset_button.on_click(guard(lambda _: self.reset()))
        figure.on_event(Tap, guard(self._tap))
        figure.on_event(SelectionGeometry, guard(self._select))
        figure.on_event(RangesUpdate, guard(lambda _: self._draw_soon()))
        figure.on_event(DoubleTap, guard(lambda _: self.reset() if self.tools.value in TOOLS else None))
        self._size.follow(figure)

    @property
    def ranges(self) -> Limits:
        """Present ends of the axes."""
        x, y = self.figure.x_range, self.figure.y_range
        return (x.start, x.end), (y.start, y.end)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the plot on the screen."""
        return self._size.pixels

    def show(self, x: np.ndarray, y: np.ndarray, ink: Ink, limits: Limits) -> None:
        """Draw objects at x, y (n,) float32 on whole axes, to which a double click comes back."""
        self._x, self._y, self._ink, self._limits = x, y, ink, limits
        self.reset()
        self.ring(self._row)

    def move(self, x: np.ndarray, y: np.ndarray, ink: Ink) -> None:
        """Draw the same objects at other places (n,) float32, on the present axes."""
        self._x, self._y, self._ink = x, y, ink
        self._draw()
        self.ring(self._row)

    def recolour(self, ink: Ink) -> None:
        """Draw the same objects in other colours, a moment later: what is beside the map may matter more."""
        self._ink = ink
        self._draw_soon()

    def ring(self, row: int | None) -> None:
        """Mark one object, or none."""
        self._row = row
        marked = row is not None and row < len(self._x)
        self.plot.ring.data = {"x": [float(self._x[row])], "y": [float(self._y[row])]} if marked else {"x": [], "y": []}

    def places(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (m,) of some objects along the present axes."""
        return self._x[rows], self._y[rows]

    def row_near(self, x: float, y: float, reach: float) -> int | None:
        """Row of the object nearest to a point of the figure, within so many pixels of the screen."""
        (x0, x1), (y0, y1) = self.ranges
        width, height = self.pixels
        return nearest(self._x, self._y, (x, y), (width / (x1 - x0), height / (y1 - y0)), reach)

    @property
    def zoomed(self) -> bool:
        """Whether other than the whole axes are shown."""
        return not np.allclose(self.ranges, self._limits, rtol=1e-5)

    def zoom(self, ranges: Limits) -> None:
        """Show these ends of the axes."""
        for axis, (start, end) in zip((self.figure.x_range, self.figure.y_range), ranges, strict=True):
            axis.update(start=float(start), end=float(end))
        self._draw()

    def outline(self, curves: Sequence[np.ndarray]) -> None:
        """Draw contours (m, 2) of the error of the marked object in place of those before."""
        self.plot.error.data = {"x": [curve[:, 0] for curve in curves], "y": [curve[:, 1] for curve in curves]}

    def reset(self) -> None:
        """Show the whole axes."""
        self.zoom(self._limits)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme; those of the objects are part of their ink."""
        self.plot.dress(theme)

    def _draw(self) -> None:
        if self._ink is None:
            return
        image, points, n = map_data(self._x, self._y, self._ink, *self.ranges, self.pixels)
        self.plot.image.data, self.plot.points.data = image, points
        lost = n == 0 and self.zoomed
        self.reset_button.css_classes = ["pill", "icon", "icon-reset", *(["needed"] if lost else [])]
        aside = ", shaded" if n > MOST_POINTS else " · double-click shows everything" if lost else ""
        self.on_draw(f"<b>{n:,}</b> in view{aside}")

    def _tap(self, event: Tap) -> None:
        if self.tools.value not in TOOLS:
            return
        row = self.row_near(event.x, event.y, _REACH)
        if row is not None:
            self.on_pick(row)

    def _select(self, event: SelectionGeometry) -> None:
        rows = inside_geometry(self._x, self._y, event.geometry)
        if rows is None:
            return
        if self.selectable is not None:
            rows = rows[self.selectable[rows]]
        if len(rows):
            self.on_select(rows)
        else:
            self.session.notify("No object lies in there; the selection is as before.")
