"""Progress of long tasks: what a task reports on the way, and how it is stopped."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import Cancelled

__all__ = ["Cancelled", "Progress", "RegularReport", "Report", "ignore", "sub_report"]


@dataclass(frozen=True)
class Progress:
    """One report of a task.

    Parameters
    ----------
    fraction
        Part of the work that is done, 0 to 1; ``None`` where the end is not known.
    message
        The present step in words.
    step
        Counter that ``values`` belong to, as an epoch; ``None`` where there is none.
    values
        Named numbers to plot against ``step``, as ``train/loss`` or ``validation/mmd``.
    """

    fraction: float | None
    message: str = ""
    step: int | None = None
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


Report = Callable[[Progress], None]
"""Progress callback of a task. It raises `Cancelled` when the task should stop."""


def ignore(progress: Progress) -> None:
    """Progress callback that does nothing."""


def sub_report(report: Report, start: float, share: float, title: str) -> Report:
    """Progress callback for one part of a longer task.

    Parameters
    ----------
    report
        Callback of the whole task.
    start, share
        Fraction of the whole that is done before the part, and fraction that the part makes up.
    title
        Name of the part, put before its own messages.

    Returns
    -------
    report
        Callback of the part. Values are left out: losses of different models do not form one curve.
    """
    done = 0.0

    def report_part(progress: Progress) -> None:
        nonlocal done
        done = done if progress.fraction is None else progress.fraction
        report(Progress(start + share * done, f"{title}: {progress.message}"))

    return report_part


class RegularReport:
    """Repeats a report within a long step, so that a cancellation takes effect soon.

    Parameters
    ----------
    report
        Callback of the task.
    progress
        What is reported, each time the same.
    seconds
        Time between two reports.
    """

    def __init__(self, report: Report, progress: Progress, seconds: float) -> None:
        self._report, self._progress, self._seconds = report, progress, seconds
        self._last = time.monotonic()

    def call_if_due(self) -> None:
        """Report, unless that was done a short while ago."""
        now = time.monotonic()
        if now - self._last > self._seconds:
            self._last = now
            self._report(self._progress)
