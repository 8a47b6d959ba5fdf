"""Small linked histograms of any columns: a brush on one is a condition of the filter, which all others follow."""

import json
from collections.abc import Callable

import numpy as np
import panel as pn
import param
from panel.custom import JSComponent

from dashboard.theme import ASSETS
from specvae_core.data.filters import Filter
from specvae_core.errors import UserError
from specvae_core.tasks.object_columns import ObjectColumns, object_columns

from .binned import OTHERS, Binned
from .view import MapView

MOST = 8
"""Histograms at once."""

_FIRST = ("class", "z", "sn", "chi2_per_pixel")


class Histograms(JSComponent):
    """The histograms in the browser; that half is ``assets/columns.js``.

    Parameters
    ----------
    on_message
        Called with the column and what happened: ``brush`` with two ends in shares of the axis, ``word`` with the bar
        that was clicked, or ``clear``.
    """

    items = param.List(
        [], doc="Name, ends, words, counts of all and of the selected objects, and brush of each column."
    )

    _esm = (ASSETS / "columns.js").read_text(encoding="utf-8")

    def __init__(self, on_message: Callable[[dict], object], **params: object) -> None:
        super().__init__(css_classes=["histograms"], sizing_mode="stretch_both", margin=0, **params)
        self._on_message = on_message

    def _handle_msg(self, data: dict) -> None:
        self._on_message(data)


class Columns(pn.Column):
    """A choice of columns and their histograms; hidden until its switch is on."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        self.switch = pn.widgets.Toggle(label="Columns", css_classes=["pill", "small"])
        self.switch.param.watch(guard(lambda _: self._open()), "value")
        self.shown: list[str] = []
        """Names of the columns that have a histogram."""
        self.picker = pn.widgets.Select(label="add", options=[], css_classes=["picker", "small"])
        self.picker.param.watch(guard(lambda event: self.show(event.new)), "value")
        self.histograms = Histograms(guard(self.brush))
        self._binned: dict[str, Binned] = {}
        self._columns = ObjectColumns({})
        self._ranges: dict[str, tuple[float, float]] = {}  # shares of the axis
        self._words: dict[str, list[str]] = {}
        self._base = self._text = ""
        super().__init__(
            self.picker, self.histograms, css_classes=["columns"], sizing_mode="stretch_both", margin=0, visible=False
        )

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""
        state = self.view.session.state
        if changed & {"map", "columns"}:
            self._binned.clear()
            self._columns = object_columns(self.view.session.workspace, state.survey_id, state.model_id)
        if state.where != self._text:
            self._ranges, self._words, self._base, self._text = {}, {}, "", ""
        if self.visible and changed & {"map", "columns", "selection", "where"}:
            self._offer()
            self._draw()

    def brush(self, message: dict) -> None:
        """Answer a brush, a click on a word, or the removal of both."""
        name = str(message.get("column", ""))
        if name not in self.shown:
            return
        if "brush" in message:
            low, high = sorted(min(max(float(end), 0.0), 1.0) for end in message["brush"])
            self._ranges[name] = low, high
        elif message.get("word") in self._binned[name].words and message["word"] != OTHERS:
            chosen = self._words.setdefault(name, [])
            (chosen.remove if message["word"] in chosen else chosen.append)(message["word"])
        else:
            had = self._ranges.pop(name, None) or self._words.pop(name, None)
            if message.get("remove") is True:
                self.shown.remove(name)
                self._draw()
            if not had:
                return
        self._filter()

    def show(self, name: str) -> None:
        """Add the histogram of a column; of too many the oldest goes, unless it has a brush."""
        if not name or name in self.shown:
            return
        self.shown.append(name)
        free = [one for one in self.shown[:-1] if one not in self._ranges and not self._words.get(one)]
        if len(self.shown) > MOST and free:
            self.shown.remove(free[0])
        self.picker.value = ""
        self._draw()

    def _open(self) -> None:
        self.visible = self.switch.value
        if self.visible:
            self._offer()
            self._draw()

    def _offer(self) -> None:
        options = [name for name in self._columns if name != "id"]
        shown = [name for name in self.shown if name in options]
        self.shown = shown or [name for name in _FIRST if name in options] or options[:4]
        options = {"a column…": "", **{name: name for name in options}}
        if options != self.picker.options:
            self.picker.param.update(options=options, value="")

    def _filter(self) -> None:
        """Put all brushes into the filter, beside what it was before them."""
        state = self.view.session.state
        if state.where != self._text or not self._text:
            self._base = state.where if _is_condition(state.where) else ""
        parts = [f"({self._base})"] * bool(self._base)
        parts += [_between(name, *ends) for name, ends in self._numbers().items()]
        parts += [
            f"{_quoted(name)} in {json.dumps(words, ensure_ascii=False)}"
            for name, words in self._words.items()
            if words
        ]
        brushed = len(parts) > bool(self._base)
        self._text = " and ".join(parts) if brushed else self._base
        if self._text:
            state.where = self._text
        else:
            state.param.update(where="", selection=state.selection[:0])

    def _numbers(self) -> dict[str, tuple[float, float]]:
        """Ends of the brushes in the units of their columns; beyond the last bar there is no end."""
        found = {}
        for name, shares in self._ranges.items():
            low, high = self._binned[name].ends
            ends = [low + share * (high - low) for share in shares]
            found[name] = (-np.inf if shares[0] == 0 else ends[0], np.inf if shares[1] == 1 else ends[1])
        return found

    def _draw(self) -> None:
        if not self.visible:
            return
        rows = self.view.session.state.selection
        items = []
        for name in self.shown:
            binned = self._binned.get(name) or self._binned.setdefault(name, Binned.of(self._columns[name]))
            items.append({
                "name": name, "ends": [f"{end:.4g}" for end in binned.ends], "words": list(binned.words),
                "all": binned.counts(), "chosen": binned.counts(rows) if len(rows) else [],
                "brush": list(self._ranges.get(name, ())), "ticked": self._words.get(name, []),
            })  # fmt: skip
        self.histograms.items = items


def _between(name: str, low: float, high: float) -> str:
    """A condition on numbers; an end that is infinite is none."""
    if not np.isfinite(low) and not np.isfinite(high):
        return f"known({_quoted(name)})"
    left = f"{low:.6g} <= " if np.isfinite(low) else ""
    right = f" <= {high:.6g}" if np.isfinite(high) else ""
    return f"{left}{_quoted(name)}{right}"


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"


def _is_condition(text: str) -> bool:
    """Whether a text can stand in parentheses, unlike a list of ids."""
    try:
        Filter.of(text)
    except UserError:
        return False
    return True
