"""Reconstructions as jobs and as commands."""

import json

import numpy as np
import pytest
from survey_of_slopes import GRID, Listener, write_survey

from specvae_core.__main__ import main
from specvae_core.errors import BadConfig, Cancelled, GridMismatch, NotFound
from specvae_core.inverse import parse_problem
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.invert import invert
from specvae_core.tasks.invert_survey import invert_survey
from specvae_core.tasks.prior import prior_of
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

IDS = ["s-003", "s-050", "s-111"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("invert")
    made = Workspace.open(folder / "w")
    write_survey(made, n=200)
    for name, config in (("pca", {"n_latent": 2}), ("infovae", {"n_latent": 2, "max_epochs": 15, "epoch_steps": 100})):
        job = folder / name
        job.mkdir()
        train(made, Listener(), job, survey="slopes", model=name, config=config)
    return made


@pytest.fixture
def run(workspace, capsys):
    def run(*arguments):
        try:
            status = main([*map(str, arguments), "--workspace", str(workspace.folder), "--json"])
        except SystemExit as leave:
            status = leave.code
        out, err = capsys.readouterr()
        return json.loads(out) if status == 0 else (status, err.strip().splitlines()[-1])

    return run


def test_fills_a_window_and_says_how_well(workspace, tmp_path):
    heard = Listener()
    result_id = invert(
        workspace, heard, tmp_path, model="infovae-2", survey="slopes", ids=IDS, problem="inpaint:0.4", starts=2
    )
    result = workspace.results.load(Kind.RECONSTRUCTIONS, result_id)
    assert result.header["state"] == "finished"
    assert result.header["ids"] == IDS
    arrays = result.arrays
    hidden = arrays["hidden"]
    assert (hidden.sum(axis=1) == 32).all()
    assert (arrays["ivar"][hidden] == 0).all()
    errors = (arrays["spectrum"] - arrays["flux"])[hidden]
    assert np.sqrt(np.mean(errors**2)) < 0.06
    assert result.header["mse_hidden"] == pytest.approx(np.mean(errors**2), rel=1e-4)
    assert arrays["band95"].shape == (3, 2, GRID.n_pixel)
    assert arrays["path_spectra"].shape == (result.header["steps"] + 1, 3, GRID.n_pixel)
    assert any("misfit" in progress.values for progress in heard.heard)


def test_linear_models_arrive_at_once_and_ranges_are_hidden_as_given(workspace, tmp_path):
    settings = {"model": "pca-2", "survey": "slopes", "ids": IDS, "problem": "hide:5000-5600"}
    result_id = invert(
        workspace, Listener(), tmp_path, **settings, name=workspace.results.reserve(Kind.RECONSTRUCTIONS, "mine")
    )
    assert result_id == "mine"
    result = workspace.results.load(Kind.RECONSTRUCTIONS, "mine")
    inside = (GRID.wavelength >= 5000) & (GRID.wavelength <= 5600)
    np.testing.assert_array_equal(result.arrays["hidden"], np.tile(inside, (3, 1)))
    assert result.header["steps"] <= 6
    assert result.header["n_converged"] == 3


def test_a_stopped_job_leaves_its_best_so_far(workspace, tmp_path):
    with pytest.raises(Cancelled):
        invert(workspace, Listener("step 1"), tmp_path, model="infovae-2", survey="slopes", ids=IDS, name="halfway")
    result = workspace.results.load(Kind.RECONSTRUCTIONS, "halfway")
    assert result.header["state"] == "stopped"
    assert result.header["steps"] == 1
    assert np.isfinite(result.arrays["spectrum"]).all()
    with pytest.raises(Cancelled):
        invert(workspace, Listener("measuring"), tmp_path, model="pca-2", survey="slopes", ids=IDS, name="too-early")
    assert not workspace.results.exists(Kind.RECONSTRUCTIONS, "too-early")


def upload(folder, wave, flux, **columns):
    """A file with one spectrum, noise of 2%."""
    path = folder / "mine.npz"
    np.savez(path, wave=wave, flux=flux[None], ivar=np.full((1, len(wave)), (50 / np.nanmean(flux)) ** 2), **columns)
    return path


def known(wave):
    """Noiseless flux of a kind that the survey holds, mean 1 on its grid."""
    position = -1 + 2 * np.log(wave / 4000) / np.log(2)
    flux = 1 + 0.3 * position + 0.6 * np.exp(-0.5 * ((position - 0.2) / 0.05) ** 2)
    return flux / 1.04


def test_an_uploaded_spectrum_is_found_beyond_its_own_pixels(workspace, run, tmp_path):
    wave = np.linspace(4300.0, 7000.0, 500)
    flux = 3e-17 * known(wave)
    flux[100:110] = np.nan
    said = run("invert", "--model", "pca-2", "--upload", upload(tmp_path, wave, flux, z=[0.0], id=["mine"]))
    assert "10 of 500 fluxes" in said["notes"][0]
    arrays = workspace.results.load(Kind.RECONSTRUCTIONS, said["result"]).arrays
    spectrum = arrays["spectrum"][0]
    # the scale follows though the red is unseen
    np.testing.assert_allclose(spectrum, known(GRID.wavelength), atol=0.08)


def test_an_uploaded_spectrum_s_redshift_is_found(run, tmp_path):
    wave = np.linspace(4300.0, 8600.0, 700)
    path = upload(tmp_path, wave, known(wave / 1.15))
    said = run("invert", "--model", "pca-2", "--upload", path, "--redshift-range", "0.05:0.25")
    assert said["redshift"] == pytest.approx(0.15, abs=0.004)
    assert 0 < said["redshift_sigma"] < 0.01


def test_all_of_a_survey_becomes_a_new_survey_with_its_holes_filled(workspace, run):
    said = run(
        "invert", "--model", "pca-2", "--survey", "slopes", "--all", "--name", "filled", "--problem", "inpaint:0.2"
    )
    assert said["survey"] == "filled"
    new, old = workspace.survey("filled").read(), workspace.survey("slopes").read()
    assert (new.ids == old.ids).all()
    assert (new.seen.mean(axis=1) == 0.8).all()
    np.testing.assert_allclose(new.flux[new.seen], old.flux[new.seen], atol=1e-6)
    assert np.sqrt(np.mean((new.infilled - old.flux)[~new.seen] ** 2)) < 0.06


def test_what_is_asked_for_is_not_in_the_prior(workspace, tmp_path):
    ids = workspace.survey("slopes").ids[::2].tolist()
    question = parse_problem("inpaint:0.2", GRID)
    prior = prior_of(workspace, "pca-2", "slopes", question, ignore, 1.0, ids)
    codes = workspace.encoding("pca-2", "slopes").latents
    assert 0 < len(prior.candidates) <= 100
    assert not (prior.candidates[:, None] == codes[::2]).all(axis=2).any()
    everything = workspace.survey("slopes").ids.tolist()
    with pytest.raises(BadConfig, match="these are all of them"):
        invert_survey(workspace, Listener(), tmp_path, model="pca-2", survey="slopes", name="new", ids=everything)
    assert not workspace.survey_folder("new").exists()


def test_weight_and_flow_are_settings_that_the_result_names(workspace, tmp_path):
    write_survey(workspace, "more", n=600)
    (tmp_path / "pca").mkdir()
    model = train(workspace, Listener(), tmp_path / "pca", survey="more", model="pca", config={"n_latent": 2})
    settings = {"model": model, "survey": "more", "ids": IDS, "problem": "inpaint:0.4", "method": "density"}
    header = workspace.results.load(
        Kind.RECONSTRUCTIONS, invert(workspace, Listener(), tmp_path, weight=2.0, **settings)
    ).header
    assert (header["method"], header["weight"]) == ("density", 2.0)
    assert header["mse_hidden"] < 0.06**2


def test_bench_sets_models_beside_baselines(run):
    said = run(
        "inverse-bench", "--models", "pca-2,infovae-2", "--survey", "slopes", "--problems", "inpaint:0.3", "-n", 10
    )
    test = {
        row["who"].split(" (")[0]: row for row in said["rows"] if row["part"] == "test" and row["method"] != "projected"
    }
    assert set(test) == {
        "linear interpolation",
        "smoothing spline",
        "probabilistic PCA",
        "iterative PCA",
        "pca-2",
        "infovae-2",
    }
    assert test["infovae-2"]["mse_mean"] < test["linear interpolation"]["mse_mean"]
    assert {row["method"] for row in said["rows"] if row["who"] == "pca-2"} == {"projected", "regularised"}


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"problem": "sharpen:1"}, BadConfig, "no problem 'sharpen:1'"),
        ({"problem": "denoise:-1"}, BadConfig, "takes a number from 0"),
        ({"problem": "hide:3000-9000"}, BadConfig, "Nothing is left to see"),
        ({"method": "guess"}, BadConfig, "no method 'guess'"),
        ({"ids": ["nobody"]}, NotFound, "has no object nobody"),
        ({"ids": []}, BadConfig, "0 spectra were asked for"),
        ({"redshift_range": [0, 0.1]}, BadConfig, "uploaded spectrum only"),
        ({"survey": None}, BadConfig, "Neither a survey nor an uploaded file"),
    ],
)
def test_mistakes_are_told_in_a_sentence(workspace, tmp_path, settings, error, words):
    with pytest.raises(error, match=words):
        invert(workspace, Listener(), tmp_path, **{"model": "pca-2", "survey": "slopes", "ids": IDS, **settings})


def test_an_upload_beside_the_model_s_grid_is_told_in_a_sentence(workspace, run, tmp_path):
    wave = np.linspace(12000.0, 15000.0, 200)
    np.savez(tmp_path / "red.npz", wave=wave, flux=np.ones((1, 200)), ivar=np.ones((1, 200)), z=[0.0])
    with pytest.raises(GridMismatch, match="12000 to 15000 Å"):
        invert(workspace, Listener(), tmp_path, model="pca-2", upload=str(tmp_path / "red.npz"), problem="as-is")
    status, sentence = run("invert", "--model", "pca-2", "--upload", tmp_path / "red.npz")
    assert status == 2
    assert "choose a model that covers it" in sentence
