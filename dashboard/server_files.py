"""Which files of the server's machine the pages may read, and what its folders hold."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from specvae_core.errors import UserError

CLOSED = (
    "This server was started without a token, so its pages read no folder of its machine: upload the files, or start "
    "it with --workspace DIR."
)


class ServerFiles:
    """One folder with all below it, and the folders that the pages fill themselves.

    Parameters
    ----------
    root
        The folder; ``None`` for none.
    own
        Folders for uploads and downloads.
    """

    def __init__(self, root: Path | None, own: Sequence[Path] = ()) -> None:
        self.root = None if root is None else root.resolve()
        self._own = tuple(own)

    @property
    def limit(self) -> str:
        """The folder that links among the files may not leave, as tasks take it; empty where none is read at all."""
        return "" if self.root is None else str(self.root)

    def check(self, path: str | Path) -> Path:
        """The path, where all of it lies inside once links are followed.

        Raises
        ------
        UserError
            It lies outside, or nothing may be read.
        """
        try:
            real = Path(os.path.realpath(path))
        except ValueError:  # a null character, for one
            raise UserError(f"{str(path)!r} is not a path.") from None
        if any(real.is_relative_to(folder.resolve()) for folder in self._own):
            return Path(path)
        if self.root is None:
            raise UserError(CLOSED)
        if not real.is_relative_to(self.root):
            raise UserError(
                f"{path} lies outside of {self.root}, the only folder that this server reads: copy the files there, or "
                "start it with --root DIR."
            )
        return Path(path)


LISTED = 500
"""Entries of a folder that the browser of folders shows."""


@dataclass(frozen=True)
class Listing:
    """What a folder holds, as far as this server may read it; folders first, hidden entries left out."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    left_out: int


def list_folder(folder: Path) -> Listing:
    """Look into a folder.

    Raises
    ------
    UserError
        It does not exist, is not a folder, or may not be read.
    """
    try:
        with os.scandir(folder) as scan:
            entries = sorted((entry for entry in scan if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except FileNotFoundError:
        raise UserError(f"There is no folder {folder} on the server.") from None
    except NotADirectoryError:
        raise UserError(f"{folder} is a file, not a folder.") from None
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read ({error.strerror}).") from None
    folders = [entry.name for entry in entries if entry.is_dir() and os.access(entry.path, os.R_OK | os.X_OK)]
    files = [entry.name for entry in entries if entry.is_file() and os.access(entry.path, os.R_OK)]
    left_out = max(0, len(folders) + len(files) - LISTED)
    return Listing(tuple(folders[:LISTED]), tuple(files[: max(0, LISTED - len(folders))]), left_out)
