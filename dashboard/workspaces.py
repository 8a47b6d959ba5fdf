"""The workspaces of one server: the one that it was started with, and others that its users open below its root."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from specvae_core.atomic import read_json, write_json
from specvae_core.data.uploads import remove_abandoned
from specvae_core.errors import NotFound, UserError
from specvae_core.jobs import JobRunner
from specvae_core.names import checked
from specvae_core.workspace import Workspace

from .server_files import ServerFiles
from .shared import Shared

MOST_RECENT = 8
"""Workspaces that are remembered."""


@dataclass(frozen=True)
class Recent:
    """A workspace that was opened before.

    Parameters
    ----------
    key
        See `Workspaces`.
    name
        Name shown to people.
    folder
        Its folder.
    """

    key: str
    name: str
    folder: Path


class Workspaces:
    """Each workspace with its job runner. A key, which stands in the address, is the path below the root.

    Parameters
    ----------
    first
        The workspace that the server was started with; its key is empty.
    recent
        File that remembers which ones were opened; ``None`` where nothing is remembered.
    """

    def __init__(self, first: Shared, recent: Path | None = None) -> None:
        self.first, self._recent = first, recent
        self._opened: dict[str, Shared] = {}
        if first.files.root is not None:
            self._remember(first.workspace.folder)

    @property
    def root(self) -> Path | None:
        """Folder below which workspaces may be opened; ``None`` where none may."""
        return self.first.files.root

    def find(self, key: str) -> Shared:
        """The workspace of a key. One that nobody has opened in a page is not opened by an address.

        Raises
        ------
        NotFound
            There is none.
        """
        if not key:
            return self.first
        if key in self._opened:
            return self._opened[key]
        if any(one.key == key for one in self.recent()):
            self.open(self.root / key)
            return self._opened[key]
        raise NotFound(f"The workspace {key} was not opened here yet: open it by its folder, under its name.")

    def open(self, folder: Path) -> str:
        """Open the workspace in a folder; its key.

        Raises
        ------
        UserError
            It lies outside of the root, or is not a workspace.
        """
        real = Path(os.path.realpath(self.first.files.check(folder)))
        if real == self.first.workspace.folder:
            return ""
        key = str(real.relative_to(self.root))
        if key not in self._opened:
            workspace = Workspace.open(real, create=False)
            remove_abandoned(real / "uploads")
            files = ServerFiles(self.root, (real / "uploads", real / "downloads"))
            self._opened[key] = Shared(workspace, JobRunner(real / "jobs"), files, self.first.author)
        self._remember(real)
        return key

    def make(self, parent: Path, name: str) -> str:
        """Make a new workspace and open it; its key.

        Raises
        ------
        UserError
            The place lies outside of the root or is taken, or cannot be written to.
        """
        folder = self.first.files.check(parent) / checked(name, "workspace")
        if os.path.lexists(folder):
            raise UserError(f"There is a folder {folder.name} in {parent} already: choose another name, or open it.")
        Workspace.open(folder)
        return self.open(folder)

    def recent(self) -> list[Recent]:
        """Workspaces that were opened before and are still there, below the root; the last one first."""
        found = []
        for folder in self._remembered():
            with suppress(UserError):
                if self.root is not None and self.first.files.check(folder) and is_workspace(folder):
                    here = folder == self.first.workspace.folder
                    key = "" if here else str(folder.relative_to(self.root))
                    found.append(Recent(key, Workspace(folder).name, folder))
        return found

    def shutdown(self) -> None:
        """End the jobs of all of them."""
        for shared in (self.first, *self._opened.values()):
            shared.runner.shutdown()

    def _remembered(self) -> list[Path]:
        try:
            return [Path(str(folder)) for folder in read_json(self._recent)["folders"]] if self._recent else []
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _remember(self, folder: Path) -> None:
        others = [one for one in self._remembered() if one != folder]
        if self._recent is not None:
            with suppress(OSError):  # a home that cannot be written to is no reason to stop
                self._recent.parent.mkdir(parents=True, exist_ok=True)
                write_json(self._recent, {"folders": [str(one) for one in [folder, *others][:MOST_RECENT]]})


def is_workspace(folder: Path) -> bool:
    """Whether a folder is a workspace."""
    return (folder / "workspace.json").is_file()
