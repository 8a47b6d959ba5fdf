"""The header follows what is made and deleted, and chooses a survey's own model."""

import pytest
from survey_of_lines import wait, write_survey

from dashboard.header import Header
from dashboard.pages import PAGES
from dashboard.pages.data.page import DataPage
from dashboard.pages.train.page import TrainPage
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


@pytest.fixture
def models(workspace, tmp_path_factory) -> None:
    """Surveys ``one`` and ``two`` on one grid, with the models ``pca-2`` of the first and ``pca-3`` of the second."""
    for name, n_latent in (("one", 2), ("two", 3)):
        write_survey(workspace, name)
        job = tmp_path_factory.mktemp(name)
        train(workspace, ignore, job, survey=name, model="pca", config={"n_latent": n_latent})


def test_a_survey_brings_its_own_model_and_drops_what_was_picked(models, session) -> None:
    header, state = Header(session, PAGES), session.state
    header.survey.value = "one"
    assert state.model_id == "pca-2"
    state.picked = "one-003"
    seen = []
    state.param.watch(lambda *events: seen.append((state.survey_id, state.model_id)), ["survey_id", "model_id"])
    header.survey.value = "two"
    assert (set(seen), state.picked) == ({("two", "pca-3")}, "")
    assert set(header.model.options.values()) == {"pca-2", "pca-3"}


def test_a_deleted_survey_leaves_the_header_with_one_notice(models, session, notices) -> None:
    header, page = Header(session, PAGES), DataPage(session)
    header.survey.value = "one"
    page.view()
    page.shown()
    page.survey.buttons["delete"].clicks += 1
    page.survey.confirm[1].clicks += 1
    header.refresh()
    assert (session.state.survey_id, header.survey.value, session.state.model_id) == ("two", "two", "pca-3")
    assert notices == ["Survey one is deleted; “Undo delete” brings it back."]


def test_what_another_session_has_deleted_is_left_with_a_notice(models, session, workspace, notices) -> None:
    header = Header(session, PAGES)
    header.survey.value = "one"
    workspace.delete_model("pca-2")
    header.refresh()
    assert (session.state.model_id, header.model.value) == ("pca-3", "pca-3")
    assert notices == ["The model pca-2 was deleted meanwhile."]


def test_a_model_is_in_the_header_as_soon_as_it_is_made(session, workspace) -> None:
    write_survey(workspace, "one")
    header, page = Header(session, PAGES), TrainPage(session)
    page.view()
    page.shown()
    page.form.model.value = "pca"
    page.form.start.clicks += 1
    wait(lambda: session.state.model_id != "", page)
    assert (header.survey.value, header.model.value) == ("one", workspace.models()[0].id)
