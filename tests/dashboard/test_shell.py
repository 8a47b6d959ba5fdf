"""The shell: pages that follow a survey out of view, and one that could not be built."""

from collections.abc import Iterator

import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc
from survey_of_lines import write_survey

from dashboard.app import Shell
from dashboard.pages.data.page import DataPage
from dashboard.warm_up import WarmUp
from dashboard.workspaces import Workspaces
from specvae_core.errors import UserError


@pytest.fixture
def document() -> Iterator[Document]:
    """The document of a session."""
    document = Document()
    with set_curdoc(document):
        yield document


@pytest.fixture
def shell(document, workspace, session, monkeypatch) -> Shell:
    """A session on two surveys, which may work ahead at any time."""
    for name in ("one", "two"):
        write_survey(workspace, name)
    monkeypatch.setattr(WarmUp, "may_build", lambda self: True)
    shell = Shell(Workspaces(session.shared), WarmUp(session.runner))
    shell.session.state.survey_id = "one"
    return shell


def turn(shell: Shell, document: Document, page: str) -> None:
    """Turn to a page as the navigation does."""
    shell.session.state.page = page
    for soon in document.session_callbacks:
        if type(soon).__name__ == "NextTickCallback":
            document.remove_next_tick_callback(soon)
            soon.callback()


def test_pages_out_of_view_follow_a_survey_while_nobody_touches_the_session(shell, document):
    turn(shell, document, "train")
    form = shell.pages["train"].form
    assert form.survey.value == "one"
    turn(shell, document, "data")
    shell.session.state.survey_id = "two"
    assert form.survey.value == "one"
    built = list(shell.pages)
    shell.session.bridge.on_idle(700)  # Explore comes first
    shell.session.bridge.on_idle(1100)
    assert form.survey.value == "two"
    assert shell.session.state.page == "data"
    shell.session.bridge.on_idle(1500)
    assert list(shell.pages) == built, "a page that is built holds up a hand that rests for a moment only"
    shell.session.bridge.on_idle(3100)
    assert len(shell.pages) == len(built) + 1


def test_a_page_that_could_not_be_built_is_tried_again(shell, document, monkeypatch):
    told = []
    monkeypatch.setattr(shell.session.bridge, "notify", lambda text, kind="info": told.append(text))

    def fail(page: DataPage) -> None:
        raise UserError("The disk is away.")

    with monkeypatch.context() as broken:
        broken.setattr(DataPage, "view", fail)
        turn(shell, document, "data")
    assert told == ["The disk is away."]
    assert "data" not in shell.pages
    turn(shell, document, "explore")
    turn(shell, document, "data")
    assert "data" in shell.pages
    assert any("page-data" in part.css_classes for part in shell.main)
