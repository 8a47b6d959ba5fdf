"""Endmembers: the pure spectra that a model of mixtures has found, and spectra of mixtures."""

import html
from functools import partial

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.computed import Computed
from dashboard.widgets.layout import FULL
from dashboard.widgets.suiting import train_on
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.models import Ability

from .view import EndmemberView

_NONE = (
    "No model of mixtures yet",
    "Add spectra with the fractions of their endmembers and train <b>Untapped</b> on them, or train <b>NMF</b> on any "
    "survey: the endmembers appear here.",
)
_TRAIN = "Train <b>Untapped</b> on <b>{}</b>, whose fractions are known: the endmembers appear here."


class EndmembersPage(Page):
    """The model at hand on the survey at hand, where it is one of mixtures."""

    name = "endmembers"
    early = False
    keys = (
        ("← →", "previous and next object, among the selected ones if there are any"),
        ("/", "search an id"),
    )

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._known: object = None
        self._shown: tuple[str, str] | None = None
        self.endmembers = EndmemberView(session)
        self.encoded = Computed(
            session, "encode", pn.Column(self.endmembers, **FULL), lambda _: self._refresh(), css_classes=("card",)
        )
        session.state.param.watch(session.guard(self._follow), ["survey_id", "model_id", "picked", "theme"])
        return pn.Column(self.encoded, css_classes=["stage"], **FULL)

    def shown(self) -> None:
        """Look at everything again."""
        self._known = None
        self.poll()

    def poll(self) -> None:
        """Look for models and surveys whenever a job has changed its state."""
        known = [(job.id, job.state) for job in self.session.runner.jobs()]
        if known != self._known:
            self._known = known
            self._refresh()

    def key(self, key: str) -> None:
        """Step through the survey."""
        if self.encoded.ready:
            self.endmembers.stepper.key(key)

    def _refresh(self) -> None:
        """Show the model at hand, or the newest one of mixtures where that is none."""
        state, workspace = self.session.state, self.session.workspace
        models = {model.id: model for model in workspace.models() if Ability.HAS_ENDMEMBERS in model.abilities}
        if not models:
            self._offer_training()
            return
        model = models.get(state.model_id) or next(iter(models.values()))
        fitting = [one.id for one in workspace.surveys() if one.complete and model.grid.matches(one.grid)]
        survey_id = next((name for name in (state.survey_id, model.survey_id) if name in fitting), "")
        if not survey_id:
            self.encoded.lacks("No survey for this model", "No survey of this workspace lies on the model’s grid.")
            return
        if state.page != self.name and (model.id, survey_id) != (state.model_id, state.survey_id):
            return  # they are taken into the session when the page is opened
        if model.id != state.model_id:
            self.session.notify(f"{model.title} is shown here: the chosen model has no endmembers.")
        self._open(model.id, survey_id)

    def _offer_training(self) -> None:
        """Offer to train on a survey with fractions, or to add one."""
        state = self.session.state
        mixed = [one.id for one in self.session.workspace.surveys() if one.complete and one.header.get("simplex")]
        if not mixed:
            self.encoded.lacks(*_NONE, "Add spectra", lambda: state.param.update(page="data"))
            return
        survey = state.survey_id if state.survey_id in mixed else mixed[0]
        text = _TRAIN.format(html.escape(survey_title(self.session.workspace, survey)))
        self.encoded.lacks(_NONE[0], text, "Train a model", partial(train_on, self.session, survey))

    def _open(self, model_id: str, survey_id: str) -> None:
        state, workspace = self.session.state, self.session.workspace
        if (state.model_id, state.survey_id) != (model_id, survey_id):
            state.param.update(model_id=model_id, survey_id=survey_id)
        if workspace.encoding(model_id, survey_id) is None:
            model, survey = model_title(workspace, model_id), survey_title(workspace, survey_id)
            text = f"{html.escape(model)} has not measured the abundances of {html.escape(survey)} yet."
            self.encoded.offer("No abundances yet", text, "Measure abundances", model=model_id, survey=survey_id)
            return
        self.encoded.show()
        if self._shown != (model_id, survey_id):
            self._shown = (model_id, survey_id)
            self.endmembers.show(workspace.model(model_id))

    def _follow(self, *events: object) -> None:
        changed = {event.name for event in events}
        if "theme" in changed and self.encoded.ready:
            self.endmembers.dress(self.session.state.theme)
        if self.session.state.page != self.name:
            return  # `shown` looks again
        if changed & {"survey_id", "model_id"}:
            self._refresh()
        elif self.encoded.ready and "picked" in changed:
            self.endmembers.pick()
