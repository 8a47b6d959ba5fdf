"""Files that come through the browser, piece by piece, put away where an ingest can find them."""

import os
import re
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError

MAX_UPLOAD = 2_000_000_000
"""Bytes in one upload; more is better copied to the server and ingested from its folder there."""


class Upload:
    """Some files on their way into a new folder of their own.

    A file carries a name that no reader looks at until the whole upload is there.

    Parameters
    ----------
    parent
        The workspace's ``uploads`` folder.
    files
        Name and size in bytes of each file, as the browser gave them. Only the last part of a name is used, so that no
        file can get outside of the folder.

    Raises
    ------
    UserError
        There is no file, or there is more than `MAX_UPLOAD`.
    """

    def __init__(self, parent: Path, files: Sequence[tuple[str, int]]) -> None:
        total = sum(size for _, size in files)
        if not files or any(size < 0 for _, size in files):
            raise UserError("No file was uploaded: choose files first, or give a folder on the server.")
        if total > MAX_UPLOAD:
            raise UserError(
                f"The files hold {total / 1e9:.1f} GB, an upload takes at most {MAX_UPLOAD / 1e9:.0f} GB: copy them to "
                "the server and ingest them from their folder there."
            )
        self.folder = parent / uuid.uuid4().hex[:12]
        self.folder.mkdir(parents=True)
        self.names: list[str] = []
        for number, (name, _) in enumerate(files):
            plain = safe_name(name)
            self.names.append(plain if plain not in self.names else f"{number}-{plain}")
        self._left = [size for _, size in files]
        for name in self.names:
            self._part(name).touch()

    def write(self, number: int, content: bytes) -> None:
        """Append the next piece of one file."""
        if not 0 <= number < len(self.names) or len(content) > self._left[number]:
            raise UserError("The upload does not match what was announced: upload the files again.")
        with self._part(self.names[number]).open("ab") as file:
            file.write(content)
        self._left[number] -= len(content)

    def finish(self) -> Path:
        """Give the files their names and return their folder; refuses while something is missing."""
        if any(self._left):
            raise UserError("The upload is not complete: wait for it, or upload the files again.")
        for name in self.names:
            os.replace(self._part(name), self.folder / name)
        return self.folder

    def discard(self) -> None:
        """Forget the upload and remove its files."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.part"


def safe_name(name: str) -> str:
    """A name that is safe inside a folder, as near to the given one as can be."""
    last = re.split(r"[/\\]", name)[-1]
    return re.sub(r"[^\w.+-]", "_", last).lstrip(".")[-120:] or "file"
