"""Photo-z: redshifts from photometry against spectroscopic ones."""

import html

import numpy as np
import panel as pn

from dashboard.page import Page
from dashboard.widgets.computed import Computed
from specvae_core.models import Ability

from .judgement_card import JudgementCard
from .redshifts import Found, find
from .zz_card import ZZCard

_TOOL_KEYS = {"l": "lasso", "b": "box", "p": "pan", "z": "zoom"}

HOW = (
    "Make a photometric survey from a catalogue and train the model for it:"
    "<code>specvae ingest phot.csv --bands u,g,r,i,z --name sky --workspace DIR</code>"
    "<code>specvae train --survey sky --model sdgm --workspace DIR</code>"
)


class PhotozPage(Page):
    """z-z plot at the left; one object's p(z), calibration and metrics of the selected objects at the right."""

    name = "photoz"
    keys = (
        ("l", "lasso: drag around objects of the z–z plot"),
        ("b", "box: drag a rectangle around objects of the z–z plot"),
        ("c", "clear the selection"),
        ("← →", "previous and next object, among the selected ones if there are any"),
    )

    def view(self) -> pn.viewable.Viewable:
        """Build the page."""
        session = self.session
        self._found: Found | None = None
        self._judgement = JudgementCard(session)
        self._zz = ZZCard(session)
        self._body = pn.Row(self._zz.card, self._judgement.card, css_classes=["photoz"], sizing_mode="stretch_both")
        self.redshifts = Computed(session, "photoz", self._body, lambda _: self._load(), css_classes=("card",))
        session.state.param.watch(
            session.guard(self._follow), ["survey_id", "model_id", "selection", "picked", "theme"]
        )
        return pn.Column(self.redshifts, sizing_mode="stretch_both", css_classes=["page"])

    def shown(self) -> None:
        """Look at everything again."""
        self._load()

    def key(self, key: str) -> None:
        """Choose a tool, step, clear."""
        if self._found is None:
            return
        if key in _TOOL_KEYS:
            self._zz.map.tools.value = _TOOL_KEYS[key]
        elif key == "c":
            self.session.state.selection = np.empty(0, np.int32)
        elif key in ("ArrowLeft", "ArrowRight"):
            self._step(1 if key == "ArrowRight" else -1)

    def _step(self, by: int) -> None:
        state = self.session.state
        rows = state.selection if len(state.selection) else np.arange(len(self._found.survey.ids))
        at = self._found.survey.row_of(state.picked)
        place = int(np.searchsorted(rows, 0 if at is None else at))
        state.picked = str(self._found.survey.ids[rows[(place + by) % len(rows)]])

    def _follow(self, *events: object) -> None:
        if self.session.state.page != self.name:
            return  # `shown` looks again
        changed = {event.name for event in events}
        if changed & {"survey_id", "model_id"}:
            self._load()
            return
        if "theme" in changed:
            self._zz.dress()
            self._judgement.dress()
        if self._found is None:
            return
        if "selection" in changed:
            self._judgement.judge()
            self._zz.redraw()
        if "picked" in changed:
            self._judgement.look()
            self._zz.ring()

    def _load(self) -> None:
        """Show the redshifts of the state's survey under its model, or say what is missing."""
        state, workspace = self.session.state, self.session.workspace
        able = state.model_id and Ability.PREDICTS_REDSHIFT in workspace.model_summary(state.model_id).abilities
        found = find(workspace, state.survey_id, state.model_id) if able else None
        former, self._found = self._found, found
        if found is not None:
            self._zz.dress()
            self._judgement.dress()
            if former is None or former.created != found.created:
                self._zz.show(found)
            else:
                self._zz.redraw()
            self._judgement.show(found)
            self.redshifts.show()
        elif able:
            text = f"{html.escape(state.model_id)} has not estimated the redshifts of {html.escape(state.survey_id)}."
            self.redshifts.offer(
                "No redshifts yet", text, "Compute redshifts", model=state.model_id, survey=state.survey_id
            )
        else:
            self.redshifts.lacks("Redshifts from photometry", _lead(workspace, state.survey_id) + HOW)


def _lead(workspace, survey_id: str) -> str:
    """What the survey and the models at hand lack."""
    able = [model for model in workspace.models() if Ability.PREDICTS_REDSHIFT in model.abilities]
    if able:
        names = ", ".join(f"{html.escape(model.id)} of {html.escape(model.survey_id)}" for model in able[:3])
        return f"Choose a survey and a model of photometry above, as {names}. "
    return "This page compares photometric with spectroscopic redshifts. "
