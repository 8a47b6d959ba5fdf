"""From object to object of a survey: the previous one, the next one, and search by id."""

import numpy as np
import panel as pn

from specvae_core.data.survey import Survey

from ..page import Session
from ..theme import hint

KEYS = {"ArrowLeft": -1, "ArrowRight": 1}
"""Keys that step, and by how many objects."""


class Stepper:
    """Changes the picked object of the session's state: among the selected objects where there are any.

    Its parts, ``back``, ``forth`` and ``search``, are laid out by the card that owns it, as by `Card` its ``actions``.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.back = pn.widgets.Button(label="‹", css_classes=["pill", "icon"], description=hint("Previous object (←)"))
        self.forth = pn.widgets.Button(label="›", css_classes=["pill", "icon"], description=hint("Next object (→)"))
        self.search = pn.widgets.TextInput(placeholder="search an id", css_classes=["search"], width=170)
        self.back.on_click(session.guard(lambda _: self.step(-1)))
        self.forth.on_click(session.guard(lambda _: self.step(1)))
        self._found = ""
        self.search.param.watch(session.guard(lambda event: self._find(event.new.strip())), "value")
        # Panel sets the value once more when Enter arrives, so the field is cleared after that and not before.
        self.search.param.watch(session.guard(lambda _: self._clear()), "enter_pressed")

    @property
    def parts(self) -> tuple[pn.widgets.Widget, ...]:
        """Buttons and search field, from left to right."""
        return self.back, self.forth, self.search

    @property
    def row(self) -> int | None:
        """Row of the picked object, ``None`` where the survey has none of that id."""
        return self._survey.row_of(self.session.state.picked)

    def begin(self) -> int:
        """Row of the picked object; where the survey has none of that id, its first one is picked."""
        row = self.row
        if row is None:
            row = 0
            self._pick(row)
        return row

    def step(self, by: int) -> None:
        """Pick the next (1) or previous (-1) object; the first one follows the last one."""
        selection, row, n = self.session.state.selection, self.row, self._survey.n
        if len(selection):
            self._pick(neighbour(selection, row, by))
        elif n:
            self._pick((min(by, 0) if row is None else row + by) % n)

    def key(self, key: str) -> bool:
        """Step where it is one of `KEYS`; whether it is."""
        if key in KEYS:
            self.step(KEYS[key])
        return key in KEYS

    def place(self) -> tuple[int, int] | None:
        """Position of the picked object among those that `step` goes through, from 1, and their number."""
        selection, row = self.session.state.selection, self.row
        if row is None or not len(selection):
            return None if row is None else (row + 1, self._survey.n)
        before = int(np.searchsorted(selection, row))
        return (before + 1, len(selection)) if before < len(selection) and selection[before] == row else None

    @property
    def _survey(self) -> Survey:
        return self.session.workspace.survey(self.session.state.survey_id)

    def _pick(self, row: int) -> None:
        self.session.state.picked = self._survey.index.ids_of([row])[0]

    def _find(self, text: str) -> None:
        if not text:
            return
        rows = self._survey.index.matching(text)
        if not len(rows):
            self.session.notify(f"No id in this survey contains {text!r}.", kind="bad")
            return
        if len(rows) > 1:
            self.session.notify(f"{len(rows):,} ids contain {text!r}: this is the first; they are selected.")
            self.session.state.selection = rows.astype(np.int32)
        self._found = text
        self._pick(int(rows[0]))

    def _clear(self) -> None:
        """Clear the search field where it has found something."""
        if self.search.value.strip() == self._found:
            self.search.value = ""


def neighbour(rows: np.ndarray, row: int | None, by: int) -> int:
    """The row before (-1) or after (1) another one; the first follows the last.

    Parameters
    ----------
    rows
        (n,) rising rows, at least one.
    row
        Any row, among ``rows`` or between two of them; ``None`` to begin at the first or last.
    by
        -1 or 1.
    """
    if row is None:
        return int(rows[0 if by > 0 else -1])
    after = np.searchsorted(rows, row, side="right") if by > 0 else np.searchsorted(rows, row, side="left") - 1
    return int(rows[after % len(rows)])
