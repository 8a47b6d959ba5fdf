"""A look at the files that were chosen, before they are ingested, with the fields that correct it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.widgets.layout import WIDE
from specvae_core.data.look import look
from specvae_core.data.readers.axis import read_hints
from specvae_core.errors import UserError

from .hint_fields import HintFields
from .look_view import LookView


class FileLook(Viewer):
    """What is in the files, and what the user says of them. Files are read on a thread of the job runner.

    Its view is placed by the page; it is itself the fields.

    Parameters
    ----------
    aside
        Runs work on another thread.
    theme
        ``light`` or ``dark``.
    on_seen
        Called with what was seen, on the page's thread.
    guard
        Wraps callbacks so that errors are told.
    """

    def __init__(
        self,
        aside: Callable[[Callable[[], object]], object],
        theme: str,
        on_seen: Callable[[Mapping], object],
        guard: Callable[[Callable], Callable],
    ) -> None:
        super().__init__()
        self._aside, self._on_seen = aside, on_seen
        self._paths: tuple[str, ...] = ()
        self._number = 0
        self._answers: list[tuple[int, Mapping | str]] = []
        self.view = LookView(theme)
        self.fields = HintFields(self._look, guard)
        self._layout = pn.Column(self.fields, visible=False, **WIDE)

    def look(self, paths: Sequence[str]) -> None:
        """Look at these files and folders; none clears what was seen."""
        if tuple(paths) != self._paths:
            self._paths = tuple(paths)
            self.fields.clear()
            self._look()

    def poll(self) -> None:
        """Show what has been seen since."""
        while self._answers:
            number, seen = self._answers.pop(0)
            if number != self._number:
                continue  # other files were chosen since
            if isinstance(seen, str):
                self.view.fail(seen)
                continue
            self.view.show(seen)
            self.fields.fill(seen)
            self._on_seen(seen)

    def _look(self) -> None:
        self._number += 1
        self._layout.visible = bool(self._paths)
        if not self._paths:
            self.view.show(None)
            return
        self.view.wait()
        number, paths, hints = self._number, [Path(path) for path in self._paths], read_hints(self.fields.hints())

        def work() -> None:
            try:
                self._answers.append((number, look(paths, hints)))
            except UserError as error:
                self._answers.append((number, str(error)))

        self._aside(work)

    def __panel__(self) -> Viewable:
        return self._layout
