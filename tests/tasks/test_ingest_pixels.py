"""Pixels that carry no wavelength, from the file to a trained model."""

import numpy as np
import pytest

from specvae_core.grid import PixelGrid, grid_from_json, parse_grid
from specvae_core.workspace import Workspace

SAID = ("--wavelength-unit", "pixel", "--scale", "none")


def test_a_grid_of_pixels_travels_by_its_header():
    grid = parse_grid("pixels:784")
    assert grid == PixelGrid(784)
    assert grid_from_json(grid.to_json()).matches(grid)
    assert parse_grid(str(grid)) == grid
    assert not grid.matches(PixelGrid(783))


@pytest.fixture
def images(tmp_path):
    flux = np.random.default_rng(0).integers(0, 200, (60, 6, 6)).astype(np.uint8)
    flux[:, 0] = 0
    flux[3] = 0
    np.savez(tmp_path / "images.npz", image=flux, label=np.arange(60) % 10)
    return flux


def test_images_enter_as_they_are_and_train(run, tmp_path, images):
    common = ("--workspace", tmp_path / "w")
    report = run("ingest", tmp_path / "images.npz", *common, "--name", "s", "--column", "flux=image", *SAID)
    assert report["ingested"] == 60
    survey = Workspace.open(tmp_path / "w").survey("s")
    assert survey.grid == PixelGrid(36)
    spectra = survey.read()
    assert spectra.seen.all()  # dark pixels are measurements
    stored = spectra.flux * survey.table["scale"].to_numpy()[:, None]
    np.testing.assert_allclose(stored, images.reshape(60, 36), rtol=1e-5)
    model = run("train", *common, "--survey", "s", "--model", "pca", "--n-latent", "2")
    assert model["model"]


def test_a_grid_that_does_not_fit_is_said(run, tmp_path, images):
    common = ("ingest", tmp_path / "images.npz", "--workspace", tmp_path / "w", "--name", "s", "--column", "flux=image")
    status, sentence = run(*common, *SAID, "--grid", "pixels:35")
    assert status
    assert "has 36 pixels without wavelengths, and the grid is pixels:35" in sentence
    status, sentence = run(*common, *SAID, "--grid", "4000:5000:100")
    assert status
    assert "give pixels:36" in sentence
