"""What all tests share."""

import gc
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from order import turn
from xdist.scheduler import LoadScopeScheduling

from specvae_core.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


BROWSER = "tests/browser/"
LONG = ("tests/docs/", "tests/tasks/", "tests/attack/", "tests/models/")
"""Folders of files that take long: they come before the others, so that the processes end together."""
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # processes that tests start need not compile our modules each
sys.dont_write_bytecode = False  # nor this one, nor change the asserts of every test file each time
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is loaded: the other core has its own work


def _turn(nodeid: str) -> tuple[int, int]:
    """Place in the order of all tests: those of the first browser, of the second, and the others, long ones first."""
    if nodeid.startswith(BROWSER):
        return turn(Path(nodeid.split("::")[0]).stem)
    return 2, next((place for place, folder in enumerate(LONG) if nodeid.startswith(folder)), len(LONG))


class FilesTogether(LoadScopeScheduling):
    """With `-n 3`, a file's tests share its fixtures in one process, and two processes drive a browser each.

    A browser waits for its server a third of the time, so that three processes keep two cores busy; a fourth made the
    whole no quicker and each browser slower. More browsers at once would make each other slow enough for their waits to
    run out. They come first, and the other files in their order after them, which ends with short ones.
    """

    def _split_scope(self, nodeid: str) -> str:
        browser, _ = _turn(nodeid)
        return f"browser {browser}" if browser < 2 else nodeid.split("::")[0]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is loaded here stays: to look for garbage in it takes a third of the time of loading, and goes on later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)
        gc.enable()


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
def shared(tmp_path: Path) -> Iterator[object]:
    """What the sessions of one server share, on a copy of the demo."""
    from dashboard.server_files import ServerFiles  # here, since all of these load NumPy
    from dashboard.shared import Shared
    from specvae_core.assets import asset
    from specvae_core.jobs import JobRunner
    from specvae_core.workspace import Workspace

    workspace = Workspace.open(shutil.copytree(asset("demo"), tmp_path / "demo"))
    runner = JobRunner(workspace.folder / "jobs")
    yield Shared(workspace, runner, ServerFiles(None))
    runner.shutdown()


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
