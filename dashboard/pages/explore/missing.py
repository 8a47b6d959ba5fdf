"""What the Explore page shows while there is nothing to explore, and the one button that helps."""

import html
from collections.abc import Callable

import panel as pn

from dashboard.page import Session
from specvae_core.jobs import Job
from specvae_core.tasks import submit


class Missing:
    """Says what is missing: a survey, a model, or the survey's encoding by the model, which it starts and watches."""

    def __init__(self, session: Session, found: Callable[[], None]) -> None:
        self.session = session
        self._found = found
        self._job: str | None = None
        self._text = pn.pane.HTML("", sizing_mode="stretch_width")
        self._button = pn.widgets.Button(label="", css_classes=["primary"])
        self._button.on_click(session.guard(lambda _: self._act()))
        self.card = pn.Column(self._text, self._button, css_classes=["card", "empty-page"], sizing_mode="stretch_both")

    def refresh(self) -> None:
        """Say what is missing now."""
        state = self.session.state
        job = self._running()
        if job is not None:
            self._follow(job)
        elif not state.survey_id:
            self._say("No survey yet", "Bring spectra in: a folder of FITS files is enough.", "Add spectra")
        elif not state.model_id:
            self._say(
                "No model yet",
                f"Train one on {state.survey_id}: a small survey takes a minute or two.",
                "Train a model",
            )
        else:
            head = f"{state.survey_id} was not encoded by {state.model_id} yet"
            self._say(head, "Encoding gives every spectrum its place in the latent space.", "Encode it now")

    def poll(self) -> None:
        """Watch the encoding; shows the map when it is there."""
        state = self.session.state
        if not (state.survey_id and state.model_id):
            return
        if self._job is not None:
            self._follow(self.session.runner.job(self._job))
        elif self.session.workspace.encoding(state.model_id, state.survey_id) is not None:
            self._found()

    def _running(self) -> Job | None:
        """The encoding that is missing, where this or another session has started it."""
        wanted = {"model": self.session.state.model_id, "survey": self.session.state.survey_id}
        jobs = (job for job in self.session.runner.jobs() if job.active and job.task == "encode")
        return next((job for job in jobs if job.arguments == wanted), None)

    def _follow(self, job: Job) -> None:
        self._job = job.id if job.active else None
        if job.active:
            progress = job.progress()
            share = f"{round(100 * progress.fraction)} %" if progress and progress.fraction is not None else "starting"
            self._say("Encoding", f"{progress.message if progress else 'waiting for its turn'} · {share}", "")
        elif job.error:
            self.session.notify(job.error, kind="bad")
            self.refresh()
        else:
            self._found()

    def _say(self, head: str, text: str, action: str) -> None:
        content = f'<div class="empty-state"><h2>{html.escape(head)}</h2><p>{html.escape(text)}</p></div>'
        if content != self._text.object:
            self._text.object = content
        self._button.param.update(label=action, visible=bool(action))

    def _act(self) -> None:
        session, state = self.session, self.session.state
        if not state.survey_id:
            state.page = "data"
        elif not state.model_id:
            state.page = "train"
        else:
            job = submit(session.runner, session.workspace, "encode", model=state.model_id, survey=state.survey_id)
            self._follow(job)
