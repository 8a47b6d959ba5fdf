"""Tracks: synthetic spectra along a path through latent space, trends along it, and its support by training spectra."""

import html
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import panel as pn
from bokeh.plotting import figure as Figure

from dashboard.theme import hint
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.recipe_button import RecipeButton
from specvae_core.analysis.tracks import Track
from specvae_core.tasks.recipes import track_recipe
from specvae_core.tasks.track import NEAREST
from specvae_core.tasks.track_files import write_track

from ..tracks.track_form import TrackForm
from ..tracks.track_spectra import TrackSpectra, build_track_spectra
from ..tracks.track_trends import TrackTrends, build_track_trends
from .tab import Tab

_PERIOD = 220  # milliseconds a step while playing, at least
_MOST_BEHIND = 4000  # objects of the survey on the BPT diagram
_TYPES = {"fits": "application/fits", "ecsv": "text/plain"}
_BESIDE = {"Spectrum": "one", "Image": "image", "Lines": "lines", "BPT": "bpt"}


class TrackTab(Tab):
    """List, form and player on top; spectra and trends below, all at once where the card is larger."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        self.spectra: TrackSpectra | None = None
        self.trends: TrackTrends | None = None
        self._deleted = ""
        self._latest = ""
        self.form = TrackForm(self.view)
        self.form.visible = False
        self.hint = EmptyState(*_EMPTY)
        self.nearest = [pn.widgets.Button(label="", css_classes=["pill", "small"]) for _ in range(NEAREST)]
        for button in self.nearest:
            button.on_click(self.view.session.guard(self._pick))
        near = pn.pane.HTML("nearest real spectra", css_classes=["muted", "track-about"])
        self._beside = pn.Row(near, *self.nearest, css_classes=_NEAR)
        self._panes = {
            name: pn.Column(css_classes=["track-plot", f"track-{name}"], sizing_mode="stretch_both") for name in _PLACES
        }
        self._body = pn.Column(*self._panes.values(), css_classes=["track-body"], sizing_mode="stretch_both")
        self.filled = pn.Column(self._player(), self._beside, self._body, sizing_mode="stretch_both")
        return pn.Column(
            self._list(), self.form, self.hint, self.filled, sizing_mode="stretch_both", css_classes=["tab", "tracks"]
        )

    def _list(self) -> pn.Row:
        """Which track, and what can be done with it."""
        session, guard = self.view.session, self.view.session.guard
        self.picker = pn.widgets.Select(label="track", options=[], css_classes=["picker", "small", "track-pick"])
        self.name_field = pn.widgets.TextInput(
            placeholder="name", width=150, css_classes=["field-inline", "track-name"]
        )
        self.delete = pn.widgets.Button(label="Delete", css_classes=["pill", "small"])
        self.copy = pn.widgets.Button(
            label="Copy", css_classes=["pill", "small", "track-copy"], description=hint("Copy this track")
        )
        self.copy.on_click(guard(lambda _: self._copy()))
        self.undo = pn.widgets.Button(label="Undo delete", css_classes=["pill", "small"], visible=False)
        self.new = pn.widgets.Toggle(label="New track", css_classes=["pill", "small"])
        exports = [pn.widgets.Button(label=kind.upper(), css_classes=["pill", "small"]) for kind in _TYPES]
        self.picker.param.watch(guard(lambda event: session.state.param.update(track=event.new or "")), "value")
        self.name_field.param.watch(guard(self._rename), "value")
        self.delete.on_click(guard(lambda _: self._delete()))
        self.undo.on_click(guard(lambda _: self._undo()))
        self.new.param.watch(guard(lambda event: self._open_form(event.new)), "value")
        for kind, button in zip(_TYPES, exports, strict=True):
            button.on_click(guard(lambda _, kind=kind: self._export(kind)))
        self.recipe = RecipeButton(self.view.session, "this track", self._recipe)
        tools = self.picker, self.name_field, self.copy, self.delete, *exports, self.recipe
        self._tools = pn.Row(*tools, css_classes=["track-tools"])
        return pn.Row(
            self._tools, self.undo, pn.Spacer(css_classes=["grow"]), self.new, css_classes=["bar-row"],
            sizing_mode="stretch_width",
        )  # fmt: skip

    def _player(self) -> pn.Row:
        """Slider, play, what stands beside the stack, and the size of all."""
        guard, state = self.view.session.guard, self.view.session.state
        self.play = pn.widgets.Toggle(label="▶", css_classes=["pill", "icon", "play"])
        self.slider = pn.widgets.IntSlider(
            label="step of the track", start=1, end=2, value=1, width=180, show_value=False, css_classes=["track-step"]
        )
        self._about = pn.pane.HTML("", css_classes=["muted", "track-about"])
        self.beside = pn.widgets.RadioButtonGroup(options=_BESIDE, css_classes=["segments"])
        self.larger = pn.widgets.Toggle(label="Larger", css_classes=["pill", "small"])
        self.play.param.watch(guard(lambda event: self._run(event.new)), "value")
        self.slider.param.watch(guard(lambda _: self._show_step()), "value")
        self.beside.param.watch(guard(lambda _: self._arrange()), "value")
        self.larger.param.watch(guard(lambda event: state.param.update(larger=event.new)), "value")
        return pn.Row(
            self.play, self.slider, self._about, pn.Spacer(css_classes=["grow"]), self.beside, self.larger,
            css_classes=["bar-row"], sizing_mode="stretch_width",
        )  # fmt: skip

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._rebuild()
            self.form.offer_selections()
            self.view.tracks.prepare()
        elif "theme" in changed:
            self.spectra.dress(self.view.session.state.theme)
            self.trends.dress(self.view.session.state.theme)
        if changed & {"map", "track", "theme"}:
            self._show()
        if changed & {"map", "larger"}:
            self._arrange()
        if "picked" in changed:
            self.form.offer(self.view.session.state.picked)

    def _rebuild(self) -> None:
        """Another map: empty figures on its survey's grid, and its tracks to choose from."""
        session, here = self.view.session, self.view.map
        grid = session.workspace.survey(session.state.survey_id).grid
        self.spectra = build_track_spectra(grid, session.state.theme)
        self.trends = build_track_trends(session.state.theme)
        if here.n <= _MOST_BEHIND and {"log_nii_ha", "log_oiii_hb"} <= set(here.table):
            self.trends.survey.data = {"x": here.table["log_nii_ha"], "y": here.table["log_oiii_hb"]}
        spectra, trends = self.spectra, self.trends
        figures = {"stack": [[spectra.stack]], "one": [[spectra.one]], "image": [[spectra.image]],
                   "lines": [trends.panels[:2], trends.panels[2:]], "bpt": [[trends.bpt]]}  # fmt: skip
        for name, pane in self._panes.items():
            pane.objects = [_side_by_side(row) for row in figures[name]]
        if self.view.tracks.shown is None and (kept := self.view.tracks.all()):
            session.state.track = kept[0].id

    def _show(self) -> None:
        """The track of the state, or what to do where there is none."""
        state, book = self.view.session.state, self.view.tracks
        track = book.shown
        kept = book.all()
        options = {result.title: result.id for result in reversed(kept)} or {"none yet": ""}
        self.picker.param.update(options=options, value=state.track if track else None)
        self.hint.visible, self.filled.visible, self._tools.visible = track is None, track is not None, bool(kept)
        if track is None:
            self.new.value = True
            return
        if book.latest != self._latest:  # the form has done its work
            self._latest, self.new.value = book.latest, False
        self.name_field.value = track.title
        self.spectra.fill(track, state.theme, book.letter)
        self.trends.fill(track, book.letter)
        self.slider.param.update(end=len(track), value=min(self.slider.value, len(track)))
        self._show_step()

    def _show_step(self) -> None:
        track = self.view.tracks.shown
        if track is None:
            return
        step = self.slider.value - 1
        self.spectra.show_step(track, step, self._flux_of(str(track.nearest[step, 0])))
        self.trends.show_step(track, step)
        self._about.object = _about(track, step)
        if not self.play.value:
            self._name_nearest()

    def _name_nearest(self) -> None:
        track, step = self.view.tracks.shown, self.slider.value - 1
        if track is None:
            return
        for button, name in zip(self.nearest, [*track.nearest[step], *[""] * NEAREST], strict=False):
            button.param.update(label=str(name), visible=bool(name))

    def _flux_of(self, object_id: str) -> np.ndarray | None:
        row = self.view.map.index.row_of(object_id)
        if row is None:
            return None
        one = self.view.session.workspace.survey(self.view.session.state.survey_id).row(row)
        return np.where(one.seen[0], one.flux[0], np.nan)

    def _pick(self, event: object) -> None:
        self.view.session.state.picked = event.obj.label

    def _arrange(self) -> None:
        """All plots where the card is larger, else the stack and the chosen one."""
        larger = self.view.session.state.larger
        self.larger.value, self.beside.visible = larger, not larger
        self._body.css_classes = ["track-body", "large"] if larger else ["track-body"]
        for name, pane in self._panes.items():
            pane.visible = larger or name in ("stack", self.beside.value)

    def _open_form(self, opened: bool) -> None:
        self.form.offer_selections()
        self.form.visible, self._beside.visible = opened, not opened  # there is room for one of them

    def _run(self, playing: bool) -> None:
        self.play.label = "❚❚" if playing else "▶"
        # Nobody reads ids that change four times a second, and new words on buttons cost more than all else of a step.
        self._beside.css_classes = [*_NEAR, "playing"] if playing else _NEAR
        if playing:
            self.view.session.bridge.when_drawn(self.view.session.guard(self.advance), _PERIOD)
        else:
            self._name_nearest()

    def advance(self) -> None:
        """One step on, back to the start after the end; the next once the browser has drawn it, while someone looks."""
        state = self.view.session.state
        if not self.play.value:
            return
        if (state.page, state.tab) != ("explore", "track") or self.view.tracks.shown is None:
            self.play.value = False
            return
        self.slider.value = self.slider.value % self.slider.end + 1
        self.view.session.bridge.when_drawn(self.view.session.guard(self.advance), _PERIOD)

    def _rename(self, event: object) -> None:
        track, name = self.view.tracks.shown, event.new.strip()
        if track is not None and name and name != track.title:
            self.view.tracks.rename(name)

    def _copy(self) -> None:
        track = self.view.tracks.shown
        if track is not None:
            title = self.view.tracks.copy()
            self.view.session.notify(f"{title} is a copy of {track.title}.", kind="good")

    def _delete(self) -> None:
        if self.view.session.state.track:
            self._deleted = self.view.tracks.delete()
            self.undo.visible = True

    def _undo(self) -> None:
        self.undo.visible = False
        self.view.tracks.restore(self._deleted)

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the shown track, and a name for its file."""
        track = self.view.session.state.track
        return track_recipe(self.view.session.workspace, track), track

    def _export(self, kind: str) -> None:
        session, track = self.view.session, self.view.tracks.shown
        if track is None:
            return
        name = f"{session.state.track}.{kind}"
        with tempfile.TemporaryDirectory() as folder:
            write_track(track, Path(folder) / name)
            session.bridge.save(name, _TYPES[kind], (Path(folder) / name).read_bytes())
        session.notify(f"Saved {len(track)} spectra as {name}.", kind="good")


_NEAR = ["track-tools", "track-near"]
_PLACES = ("stack", "one", "image", "lines", "bpt")


def _side_by_side(figures: Sequence[Figure]) -> pn.Row:
    panes = [pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"]) for figure in figures]
    return pn.Row(*panes, css_classes=["plot"], sizing_mode="stretch_both")


_EMPTY = (
    "No track yet",
    "Press <kbd>t</kbd> and draw over the map, or make one above: the synthetic spectra along it appear here.",
)


def _about(track: Track, step: int) -> str:
    """One line about a step: where it is, its support."""
    support = track.support[step]
    known = f"support {support:.0f}%" if np.isfinite(support) else "support unknown"
    if np.isfinite(track.density[step]):
        known += f", p(z) {track.density[step]:.0f}%"
    tag = '<span class="tag warn">extrapolation</span> ' if track.extrapolated[step] else ""
    title = (
        "percentile of the local density among the training spectra’s own; p(z): per cent of unseen objects that lie "
        "less densely by the flow fitted to the latents"
    )
    return f'<b>step {step + 1}</b> of {len(track)} · {tag}<span title="{html.escape(title)}">{known}</span>'
