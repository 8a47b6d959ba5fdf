"""The filter line above the map: a condition, a pasted list of ids, or a kept selection, all as one selection."""

import re
from collections.abc import Callable

import numpy as np
import panel as pn
import param
from panel.custom import JSComponent

from dashboard.theme import ASSETS
from specvae_core.data.filters import FUNCTIONS
from specvae_core.errors import UserError
from specvae_core.tasks.object_columns import object_columns
from specvae_core.tasks.select import Chosen, choose, pasted
from specvae_core.tasks.selections import selections_of

from .view import MapView

_PLAIN = re.compile(r"[\w.-]+")
_CONDITION = re.compile(r"""[=<>"'`()]""")


class FilterField(JSComponent):
    """A text field that completes names; its half in the browser is ``assets/filter.js``.

    Parameters
    ----------
    on_filter
        Called with the text when it is entered.
    on_undo
        Called when the last change of a selection is to be undone.
    """

    value = param.String("", doc="The filter that is in force.")
    words = param.List([], doc="What can be completed.")
    error = param.String("", doc="Why the last text was not a filter; empty where it was one.")
    note = param.String("", doc="How many objects it has selected.")

    _esm = (ASSETS / "filter.js").read_text(encoding="utf-8")

    def __init__(self, on_filter: Callable[[str], object], on_undo: Callable[[], object], **params: object) -> None:
        super().__init__(**params)
        self._on_filter, self._on_undo = on_filter, on_undo

    def enter(self, text: str) -> None:
        """Enter a text."""
        self._on_filter(text)

    def _handle_msg(self, data: dict) -> None:
        if isinstance(data.get("where"), str):
            self.enter(data["where"])
        elif data.get("undo") is True:
            self._on_undo()


class FilterLine:
    """The filter of the state; a selection by hand leaves it."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        self.field = FilterField(guard(self._filter), guard(view.changes.undo), sizing_mode="stretch_width", margin=0)
        self.card = pn.Column(self.field, css_classes=["filter-card"], sizing_mode="stretch_width", margin=0)
        self._rows: np.ndarray | None = None  # what the filter has selected

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""
        state = self.view.session.state
        if changed & {"map", "columns"}:
            self.field.words = self._words()
        if "map" in changed and state.where:
            self._filter(state.where)  # from the address, or for another model
        elif "where" in changed and state.where and state.where != self.field.value:
            self._filter(state.where)
        elif "selection" in changed and self._rows is not None and not np.array_equal(self._rows, state.selection):
            self._rows = None
            self.field.param.update(value="", error="", note="")
            state.where = ""

    def _words(self) -> list[str]:
        """Columns, functions and kept selections."""
        state, workspace = self.view.session.state, self.view.session.workspace
        columns = list(object_columns(workspace, state.survey_id, state.model_id))
        titles = [one.title for one in selections_of(workspace, state.survey_id)]
        kept = [f"@{title}" if _PLAIN.fullmatch(title) else f"@`{title}`" for title in titles]
        return [*columns, *(f"{name}(" for name in FUNCTIONS), *kept]

    def _filter(self, text: str) -> None:
        """Select by a text; a mistake is shown beside it and leaves the selection."""
        state = self.view.session.state
        text = text.strip()
        try:
            chosen = self._chosen(text)
        except UserError as error:
            self.field.param.update(error=str(error), value=text)
            return
        self._rows = chosen.rows
        note = f"{len(chosen.rows):,} of {self.view.map.n:,}" if text else ""
        if chosen.missing:
            few = ", ".join(chosen.missing[:20])
            note += f", {len(chosen.missing):,} not found ({few}{'…' if len(chosen.missing) > 20 else ''})"
        self.field.param.update(value=text, error="", note=note)
        if text and not len(chosen.rows):
            self.field.error = f"No object: {note}"
        state.param.update(where=text, selection=chosen.rows)

    def _chosen(self, text: str) -> Chosen:
        state, workspace = self.view.session.state, self.view.session.workspace
        if not text:
            return Chosen(np.empty(0, np.int32))
        if not _CONDITION.search(text) and not text.startswith("@"):
            survey = workspace.survey(state.survey_id)
            chosen = pasted(survey, text)
            if len(chosen.rows) or text.lower().split()[:2] == ["ra", "dec"]:
                return chosen
        return choose(workspace, state.survey_id, text, state.model_id, files=False)
