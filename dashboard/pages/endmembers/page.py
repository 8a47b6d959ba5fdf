"""Endmembers: what spectra are mixed of, and what a mixture would look like."""

import html

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.layout import FULL
from specvae_core.models import MODELS
from specvae_core.tasks import submit
from specvae_core.workspace import ModelSummary

from .view import EndmemberView

_NONE = (
    '<div class="empty-state"><h2>No model of mixtures yet</h2><p>Train <b>NMF</b> on any survey, or ingest '
    "spectra with their fractions and train <b>Untapped</b> on them; the endmembers appear here. On the command line:"
    "<code>specvae ingest … --simplex 0:4 --workspace DIR</code>"
    "<code>specvae train --model untapped … --workspace DIR</code></p></div>"
)
_WAIT = '<div class="empty-state"><h2>Endmembers</h2><p>{}</p></div>'


class EndmembersPage(Page):
    """The model at hand on the survey at hand, where it is one of mixtures."""

    name = "endmembers"
    keys = (("← →", "previous and next object of the survey"),)

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._known: object = None
        self._shown: tuple[str, str] | None = None
        self._job: str | None = None
        self._note = pn.pane.HTML(_NONE, css_classes=["card", "empty"], **FULL)
        self.endmembers = EndmemberView(session)
        self._place = pn.Column(self.endmembers, visible=False, **FULL)
        session.state.param.watch(session.guard(self._follow), ["survey_id", "model_id", "picked", "theme"])
        return pn.Column(self._note, self._place, css_classes=["stage"], **FULL)

    def shown(self) -> None:
        """Look at everything again."""
        self._known = None
        self.poll()

    def poll(self) -> None:
        """Look for new models, and for the end of an encoding."""
        found = {model.id: model for model in self.session.workspace.models() if _has_endmembers(model)}
        surveys = {survey.id: survey for survey in self.session.workspace.surveys() if survey.complete}
        known = (list(found), list(surveys), self.session.state.model_id, self.session.state.survey_id)
        if known != self._known or self._job is not None:
            self._known, self._models, self._surveys = known, found, surveys
            self._refresh()

    def key(self, key: str) -> None:
        """Step through the survey."""
        if self._place.visible and key in ("ArrowLeft", "ArrowRight"):
            self.endmembers.step(1 if key == "ArrowRight" else -1)

    def _refresh(self) -> None:
        """Show the model at hand, or the newest one of mixtures where that is none."""
        state = self.session.state
        if not self._models:
            self._say(_NONE)
            return
        model = self._models.get(state.model_id) or next(iter(self._models.values()))
        fitting = [name for name, survey in self._surveys.items() if model.grid.matches(survey.grid)]
        survey_id = next((name for name in (state.survey_id, model.survey_id) if name in fitting), "")
        if not survey_id:
            self._say(_WAIT.format("No survey of this workspace lies on the model’s grid."))
            return
        if model.id != state.model_id:
            self.session.notify(f"{model.id} is shown here: the model chosen before knows no mixtures.")
        self._open(model.id, survey_id)

    def _open(self, model_id: str, survey_id: str) -> None:
        state, workspace = self.session.state, self.session.workspace
        if (state.model_id, state.survey_id) != (model_id, survey_id):
            state.param.update(model_id=model_id, survey_id=survey_id)
        if workspace.encoding(model_id, survey_id) is None:
            self._encode(model_id, survey_id)
            return
        self._job = None
        self._note.visible, self._place.visible = False, True
        if self._shown != (model_id, survey_id):
            self._shown = (model_id, survey_id)
            self.endmembers.show(workspace.model(model_id))

    def _encode(self, model_id: str, survey_id: str) -> None:
        if self._job is None:
            self._job = submit(
                self.session.runner, self.session.workspace, "encode", model=model_id, survey=survey_id
            ).id
        job = self.session.runner.job(self._job)
        progress = job.progress()
        self._say(_WAIT.format(html.escape(job.error or (progress.message if progress else "waiting for its turn"))))

    def _say(self, content: str) -> None:
        self._note.visible, self._place.visible = True, False
        if self._note.object != content:
            self._note.object = content

    def _follow(self, *events: object) -> None:
        if self.session.state.page != self.name:
            return  # `shown` looks again
        changed = {event.name for event in events}
        if changed & {"survey_id", "model_id"}:
            self.poll()
        elif self._place.visible and "picked" in changed:
            self.endmembers.pick()
        elif self._place.visible and "theme" in changed:
            self.endmembers.dress(self.session.state.theme)


def _has_endmembers(model: ModelSummary) -> bool:
    return hasattr(MODELS.get(model.name), "mixture")  # `HasEndmembers` itself can only be asked of a loaded model
