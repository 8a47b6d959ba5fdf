"""The z-z plot: spectroscopic against photometric redshift; tap, lasso and box."""

from collections.abc import Callable

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, RangesUpdate, SelectionGeometry, Tap

from dashboard.latent_map import inside_geometry, nearest
from dashboard.live import Soon
from dashboard.page import Session
from dashboard.plots import focus as plot
from dashboard.plots.shade import colour_scale, hex_colour, make_ink
from dashboard.theme import PALETTES, hint
from dashboard.widgets.save_button import save_button
from dashboard.widgets.size import FigureSize
from specvae_core.analysis.photoz import OUTLIER
from specvae_core.tasks.photoz import ESTIMATORS

from .legend import legend_html
from .redshifts import DENSITY, Found

_REACH = 40.0  # pixels within which a tap finds an object
_DELAY = 40  # milliseconds that range updates are gathered before drawing anew


class ZZCard:
    """Zoomable; the state's selection is in colour, the picked object has a ring."""

    def __init__(self, session: Session, turned: Callable[[], None]) -> None:
        self.session = session
        self.found: Found | None = None
        guard, theme = session.guard, session.state.theme
        self.title = pn.pane.HTML("", css_classes=["heading", "grow"], sizing_mode="stretch_width")
        self.estimator = pn.widgets.RadioButtonGroup(
            options={"Marginal": ESTIMATORS[0], "Importance": ESTIMATORS[1]}, css_classes=["switch"]
        )
        self.colour = pn.widgets.Select(options=[DENSITY], css_classes=["picker"], width=130)
        self.tools = pn.widgets.RadioButtonGroup(
            options={"Pan": "pan", "Zoom": "zoom", "Lasso": "lasso", "Box": "box"}, value="lasso", css_classes=["tools"]
        )
        reset = pn.widgets.Button(
            label="", css_classes=["pill", "icon", "icon-reset"], description=hint("Show everything (double click)")
        )
        save = save_button(session, "zz-card", lambda: f"{session.state.survey_id}-photoz")
        reset.on_click(guard(lambda _: self._reset()))
        self.legend = pn.pane.HTML("", css_classes=["zz-legend"], sizing_mode="stretch_width")
        self.focus = plot.build_focus(theme)
        figure = self.focus.figure
        figure.update(name="zz", tags=["lasso"])
        figure.toolbar.active_drag = figure.select_one({"type": plot.LassoSelectTool})
        figure.xaxis.axis_label, figure.yaxis.axis_label = "spectroscopic redshift", "photometric redshift"
        ends = np.array([0.0, 20.0])
        self._rules = [figure.line(ends, ends, line_width=1.2)]
        for side in (-OUTLIER, OUTLIER):
            self._rules.append(figure.line(ends, ends + side * (1 + ends), line_width=1.0, line_dash="dashed"))
        self.tools.param.watch(lambda event: figure.update(tags=[event.new]), "value")
        self.estimator.param.watch(guard(lambda _: (self.recolour(), turned())), "value")
        self.colour.param.watch(guard(lambda _: self.recolour()), "value")
        figure.on_event(Tap, guard(self._tap))
        figure.on_event(SelectionGeometry, guard(self._select))
        figure.on_event(RangesUpdate, guard(lambda _: self._draw_soon()))
        figure.on_event(DoubleTap, guard(lambda _: self._reset()))
        self._draw_soon = Soon(guard(self._redraw), _DELAY)
        self._size = FigureSize((600, 600), self._draw_soon)
        self._size.follow(figure)
        self.card = pn.Column(
            pn.Row(self.title, self.tools, reset, save, css_classes=["bar-row"], sizing_mode="stretch_width"),
            pn.Row(self.estimator, self.legend, self.colour, css_classes=["bar-row"], sizing_mode="stretch_width"),
            pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"]),
            css_classes=["card", "zz-card"], sizing_mode="stretch_both",
        )  # fmt: skip
        self.dress()

    def dress(self) -> None:
        """Take the colours of the state's theme."""
        theme = self.session.state.theme
        self.focus.dress(theme)
        for rule in self._rules:
            rule.glyph.line_color = PALETTES[theme].muted
        if self.found is not None:
            self.recolour()

    def show(self, found: Found) -> None:
        """Look at other redshifts: whole axes, drawn anew."""
        self.found = found
        self.colour.options = found.columns
        if self.colour.value not in found.columns:
            self.colour.value = DENSITY
        self.recolour()
        self._reset()
        self.ring()

    def recolour(self) -> None:
        """Colours anew: for another column, estimator, theme or selection."""
        if self.found is None:
            return
        state = self.session.state
        colouring = self.found.colouring(self.colour.value or DENSITY, self.estimator.value)
        self._ink = make_ink(colouring, colouring.visible([], state.selection), state.theme)
        scale = [hex_colour(colour) for colour in colour_scale(state.theme)[:: len(colour_scale(state.theme)) // 8]]
        self.legend.object = legend_html(colouring, scale)
        self._redraw()
        self.ring()

    def ring(self) -> None:
        """Mark the picked object."""
        row = None if self.found is None else self.found.row_of(self.session.state.picked)
        x, y = (np.empty(0), np.empty(0)) if row is None else (values[[row]] for values in self._xy)
        self.focus.ring.data = {"x": x, "y": y}

    @property
    def _xy(self) -> tuple[np.ndarray, np.ndarray]:
        return self.found.xy(self.estimator.value)

    @property
    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x, y = self.focus.figure.x_range, self.focus.figure.y_range
        return (x.start, x.end), (y.start, y.end)

    def _reset(self) -> None:
        low, high = self.found.limits
        for axis in (self.focus.figure.x_range, self.focus.figure.y_range):
            axis.update(start=low, end=high)
        self._redraw()

    def _redraw(self) -> None:
        if self.found is None:
            return
        image, points, n = plot.map_data(*self._xy, self._ink, *self._ranges, self._size.pixels)
        self.focus.image.data, self.focus.points.data = image, points
        note = f"<b>{n:,}</b> in view" + (", shaded" if n > plot.MOST_POINTS else "")
        beyond = int(np.isfinite(self.found.scores[ESTIMATORS[0]].z_spec).sum())
        note += f" of {beyond:,}"
        self.title.object = (
            f'<span class="card-title">Photometric against spectroscopic</span><span class="muted">{note}</span>'
        )

    def _tap(self, event: Tap) -> None:
        (x0, x1), (y0, y1) = self._ranges
        width, height = self._size.pixels
        row = nearest(*self._xy, (event.x, event.y), (width / (x1 - x0), height / (y1 - y0)), _REACH)
        if row is not None:
            self.session.state.picked = str(self.found.ids[row])

    def _select(self, event: SelectionGeometry) -> None:
        rows = inside_geometry(*self._xy, event.geometry)
        if rows is None:
            return
        if not len(rows):
            self.session.notify("No object lies in there; the selection is as before.")
            return
        self.session.state.selection = rows
