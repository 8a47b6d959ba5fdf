"""The kind of data that files hold, and the columns that spectra of that kind need."""

from collections.abc import Callable, Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from specvae_core.data.data_kind import DataKind

from .column_ticks import ColumnTicks, range_words

SPECTRAL_KINDS = (DataKind.SPECTRA, DataKind.STARS, DataKind.MIXTURES)
"""Kinds whose files hold spectra."""

NO_NUMBERS = "The files hold no columns of numbers: join a table of objects under “More settings”."


class KindFields(Viewer):
    """The kind, recognised from the files and free to be changed; labels or fractions to tick.

    Parameters
    ----------
    on_change
        Called when another kind is chosen.
    """

    def __init__(self, on_change: Callable[[], object], guard: Guard) -> None:
        super().__init__()
        self._by_user, self._writing = False, False
        self.select = pn.widgets.Select(
            label="Kind of data",
            options={kind.title: kind.value for kind in DataKind},
            css_classes=["data-kind"],
            **WIDE,
        )
        self._why = pn.pane.HTML("", css_classes=["muted", "why-kind"], visible=False, **WIDE)
        self.labels = ColumnTicks("Labels", NO_NUMBERS, "labels")
        self.fractions = ColumnTicks("Fractions of endmembers, which sum to 1", NO_NUMBERS, "fractions")
        self.error = ErrorLine()
        self._on_change = on_change
        self.select.param.watch(guard(lambda event: self._changed()), "value")
        self._layout = pn.Column(
            self.select, self._why, self.labels, self.fractions, self.error, css_classes=["form", "kind-fields"], **WIDE
        )
        self._arrange()

    @property
    def chosen(self) -> DataKind:
        """The kind."""
        return DataKind(self.select.value)

    def fill(self, seen: Mapping) -> None:
        """Take the kind that a look found, unless the user has chosen another one, and offer the columns."""
        columns = {range_words(column): column["name"] for column in seen["columns"]}
        self.labels.offer(columns, seen["labels"])
        self.fractions.offer(columns, seen["fractions"])
        if not self._by_user:
            self._write(DataKind(seen["kind"]))
            self._say(_evidence(DataKind(seen["kind"]), seen))
        self._arrange()

    def arguments(self) -> dict[str, str] | None:
        """Arguments ``labels`` and ``simplex`` of an ingest; ``None`` where none is ticked that must be."""
        self.error.show("")
        labels, fractions = self.labels.ticked, self.fractions.ticked
        if self.chosen == DataKind.STARS and not labels:
            self.error.show("Tick the labels, or choose “Spectra” as the kind of data.")
        elif self.chosen == DataKind.MIXTURES and len(fractions) < 2:
            self.error.show("Tick the fractions of two endmembers or more, or choose “Spectra” as the kind of data.")
        elif self.chosen == DataKind.STARS:
            return {"labels": ",".join(labels)}
        else:
            return {"simplex": ",".join(fractions)} if self.chosen == DataKind.MIXTURES else {}
        return None

    def forget(self) -> None:
        """Other files were chosen: their kind is recognised again."""
        self._by_user = False
        self._say("")
        self.error.show("")

    def clear(self) -> None:
        """No files are chosen."""
        self.forget()
        self._write(DataKind.SPECTRA)
        for ticks in (self.labels, self.fractions):
            ticks.offer({}, ())
        self._arrange()

    def _write(self, kind: DataKind) -> None:
        self._writing = True
        self.select.value = kind.value
        self._writing = False

    def _changed(self) -> None:
        if not self._writing:
            self._by_user = True
            self._say("")
            self.error.show("")
            self._arrange()
            self._on_change()

    def _say(self, text: str) -> None:
        self._why.param.update(object=text, visible=bool(text))

    def _arrange(self) -> None:
        self.labels.shown = self.chosen == DataKind.STARS
        self.fractions.shown = self.chosen == DataKind.MIXTURES

    def __panel__(self) -> Viewable:
        return self._layout


def _evidence(kind: DataKind, seen: Mapping) -> str:
    """What the kind was recognised by; empty for plain spectra."""
    if kind == DataKind.STARS:
        return f"Recognised by {len(seen['labels'])} columns of labels."
    if kind == DataKind.MIXTURES:
        return f"Recognised by {len(seen['fractions'])} columns that sum to 1."
    if kind == DataKind.PHOTOMETRY:
        n = sum(one["band"] for one in seen["catalogues"][0]["measurements"])
        return f"Recognised by {n} bands with errors."
    return f"Recognised by vectors of {seen['vectors'][0]['dimensions']:,} components." if seen["vectors"] else ""
