"""Labels: predictions of a model against the catalogue, and the spectra that a model predicts from labels."""

import html
from collections.abc import Callable
from functools import partial

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.computed import Computed
from dashboard.widgets.layout import FULL
from dashboard.widgets.stepper import Stepper
from dashboard.widgets.suiting import offer_suiting, suiting, train_on
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.data.label_columns import likely_labels
from specvae_core.models import Ability
from specvae_core.summaries import ModelSummary
from specvae_core.workspace import Workspace

from .diagram_card import DiagramCard
from .emulator_card import EmulatorCard
from .label_data import find_labels
from .quality_card import QualityCard

LABEL_SETTINGS = ("labels", "regress")
"""Settings that name the labels of a model."""

NO_MODEL = (
    "No model that predicts labels of this survey",
    "Add spectra of stars with their labels, and train <b>Lux</b> on them, which learns labels and spectra together; "
    "<b>The Cannon</b> and <b>partial least squares</b> are there to compare with.",
)

TRAIN = "Train <b>Lux</b> on <b>{}</b>: it learns the labels and the spectra of these stars together."


class LabelsPage(Page):
    """Quality and diagram at the left, the spectrum from labels at the right."""

    name = "labels"
    keys = (("← →", "previous and next object, among the selected ones if there are any"),)

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._shown: tuple[str, str, str] | None = None
        self._models: list[tuple[str, str]] = []
        self.quality, self.diagram, self.emulator = QualityCard(session), DiagramCard(session), EmulatorCard(session)
        self.stepper = Stepper(session)
        left = pn.Column(self.quality.view, self.diagram.view, css_classes=["stage"], **FULL)
        self.full = pn.Row(left, self.emulator.view, css_classes=["labels-page"], **FULL)
        self.predictions = Computed(session, "predict", self.full, lambda _: self._look(), css_classes=("card",))
        state = session.state
        state.param.watch(session.guard(lambda *_: self._look()), ["survey_id", "model_id"])
        state.param.watch(session.guard(lambda *_: self._follow()), ["picked"])
        state.param.watch(session.guard(lambda *_: self.emulator.choose()), ["label"])
        state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        return pn.Column(self.predictions, **FULL)

    def shown(self) -> None:
        """Choose a model that predicts labels where the present one does not, and show its predictions."""
        self._look()

    def key(self, key: str) -> None:
        """Step through the survey."""
        if self.predictions.ready:
            self.stepper.key(key)

    def poll(self) -> None:
        """Look again where a model came or went."""
        models = [(model.id, model.created) for model in self.session.workspace.models()]
        if models != self._models:
            self._models = models
            self._look()

    def _look(self) -> None:
        state, workspace = self.session.state, self.session.workspace
        if state.page != self.name:
            return  # `shown` looks again
        found = {model.id: model for model in workspace.models() if self._fits(model)}
        likely = [name for name, model in found.items() if self._about(model)]
        if state.model_id not in found and likely:
            state.model_id = likely[0]  # which comes back here
            return
        if state.model_id not in found:
            self._shown = None
            other = suiting(workspace, self._learns_labels)
            self.predictions.lacks(*(_elsewhere(workspace, other) if other else self._nowhere()), *self._way(other))
            return
        key = (state.survey_id, state.model_id, found[state.model_id].created)
        if key == self._shown and self.predictions.ready:
            return
        data = find_labels(workspace, state.survey_id, state.model_id)
        if data is None:
            model, survey = model_title(workspace, state.model_id), survey_title(workspace, state.survey_id)
            text = f"{html.escape(model)} has not predicted the labels of {html.escape(survey)} yet."
            self.predictions.offer(
                "No labels yet", text, "Predict labels", model=state.model_id, survey=state.survey_id
            )
            return
        self._shown = key
        for card in (self.quality, self.diagram, self.emulator):
            card.show(data)
        self.predictions.show()

    def _fits(self, model: ModelSummary) -> bool:
        state, workspace = self.session.state, self.session.workspace
        return (
            bool(state.survey_id)
            and self._learns_labels(model)
            and model.grid.matches(workspace.survey(state.survey_id).grid)
        )

    def _about(self, model: ModelSummary) -> bool:
        """Whether the model learnt from this survey, or the survey's catalogue has one of its labels.

        A model of stars fits galaxies on the same grid, but says nothing of them.
        """
        state, settings = self.session.state, model.header["config"]
        names = {name.strip() for key in LABEL_SETTINGS for name in str(settings.get(key) or "").split(",")}
        return model.survey_id == state.survey_id or not names.isdisjoint(
            self.session.workspace.survey(state.survey_id).table.columns
        )

    @staticmethod
    def _learns_labels(model: ModelSummary) -> bool:
        settings = model.header["config"]
        return Ability.PREDICTS_LABELS in model.abilities and any(settings.get(name) for name in LABEL_SETTINGS)

    def _labelled(self) -> str:
        """Id of a survey with labels, the present one first; empty where there is none."""
        here, workspace = self.session.state.survey_id, self.session.workspace
        if here and likely_labels(workspace.survey(here).table.columns):
            return here
        found = [one.id for one in workspace.surveys() if one.complete and one.header.get("labels")]
        return here if here in found else next(iter(found), "")

    def _nowhere(self) -> tuple[str, str]:
        """What stands on the page where no survey has a model of labels."""
        survey = self._labelled()
        if not survey:
            return NO_MODEL
        return NO_MODEL[0], TRAIN.format(html.escape(survey_title(self.session.workspace, survey)))

    def _way(self, other: ModelSummary | None) -> tuple[str, Callable[[], object]]:
        """The button that leads to labels, and what it does."""
        survey = self._labelled()
        if other:
            return offer_suiting(self.session, other)
        if survey:
            return "Train a model", partial(train_on, self.session, survey)
        return "Add spectra", lambda: self.session.state.param.update(page="data")

    def _follow(self) -> None:
        if self._shown is not None and self.session.state.page == self.name:
            self.quality.mark()
            self.diagram.mark()
            self.emulator.follow()

    def _dress(self, theme: str) -> None:
        for card in (self.quality, self.diagram, self.emulator):
            card.dress(theme)


def _elsewhere(workspace: Workspace, model: ModelSummary) -> tuple[str, str]:
    """What stands on the page where only another survey has a model of labels."""
    survey = survey_title(workspace, model.survey_id)
    words = f"<b>{html.escape(model.title)}</b> predicts the labels of <b>{html.escape(survey)}</b>."
    return "No model that predicts labels of this survey", words
