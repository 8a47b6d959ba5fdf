"""What all tests share."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from specvae_core.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


BROWSER = "tests/browser/"
FIRST_BROWSER = (
    *("test_pictures", "test_layout", "test_demo"),  # in this order: none sees what another left in the demo
    *("test_by_mouse", "test_compare", "test_data", "test_door", "test_train"),
)
"""Files of the one browser, about half of the work; all others are of the second."""

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # processes that tests start need not compile our modules each
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded: the other core has its own work


def _turn(nodeid: str) -> int:
    """Place in the order of all tests: files of the first browser, of the second, and those without a browser."""
    if not nodeid.startswith(BROWSER):
        return len(FIRST_BROWSER) + 1
    file = Path(nodeid.split("::")[0]).stem
    return FIRST_BROWSER.index(file) if file in FIRST_BROWSER else len(FIRST_BROWSER)


class FilesTogether(LoadScopeScheduling):
    """With `-n 3`, a file's tests share its fixtures in one process, and two processes drive a browser each.

    A browser waits for its server a third of the time, so that three processes keep two cores busy. More browsers at
    once would make each other slow enough for their waits to run out. They come first, and the other files in their
    order after them, which ends with short ones.
    """

    def _split_scope(self, nodeid: str) -> str:
        turn = _turn(nodeid)
        if turn > len(FIRST_BROWSER):
            return nodeid.split("::")[0]
        return "second browser" if turn == len(FIRST_BROWSER) else "first browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the browsers come first."""
    items.sort(key=lambda item: _turn(item.nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> FilesTogether:
    """Schedule tests of several processes so."""
    config.option.loadscopereorder = False  # keeps the order of `pytest_collection_modifyitems`, not of lengths
    return FilesTogether(config, log)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real spectra; a test that asks for it is skipped, in so many words, where there is none."""
    folder = Path(os.environ.get("SPECVAE_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "sdss").is_dir():
        pytest.skip(f"no real spectra at {folder}: set SPECVAE_REAL_DATA to the folder that holds them")
    return folder


@pytest.fixture
def run(capsys) -> Callable[..., Any]:
    """Run one command with --json; returns its JSON object, or its exit status and its sentence."""

    def run(*arguments: object) -> Any:
        try:
            status = main([str(argument) for argument in arguments] + ["--json"])
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return json.loads(out) if status in (0, 1) else (status, err.strip().splitlines()[-1].strip())

    return run
