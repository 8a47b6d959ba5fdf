"""Files that come through the browser, piece by piece, put away where an ingest can find them."""

import os
import re
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from ..errors import UserError

MAX_UPLOAD = 2_000_000_000
"""Bytes in one upload; more is better copied to the server and ingested from its folder there."""

MAX_FILES = 10_000
"""Files in one upload."""

SPARE = 500_000_000
"""Bytes that an upload leaves free on the disk."""

LONGEST_NAME = 200
"""Bytes of a file's name in UTF-8; file systems take 255, of which the parts of an upload need a few."""

ABANDONED = 86_400.0
"""Seconds without a new piece after which an upload counts as abandoned by a program that was killed."""

MISMATCH = "The upload does not match what was announced: upload the files again."


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
        There is no file, there are more than `MAX_FILES` or `MAX_UPLOAD` bytes, or the disk has no room for them.
    """

    def __init__(self, parent: Path, files: Sequence[tuple[str, int]]) -> None:
        _check(parent, files)
        self.folder = parent / uuid.uuid4().hex[:12]
        self.folder.mkdir(parents=True)
        self.names = unlike(safe_name(name) for name, _ in files)
        self._left = [size for _, size in files]
        for name in self.names:
            self._part(name).touch()

    def write(self, number: int, content: bytes) -> None:
        """Append the next piece of one file."""
        if not 0 <= number < len(self.names) or len(content) > self._left[number]:
            raise UserError(MISMATCH)
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


def _check(parent: Path, files: Sequence[tuple[str, int]]) -> None:
    total = sum(size for _, size in files)
    if not files or any(size < 0 for _, size in files):
        raise UserError("No file was uploaded: choose files first, or give a folder on the server.")
    if len(files) > MAX_FILES:
        raise UserError(
            f"There are {len(files):,} files, an upload takes at most {MAX_FILES:,}: put them into one file, or copy "
            "them to the server and ingest them from their folder there."
        )
    if total > MAX_UPLOAD:
        raise UserError(
            f"The files hold {total / 1e9:.1f} GB, an upload takes at most {MAX_UPLOAD / 1e9:.0f} GB: copy them to "
            "the server and ingest them from their folder there."
        )
    parent.mkdir(parents=True, exist_ok=True)
    if total > shutil.disk_usage(parent).free - SPARE:
        raise UserError(f"The server's disk has no room for {total / 1e6:,.0f} MB more: make room there first.")


def safe_name(name: str) -> str:
    """A name that is safe inside a folder, as near to the given one as can be; of a long one its end is kept."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^\w.+-]", "_", last).lstrip(".").encode()[-LONGEST_NAME:]
    return plain.decode(errors="ignore").lstrip(".") or "file"


def unlike(names: Iterable[str]) -> list[str]:
    """The names in their order; one that was there before, in letters of any case, gets a number before it."""
    taken: set[str] = set()
    different = []
    for name in names:
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{number}-{name}"
        taken.add(free.casefold())
        different.append(free)
    return different


def remove_abandoned(parent: Path, now: float | None = None) -> None:
    """Remove uploads that were never completed, since the program was killed meanwhile.

    Parameters
    ----------
    parent
        The workspace's ``uploads`` folder; it need not exist.
    now
        Seconds since 1970.
    """
    now = time.time() if now is None else now
    for folder in {part.parent for part in parent.glob("*/.*.part")}:
        with suppress(OSError):
            newest = max(path.stat().st_mtime for path in folder.iterdir())
            if now - newest > ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)
