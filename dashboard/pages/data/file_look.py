"""A look at the files that were chosen, before they are ingested, with the fields that correct it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.aside import Aside
from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from specvae_core.data.look import look
from specvae_core.data.readers.axis import read_hints
from specvae_core.data.understanding import FileHints
from specvae_core.workspace import Workspace

from .hint_fields import HintFields
from .look_view import LookView


class FileLook(Viewer):
    """What is in the files, and what the user says of them. Files are read on a thread of the job runner.

    Its view is placed by the page; it is itself the fields.

    Parameters
    ----------
    workspace
        Its surveys are those that vectors in the files may belong to.
    aside
        Runs work on another thread.
    root
        Folder that links among the files may not leave, see `find_files`.
    on_seen
        Called with what was seen, ``None`` where the look failed, on the page's thread.
    """

    def __init__(
        self,
        workspace: Workspace,
        aside: Callable[[Callable[[], object]], object],
        root: str,
        theme: str,
        on_seen: Callable[[Mapping | None], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self.root, self._on_seen = workspace, root, on_seen
        self._aside = Aside(aside)
        self._paths: tuple[str, ...] = ()
        self._catalogue = ""
        self.waiting = False
        """Whether files are being looked at."""
        self.view = LookView(theme)
        self.fields = HintFields(self._look, guard)
        self._layout = pn.Column(self.fields, visible=False, **WIDE)

    def look(self, paths: Sequence[str], catalogue: str = "") -> None:
        """Look at these files and folders, and at a table of their objects; none clears what was seen."""
        if tuple(paths) != self._paths:
            self.fields.clear()
        elif catalogue == self._catalogue:
            return
        self._paths, self._catalogue = tuple(paths), catalogue
        self._look()

    def poll(self) -> None:
        """Show what has been seen since."""
        answer = self._aside.take()
        if answer is None:
            return
        self.waiting = False
        if answer.value is None:
            self.view.fail(answer.trouble)
            self._on_seen(None)
            return
        self.view.show(answer.value)
        self.fields.fill(answer.value)
        self._on_seen(answer.value)

    def _look(self) -> None:
        self._aside.forget()
        self._layout.visible = self.waiting = bool(self._paths)
        if not self._paths:
            self.view.show(None)
            return
        self.view.wait()
        paths, hints = [Path(path) for path in self._paths], read_hints(self.fields.hints())
        self._aside.ask(partial(_seen, self._workspace, paths, hints, self.root, self._catalogue))

    def __panel__(self) -> Viewable:
        return self._layout


def _seen(
    workspace: Workspace, paths: Sequence[Path], hints: FileHints, root: str, catalogue: str
) -> dict[str, object]:
    """A look, with how many of the ids of vectors are in each survey, ``matches``."""
    seen = look(paths, hints, root, catalogue)
    for found in seen["vectors"]:
        complete = [survey.id for survey in workspace.surveys() if survey.complete] if found["ids"] else []
        rows = {name: workspace.survey(name).index.rows_of(found["ids"]) for name in complete}
        found["matches"] = {name: int((some >= 0).sum()) for name, some in rows.items()}
    return seen
