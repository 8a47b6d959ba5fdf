"""The Reconstruct page on a small survey with two models."""

import pytest
from survey_of_lines import write_survey

from dashboard.pages.reconstruct.page import ReconstructPage
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


@pytest.fixture
def trained(workspace, tmp_path):
    """Ids of two models of the survey *lines*."""
    write_survey(workspace, "lines")
    models = []
    for n_latent in (2, 3):
        folder = tmp_path / f"job-{n_latent}"
        folder.mkdir()
        models.append(train(workspace, ignore, folder, survey="lines", model="pca", config={"n_latent": n_latent}))
    return models


@pytest.fixture
def page(trained, session, notices):
    """The page, with an object picked."""
    session.state.param.update(survey_id="lines", model_id=trained[0], picked="lines-007", page="reconstruct")
    page = ReconstructPage(session)
    page.view()
    page.shown()
    return page
