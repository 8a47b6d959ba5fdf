"""Spectra from labels that bend, held against the linear law and against their truth."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import Lux, load_model, save_model
from specvae_core.models.lux.settings import LuxConfig

GRID = SpectralGrid.from_range(4000.0, 7000.0, 100)
NOISE = 0.01
LATER = ("emulator.", "label_errors.", "typical_ivar", "to_windowed")
"""First words of the names of weights that version 0.2 did not have."""


def bent_flux(teff: np.ndarray, feh: np.ndarray) -> np.ndarray:
    """Noiseless spectra (n, 100): a slope that saturates, and a line that is deep only in cool stars."""
    u, position = ((teff - 5000) / 500)[:, None], np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.3) / 0.1) ** 2)
    return 1 + 0.2 * np.tanh(2 * u) * position - (0.3 + 0.2 * feh[:, None] * np.exp(-u)) * line


def bent_stars(n: int, seed: int, wrong: float = 0.0) -> SpectraSet:
    """A survey with exact labels, but for a share of wrong ones."""
    random = np.random.default_rng(seed)
    teff, feh = random.uniform(4000, 6000, n), random.uniform(-1, 0.5, n)
    flux = bent_flux(teff, feh) + random.normal(0, NOISE, (n, GRID.n_pixel))
    mistaken = random.random(n) < wrong
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)]})
    table["teff"] = np.where(mistaken, random.uniform(4000, 6000, n), teff)
    table["feh"] = np.where(mistaken, random.uniform(-1, 0.5, n), feh)
    return SpectraSet(GRID, flux.astype(np.float32), np.full(flux.shape, NOISE**-2, np.float32), table)


def bent_lux(**settings: object) -> Lux:
    return Lux(GRID, LuxConfig(**{"n_latent": 12, "labels": "teff,feh", "calibration": 0.0, **settings}))


@pytest.fixture(scope="module")
def lux() -> Lux:
    return bent_lux().fit(bent_stars(500, 0))


@pytest.fixture(scope="module")
def new() -> np.ndarray:
    random = np.random.default_rng(9)
    return np.column_stack([random.uniform(4100, 5900, 200), random.uniform(-0.9, 0.4, 200)])


def test_spectra_of_labels_that_bend_are_those_of_the_law(lux: Lux, new: np.ndarray) -> None:
    truth = bent_flux(*new.T)
    linear = bent_lux(n_hidden=0).fit(bent_stars(500, 0))
    errors = [np.sqrt(np.mean((model.spectra_from_labels(new)[0] - truth) ** 2)) for model in (lux, linear)]
    assert errors[0] < NOISE / 2
    assert errors[0] < 0.2 * errors[1]


def test_a_tenth_of_wrong_labels_hardly_matters(new: np.ndarray) -> None:
    found = bent_lux().fit(bent_stars(500, 0, wrong=0.1)).spectra_from_labels(new)[0]
    assert np.sqrt(np.mean((found - bent_flux(*new.T)) ** 2)) < 1.5 * NOISE


def test_labels_of_a_spectrum_of_labels_are_these_labels(lux: Lux, new: np.ndarray) -> None:
    flux, _ = lux.spectra_from_labels(new)
    table = pd.DataFrame({"id": [str(i) for i in range(len(flux))]})
    again, _ = lux.predict_labels(SpectraSet(GRID, flux, np.full(flux.shape, NOISE**-2, np.float32), table))
    bends = np.abs(new[:, 0] - 5000) < 700  # beyond, spectra hardly depend on the temperature
    off = np.sqrt(np.mean((again - new)[bends] ** 2, axis=0))
    assert off[0] < 60  # of clean spectra of the law itself this model reads temperatures to 80 K
    assert off[1] < 0.06


def test_errors_of_labels_and_labels_that_are_unknown_widen_the_errors_of_the_spectrum(lux: Lux) -> None:
    exact = lux.spectra_from_labels([[4500.0, 0.0]])[1]
    vague = lux.spectra_from_labels([[4500.0, 0.0]], [[10.0, 0.3]])[1]
    flux, unknown = lux.spectra_from_labels([[4500.0, np.nan]])
    line = np.argmin(bent_flux(np.array([4500.0]), np.array([0.0]))[0])
    assert vague[0, line] > 3 * exact[0, line]
    assert unknown[0, line] > vague[0, line]
    for feh in (-0.8, 0.3):
        assert abs(flux[0, line] - bent_flux(np.array([4500.0]), np.array([feh]))[0, line]) < 3 * unknown[0, line]


def test_errors_of_spectra_are_those_that_occur(lux: Lux) -> None:
    stars = bent_stars(200, 5)
    random = np.random.default_rng(0)
    labels = stars.table[["teff", "feh"]].to_numpy()
    errors = np.broadcast_to([40.0, 0.1], labels.shape)
    flux, sigma = lux.spectra_from_labels(labels + errors * random.standard_normal(labels.shape), errors)
    pull = (flux - bent_flux(*labels.T)) / sigma
    assert 0.55 < np.mean(np.abs(pull) < 1) < 0.85


def test_errors_grow_where_no_star_was(lux: Lux) -> None:
    inside, outside = (lux.spectra_from_labels([[teff, 0.0]])[1].mean() for teff in (5000.0, 9000.0))
    assert outside > 2 * inside


def test_a_few_stars_leave_the_linear_law() -> None:
    few = bent_lux(n_latent=2).fit(bent_stars(15, 0))
    assert not few.emulator.fitted
    assert np.isfinite(few.spectra_from_labels([[5000.0, 0.0]])[0]).all()


def test_a_model_of_an_older_version_opens_and_keeps_its_linear_law(lux: Lux, tmp_path) -> None:
    save_model(lux, tmp_path / "lux", survey_id="stars", seconds=1.0, epochs=1)
    path = tmp_path / "lux" / "weights.safetensors"
    older = {name: tensor for name, tensor in load_file(path).items() if not name.startswith(LATER)}
    save_file(older, path)
    header = tmp_path / "lux" / "model.json"
    found = json.loads(header.read_text())
    later = ("has_checksum", "checksum", "sha256")
    header.write_text(json.dumps({name: value for name, value in found.items() if name not in later}))
    loaded, stars = load_model(tmp_path / "lux"), bent_stars(20, 3)
    np.testing.assert_array_equal(loaded.predict_labels(stars)[0], lux.predict_labels(stars)[0])
    found = loaded.label_prediction(stars)
    assert (found.errors > 0).all()
    assert not found.flags.any()
    assert not loaded.emulator.fitted
    linear, emulated = (model.spectra_from_labels([[4500.0, 0.0]])[0] for model in (loaded, lux))
    assert np.isfinite(linear).all()
    assert np.abs(linear - emulated).max() > NOISE
