"""A table to sort, to tick rows of, and to open one from."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import param
from panel.custom import JSComponent

from ..theme import ASSETS


@dataclass(frozen=True)
class Column:
    """One column of a `TickTable`.

    Parameters
    ----------
    key
        Its name in the rows.
    title
        What stands above it.
    number
        How its numbers are written, as ``.3f``; empty for text.
    help
        A sentence under the pointer.
    """

    key: str
    title: str
    number: str = ""
    help: str = "click to sort"


class TickTable(JSComponent):
    """The browser's half is ``assets/tick_table.js``; it writes text only, so nothing needs to be escaped.

    Parameters
    ----------
    columns
        From left to right; the first one opens a row.
    on_open
        Called with the id of the row that was opened.
    opens
        What opening does, in a sentence for the pointer.
    """

    rows = param.List([], doc="What is shown: id, text and sort keys of each row; see `fill`.")
    columns = param.List([], doc="Titles and kinds of the columns.")
    ticked = param.List([], doc="Ids of the ticked rows.")
    opens = param.String("")

    _esm = (ASSETS / "tick_table.js").read_text(encoding="utf-8")

    def __init__(self, columns: Sequence[Column], on_open: Callable[[str], object], opens: str, **params) -> None:
        super().__init__(columns=[asdict(column) for column in columns], opens=opens, **params)
        self._columns, self._on_open = tuple(columns), on_open

    def fill(self, rows: Sequence[Mapping[str, object]], ticked: Sequence[str]) -> None:
        """Show these rows; each has an ``id`` and the columns' keys. A number that is NaN is shown as a dash."""
        self.param.update(rows=[self._row(row) for row in rows], ticked=list(ticked))

    def _row(self, row: Mapping[str, object]) -> dict[str, object]:
        values = [row[column.key] for column in self._columns]
        unknown = [isinstance(value, float) and not math.isfinite(value) for value in values]
        text = [
            "–" if no else format(value, column.number)
            for column, value, no in zip(self._columns, values, unknown, strict=True)
        ]
        return {
            "id": str(row["id"]),
            "text": text,
            "sort": [None if no else value for value, no in zip(values, unknown, strict=True)],
        }

    def _handle_msg(self, data: dict) -> None:
        if data.get("open") in {row["id"] for row in self.rows}:
            self._on_open(data["open"])
