"""The workspace in the header: its name, a menu to rename it, to open another one and to make a new one."""

import html
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from .address import to_query
from .page import Session
from .server_files import CLOSED, list_folder
from .state import SessionState
from .theme import hint
from .widgets.layout import WIDE
from .workspaces import Recent, Workspaces, is_workspace


class WorkspaceMenu(Viewer):
    """A button with the workspace's name, and the menu beneath it.

    Parameters
    ----------
    session
        Shows one workspace.
    workspaces
        All that may be opened.
    """

    def __init__(self, session: Session, workspaces: Workspaces) -> None:
        super().__init__()
        self.session, self._workspaces = session, workspaces
        guard, name = session.guard, session.workspace.name
        self.button = pn.widgets.Button(
            label=name, css_classes=["pill", "workspace-name"], description=hint("The workspace: rename, open, make")
        )
        self.button.on_click(guard(lambda _: self._show(not self.menu.visible)))
        self.title = pn.widgets.TextInput(label="Name", value=name, css_classes=["workspace-title"], **WIDE)
        self.title.param.watch(guard(lambda event: self._rename(event.new)), "value")
        self.title.disabled = session.workspace.read_only
        self.recent = pn.Column(css_classes=["workspace-recent"], **WIDE)
        self._folder = workspaces.root
        self._here = pn.pane.HTML("", css_classes=["here"], **WIDE)
        self.folders = pn.widgets.MultiSelect(options={}, size=6, css_classes=["entries"], **WIDE)
        self.folders.param.watch(guard(lambda event: self._enter(event.new)), "value")
        self.new_name = pn.widgets.TextInput(
            placeholder="name of a new workspace", css_classes=["workspace-new"], **WIDE
        )
        self.make = pn.widgets.Button(label="Make it here", css_classes=["pill", "workspace-make"])
        self.make.on_click(guard(lambda _: self._visit(workspaces.make(self._folder, self.new_name.value.strip()))))
        closed = workspaces.root is None
        where = pn.pane.HTML(
            html.escape(str(session.workspace.folder)), css_classes=["muted", "workspace-folder"], **WIDE
        )
        others = pn.Column(
            pn.pane.HTML("Opened before", css_classes=["ticks-label"]), self.recent,
            pn.pane.HTML("Open or make one in", css_classes=["ticks-label"]), self._here, self.folders,
            pn.Row(self.new_name, self.make, css_classes=["grid-row"], **WIDE),
            css_classes=["form"], visible=not closed, **WIDE,
        )  # fmt: skip
        self.menu = pn.Column(
            self.title, where, others, pn.pane.HTML(CLOSED, visible=closed, css_classes=["muted"], **WIDE),
            css_classes=["form", "workspace-menu"], visible=False, width=360, height=200 if closed else 450,
        )  # fmt: skip
        self._layout = pn.Row(self.button, self.menu, css_classes=["workspace"])

    def refresh(self) -> None:
        """Follow a name that was given elsewhere."""
        name = self.session.workspace.name
        if name != self.button.label:
            self.button.label = self.title.value = name

    def _show(self, visible: bool) -> None:
        self.menu.visible = visible
        if visible and self._folder is not None:
            self.recent.objects = [self._row(one) for one in self._workspaces.recent() if not self._is_shown(one)]
            if not self.recent.objects:
                self.recent.objects = [pn.pane.HTML("No other workspace.", css_classes=["muted"])]
            self._go(self._folder)

    def _row(self, one: Recent) -> pn.widgets.Button:
        label = one.name if one.name == one.folder.name else f"{one.name} · {one.folder.name}"
        button = pn.widgets.Button(label=label, css_classes=["job-pick"], description=hint(str(one.folder)), **WIDE)
        button.on_click(self.session.guard(lambda _: self._visit(one.key)))
        return button

    def _is_shown(self, one: Recent) -> bool:
        return one.folder == self.session.workspace.folder

    def _go(self, folder: Path) -> None:
        """Look into a folder: those inside it, workspaces marked."""
        listing = list_folder(self._workspaces.first.files.check(folder))
        self._folder = folder
        self._here.object = f'<span class="path"><bdi>{html.escape(str(folder))}</bdi></span>'
        up = {} if folder in (folder.parent, self._workspaces.root) else {"↑ up": str(folder.parent)}
        inside = {_words(folder / name): str(folder / name) for name in listing.folders}
        self.folders.param.update(options=up | inside, value=[])

    def _enter(self, chosen: list[str]) -> None:
        for path in map(Path, chosen):
            if is_workspace(self._workspaces.first.files.check(path)):
                self._visit(self._workspaces.open(path))
            else:
                self._go(path)
            return

    def _visit(self, key: str) -> None:
        """Load the page with another workspace."""
        self.session.bridge.visit(to_query(SessionState(workspace=key, page=self.session.state.page)))

    def _rename(self, title: str) -> None:
        if title.strip() != self.session.workspace.name:
            try:
                self.session.workspace.rename(title)
            finally:
                self.title.value = self.button.label = self.session.workspace.name

    def __panel__(self) -> Viewable:
        return self._layout


def _words(folder: Path) -> str:
    return f"{folder.name} — workspace" if is_workspace(folder) else f"{folder.name}/"
