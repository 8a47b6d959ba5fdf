"""The card of an object says what a model with a column beside the spectra predicts, and what was measured."""

import re

import pytest
from survey_of_lines import write_survey

from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


@pytest.fixture
def page(workspace, session, tmp_path, notices) -> ExplorePage:
    """Explore on an InfoVAE with the column ``slope``."""
    write_survey(workspace, "lines", n=300, measured=True)
    config = {"n_latent": 2, "inputs": "slope", "max_epochs": 6, "epoch_steps": 40}
    model = train(workspace, ignore, tmp_path, survey="lines", model="infovae", config=config)
    session.state.param.update(survey_id="lines", model_id=model)
    page = ExplorePage(session)
    page.view()
    return page


def test_a_measured_value_stands_beside_its_prediction(page, session):
    session.state.picked = "lines-001"
    found = re.search(
        r"<dt>slope</dt><dd>(.*?) ± (.*?) <span.*?>· measured (.*?) ± 0.02</span>", page.object.body.object
    )
    predicted, sigma, measured = (float(text.replace("−", "-")) for text in found.groups())
    assert abs(predicted - measured) < 5 * (sigma + 0.02)
    assert sigma < 0.2


def test_a_missing_value_is_predicted_all_the_same(page, session):
    session.state.picked = "lines-010"
    assert re.search(r"<dt>slope</dt><dd>−?[0-9.]+ ± [0-9.]+ <span.*?>· not measured", page.object.body.object)
