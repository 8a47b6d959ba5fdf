"""Folders that are made, replaced and removed in one step, whenever the program is killed.

::

    PARENT/.new-NAME-xxxxxxxx     being filled, not yet in its place
    PARENT/.old-NAME-xxxxxxxx     replaced at this moment
    PARENT/.gone-NAME-xxxxxxxx    being removed

What a killed program leaves of these is put right by `tidy`.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .errors import Locked, NameTaken, NotWritable
from .locks import FolderLock

SECONDS = 30.0
"""How long a replacement waits for another one of the same folder."""

_ASIDE = re.compile(r"\.(new|old|gone)-(.+)-[0-9a-f]{8}")


def aside(folder: Path, state: str) -> Path:
    """A hidden name beside a folder, where ``state`` is one of ``new``, ``old``, ``gone``."""
    return folder.with_name(f".{state}-{folder.name}-{uuid4().hex[:8]}")


def check_room(folder: Path, needed: float, what: str) -> None:
    """Refuse long work that would end at a full disk.

    Parameters
    ----------
    folder
        On the disk that is written to.
    needed
        Bytes.
    what
        Beginning of the sentence: what takes them.

    Raises
    ------
    NotWritable
        The disk has no room for so many.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NotWritable(
            f"{what} takes {needed / 1e6:,.0f} MB, and the disk of {folder} has {free / 1e6:,.0f} MB free: free some "
            "space first."
        )


def visible(parent: Path) -> list[Path]:
    """Folders inside another one, by name, without hidden ones; none where the parent is missing."""
    try:
        return sorted(path for path in parent.iterdir() if not path.name.startswith(".") and path.is_dir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def size_on_disk(folder: Path) -> int:
    """Bytes in a folder with all its subfolders; files that another process removes meanwhile are left out."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += os.stat(os.path.join(place, name)).st_size
    return size


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give an empty folder to fill, which takes the place of ``folder`` when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FolderLock(folder).acquire(SECONDS):
        new, old = aside(folder, "new"), aside(folder, "old")
        try:
            new.mkdir()
            yield new
            if os.path.lexists(folder):
                os.rename(folder, old)
            os.rename(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            if os.path.lexists(old):
                _settle(old, folder)


def copy(folder: Path, target: Path, change: Callable[[Path], object]) -> None:
    """Copy a folder in one step.

    Parameters
    ----------
    folder, target
        The folder, and the copy, of which there may be none yet.
    change
        Called with the copy before it is in its place.

    Raises
    ------
    NameTaken
        There is something at the target.
    NotWritable
        The disk is full, or the place cannot be written to.
    """
    with FolderLock(target).acquire(SECONDS):
        if os.path.lexists(target):
            raise NameTaken(f"There is a {target.name} already: choose another name.")
        new = aside(target, "new")
        try:
            shutil.copytree(folder, new)
            change(new)
            os.rename(new, target)
        except OSError as error:
            raise NotWritable(f"{folder.name} cannot be copied ({error.strerror}): is the disk full?") from error
        finally:
            shutil.rmtree(new, ignore_errors=True)


def remove(folder: Path) -> None:
    """Remove a folder, or the link alone where it is one. The caller holds its lock, where others may write there."""
    if folder.is_symlink():
        folder.unlink()
        return
    gone = aside(folder, "gone")
    try:
        os.rename(folder, gone)
    except OSError as error:
        raise NotWritable(f"{folder} cannot be removed ({error.strerror}): may you write there?") from None
    shutil.rmtree(gone, ignore_errors=True)


def tidy(parent: Path) -> None:
    """Put right what killed programs left inside a folder; what a living one works on is left alone."""
    for path in list(parent.glob(".*-*")):
        found = _ASIDE.fullmatch(path.name)
        if found:
            with suppress(Locked, NotWritable, OSError), FolderLock(parent / found[2]):
                _settle(path, parent / found[2])


def _settle(path: Path, folder: Path) -> None:
    """Remove what lies aside, unless it is the only version of its folder."""
    if path.name.startswith(".old-") and not os.path.lexists(folder):
        os.rename(path, folder)
    elif path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
