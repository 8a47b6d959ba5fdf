"""The files below some folders, of which those of a server stay below its root."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..errors import NotFound, UserError
from ..names import printable


def find_files(paths: Sequence[Path], root: str = "") -> list[Path]:
    """All files among the paths and, recursively, in folders among them, sorted and each once; hidden ones left out.

    What is not a regular file (a pipe, a link to nothing) is among them, so that its refusal is listed.

    Parameters
    ----------
    paths
        Files and folders.
    root
        Folder that no link among the files may leave; empty for no such limit.

    Raises
    ------
    NotFound
        Where a path does not exist or a folder holds no file.
    UserError
        A link leaves ``root``.
    """
    return [Path(name) for name in list_files(paths, root)]


def list_files(paths: Sequence[Path], root: str = "") -> list[str]:
    """The same as strings, which a hundred thousand files are listed by in a fraction of a second.

    Raises
    ------
    NotFound, UserError
        As `find_files`.
    """
    files: set[str] = set()
    for path in map(Path, paths):
        if not os.path.isdir(path):
            if not os.path.lexists(path):
                raise NotFound(f"There is no file or folder {printable(str(path))}: check the path.")
            files.add(str(path))
            continue
        inside = set(_inside(str(path)))
        if not inside:
            raise NotFound(f"The folder {printable(str(path))} holds no files: give one with spectra.")
        files |= inside
    found = sorted(files)
    if root:
        _check_links(found, Path(root).resolve())
    return found


def _check_links(files: Sequence[str], root: Path) -> None:
    for file in files:
        if os.path.islink(file) and not Path(os.path.realpath(file)).is_relative_to(root):
            raise UserError(
                f"{printable(file)} is a link that leads out of {root}, the only folder that may be read here: remove "
                "it, or copy there what it leads to."
            )


def _inside(folder: str) -> Iterator[str]:
    """Files in a folder and below, hidden ones and those in hidden folders left out."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(here, name) for name in names if not name.startswith("."))
