"""Short computations on a thread of the job runner, whose answer a page fetches when it looks again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from specvae_core.errors import UserError

LOG = logging.getLogger("specvae.dashboard")

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Answer(Generic[T]):
    """What was computed; ``trouble`` is the sentence to show where nothing was."""

    value: T | None
    trouble: str = ""


class Aside(Generic[T]):
    """Computes one thing at a time for a page; an answer to an older question is dropped.

    Parameters
    ----------
    run
        Runs work on another thread, as `JobRunner.aside`.
    """

    def __init__(self, run: Callable[[Callable[[], object]], object]) -> None:
        self._run = run
        self._answers: list[Answer[T]] = []

    def ask(self, compute: Callable[[], T]) -> None:
        """Start a computation, which may touch no widget."""
        answers = self._answers = []  # the list of an older question is nobody's any more
        self._run(lambda: answers.append(_answer(compute)))

    def forget(self) -> None:
        """Drop the answer that is there or under way."""
        self._answers = []

    def take(self) -> Answer[T] | None:
        """The answer, once; ``None`` until it is there."""
        return self._answers.pop() if self._answers else None


def _answer(compute: Callable[[], T]) -> Answer[T]:
    try:
        return Answer(compute())
    except UserError as error:
        return Answer(None, str(error))
    except Exception as error:
        LOG.exception("A computation of the page failed")
        return Answer(None, f"That did not work ({type(error).__name__}: {error}); the server's log says more.")
