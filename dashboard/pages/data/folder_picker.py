"""Choose files and folders of the server."""

import html
import os
from collections.abc import Callable
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.server_files import CLOSED, LISTED, ServerFiles, list_folder
from dashboard.widgets.layout import WIDE
from specvae_core.errors import UserError


class FolderPicker(Viewer):
    """A field of paths, one a line, and a browser of the server's folders that fills it.

    Parameters
    ----------
    files
        Says which of them may be read.
    on_change
        Called when the paths have changed.
    label, placeholder
        Of the field.
    folders
        Whether folders may be chosen, and not files alone.
    """

    def __init__(
        self,
        files: ServerFiles,
        guard: Guard,
        on_change: Callable[[], object],
        label: str = "Files and folders on the server, one per line",
        placeholder: str = "/data/spectra",
        folders: bool = True,
    ) -> None:
        super().__init__()
        self._files, self.folder = files, files.root
        self.field = pn.widgets.TextAreaInput(
            label=label,
            placeholder=placeholder,
            rows=2,
            auto_grow=True,
            max_rows=6,
            max_length=1_000_000,  # Panel cuts at 5,000 without a word
            **WIDE,
            css_classes=["paths"],
        )
        self.field.param.watch(guard(lambda event: on_change()), "value")
        self.browse = pn.widgets.Toggle(label="Browse the server…", value=False, css_classes=["more", "browse"])
        self._here = pn.pane.HTML("", css_classes=["here"], **WIDE)
        self.entries = pn.widgets.MultiSelect(options={}, size=9, **WIDE, css_classes=["entries"])
        self.entries.param.watch(guard(lambda event: self._take(event.new)), "value")
        add = pn.widgets.Button(label="Add this folder", css_classes=["pill", "add-folder"], visible=folders)
        add.on_click(guard(lambda _: self.add(self.folder)))
        self._browser = pn.Column(
            pn.Row(self._here, add, **WIDE, css_classes=["title-row"]),
            self.entries,
            visible=False,
            **WIDE,
            css_classes=["browser"],
        )
        self.browse.param.watch(guard(lambda event: self._show(event.new)), "value")
        closed = pn.pane.HTML(CLOSED, visible=files.root is None, css_classes=["muted", "closed"], **WIDE)
        self.browse.visible = files.root is not None
        self._layout = pn.Column(self.field, closed, self.browse, self._browser, **WIDE)

    @property
    def paths(self) -> list[str]:
        """The paths that were given, whether they may be read or not."""
        return [line.strip() for line in self.field.value.splitlines() if line.strip()]

    def add(self, path: Path) -> None:
        """Put a path into the field, once."""
        if str(path) not in self.paths:
            self.field.value = "\n".join([*self.paths, str(path)])

    def go(self, folder: Path) -> None:
        """Look into another folder."""
        listing = list_folder(self._files.check(folder))
        self.folder = folder
        more = f" · the first {LISTED} of {LISTED + listing.left_out}" if listing.left_out else ""
        self._here.object = (
            f'<span class="path" title="{html.escape(str(folder))}"><bdi>{html.escape(str(folder))}</bdi></span>'
            f'<span class="muted">{len(listing.folders)} folders, {len(listing.files)} files{more}</span>'
        )
        up = {} if folder in (folder.parent, self._files.root) else {"↑ up": str(folder.parent)}
        folders = {f"{name}/": str(folder / name) for name in listing.folders}
        self.entries.param.update(options=up | folders | {name: str(folder / name) for name in listing.files}, value=[])

    def _show(self, visible: bool) -> None:
        self._browser.visible = visible
        if visible:
            typed = Path(self.paths[-1]) if self.paths else self.folder
            self.go(next((folder for folder in (typed, *typed.parents) if self._enters(folder)), self.folder))

    def _enters(self, folder: Path) -> bool:
        """Whether a folder exists and may be read."""
        try:
            return os.path.isdir(self._files.check(folder))
        except UserError:
            return False

    def _take(self, chosen: list[str]) -> None:
        """Enter a folder that was clicked; add files."""
        for path in map(Path, chosen):
            if os.path.isdir(self._files.check(path)):
                self.go(path)
                return
            self.add(path)

    def __panel__(self) -> Viewable:
        return self._layout
