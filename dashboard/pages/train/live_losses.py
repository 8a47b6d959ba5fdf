"""Losses of one training, updated after each epoch."""

from collections.abc import Sequence

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from panel.viewable import Viewable, Viewer

from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, TALL
from specvae_core.progress import Progress

from .loss_plots import COLUMNS, SIDES, Entry, curve, is_positive, loss_figure, mark_drop, parts, rate_drops


class LiveLosses(Viewer):
    """One large figure of the loss and a small one for each of its parts; new epochs are streamed into them."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        self._theme = theme
        self._key: object = None
        self.figures: dict[str, tuple[figure, ColumnDataSource, bool]] = {}
        self._n = 0
        self._marked: set[int] = set()
        self._empty = EmptyState()
        self._layout = pn.Row(self._empty, **FULL, css_classes=["losses"])

    def say(self, head: str, text: str) -> None:
        """Show a sentence in place of the figures."""
        self._key = None
        self._empty.show(head, text)
        if self._layout.objects != [self._empty]:
            self._layout.objects = [self._empty]

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._theme, self._key = theme, None

    def update(self, job_id: str, history: Sequence[Progress]) -> None:
        """Bring the figures up to the history of a job.

        They are rebuilt only for another job, when a part is reported for the first time, when a resumed training
        goes back to its checkpoint, or when a number makes a logarithmic axis impossible.
        """
        entries = [(entry.step, entry.values) for entry in history if entry.step is not None]
        if not any(key.startswith(SIDES) for _, values in entries for key in values):
            self.say("", "The curves begin with the first epoch.")
            return
        key = (job_id, parts(entries))
        if key != self._key or len(entries) < self._n or not self._stream(entries):
            self._build(entries, key)
        for epoch in set(rate_drops(entries)) - self._marked:
            self._marked.add(epoch)
            for plot, _, _ in self.figures.values():
                mark_drop(plot, epoch, self._theme)

    def _stream(self, entries: list[Entry]) -> bool:
        """Append what is new; false where a figure's axis cannot show it."""
        if len(entries) == self._n:
            return True
        new = {part: curve(entries[self._n :], part) for part in self.figures}
        if any(log and not is_positive(new[part]) for part, (_, _, log) in self.figures.items()):
            return False
        for part, (_, source, _) in self.figures.items():
            source.stream(new[part])
        self._n = len(entries)
        return True

    def _build(self, entries: list[Entry], key: tuple[str, tuple[str, ...]]) -> None:
        self.figures, self._marked, self._n, self._key = {}, set(), len(entries), key
        for i, part in enumerate(key[1]):
            columns = curve(entries, part)
            source, log = ColumnDataSource({name: np.asarray(columns[name]) for name in COLUMNS}), is_positive(columns)
            plot = loss_figure(source, part, log=log, theme=self._theme, large=i == 0)
            self.figures[part] = plot, source, log
        panes = [pn.pane.Bokeh(plot, **FULL) for plot, _, _ in self.figures.values()]
        small = pn.Column(*panes[1:], **TALL, css_classes=["loss-parts"], width=270)
        self._layout.objects = [panes[0], small] if len(panes) > 1 else panes

    def __panel__(self) -> Viewable:
        return self._layout
