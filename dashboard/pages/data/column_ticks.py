"""Columns of files to tick."""

from collections.abc import Mapping, Sequence

import panel as pn

from dashboard.widgets.layout import WIDE

from .fields import Fields


class ColumnTicks(Fields):
    """A list of columns with a tick each, and what stands in its place where the files have none.

    Parameters
    ----------
    label
        Heading of the list.
    missing
        Sentence for files without such columns.
    css
        Class of the list.
    """

    def __init__(self, label: str, missing: str, css: str) -> None:
        super().__init__()
        self.boxes = pn.widgets.CheckBoxGroup(options={}, css_classes=["ticks", css], **WIDE)
        self._missing = pn.pane.HTML(missing, css_classes=["muted"], **WIDE)
        self._layout = pn.Column(
            pn.pane.HTML(label, css_classes=["ticks-label"], **WIDE), self.boxes, self._missing, **WIDE
        )
        self.offer({}, ())

    @property
    def ticked(self) -> list[str]:
        """Values of the ticked columns, in the order of the list."""
        return [value for value in self.boxes.options.values() if value in self.boxes.value]

    def offer(self, options: Mapping[str, str], ticked: Sequence[str]) -> None:
        """Offer other columns.

        Parameters
        ----------
        options
            Words beside the tick -> value.
        ticked
            Values that are ticked at first.
        """
        self.boxes.param.update(options=dict(options), value=[one for one in options.values() if one in ticked])
        self.boxes.visible, self._missing.visible = bool(options), not options


def range_words(column: Mapping) -> str:
    """A column of numbers in words: name, how many objects have it, and its range."""
    known = "" if column["known"] == column["of"] else f", known for {column['known']:,} of {column['of']:,}"
    ends = "" if column["low"] is None else f" · {_short(column['low'])} to {_short(column['high'])}"
    return f"{column['name']}{ends}{known}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
