"""Labels: what a model tells of stars beside the catalogue, and the spectra that labels make."""

import panel as pn
from panel.viewable import Viewable

from dashboard.page import Page
from dashboard.widgets.layout import FULL, WIDE
from specvae_core.tasks import submit

from .diagram_card import DiagramCard
from .emulator_card import EmulatorCard
from .predictions import find_labels, tells_labels
from .quality_card import QualityCard

NO_MODEL = (
    '<div class="empty-state"><h2>No model that tells labels of this survey</h2><p>Lux learns labels and spectra '
    "together: choose it on the Train page and name the catalogue columns to learn, as <b>teff,logg,feh</b>. "
    "On the command line:<code>specvae train --model lux --labels teff,logg,feh …</code></p></div>"
)
WORKING = (
    '<div class="empty-state"><h2>Predicting labels…</h2><p>This takes seconds; the page fills by itself.</p></div>'
)
FAILED = '<div class="empty-state"><h2>The labels could not be predicted</h2><p>{}</p></div>'


class LabelsPage(Page):
    """Quality and diagram at the left, the spectrum from labels at the right."""

    name = "labels"

    def view(self) -> Viewable:
        """Build the page."""
        session = self.session
        self._shown: tuple[str, str, str] | None = None
        self._job = None
        self.quality, self.diagram, self.emulator = QualityCard(session), DiagramCard(session), EmulatorCard(session)
        self.words = pn.pane.HTML("", css_classes=["empty"], **WIDE)
        self.go = pn.widgets.Button(label="Go to Train", css_classes=["primary"], align="center")
        self.go.on_click(session.guard(lambda _: session.state.param.update(page="train")))
        self.empty = pn.Column(
            self.words, pn.Row(self.go, align="center", **WIDE), css_classes=["card", "empty-page"], **FULL
        )
        left = pn.Column(self.quality.view, self.diagram.view, css_classes=["stage"], **FULL)
        self.full = pn.Row(left, self.emulator.view, css_classes=["labels-page"], visible=False, **FULL)
        state = session.state
        state.param.watch(session.guard(lambda *_: self._look()), ["survey_id", "model_id"])
        state.param.watch(session.guard(lambda *_: self._follow()), ["picked"])
        state.param.watch(session.guard(lambda *_: self.emulator.choose()), ["label"])
        state.param.watch(session.guard(lambda event: self._dress(event.new)), "theme")
        return pn.Column(self.empty, self.full, **FULL)

    def shown(self) -> None:
        """Choose a model that tells labels, where the present one does not, and look."""
        self._look()

    def poll(self) -> None:
        """See whether the predictions are there."""
        if self._job is not None and not self._job.active:
            job, self._job = self._job, None
            if job.state == "finished":
                self._look()
            else:
                self._say(FAILED.format(job.error or "It was stopped."))

    def _look(self) -> None:
        state, workspace = self.session.state, self.session.workspace
        if state.page != self.name:
            return  # `shown` looks again
        found = {model.id: model for model in workspace.models() if self._fits(model)}
        if not found:
            self._shown = None
            self._say(NO_MODEL, go=True)
            return
        if state.model_id not in found:
            state.model_id = next(iter(found))  # which comes back here
            return
        key = (state.survey_id, state.model_id, found[state.model_id].created)
        if key == self._shown:
            return
        data = find_labels(workspace, state.survey_id, state.model_id)
        if data is None:
            self._ask()
            return
        self._shown = key
        for card in (self.quality, self.diagram, self.emulator):
            card.show(data)
        self.empty.visible, self.full.visible = False, True

    def _fits(self, model) -> bool:
        state, workspace = self.session.state, self.session.workspace
        return (
            bool(state.survey_id) and tells_labels(model) and model.grid.matches(workspace.survey(state.survey_id).grid)
        )

    def _ask(self) -> None:
        state = self.session.state
        asked = {"model": state.model_id, "survey": state.survey_id}
        if self._job is None or self._job.arguments != asked:
            self._job = submit(self.session.runner, self.session.workspace, "predict", **asked)
        self._say(WORKING)

    def _say(self, words: str, go: bool = False) -> None:
        self.words.object, self.go.visible = words, go
        self.empty.visible, self.full.visible = True, False

    def _follow(self) -> None:
        if self._shown is not None and self.session.state.page == self.name:
            self.quality.mark()
            self.diagram.mark()
            self.emulator.follow()

    def _dress(self, theme: str) -> None:
        for card in (self.quality, self.diagram, self.emulator):
            card.dress(theme)
