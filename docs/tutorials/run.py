"""Run the commands of the tutorials, and put what they print, and the pictures, into the pages.

``python docs/tutorials/run.py [NAME …]``; pictures need a Chromium and Playwright. Each page has its own workspace,
in a folder with the files of `files`. A block of ``specvae`` commands is run in this process; the block ``text``
behind it is what they print. A comment ``picture: QUERY`` names what the browser shows in the picture below it.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from files import main as write_files

from specvae_core.__main__ import main as specvae

HERE = Path(__file__).resolve().parent
NAMES = ("galaxies", "stars", "photoz", "minerals", "embeddings")
BLOCK = re.compile(r"```sh\n(?P<commands>.*?)```\n(?:\n```text\n(?P<output>.*?)```\n)?", re.S)
PICTURE = re.compile(r"<!-- picture: (?P<query>\S+) -->\n!\[[^]]*\]\((?P<file>[^)]+)\)")
MOST_LINES = 16
"""Lines of output that a page shows of a block."""


class Failed(Exception):
    """A command of a tutorial ended with another status than 0."""


def outputs(text: str) -> Iterator[str]:
    """What each block of a page prints, in the folder where this process is."""
    for block in BLOCK.finditer(text):
        printed = io.StringIO()
        for command in block["commands"].replace("\\\n", " ").splitlines():
            words = shlex.split(command, comments=True)
            if words and words[0] == "specvae":
                with contextlib.redirect_stdout(printed):
                    status = specvae(words[1:])
                if status:
                    raise Failed(f"{command} ended with {status}")
        yield printed.getvalue()


@contextlib.contextmanager
def prepared() -> Iterator[Path]:
    """A folder with the files, in which the process works until the block ends."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder) / "files")
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def renewed(text: str) -> str:
    """A page with what its commands print now."""
    printed = outputs(text)

    def block(found: re.Match) -> str:
        lines = next(printed).rstrip().splitlines()
        shown = [*lines[:MOST_LINES], *(["…"] if len(lines) > MOST_LINES else [])]
        told = "\n```text\n" + "\n".join(line[:110] for line in shown) + "\n```\n" if shown else ""
        return f"```sh\n{found['commands']}```\n{told}"

    return BLOCK.sub(block, text)


def main(names: list[str], photograph: Callable[[Path, list[tuple[str, Path]]], None]) -> None:
    """Renew pages, and their pictures by a function of the workspace and of (query, file) pairs."""
    for name in names:
        page = HERE / f"{name}.md"
        with prepared() as folder:
            text = renewed(page.read_text(encoding="utf-8"))
            photograph(folder / "W", [(found["query"], HERE / found["file"]) for found in PICTURE.finditer(text)])
        page.write_text(text, encoding="utf-8")
        print(f"{name}: done", flush=True)


if __name__ == "__main__":
    from pictures import photograph

    main(sys.argv[1:] or list(NAMES), photograph)
