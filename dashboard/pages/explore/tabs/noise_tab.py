"""Scatter of latents under added noise against the uncertainty that models report: two models side by side."""

import numpy as np
import panel as pn
from bokeh.models import DataRange1d

from dashboard.widgets.empty import EmptyState
from specvae_core.analysis.noise import brightest
from specvae_core.tasks.noise import N_BRIGHTEST, N_REALISATIONS

from .noise_plot import colour
from .noise_side import NoiseSide, choices
from .tab import Tab


class NoiseTab(Tab):
    """The noise test of the picked object, or of some selected ones, run as two jobs."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session = self.view.session
        ranges = (DataRange1d(), DataRange1d(start=0))
        self.sides = tuple(NoiseSide(session, ranges, self._show_kept) for _ in range(2))
        self.of = pn.widgets.RadioButtonGroup(
            options={"Picked object": "object", "Selection": "selection"}, css_classes=["tabs", "small"]
        )
        self.of.param.watch(session.guard(lambda _: self._show_kept()), "value")
        self.run = pn.widgets.Button(label="Add noise", css_classes=["pill", "primary"])
        self.run.on_click(session.guard(lambda _: self._start()))
        self.words = pn.pane.HTML("", css_classes=["muted", "grow", "noise-latents"], sizing_mode="stretch_width")
        head = pn.Row(self.of, self.run, self.words, css_classes=["bar-row"], sizing_mode="stretch_width")
        self.hint = EmptyState()
        self.both = pn.Row(*self.sides, sizing_mode="stretch_both", css_classes=["noise-sides"])
        return pn.Column(head, self.hint, self.both, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._offer()
        if changed & {"map", "picked", "selection"}:
            self._show_kept()
        elif "theme" in changed:
            for side in self.sides:
                side.show(side.result)

    @property
    def ids(self) -> list[str]:
        """Objects to test: the picked one, or those of highest S/N among the selected ones."""
        here, state = self.view.map, self.view.session.state
        if self.of.value == "object":
            return [state.picked] if state.picked else []
        selected = here.table.take(state.selection)
        return here.index.ids_of(state.selection[np.sort(brightest(selected, N_BRIGHTEST))])

    def _offer(self) -> None:
        """Offer the models; at first the present one, with the posterior of its encoder and with the likelihood."""
        state = self.view.session.state
        found = choices(self.view.session.workspace, state.survey_id)
        own = [choice for choice in found.values() if choice[0] == state.model_id]
        defaults = (own or list(found.values()) or [None])[:2]
        for side, default in zip(self.sides, (defaults[0], defaults[-1]), strict=True):
            kept = side.choice.value if side.choice.value in found.values() else default
            side.choice.param.update(options=found, value=kept)

    def _show_kept(self) -> None:
        """Draw earlier tests of these objects, or say what can be done."""
        state, ids = self.view.session.state, self.ids
        can = bool(self.sides[0].choice.options) and bool(ids)
        for side in self.sides:
            if can:
                side.show_kept(state.survey_id, ids)
        self.run.disabled = not can
        self._settle(can)

    def _settle(self, can: bool) -> None:
        """Show the sides, or what is missing; above them the latents' colours, or what the button does."""
        self.both.visible, self.hint.visible = can, not can
        self.hint.show(*(_NOTHING_SELECTED if self.sides[0].choice.options else _NO_MODEL))
        drawn = any(side.test.busy or side.result is not None for side in self.sides)
        dots = (f'<i class="dot" style="background:{colour(i + 1)}"></i>{i + 1}' for i in range(self.view.map.n_latent))
        self.words.object = ("latent" + "".join(dots) if drawn else _READY) if can else ""

    def _start(self) -> None:
        ids = self.ids
        same = self.sides[0].choice.value == self.sides[1].choice.value
        for side in self.sides[: 1 if same else 2]:
            side.start(self.view.session.state.survey_id, ids)
        self._settle(True)


_READY = f"Encodes {N_REALISATIONS} noisy copies at each S/N: do the latents scatter as widely as the model reports?"

_NOTHING_SELECTED = (
    "Nothing to test",
    "Click a point in the map, or drag the lasso around some.",
)

_NO_MODEL = (
    "No model reports uncertainties",
    "Train an InfoVAE on this survey: it reports an uncertainty of each latent.",
)
