"""Workspaces below the root are made, opened and remembered; nothing outside of it is."""

import pytest

from dashboard.server_files import ServerFiles
from dashboard.shared import Shared
from dashboard.workspace_menu import WorkspaceMenu
from dashboard.workspaces import Workspaces
from specvae_core.errors import NotFound, UserError
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace


@pytest.fixture
def started(tmp_path):
    """Starts servers' workspaces below one root, with a memory of those that were opened."""
    running = []

    def start(name="first", closed=False):
        workspace = Workspace.open(tmp_path / "root" / name)
        shared = Shared(
            workspace, JobRunner(workspace.folder / "jobs"), ServerFiles(None if closed else tmp_path / "root")
        )
        running.append(Workspaces(shared, tmp_path / "recent.json"))
        return running[-1]

    yield start
    for workspaces in running:
        workspaces.shutdown()


def test_a_workspace_is_made_and_found_by_its_key(started, tmp_path):
    workspaces = started()
    key = workspaces.make(tmp_path / "root", "second")
    assert key == "second"
    assert workspaces.find(key).workspace.folder == tmp_path / "root" / "second"
    assert workspaces.find(key) is workspaces.find("second")
    assert workspaces.find("") is workspaces.first
    with pytest.raises(UserError, match="already"):
        workspaces.make(tmp_path / "root", "second")
    with pytest.raises(UserError, match="cannot name"):
        workspaces.make(tmp_path / "root", "../third")


def test_another_server_remembers_which_ones_were_opened(started, tmp_path):
    started().make(tmp_path / "root", "second")
    again = started("third")
    assert [one.key for one in again.recent()] == ["", "second", "first"]
    assert again.find("second").workspace.folder.name == "second"
    Workspace(tmp_path / "root" / "first").rename("Night 1")
    assert [one.name for one in again.recent()] == ["second", "third", "Night 1"]


def test_an_address_opens_nothing_that_was_not_opened_before(started, tmp_path):
    Workspace.open(tmp_path / "root" / "other")
    workspaces = started()
    for key in ("other", "../outside", "/etc", "no/such"):
        with pytest.raises(NotFound, match="was not opened here yet"):
            workspaces.find(key)
    assert workspaces.open(tmp_path / "root" / "other") == "other"
    assert workspaces.find("other").workspace.name == "other"


def test_nothing_outside_of_the_root_is_opened_or_made(started, tmp_path):
    Workspace.open(tmp_path / "outside")
    workspaces = started()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    for folder in (tmp_path / "outside", tmp_path / "root" / "link", tmp_path / "root" / ".." / "outside"):
        with pytest.raises(UserError, match="lies outside"):
            workspaces.open(folder)
        with pytest.raises(UserError, match="lies outside"):
            workspaces.make(folder, "inside")
    with pytest.raises(UserError, match="no workspace at"):
        workspaces.open(tmp_path / "root" / "first" / "surveys")


def test_a_server_without_a_token_opens_none(started, tmp_path):
    Workspace.open(tmp_path / "root" / "other")
    workspaces = started(closed=True)
    with pytest.raises(UserError, match="without a token"):
        workspaces.open(tmp_path / "root" / "other")
    assert workspaces.recent() == []


def test_the_menu_names_the_workspace_and_leads_to_others(session, started, tmp_path, monkeypatch, notices):
    workspaces = started()
    visited = []
    monkeypatch.setattr(session.bridge, "visit", visited.append)
    menu = WorkspaceMenu(session, workspaces)
    menu.title.value = "My sky"
    assert (session.workspace.name, menu.button.label) == ("My sky", "My sky")
    menu.title.value = "x" * 65
    assert "cannot be a name" in notices[-1]
    assert menu.title.value == "My sky"
    menu.button.clicks += 1
    assert list(menu.folders.options) == ["first — workspace"]
    menu.new_name.value = "fresh"
    menu.make.clicks += 1
    assert "workspace=fresh" in visited[-1]
    menu.button.clicks += 2
    assert not menu.menu.visible
