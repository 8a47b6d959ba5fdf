"""Which files of the server's machine the pages may read."""

import os
from collections.abc import Sequence
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
            raise UserError(f"{str(path)!r} is no path.") from None
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
