"""Something that a task computes: what to do while it is missing, how far the task is, then the product itself."""

import html
from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable

from specvae_core.job import Job
from specvae_core.tasks import submit

from ..page import Session
from .empty import EmptyState
from .job_progress import JobProgress
from .layout import FULL, WIDE


class Computed(pn.Column):
    """A sentence with the button that starts a task; the progress of the task; the product.

    Parameters
    ----------
    product
        Shown once it is there.
    found
        Called on the document's thread with the id of what the task has made.
    css_classes
        Classes while the product is missing.
    **params
        Parameters of the column that holds all.
    """

    def __init__(
        self,
        session: Session,
        task: str,
        product: Viewable,
        found: Callable[[str], object],
        css_classes: tuple[str, ...] = (),
        **params: object,
    ) -> None:
        self._session, self._task, self._product, self._found = session, task, product, found
        self._classes = [*css_classes, "computed", "missing"]
        self._arguments: dict[str, object] = {}
        self._offered: tuple[str, str, str, Callable[[], object] | None] = ("", "", "", None)
        self.empty = EmptyState(**WIDE)
        self.progress = JobProgress(session, self._ended)
        super().__init__(self.empty, self.progress, product, css_classes=self._classes, **FULL | params)
        self._arrange(ready=False)

    @property
    def busy(self) -> bool:
        """Whether the task is under way."""
        return self.progress.busy

    @property
    def ready(self) -> bool:
        """Whether the product is shown."""
        return self._product.visible

    def show(self) -> None:
        """Show the product."""
        self._arrange(ready=True)

    def lacks(self, head: str, text: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Say what the task itself needs first, HTML; the button, if any, calls ``act``."""
        self._offered, self._arguments = (head, text, button, act and self._session.guard(act)), {}
        self.progress.follow(None)
        self._arrange(ready=False)

    def offer(self, head: str, text: str, button: str = "", **arguments: object) -> None:
        """Say what is missing, HTML; the button runs the task with these arguments.

        A job that is at it already is followed, whichever session has started it.
        """
        if self.ready or (head, arguments) != (self._offered[0], self._arguments):  # else why it failed stays there
            self._offered = head, text, button, self._session.guard(self.compute)
            self._arguments = arguments
        self.progress.follow(self._running())
        self._arrange(ready=False)

    def compute(self, **arguments: object) -> None:
        """Run the task unless it is under way; with the arguments of the offer where none are given."""
        if not self.busy:
            arguments = arguments or self._arguments
            self.progress.follow(submit(self._session.runner, self._session.workspace, self._task, **arguments))
            self._arrange(ready=self.ready)

    def _running(self) -> Job | None:
        jobs = (job for job in self._session.runner.jobs() if job.active and job.task == self._task)
        return next((job for job in jobs if self._arguments.items() <= job.arguments.items()), None)

    def _ended(self, job: Job) -> None:
        if job.state == "finished":
            self._found(job.result)
        else:
            head, text, button, act = self._offered
            self._offered = head, html.escape(job.error or "") or text, button, act
        self._arrange(ready=self.ready)

    def _arrange(self, *, ready: bool) -> None:
        head, text, button, act = self._offered
        self.empty.show(head, text, "" if self.busy else button, act)
        self.empty.visible, self._product.visible = not ready, ready
        self.css_classes = ["computed"] if ready else self._classes
