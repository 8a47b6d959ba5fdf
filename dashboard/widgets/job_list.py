"""State and progress of jobs as text, and the list of jobs with buttons that stop and resume."""

import html
import time
from collections import Counter
from collections.abc import Callable, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from specvae_core.job import Job

from ..page import Session
from ..theme import hint
from .layout import WIDE
from .titles import products_of

SHOWN = 12
"""Jobs in the list before *show all*."""


def duration(seconds: float) -> str:
    """A time span: ``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s" if seconds < 600 else f"{round(seconds / 60)} min"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def elapsed(job: Job) -> float:
    """Seconds that a job has been running or ran; 0 where it has not begun."""
    if job.started is None:
        return 0.0
    return max(0.0, (job.ended or time.time()) - job.started)


def fraction(job: Job) -> float | None:
    """Fraction done of a job, 0 to 1; ``None`` where unknown."""
    latest = (job.progress(), *reversed(job.history()[-1:]))
    return next((progress.fraction for progress in latest if progress and progress.fraction is not None), None)


def bar(job: Job) -> str:
    """The fraction done as a bar; where unknown, a bar that moves to and fro."""
    done = fraction(job)
    inner = f'<i style="width:{100 * done:.1f}%"></i>' if done is not None else '<i class="unknown"></i>'
    return f'<div class="bar wide">{inner}</div>'


class TimeLeft:
    """Estimates when a job will end, from its progress in this session.

    A resumed job does not begin at 0, so the share done when it was first seen is counted off.
    """

    def __init__(self) -> None:
        self._first: dict[str, tuple[float, float]] = {}

    def seconds(self, job: Job) -> float | None:
        """Seconds left; ``None`` while there is no estimate."""
        done = fraction(job)
        if job.state != "running" or not done:
            self._first.pop(job.id, None)
            return None
        now = time.monotonic()
        start, first = self._first.setdefault(job.id, (now, done))
        if done <= first or now - start < 2:
            return None
        return (now - start) * (1 - done) / (done - first)


def describe(job: Job, made: str = "") -> str:
    """What a job is doing or how it ended, HTML; ``made`` is the title of its product."""
    progress = job.progress()
    if job.state == "queued":
        return "waits for the job before it"
    if job.state == "running":
        return html.escape(progress.message if progress and progress.message else "starting")
    if job.state == "failed":
        return html.escape(job.error or "failed")
    if job.state == "interrupted":
        return "the server stopped before it was done"
    if job.state == "finished":
        return f"made {html.escape(made or job.result or '')} in {duration(elapsed(job))}"
    return f"after {duration(elapsed(job))}"


def job_titles(jobs: Sequence[Job]) -> dict[str, str]:
    """Titles of jobs by id; where several have the same, each with the time at which it was asked for."""
    n_of = Counter(job.title for job in jobs)
    clock = {job.id: time.strftime("%H:%M:%S", time.localtime(job.created)) for job in jobs}
    return {job.id: f"{job.title} · {clock[job.id]}" if n_of[job.title] > 1 else job.title for job in jobs}


def state_pill(state: str) -> str:
    """The state as a coloured word."""
    return f'<span class="state state-{state}">{state}</span>'


class JobRow(Viewer):
    """One job: title (click to look at it), state, progress, and the button that makes sense now."""

    def __init__(self, job: Job, actions: "JobActions", on_pick: Callable[[str], None] | None) -> None:
        super().__init__()
        self.pick = pn.widgets.Button(label=job.title, css_classes=["job-pick"], disabled=on_pick is None)
        if on_pick is not None:
            self.pick.on_click(lambda _: on_pick(job.id))
        self.text = pn.pane.HTML("", css_classes=["job-text"], **WIDE)
        self.button = ActionButton(actions)
        self._job = job
        self.forget = pn.widgets.Button(
            label="×", css_classes=["pill", "icon", "job-forget"], description=hint("Remove from the list")
        )
        self.forget.on_click(actions.guard(lambda _: actions.forget(self._job)))
        self._layout = pn.Row(
            pn.Column(self.pick, self.text, **WIDE, css_classes=["job-words"]),
            self.button,
            self.forget,
            css_classes=["job-row"],
            **WIDE,
        )

    def update(self, job: Job, title: str, made: str, *, picked: bool) -> None:
        """Redraw what has changed; ``made`` is the title of its product."""
        self._job = job
        if self.pick.label != title:
            self.pick.label = title
        self.button.update(job)
        if self.forget.visible != (not job.active):
            self.forget.visible = not job.active
        classes = ["job-row", "picked"] if picked else ["job-row"]
        if self._layout.css_classes != classes:
            self._layout.css_classes = classes
        text = f"{state_pill(job.state)}<span>{describe(job, made)}</span>"
        if job.state == "running":
            text += bar(job)
        if self.text.object != text:
            self.text.object = text

    def __panel__(self) -> Viewable:
        return self._layout


class JobActions:
    """Stops, resumes and forgets jobs, and remembers which are stopping.

    Parameters
    ----------
    session
        Only the jobs of its runner can be stopped from here; others belong to another process.
    resume
        Called with a job to resume.
    """

    def __init__(self, session: Session, resume: Callable[[Job], object]) -> None:
        self.runner, self.workspace, self.guard = session.runner, session.workspace, session.guard
        self._resume = resume
        self._stopping: set[str] = set()

    def stop(self, job: Job) -> None:
        """Ask a job to stop."""
        self._stopping.add(job.id)
        job.stop()

    def resume(self, job: Job) -> None:
        """Resume a job."""
        self._stopping.discard(job.id)
        self._resume(job)

    def forget(self, job: Job) -> None:
        """Remove an ended job from the list, with what it would have gone on from."""
        self.runner.forget(job)

    def possible(self, job: Job) -> tuple[str, bool]:
        """Label of the button that makes sense for a job and whether it can be pressed; no label, no button."""
        if job.active:
            if job.runner != self.runner.id:
                return "", False
            return ("Stopping…", False) if job.id in self._stopping else ("Stop", True)
        self._stopping.discard(job.id)
        return ("Resume", True) if job.resumable else ("", False)


class ActionButton(Viewer):
    """The one button of a job: Stop or Resume."""

    def __init__(self, actions: JobActions) -> None:
        super().__init__()
        self._actions = actions
        self._job: Job | None = None
        self.button = pn.widgets.Button(label="Stop", css_classes=["pill", "job-action"], visible=False)
        self.button.on_click(actions.guard(lambda _: self._act()))

    def update(self, job: Job) -> None:
        """Show what can be done with the job now."""
        self._job = job
        label, enabled = self._actions.possible(job)
        new = {"label": label or "Stop", "disabled": not enabled, "visible": bool(label)}
        changes = {name: value for name, value in new.items() if getattr(self.button, name) != value}
        if changes:
            self.button.param.update(**changes)

    def _act(self) -> None:
        if self._job is None:
            return
        (self._actions.stop if self._job.active else self._actions.resume)(self._job)
        self.update(self._job)

    def __panel__(self) -> Viewable:
        return self.button


class JobList(Viewer):
    """Jobs, newest first; the same in every session.

    Parameters
    ----------
    actions
        What its buttons do.
    on_pick
        Called with the id of the job whose title was clicked.
    empty
        Text while there are no jobs.
    """

    def __init__(self, actions: JobActions, on_pick: Callable[[str], None] | None = None, empty: str = "") -> None:
        super().__init__()
        self._actions, self._on_pick = actions, on_pick
        self.rows: dict[str, JobRow] = {}
        self._order: list[str] = []
        self._empty = pn.pane.HTML(f'<div class="empty">{empty}</div>', **WIDE)
        self._list = pn.Column(self._empty, **WIDE, css_classes=["job-list"])
        self._all = pn.widgets.Toggle(label="", css_classes=["more"], visible=False)
        self._layout = pn.Column(self._list, self._all, **WIDE)

    def update(self, jobs: Sequence[Job], picked: str = "") -> None:
        """Show these jobs; existing rows are changed in place."""
        shown = jobs if self._all.value else jobs[:SHOWN]
        order = [job.id for job in shown]
        if order != self._order:
            for job in shown:
                if job.id not in self.rows:
                    self.rows[job.id] = JobRow(job, self._actions, self._on_pick)
            self._list.objects = [self.rows[job_id] for job_id in order] or [self._empty]
            self._order = order
        made, titles = products_of(self._actions.workspace, shown), job_titles(jobs)
        for job in shown:
            self.rows[job.id].update(job, titles[job.id], made.get(job.id, ""), picked=job.id == picked)
        if self._all.visible != (len(jobs) > SHOWN):
            self._all.param.update(visible=len(jobs) > SHOWN, label=f"Show all {len(jobs)}")

    def __panel__(self) -> Viewable:
        return self._layout
