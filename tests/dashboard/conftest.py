"""A small workspace and a session on it, without a server or a browser."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from panel.viewable import Viewable
from snippets import check_figure

from dashboard.page import Session
from dashboard.server_files import ServerFiles
from dashboard.shared import Shared
from dashboard.state import SessionState
from dashboard.widgets.recipe_button import RecipeButton
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace without anything in it."""
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def session(workspace: Workspace, tmp_path: Path):
    """A session on the workspace, which reads files of the test's folder; its jobs are over when the test is."""
    runner = JobRunner(workspace.folder / "jobs")
    yield Session(SessionState(), Shared(workspace, runner, ServerFiles(tmp_path)))
    runner.shutdown()


@pytest.fixture
def notices(session, monkeypatch):
    """What the session told its user."""
    told: list[str] = []
    monkeypatch.setattr(session.bridge, "notify", lambda text, kind="info": told.append(text))
    return told


@pytest.fixture
def recipes(session, monkeypatch, tmp_path) -> Callable[[Viewable], list[dict]]:
    """Presses every button *Recipe* in a part of a page, and gives what the browser was sent, once it was tried."""
    saved: list[dict] = []
    monkeypatch.setattr(session.bridge, "save", lambda name, mime, data: saved.append(json.loads(data)))

    def press(part: Viewable) -> list[dict]:
        saved.clear()
        for button in part.select(RecipeButton):
            button.clicks += 1
        for recipe in saved:
            check_figure(recipe, session.workspace, tmp_path)
        return list(saved)

    return press
