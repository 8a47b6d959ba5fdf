"""Card and spectrum of an object whose model has a column beside the spectra: predicted, measured, reconstructed."""

import re

import numpy as np
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


def cells(page) -> list[str]:
    """Text of the row of ``slope`` beneath the spectrum."""
    row = re.search(r"<tr><td>slope</td>.*?</tr>", page.lower.tab("spectrum").columns.object)[0]
    return [re.sub(r"<.*?>", "", cell).replace("−", "-") for cell in re.findall(r"<td.*?>(.*?)</td>", row)]


def test_columns_stand_beneath_the_spectrum_with_their_pull(page, session, workspace):
    session.state.picked = "lines-001"
    _, measured, reconstruction, pull, _ = cells(page)
    truth = workspace.survey("lines").row(1).table["slope"].item()
    assert measured.endswith("± 0.02")
    assert float(measured.split()[0]) == pytest.approx(truth, abs=0.01)
    scatter = workspace.model(session.state.model_id).described_columns[0]
    sigma = np.hypot(0.02, scatter["scatter"] * scatter["spread"])
    assert float(pull) == pytest.approx((truth - float(reconstruction)) / sigma, abs=0.05)
    assert abs(float(pull)) < 4
    session.state.picked = "lines-010"
    assert cells(page)[1::2] == ["–", "–"]


def test_a_model_without_columns_has_no_table_of_them(page, session, workspace, tmp_path):
    session.state.picked = "lines-001"
    folder = tmp_path / "plain"
    folder.mkdir()
    plain = train(workspace, ignore, folder, survey="lines", model="pca", config={"n_latent": 2})
    assert page.lower.tab("spectrum").columns.visible
    session.state.model_id = plain
    assert not page.lower.tab("spectrum").columns.visible
