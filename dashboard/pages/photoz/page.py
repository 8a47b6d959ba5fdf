"""Photo-z: redshifts from photometry against spectroscopic ones."""

import html

import numpy as np
import panel as pn

from dashboard.page import Page
from specvae_core.jobs import Job
from specvae_core.models import PredictsRedshift
from specvae_core.tasks import submit

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
        self._job: str | None = None
        self._text = pn.pane.HTML("", sizing_mode="stretch_width")
        self._button = pn.widgets.Button(label="Compute redshifts", css_classes=["primary"])
        self._button.on_click(session.guard(lambda _: self._act()))
        self._empty = pn.Column(
            self._text, self._button, css_classes=["card", "empty-page"], sizing_mode="stretch_both"
        )
        self._judgement = JudgementCard(session)
        self._zz = ZZCard(session, lambda: None)
        self._body = pn.Row(self._zz.card, self._judgement.card, css_classes=["photoz"], sizing_mode="stretch_both")
        self._body.visible = False
        session.state.param.watch(
            session.guard(self._follow), ["survey_id", "model_id", "selection", "picked", "theme"]
        )
        return pn.Column(self._empty, self._body, sizing_mode="stretch_both", css_classes=["page"])

    def shown(self) -> None:
        """Look at everything again."""
        self._load()

    def poll(self) -> None:
        """Follow the job that computes."""
        if self._job is not None:
            self._watch(self.session.runner.job(self._job))

    def key(self, key: str) -> None:
        """Choose a tool, step, clear."""
        if self._found is None:
            return
        if key in _TOOL_KEYS:
            self._zz.tools.value = _TOOL_KEYS[key]
        elif key == "c":
            self.session.state.selection = np.empty(0, np.int32)
        elif key in ("ArrowLeft", "ArrowRight"):
            self._step(1 if key == "ArrowRight" else -1)

    def _step(self, by: int) -> None:
        state = self.session.state
        rows = state.selection if len(state.selection) else np.arange(len(self._found.ids))
        at = self._found.row_of(state.picked)
        place = int(np.searchsorted(rows, 0 if at is None else at))
        state.picked = str(self._found.ids[rows[(place + by) % len(rows)]])

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
            self._zz.recolour()
        if "picked" in changed:
            self._judgement.look()
            self._zz.ring()

    def _load(self) -> None:
        """Show the redshifts of the state's survey under its model, or say what is missing."""
        state, workspace = self.session.state, self.session.workspace
        able = state.model_id and isinstance(workspace.model(state.model_id), PredictsRedshift)
        found = find(workspace, state.survey_id, state.model_id) if able else None
        self._empty.visible, self._body.visible = found is None, found is not None
        former, self._found = self._found, found
        if found is not None:
            self._zz.dress()
            self._judgement.dress()
            if former is None or former.created != found.created:
                self._zz.show(found)
            else:
                self._zz.recolour()
            self._judgement.show(found)
            return
        job = self._running() if able else None
        if job is not None:
            self._watch(job)
        elif able:
            self._say("No redshifts yet", f"{state.model_id} has not looked at {html.escape(state.survey_id)}.", True)
        else:
            self._say("Redshifts from photometry", _lead(workspace, state.survey_id) + HOW, False)

    def _running(self) -> Job | None:
        wanted = {"model": self.session.state.model_id, "survey": self.session.state.survey_id}
        jobs = (job for job in self.session.runner.jobs() if job.active and job.task == self.name)
        return next((job for job in jobs if job.arguments == wanted), None)

    def _act(self) -> None:
        session, state = self.session, self.session.state
        self._watch(submit(session.runner, session.workspace, self.name, model=state.model_id, survey=state.survey_id))

    def _watch(self, job: Job) -> None:
        self._job = job.id if job.active else None
        if job.active:
            progress = job.progress()
            self._say("Computing redshifts", progress.message if progress else "waiting for its turn", False)
        else:
            if job.error:
                self.session.notify(job.error, kind="bad")
            self._load()

    def _say(self, head: str, text: str, button: bool) -> None:
        content = f'<div class="empty-state"><h2>{head}</h2><p>{text}</p></div>'
        if content != self._text.object:
            self._text.object = content
        self._button.visible = button


def _lead(workspace, survey_id: str) -> str:
    """What the survey and the models at hand lack."""
    able = [model for model in workspace.models() if model.name == "sdgm"]
    if able:
        names = ", ".join(f"{html.escape(model.id)} of {html.escape(model.survey_id)}" for model in able[:3])
        return f"Choose a survey and a model of photometry above, as {names}. Or begin anew. "
    return "This page compares photometric with spectroscopic redshifts. "
