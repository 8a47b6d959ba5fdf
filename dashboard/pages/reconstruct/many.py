"""The same question for all selected objects at once, into a new survey."""

import html
from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.job_list import bar, describe, state_pill
from dashboard.widgets.layout import WIDE
from specvae_core.errors import UserError
from specvae_core.jobs import Job
from specvae_core.tasks import submit

HELP = "Select objects in Explore, or take the whole survey: what the problem leaves unseen is filled in a new survey."


class ManyForm(Viewer):
    """Name of the new survey and the button that starts.

    Parameters
    ----------
    session
        Of the page.
    question
        Gives problem, method, starts and seed as they are set now.
    """

    def __init__(self, session: Session, question: Callable[[], dict[str, object]]) -> None:
        super().__init__()
        self.session, self._question = session, question
        self._job: Job | None = None
        self.new = pn.widgets.TextInput(label="New survey", css_classes=["field"], **WIDE)
        self.button = pn.widgets.Button(label="", css_classes=["pill", "many"])
        self.open = pn.widgets.Button(label="Open in Explore", css_classes=["pill", "small"], visible=False)
        self._text = pn.pane.HTML(f'<span class="muted">{HELP}</span>', **WIDE)
        self.button.on_click(session.guard(lambda _: self.start()))
        self.open.on_click(session.guard(lambda _: self._open()))
        self._layout = pn.Column(
            self._text, self.new, pn.Row(self.button, self.open, css_classes=["bar-row"], **WIDE),
            css_classes=["form"], **WIDE,
        )  # fmt: skip

    def update(self) -> None:
        """Follow the selection and the job."""
        state = self.session.state
        label = f"Fill {len(state.selection):,} selected" if len(state.selection) else "Fill the whole survey"
        if self.button.label != label:
            self.button.label = label
        suggestion = f"{state.survey_id}-filled"
        if self.new.placeholder != suggestion:
            self.new.placeholder = suggestion
        if self._job is not None:
            self._text.object = f"{state_pill(self._job.state)}{describe(self._job)}" + (
                bar(self._job) if self._job.state == "running" else ""
            )
            self.open.visible = self._job.state == "finished"

    def start(self) -> None:
        """Ask the question of all of them."""
        state, workspace = self.session.state, self.session.workspace
        if not (state.survey_id and state.model_id):
            raise UserError("There is no survey or no model: choose both in the header.")
        ids = workspace.survey(state.survey_id).ids[state.selection].tolist()
        name = self.new.value.strip() or self.new.placeholder
        self._job = submit(
            self.session.runner, workspace, "invert_survey", survey=state.survey_id, model=state.model_id, name=name,
            ids=ids, **self._question(),
        )  # fmt: skip
        self.session.notify(f"The new survey {html.escape(name)} is on its way.")
        self.update()

    def _open(self) -> None:
        self.session.state.param.update(survey_id=self._job.result, page="explore")

    def __panel__(self) -> Viewable:
        return self._layout
