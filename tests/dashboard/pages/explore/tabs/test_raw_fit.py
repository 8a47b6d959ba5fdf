"""The button *Fit raw* of the spectrum tab, without a browser."""

import numpy as np
import pytest
from survey_of_lines import wait

from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.ingest import ingest
from specvae_core.tasks.train import train

WAVELENGTH = np.linspace(4000.0, 8000.0, 90)
Z = 0.1


@pytest.fixture
def file(workspace, session, notices, tmp_path):
    """The file of a survey ``raw`` of 60 spectra of a slope and a line at z = 0.1, which a PCA has learnt."""
    random = np.random.default_rng(0)
    slope, depth = random.normal(0, 0.2, (60, 1)), random.uniform(0.2, 0.6, (60, 1))
    x = (WAVELENGTH - 6000) / 2000
    flux = 1 + slope * x - depth * np.exp(-0.5 * ((x - 0.2) / 0.05) ** 2) + random.normal(0, 0.01, (60, 90))
    path = tmp_path / "raw.npz"
    (tmp_path / "job").mkdir()
    ids = np.array([f"r-{row}" for row in range(60)])
    np.savez(path, wavelength=WAVELENGTH * (1 + Z), flux=flux, ivar=np.full(flux.shape, 1e4), z=np.full(60, Z), id=ids)
    ingest(workspace, ignore, tmp_path / "job", paths=[str(path)], name="raw", options={"grid": "4000:8000:60"})
    model = train(workspace, ignore, tmp_path / "job", survey="raw", model="pca", config={"n_latent": 2})
    encode_survey(workspace, model, "raw")
    session.state.param.update(survey_id="raw", model_id=model, picked="r-7")
    return path


def test_redshift_and_curve_are_shown_and_kept(file, session):
    page = ExplorePage(session)
    page.view()
    raw = page.lower.tab("spectrum").raw
    assert raw.button.visible
    raw.button.clicks += 1
    wait(lambda: raw.words.visible, page)
    z, sigma = raw.result.arrays["values"][0, :2]
    assert abs(z - Z) < 4 * sigma
    assert f"z = {z:.6f} ± {sigma:.6f}" in raw.words.object
    flux = page.lower.tab("spectrum").plot.flux.select_one({"name": "raw fit"}).data_source.data["flux"]
    assert np.isfinite(flux).all()
    session.state.picked = "r-8"
    assert not raw.words.visible
    session.state.picked = "r-7"
    assert raw.words.visible


def test_where_the_file_is_not_at_hand_a_notice_says_so(file, session, notices):
    page = ExplorePage(session)
    page.view()
    file.unlink()
    page.lower.tab("spectrum").raw.button.clicks += 1
    assert "raw.npz, which is not at hand" in notices[-1]
    assert not session.runner.jobs()
