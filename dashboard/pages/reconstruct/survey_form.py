"""The same problem for all selected objects, or the whole survey, solved into a new survey."""

import html
from collections.abc import Callable

import panel as pn

from dashboard.page import Session
from dashboard.widgets.computed import Computed
from dashboard.widgets.layout import WIDE
from dashboard.widgets.titles import survey_title
from specvae_core.errors import UserError

HELP = "Select objects in Explore, or take the whole survey: pixels that the problem hides are filled in a new survey."


class SurveyForm(pn.Column):
    """Name of the new survey, and the button that starts.

    Parameters
    ----------
    question
        Gives problem, method, starts and seed as they are set now.
    """

    def __init__(self, session: Session, question: Callable[[], dict[str, object]]) -> None:
        self.session, self._question = session, question
        self._made = ""
        self.new = pn.widgets.TextInput(label="New survey", css_classes=["field"], **WIDE)
        self.button = pn.widgets.Button(label="", css_classes=["pill"])
        self.open = pn.widgets.Button(label="Open in Explore", css_classes=["pill", "small"])
        self.button.on_click(session.guard(lambda _: self.start()))
        self.open.on_click(session.guard(lambda _: session.state.param.update(survey_id=self._made, page="explore")))
        self._ready = pn.pane.HTML("", css_classes=["muted"], **WIDE)
        product = pn.Column(self._ready, self.open, **WIDE)
        self.filled = Computed(session, "invert_survey", product, self._show, **WIDE)
        about = pn.pane.HTML(HELP, css_classes=["muted"], **WIDE)
        super().__init__(about, self.new, self.button, self.filled, css_classes=["form"], **WIDE)

    def update(self) -> None:
        """Follow the selection."""
        state = self.session.state
        label = f"Fill {len(state.selection):,} selected" if len(state.selection) else "Fill the whole survey"
        if self.button.label != label:
            self.button.label = label
        suggestion = f"{state.survey_id}-filled"
        if self.new.placeholder != suggestion:
            self.new.placeholder = suggestion

    def start(self) -> None:
        """Solve the problem for all of them, as one job."""
        state, workspace = self.session.state, self.session.workspace
        if not (state.survey_id and state.model_id):
            raise UserError("There is no survey or no model: choose both in the header.")
        ids = workspace.survey(state.survey_id).table["id"].to_numpy(dtype=str)[state.selection].tolist()
        name = self.new.value.strip() or self.new.placeholder
        self.filled.compute(survey=state.survey_id, model=state.model_id, name=name, ids=ids, **self._question())

    def _show(self, survey_id: str) -> None:
        self._made = survey_id
        self._ready.object = f"Survey {html.escape(survey_title(self.session.workspace, survey_id))} is ready."
        self.filled.show()
