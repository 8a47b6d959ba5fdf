"""How a long task says where it is, and how it hears that it should stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import Cancelled

__all__ = ["Cancelled", "Progress", "Report", "ignore"]


@dataclass(frozen=True)
class Progress:
    """One line of a task's diary.

    Parameters
    ----------
    fraction
        Done so far, 0 to 1; ``None`` where the end is not known.
    message
        What is going on, for people.
    step
        The counter that ``values`` belong to (an epoch), where there is one.
    values
        Named numbers to plot against ``step``, as ``train/loss`` or ``validation/mmd``.
    """

    fraction: float | None
    message: str = ""
    step: int | None = None
    values: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


Report = Callable[[Progress], None]
"""What a task calls every now and then. It raises `Cancelled` when the task should stop."""


def ignore(progress: Progress) -> None:
    """The report of a task that nobody watches."""
