"""A task that a tab starts: how far it is, a way to stop it, and what to do when it is done."""

import html
from collections.abc import Callable

import panel as pn

from specvae_core import tasks
from specvae_core.jobs import Job

from ..page import Session
from .job_list import bar, describe


class JobRow:
    """Progress of one job at a time; ``row`` takes no room while there is none.

    Parameters
    ----------
    session
        Where jobs run.
    finished
        Called on the document's thread with the id of the product.
    """

    def __init__(self, session: Session, finished: Callable[[str], None]) -> None:
        self._session = session
        self._finished = finished
        self._job: Job | None = None
        self._words = pn.pane.HTML("", css_classes=["muted", "grow", "job-words"], sizing_mode="stretch_width")
        stop = pn.widgets.Button(label="Stop", css_classes=["pill", "small"])
        stop.on_click(session.guard(lambda _: self._job and self._job.stop()))
        inside = pn.Row(self._words, stop, css_classes=["bar-row"], sizing_mode="stretch_width")
        self.row = pn.Column(inside, css_classes=["job-row"], visible=False, sizing_mode="stretch_width")
        session.live.watch(session.guard(self._look))

    @property
    def busy(self) -> bool:
        """Whether a job is on its way."""
        return self._job is not None

    def start(self, task: str, **arguments: object) -> None:
        """Run a task, unless one is on its way."""
        if not self.busy:
            self._job = tasks.submit(self._session.runner, self._session.workspace, task, **arguments)
            self._look()

    def _look(self) -> None:
        job = self._job
        if job is None:
            return
        active = job.active
        self.row.visible = active
        words = f"{bar(job)} <span>{describe(job)}</span>"
        if active and self._words.object != words:
            self._words.object = words
        if active:
            return
        self._job = None
        if job.state == "finished":
            self._finished(job.result)
        elif job.state == "failed":
            self._session.notify(html.unescape(describe(job)), kind="bad")
