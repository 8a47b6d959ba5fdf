"""The solutions stored in the workspace: open one, delete one, and undo that."""

import html
from collections.abc import Callable, Mapping

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.theme import hint
from dashboard.widgets.layout import WIDE
from specvae_core.inverse import problem_in_words
from specvae_core.results import Kind, Result, Results

SHOWN = 30
"""Solutions in the list at most."""

EMPTY = '<p class="muted">None yet: every solution is stored here.</p>'


class SolutionList(Viewer):
    """Saved solutions, the newest first.

    Parameters
    ----------
    on_open
        Called with the id of the one that was clicked.
    """

    def __init__(self, results: Results, on_open: Callable[[str], object], guard: Guard) -> None:
        super().__init__()
        self._results, self._on_open, self._guard = results, on_open, guard
        self._known: object = None
        self._ids: list[str] = []
        self._deleted = ""
        self._rows = pn.Column(css_classes=["kept-list"], **WIDE)
        self._undo = pn.widgets.Button(label="", css_classes=["pill", "small"], visible=False)
        self._undo.on_click(guard(lambda _: self.restore()))
        self._layout = pn.Column(self._rows, self._undo, **WIDE)

    def update(self, opened: str) -> None:
        """Read the workspace again; ``opened`` is the id of the one that is shown."""
        results = self._results.list(Kind.RECONSTRUCTIONS)[:SHOWN]
        known = [(result.id, result.title, result.header.get("state")) for result in results]
        if known != self._known:
            self._known, self._ids = known, [result.id for result in results]
            self._rows.objects = [self._row(result) for result in results] or [pn.pane.HTML(EMPTY, **WIDE)]
        for row, result_id in zip(self._rows, self._ids, strict=False):  # without any there is a sentence
            row.css_classes = ["job-row", "picked"] if result_id == opened else ["job-row"]

    def newest(self, header: Mapping[str, object]) -> str:
        """Id of the newest solution whose header has these entries; empty where there is none."""
        kept = self._results.list(Kind.RECONSTRUCTIONS)
        return next((one.id for one in kept if header.items() <= one.header.items()), "")

    def delete(self, result_id: str) -> None:
        """Delete one."""
        title = self._results.load(Kind.RECONSTRUCTIONS, result_id).title
        self._results.delete(Kind.RECONSTRUCTIONS, result_id)
        self._deleted = result_id
        self._undo.param.update(label=f"Undo: restore {title}", visible=True)

    def restore(self) -> None:
        """Restore the one that was deleted last, and open it."""
        self._results.restore(Kind.RECONSTRUCTIONS, self._deleted)
        self._undo.visible = False
        self._on_open(self._deleted)

    def _row(self, result: Result) -> pn.Row:
        title = pn.widgets.Button(label=result.title, css_classes=["job-pick"])
        title.on_click(self._guard(lambda _: self._on_open(result.id)))
        words = f"{result.header.get('model', '')} · {problem_in_words(result.header.get('problem', ''))}"
        text = pn.pane.HTML(html.escape(words), css_classes=["job-text"], **WIDE)
        away = pn.widgets.Button(label="×", css_classes=["pill", "icon", "small"], description=hint("Delete"))
        away.on_click(self._guard(lambda _: self._delete(result.id)))
        return pn.Row(pn.Column(title, text, css_classes=["job-words"], **WIDE), away, **WIDE)

    def _delete(self, result_id: str) -> None:
        self.delete(result_id)
        self._on_open("")

    def __panel__(self) -> Viewable:
        return self._layout
