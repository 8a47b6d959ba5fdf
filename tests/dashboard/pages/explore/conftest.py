"""A small real survey under a PCA, and the Explore page on it, without a browser."""

import pytest
from survey_of_lines import write_survey

from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.train import train


@pytest.fixture
def model(workspace, tmp_path) -> str:
    """A PCA of three components of the survey ``lines``, which is encoded by it."""
    write_survey(workspace, "lines")
    folder = tmp_path / "job"
    folder.mkdir()
    model = train(workspace, ignore, folder, survey="lines", model="pca", config={"n_latent": 3})
    encode_survey(workspace, model, "lines")
    return model


@pytest.fixture
def page(model, session, notices) -> ExplorePage:
    """The page, all of its parts in place."""
    session.state.param.update(survey_id="lines", model_id=model)
    page = ExplorePage(session)
    page.view()
    return page
