"""Undo of what one session does to selections and tracks: selecting by any means, keeping, naming, deleting."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dashboard.page import Session

MOST = 100
"""Steps that can be undone."""

MOST_ROWS = 10_000_000
"""Rows of all kept selections together; the oldest are forgotten first."""


class _Step(NamedTuple):
    undo: Callable[[], str]  # returns what it has done, in a sentence
    rows: int


class Changes:
    """The steps of a session, the newest last."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._steps: list[_Step] = []
        self._undoing = False
        self.forget()

    def forget(self) -> None:
        """Begin again, as for another survey, whose rows are others."""
        state = self._session.state
        self._steps.clear()
        self._now = state.where, state.selection

    def follow(self, changed: set[str]) -> None:
        """Note a change of the selection; ``changed`` names parameters of the state.

        A new filter alone is no change yet: the selection that belongs to it follows.
        """
        state = self._session.state
        where, rows = self._now
        if "selection" in changed:
            self._now = state.where, state.selection
            if not self._undoing and not np.array_equal(rows, state.selection):
                self.add(lambda: self._select(where, rows), len(rows))
        elif not state.where:
            self._now = "", state.selection

    def add(self, undo: Callable[[], str], rows: int = 0) -> None:
        """Note another change, with what takes it back."""
        self._steps.append(_Step(undo, rows))
        while len(self._steps) > MOST or (sum(step.rows for step in self._steps) > MOST_ROWS and len(self._steps) > 1):
            self._steps.pop(0)

    def undo(self) -> None:
        """Take the last change back and say so."""
        if not self._steps:
            self._session.notify("There is no change of a selection or track to undo.")
            return
        self._undoing = True
        try:
            self._session.notify(self._steps.pop().undo())
        finally:
            self._undoing = False

    def _select(self, where: str, rows: np.ndarray) -> str:
        self._session.state.param.update(where=where, selection=rows)
        return f"{len(rows):,} objects are selected again." if len(rows) else "Nothing is selected again."
