"""A table of catalogue rows with pages, for any number of rows: only one page is ever sent to the browser."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import param
from panel.custom import JSComponent

from dashboard.colouring import is_numeric
from dashboard.theme import ASSETS

PAGE_SIZE = 50

STEPS = {"ArrowLeft": -1, "ArrowUp": -1, "ArrowRight": 1, "ArrowDown": 1}
"""Keys that step through a table."""


class RowTable(JSComponent):
    """Shows a table given to `fill`; calls ``on_open`` with the id of a row that was clicked."""

    columns = param.List()
    cells = param.List()
    ids = param.List()
    active = param.String("")
    sorted_by = param.String("")
    descending = param.Boolean(False)
    page = param.Integer(0)
    page_size = param.Integer(PAGE_SIZE)
    total = param.Integer(0)

    _esm = (ASSETS / "row_table.js").read_text(encoding="utf-8")

    on_open: Callable[[str], None] | None = None

    def fill(self, table: pd.DataFrame) -> None:
        """Show the rows of a catalogue with a column ``id``, in the order that was chosen last."""
        self._table = table
        self._sort()

    def reveal(self, object_id: str) -> None:
        """Mark a row, and turn to its page."""
        place = self._place(object_id)
        if place is not None and place // PAGE_SIZE != self.page:
            self._show(place // PAGE_SIZE)
        self.active = object_id

    def beside(self, object_id: str, by: int) -> str:
        """The id so many rows on, in the order shown; from outside the table one comes to its first or last row."""
        place = self._place(object_id)
        if place is None:
            place = -1 if by > 0 else len(self._order)
        return str(self._table["id"].iloc[self._order[(place + by) % len(self._order)]])

    def _place(self, object_id: str) -> int | None:
        found = np.flatnonzero(self._table["id"].to_numpy(str)[self._order] == object_id)
        return int(found[0]) if len(found) else None

    def _sort(self) -> None:
        table = self._table
        self._order = np.arange(len(table))
        if self.sorted_by in table:
            self._order = np.argsort(table[self.sorted_by].to_numpy(), kind="stable")
            if self.descending:
                self._order = self._order[::-1]
        self._show(0)

    def _show(self, page: int) -> None:
        rows = self._table.iloc[self._order[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]]
        columns = [{"name": name, "label": name, "number": is_numeric(rows[name])} for name in rows]
        texts = [[_text(value) for value in rows[column["name"]]] for column in columns]
        cells = [list(row) for row in zip(*texts, strict=True)]
        self.param.update(
            columns=columns, page=page, total=len(self._table), ids=[str(i) for i in rows["id"]], cells=cells
        )

    def _handle_msg(self, data: dict) -> None:
        if "turn" in data:
            last = max(self.total - 1, 0) // PAGE_SIZE
            self._show(min(max(self.page + int(data["turn"]), 0), last))
        elif data.get("sort") in self._table:
            self.param.update(descending=data["sort"] == self.sorted_by and not self.descending, sorted_by=data["sort"])
            self._sort()
        elif data.get("open") in self.ids and self.on_open is not None:
            self.on_open(data["open"])


def _text(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.5g}".replace("-", "−")
    return "" if value is None else str(value)
