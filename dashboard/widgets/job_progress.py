"""The progress of one job, with a button that stops it."""

import html
from collections.abc import Callable

import panel as pn

from specvae_core.job import Job

from ..page import Session
from .job_list import bar, describe
from .layout import WIDE


class JobProgress(pn.Column):
    """Follows one job at a time; takes no room while there is none.

    Parameters
    ----------
    ended
        Called on the document's thread when the job is over; its state says how.
    """

    def __init__(self, session: Session, ended: Callable[[Job], object]) -> None:
        self._session, self._ended = session, ended
        self._job: Job | None = None
        self._text = pn.pane.HTML("", css_classes=["muted", "grow", "job-words"], **WIDE)
        stop = pn.widgets.Button(label="Stop", css_classes=["pill", "small"])
        stop.on_click(session.guard(lambda _: self._job and self._job.stop()))
        inside = pn.Row(self._text, stop, css_classes=["bar-row"], **WIDE)
        super().__init__(inside, css_classes=["job-progress"], visible=False, **WIDE)
        session.live.watch(session.guard(self._look))

    @property
    def busy(self) -> bool:
        """Whether a job is followed that is not over."""
        return self._job is not None

    def follow(self, job: Job | None) -> None:
        """Follow a job, or none."""
        self._job = job
        self._look()

    def _look(self) -> None:
        job = self._job
        active = job is not None and job.active
        if self.visible != active:
            self.visible = active
        if active:
            text = f"{bar(job)} <span>{describe(job)}</span>"
            if self._text.object != text:
                self._text.object = text
        elif job is not None:
            self._job = None
            if job.state == "failed":
                self._session.notify(html.unescape(describe(job)), kind="bad")
            self._ended(job)
