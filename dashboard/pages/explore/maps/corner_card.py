"""The left card: corner plot, colours and counts."""

import numpy as np
import panel as pn
from bokeh.events import Tap

from dashboard.live import Soon
from dashboard.state import MOST_SHOWN
from dashboard.theme import hint
from dashboard.widgets.card import Card
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.save_button import save_button
from dashboard.widgets.size import FigureSize

from ..map_recipe import recipe_of_corner
from ..view import COLOURS, MapView
from .bins import bin_values
from .corner_panels import BINS, bar_at, outline_of, panel_at, ring_points
from .corner_plot import bars, build_corner, panel_images
from .kept_counts import kept_counts
from .legend import Legend
from .panel_counts import PanelCounts, count_panels, cut_panels

_DELAY = 150  # milliseconds that changes of size are gathered before drawing


class CornerCard:
    """Corner plot with legend; a click on a panel makes it the focus map."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        session, state = view.session, view.session.state
        self.column = pn.widgets.Select(label="colour by", options=[], css_classes=["picker", "small"])
        guard = session.guard
        self.legend = Legend(guard(self._switch_class), guard(self._switch_all), guard(self._open_other))
        self.note = pn.pane.HTML("", css_classes=["overlay-note"], visible=False)
        self.latents = pn.widgets.CheckButtonGroup(options={}, css_classes=["chips", "latents"])
        self.axes = pn.widgets.RadioButtonGroup(
            options={"components": "components", "latents": "latents"}, css_classes=["segments"]
        )
        self.more = pn.widgets.Toggle(label="axes", css_classes=["pill", "small"], value=False)
        self.plot = build_corner(state.theme)
        self.plot.figure.on_event(Tap, guard(self._tap))
        self.pane = pn.pane.Bokeh(self.plot.figure, sizing_mode="stretch_both", css_classes=["plot"])
        save = save_button(session, "corner-card", lambda: f"{state.survey_id}-corner")
        clear = pn.widgets.Button(
            label="Clear",
            css_classes=["pill", "small", "clear"],
            visible=False,
            description=hint("Clear the selection (c)"),
        )
        clear.on_click(session.guard(lambda _: state.param.update(selection=np.empty(0, np.int32))))
        self.clear = clear
        self.column.param.watch(session.guard(self._choose_column), "value")
        self.latents.param.watch(session.guard(self._choose_latents), "value")
        recipe = RecipeButton(session, "this plot", lambda: recipe_of_corner(view))
        row = pn.Row(self.latents, recipe, css_classes=["bar-row"], visible=False, sizing_mode="stretch_width")
        self.more.link(row, value="visible")
        self.axes.param.watch(session.guard(lambda event: state.param.update(axes=event.new)), "value")
        self.card = Card(
            "Latent space",
            row,
            pn.Row(self.column, self.legend, self.note, css_classes=["bar-row", "legend-row"],
                   sizing_mode="stretch_width"),
            self.pane,
            pn.pane.HTML(_HINT, css_classes=["hint", "muted"], sizing_mode="stretch_width"),
            actions=(clear, self.axes, self.more, save),
            css_classes=["corner-card"],
            sizing_mode="stretch_both",
        )  # fmt: skip
        self._size = FigureSize((520, 560), Soon(session.guard(self._resize), _DELAY))
        self._size.follow(self.plot.figure)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the plot on the screen."""
        return self._size.pixels

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if "theme" in changed:
            self.plot.dress(self.view.session.state.theme)
        if changed & {"map", "shown"}:
            self._scale()
            return
        if changed & {"columns", "colour_by"}:
            self._fill_pickers()
        if changed & COLOURS:
            self._recolour()
        if "focus" in changed:
            self._outline()
        if "picked" in changed:
            self._ring()

    def _scale(self) -> None:
        """Another map, or other latents of it: other axes of the same figure, since a new one takes far longer."""
        here, state = self.view.map, self.view.session.state
        self._limits, self._outside = here.limits[state.shown], here.outside(state.shown)
        self.plot.scale([here.names[i] for i in state.shown], self._limits)
        self._cut()
        self._fill_pickers()
        self._recolour()
        self._outline()
        self._ring()

    def _cut(self) -> None:
        here, state = self.view.map, self.view.session.state
        latents = [here.latents[i] for i in state.shown]
        self._panels = cut_panels(latents, self._limits, self._size.pixels)

    def _resize(self) -> None:
        if self.view.map is not None:
            self._cut()
            self.plot.images.data = panel_images(self._counted(), self.view.ink)

    def _recolour(self) -> None:
        """Draw all panels in other colours or with another selection."""
        state = self.view.session.state
        counted = self._counted()
        self.plot.images.data = panel_images(counted, self.view.ink)
        self.plot.bars.data = bars(counted.bars, self.view.ink)
        self.legend.show(self.view.colouring, state.hidden, state.theme)
        self._count()

    def _counted(self) -> PanelCounts:
        """Numbers of objects in all panels; those of a whole map of millions are kept on the disk."""
        here, state, ink = self.view.map, self.view.session.state, self.view.ink
        if here.folder is None or not here.is_catalogued(state.colour_by) or not self.view.visible.all():
            return count_panels(self._panels, ink)
        return kept_counts(here.folder, self._panels, ink, f"{state.colour_by} {state.first_class} {state.shown}")

    def _outline(self) -> None:
        """Mark the panel that the focus map shows."""
        state = self.view.session.state
        i, j = sorted(state.shown.index(latent) for latent in state.focus)
        self.plot.outline.data = outline_of((i, j), len(state.shown))

    def _ring(self) -> None:
        """Mark the picked object in every panel."""
        here, state, row = self.view.map, self.view.session.state, self.view.row
        empty = {"x": [], "y": []}
        self.plot.rings.data = empty if row is None else ring_points(here.latents[state.shown, row], self._limits)

    def _tap(self, event: Tap) -> None:
        state = self.view.session.state
        panel = panel_at(event.x, event.y, len(state.shown))
        bar = bar_at(event.x, event.y, len(state.shown))
        if self.view.drawing:
            return
        if panel is not None:
            state.param.update(focus=(state.shown[panel[0]], state.shown[panel[1]]), plane=[], epoch=0)
        elif bar is not None:
            self._select_bar(*bar)

    def _select_bar(self, position: int, bar: int) -> None:
        """Select the objects of one bin of a histogram, of the classes that are switched on."""
        state = self.view.session.state
        switched_on = self.view.colouring.visible(state.hidden, np.empty(0, np.int32))
        bins = bin_values(self._panels.latents[position], self._limits[position], BINS)
        rows = np.flatnonzero((bins == bar) & switched_on).astype(np.int32)
        if len(rows):
            state.param.update(selection=rows, tab="selection")
        else:
            self.view.session.notify("No object lies in this bin; the selection is as before.")

    def _fill_pickers(self) -> None:
        here, state = self.view.map, self.view.session.state
        self.column.param.update(options=here.columns or {"nothing": ""}, value=state.colour_by)
        names = {name.split()[-1] + (" unused" if i in here.unused else ""): i for i, name in enumerate(here.names)}
        self.axes.value = state.axes
        self.latents.param.update(options=names, value=list(state.shown), visible=here.n_latent > 2)
        self.more.param.update(label=f"{len(state.shown)} of {here.n_latent}")

    def _count(self) -> None:
        here, state = self.view.map, self.view.session.state
        coloured, selected = np.count_nonzero(self.view.visible), len(state.selection)
        if selected and coloured == selected:
            parts = [f"<b>{selected:,}</b> selected of {here.n:,}"]
        else:
            shown = f"<b>{here.n:,}</b> shown" if coloured == here.n else f"<b>{coloured:,}</b> of {here.n:,} in colour"
            parts = [shown, f"<b>{selected:,}</b> selected"]
        if self._outside:
            parts.append(f'<span title="beyond the axes of at least one panel">{self._outside:,} outside</span>')
        self.card.entitle("Latent space", " · ".join(parts))
        self.clear.visible = bool(len(state.selection))

    def _choose_column(self, event: object) -> None:
        if event.new is not None and event.new != self.view.session.state.colour_by:
            self.view.session.state.param.update(colour_by=event.new, hidden=[], first_class=0)

    def _switch_class(self, name: str) -> None:
        state = self.view.session.state
        hidden = set(state.hidden) ^ {name}
        state.hidden = [each for each in self.view.colouring.names if each in hidden]

    def _switch_all(self, shown: bool) -> None:
        self.view.session.state.hidden = [] if shown else list(self.view.colouring.names)

    def _open_other(self) -> None:
        """Give colours to the classes that share one; after the rarest come the most frequent again."""
        following = self.view.colouring.following
        if following is not None:
            self.view.session.state.param.update(first_class=following, hidden=[])

    def _choose_latents(self, event: object) -> None:
        state, chosen = self.view.session.state, sorted(event.new)
        if chosen == sorted(state.shown):
            return
        if not 2 <= len(chosen) <= MOST_SHOWN:
            self.view.session.notify(f"The corner plot shows two to {MOST_SHOWN} latents: switch another one first.")
            self.latents.value = list(state.shown)
            return
        focus = state.focus if set(state.focus) <= set(chosen) else (chosen[0], chosen[1])
        state.param.update(shown=chosen, focus=focus)


_HINT = (
    "click a panel to focus, a bar to select · <kbd>?</kbd> all keys<span class='right'>histograms: equal area</span>"
)
