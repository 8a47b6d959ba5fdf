"""The middle card: one pair of latents, large; tap, lasso and box."""

import html

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, RangesUpdate, SelectionGeometry, Tap

from dashboard.latent_map import inside_geometry, nearest
from dashboard.live import Soon
from dashboard.plots import focus as plot
from dashboard.theme import hint
from dashboard.widgets.save_button import save_button
from dashboard.widgets.size import FigureSize

from ..view import COLOURS, MapView

_REACH = 40.0  # pixels within which a tap finds an object
_DELAY = 40  # milliseconds that range updates are gathered before drawing anew


class FocusCard:
    """Zoomable map of the two latents in ``state.focus``."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        session = view.session
        guard = session.guard
        self.title = pn.pane.HTML("", css_classes=["heading", "grow"], sizing_mode="stretch_width")
        self.tools = pn.widgets.RadioButtonGroup(
            options={"Pan": "pan", "Zoom": "zoom", "Lasso": "lasso", "Box": "box", "Track": "track"},
            value="pan",
            css_classes=["tools"],
        )
        reset = pn.widgets.Button(
            label="", css_classes=["pill", "icon", "icon-reset"], description=hint("Show everything (double click)")
        )
        save = save_button(session, "focus-card", lambda: f"{session.state.survey_id}-map")
        reset.on_click(guard(lambda _: self._reset()))
        self.focus = plot.build_focus(session.state.theme)
        figure = self.focus.figure
        self.tools.param.watch(lambda event: figure.update(tags=[event.new]), "value")
        figure.on_event(Tap, guard(self._tap))
        figure.on_event(SelectionGeometry, guard(self._select))
        figure.on_event(RangesUpdate, guard(lambda _: self._draw_soon()))
        figure.on_event(DoubleTap, guard(lambda _: None if self.view.drawing else self._reset()))
        self._draw_soon = Soon(guard(self._redraw), _DELAY)
        self._size = FigureSize((400, 320), self._draw_soon)
        self._size.follow(figure)
        self.card = pn.Column(
            pn.Row(self.title, self.tools, reset, save, css_classes=["bar-row"], sizing_mode="stretch_width"),
            pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"]),
            css_classes=["card", "focus-card"],
        )  # fmt: skip

    @property
    def _xy(self) -> tuple[np.ndarray, np.ndarray]:
        i, j = self.view.session.state.focus
        return self.view.map.latents[i], self.view.map.latents[j]

    @property
    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x, y = self.focus.figure.x_range, self.focus.figure.y_range
        return (x.start, x.end), (y.start, y.end)

    @property
    def frame(self) -> tuple[tuple[float, float], tuple[float, float], tuple[int, int]]:
        """What the axes cover, and width and height of the plot in pixels."""
        return *self._ranges, self._size.pixels

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if "theme" in changed:
            self.focus.dress(self.view.session.state.theme)
        if changed & {"map", "focus"}:
            self._refocus()
        elif changed & COLOURS:
            self._draw_soon()  # after the corner plot, so that neither waits for both
        if "picked" in changed:
            self._ring()

    def _refocus(self) -> None:
        """Another pair of latents, or another map: whole axes, drawn anew."""
        here, (i, j) = self.view.map, self.view.session.state.focus
        self.focus.figure.xaxis.axis_label, self.focus.figure.yaxis.axis_label = here.names[i], here.names[j]
        self._reset()
        self._ring()

    def _reset(self) -> None:
        """Show everything that the corner plot shows."""
        here, (i, j) = self.view.map, self.view.session.state.focus
        figure = self.focus.figure
        figure.x_range.update(start=float(here.limits[i, 0]), end=float(here.limits[i, 1]))
        figure.y_range.update(start=float(here.limits[j, 0]), end=float(here.limits[j, 1]))
        self._redraw()

    def _redraw(self) -> None:
        """Draw what is in view, for other axes, colours or another selection."""
        if self.view.map is None:
            return
        image, points, n = plot.map_data(*self._xy, self.view.ink, *self._ranges, self._size.pixels)
        self.focus.image.data, self.focus.points.data = image, points
        names = " × ".join(html.escape(self.view.map.names[i]) for i in self.view.session.state.focus)
        note = f"<b>{n:,}</b> in view" + (", shaded" if n > plot.MOST_POINTS else "")
        self.title.object = f'<span class="card-title">{names}</span><span class="muted">{note}</span>'

    def _ring(self) -> None:
        """Mark the picked object."""
        row = self.view.row
        x, y = self._xy
        self.focus.ring.data = {"x": [], "y": []} if row is None else {"x": [float(x[row])], "y": [float(y[row])]}

    def _tap(self, event: Tap) -> None:
        if self.view.drawing:
            return
        (x0, x1), (y0, y1) = self._ranges
        width, height = self._size.pixels
        row = nearest(*self._xy, (event.x, event.y), (width / (x1 - x0), height / (y1 - y0)), _REACH)
        if row is not None:
            self.view.pick(row)

    def _select(self, event: SelectionGeometry) -> None:
        rows = inside_geometry(*self._xy, event.geometry)
        if rows is None:
            return
        rows = rows[self.view.colouring.visible(self.view.session.state.hidden, np.empty(0, np.int32))[rows]]
        if not len(rows):
            self.view.session.notify("No object lies in there; the selection is as before.")
            return
        self.view.session.state.param.update(selection=rows, tab="selection")
