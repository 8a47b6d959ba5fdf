"""The tables of the dashboard: one that sorts, pages, opens and ticks rows, and a plain one for a few numbers.

Panel's Tabulator does the former too, but a page of 5000 rows stood in the browser after 2.0 to 3.5 s instead of 1.3 to
1.8 s, other rows after 0.24 to 0.48 s instead of 0.14 to 0.18 s, and every page loaded 0.8 MB more for it.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import param
from panel.custom import JSComponent

from specvae_core.data.stored_table import StoredRows

from ..colouring import is_numeric
from ..theme import ASSETS

PAGE_SIZE = 50

STEPS = {"ArrowLeft": -1, "ArrowUp": -1, "ArrowRight": 1, "ArrowDown": 1}
"""Keys that step through a table."""

UNKNOWN = "–"
"""Stands for a number that is not known."""


@dataclass(frozen=True)
class Column:
    """One column of a `Table`.

    Parameters
    ----------
    key
        Its name in the rows.
    title
        What stands above it; the key where empty.
    form
        How its numbers are written, as ``.3f``.
    help
        A sentence under the pointer.
    """

    key: str
    title: str = ""
    form: str = ".5g"
    help: str = "click to sort"


class Table(JSComponent):
    """Rows with an ``id``, of which only one page is sent to the browser; its half is ``assets/table.js``.

    It writes text only, so nothing needs to be escaped.

    Parameters
    ----------
    on_open
        Called with the id of a row that was clicked; where rows can be ticked, with that of an id that was.
    columns
        What is shown, from left to right; all columns of the rows where none are given.
    opens
        What opening does, in a sentence for the pointer.
    ticks
        Whether rows can be ticked.
    """

    shown = param.Dict(
        {"heads": [], "cells": [], "ids": []},
        doc="Key, title, help and kind of each column; texts and ids of the rows of this page. One value, so that the "
        "browser never draws the rows of one table under the heads of another.",
    )
    active = param.String("", doc="Id of the row that is marked.")
    ticks = param.Boolean(False)
    ticked = param.List([], doc="Ids of the ticked rows.")
    opens = param.String("")
    sorted_by = param.String("")
    descending = param.Boolean(False)
    page = param.Integer(0)
    page_size = param.Integer(PAGE_SIZE)
    total = param.Integer(0)

    _esm = (ASSETS / "table.js").read_text(encoding="utf-8")

    def __init__(self, on_open: Callable[[str], object], columns: Sequence[Column] = (), **params: object) -> None:
        super().__init__(**params)
        self._on_open, self._columns = on_open, tuple(columns)
        self.rows: pd.DataFrame | StoredRows = pd.DataFrame({"id": []})
        """The rows in the order in which they were given."""
        self._order = np.arange(0)

    @property
    def heads(self) -> list[dict[str, object]]:
        """Key, title, help and kind of each column."""
        return self.shown["heads"]

    @property
    def cells(self) -> list[list[str]]:
        """Texts of the rows of this page."""
        return self.shown["cells"]

    @property
    def ids(self) -> list[str]:
        """Ids of the rows of this page."""
        return self.shown["ids"]

    def fill(self, rows: pd.DataFrame | StoredRows) -> None:
        """Show other rows, in the order that was chosen last; ticked ids that they still have stay ticked."""
        self.rows = rows
        if self.ticked:
            known = set(rows["id"].astype(str))
            self.ticked = [row_id for row_id in self.ticked if row_id in known]
        self._sort()

    def reveal(self, row_id: str) -> None:
        """Mark a row, and turn to its page."""
        place = self._place(row_id)
        if place is not None and place // PAGE_SIZE != self.page:
            self._show(place // PAGE_SIZE)
        self.active = row_id

    def beside(self, row_id: str, by: int) -> str:
        """The id so many rows on, in the order shown; from outside the table the first row or the last."""
        place = self._place(row_id)
        if place is None:
            place = -1 if by > 0 else len(self._order)
        return str(self.rows["id"].iloc[self._order[(place + by) % len(self._order)]])

    def sort(self, key: str) -> None:
        """Sort by a column, or turn its order round."""
        self.param.update(descending=key == self.sorted_by and not self.descending, sorted_by=key)
        self._sort()

    def turn(self, by: int) -> None:
        """Turn so many pages on."""
        last = max(self.total - 1, 0) // PAGE_SIZE
        self._show(min(max(self.page + by, 0), last))

    def open(self, row_id: str) -> None:
        """Open a row of this page."""
        if row_id in self.ids:
            self._on_open(row_id)

    def _place(self, row_id: str) -> int | None:
        found = np.flatnonzero(self.rows["id"].to_numpy(str)[self._order] == row_id)
        return int(found[0]) if len(found) else None

    def _sort(self) -> None:
        self._order = np.arange(len(self.rows))
        if self.sorted_by in self.rows:
            self._order = sort_order(self.rows[self.sorted_by], descending=self.descending)
        self._show(0)

    def _show(self, page: int) -> None:
        rows = self.rows.take(self._order[page * PAGE_SIZE : (page + 1) * PAGE_SIZE])
        columns = self._columns or [Column(name) for name in rows]
        heads = [
            {"key": one.key, "title": one.title or one.key, "help": one.help, "number": is_numeric(rows[one.key])}
            for one in columns
        ]
        texts = [[_text(value, one.form) for value in rows[one.key]] for one in columns]
        cells = [list(row) for row in zip(*texts, strict=True)]
        ids = [str(row_id) for row_id in rows["id"]]
        self.param.update(page=page, total=len(self.rows), shown={"heads": heads, "cells": cells, "ids": ids})

    def _handle_msg(self, data: dict) -> None:
        if "turn" in data:
            self.turn(int(data["turn"]))
        elif "all" in data:
            self.ticked = self.rows["id"].astype(str).tolist() if data["all"] else []
        elif data.get("sort") in self.rows:
            self.sort(data["sort"])
        elif "open" in data:
            self.open(data["open"])


def sort_order(values: pd.Series, *, descending: bool) -> np.ndarray:
    """(n,) places in rising or falling order, unknown values last; words sort by the numbers in them, ``x-2`` first."""
    keys = values.to_numpy() if is_numeric(values) else np.array([_natural(value) for value in values], dtype=str)
    unknown = values.isna().to_numpy()
    known = np.flatnonzero(~unknown)
    order = known[keys[known].argsort(kind="stable")]
    return np.concatenate([order[::-1] if descending else order, np.flatnonzero(unknown)])


def _natural(value: object) -> str:
    """Text in which numbers have leading zeros, so that they sort as numbers."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(12), str(value).lower())


def _text(value: object, form: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return UNKNOWN if not math.isfinite(value) else format(value, form).replace("-", "−")
    return str(value)


def plain_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, marked: int | None = None, words: int = 1
) -> str:
    """A few numbers as an HTML table.

    Parameters
    ----------
    heads
        HTML above each column; no head where all are empty.
    rows
        HTML of the cells, row by row.
    marked
        The row that is highlighted, counted from 0.
    words
        So many columns at the left hold words; the others hold numbers.
    """

    def line(cells: Sequence[str], tag: str) -> str:
        kinds = ["" if i < words else ' class="number"' for i in range(len(cells))]
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, cells, strict=True))

    head = f"<thead><tr>{line(heads, 'th')}</tr></thead>" if any(heads) else ""
    body = "".join(
        f"<tr{' class=active' if i == marked else ''}>{line(cells, 'td')}</tr>" for i, cells in enumerate(rows)
    )
    return f'<table class="table">{head}<tbody>{body}</tbody></table>'
