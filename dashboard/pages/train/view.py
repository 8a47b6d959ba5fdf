"""One training: its state, progress, time left and loss curves."""

import html
from collections.abc import Callable

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.widgets.card import heading
from dashboard.widgets.job_list import ActionButton, JobActions, TimeLeft, bar, describe, duration, elapsed, state_pill
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.titles import model_title
from specvae_core.job import Job

from .live_losses import LiveLosses


class TrainingView(Viewer):
    """The training that is looked at.

    Parameters
    ----------
    actions
        Stop and resume.
    on_open
        Called with a finished job, to see its model in Explore.
    """

    def __init__(self, theme: str, actions: JobActions, on_open: Callable[[Job], object]) -> None:
        super().__init__()
        self._job: Job | None = None
        self._workspace = actions.workspace
        self._left = TimeLeft()
        self.losses = LiveLosses(theme)
        self.head = pn.pane.HTML("", css_classes=["training-head"], **WIDE)
        self.button = ActionButton(actions)
        self._open = pn.widgets.Button(label="Open in Explore", css_classes=["pill", "open"], visible=False)
        self._open.on_click(actions.guard(lambda _: on_open(self._job)))
        self._bar = pn.pane.HTML("", css_classes=["training-bar"], **WIDE)
        self._layout = pn.Column(
            pn.Row(self.head, self._open, self.button, **WIDE, css_classes=["training-top"]),
            self._bar,
            self.losses,
            **FULL,
            css_classes=["card", "training"],
        )

    def nothing(self, head: str, text: str) -> None:
        """There is no training to look at: say what to do."""
        self._set(self.head, heading("Training"))
        self._set(self._bar, "")
        self.losses.say(head, text)

    def update(self, job: Job) -> None:
        """Bring everything up to the job."""
        self._job = job
        self.button.update(job)
        if self._open.visible != (job.state == "finished"):
            self._open.visible = job.state == "finished"
        self._set(self.head, _head(job, self._left.seconds(job), self._made(job)))
        self._set(self._bar, bar(job) if job.state == "running" else "")
        if job.history():
            self.losses.update(job.id, job.history())
        else:
            self.losses.say("", _waiting(job))

    def _made(self, job: Job) -> str:
        return model_title(self._workspace, job.result) if job.result else ""

    @staticmethod
    def _set(pane: pn.pane.HTML, text: str) -> None:
        if pane.object != text:
            pane.object = text

    def __panel__(self) -> Viewable:
        return self._layout


def _head(job: Job, left: float | None, made: str) -> str:
    facts = []
    epoch = next((entry.step for entry in reversed(job.history()) if entry.step is not None), None)
    if epoch is not None:
        facts.append(f"<span>epoch <b>{epoch}</b></span>")
    if job.started is not None:
        facts.append(f"<span>elapsed <b>{duration(elapsed(job))}</b></span>")
    if left is not None:
        facts.append(f"<span>left at most <b>{duration(left)}</b></span>")
    if job.state in ("failed", "interrupted"):
        facts.append(f'<span class="trouble">{describe(job)}</span>')
    if job.state == "finished":
        facts.append(f"<span>made <b>{html.escape(made)}</b></span>")
    return f'{heading(job.title)}{state_pill(job.state)}<span class="facts">{"".join(facts)}</span>'


def _waiting(job: Job) -> str:
    """What stands in place of the curves while there are none."""
    if job.state == "finished":
        return "This model has no epochs: it is fitted in one step."
    if job.active:
        return describe(job)
    return "It ended before its first epoch."
