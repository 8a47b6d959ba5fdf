from dataclasses import replace

import numpy as np
import pytest
import torch
from survey_of_curves import GRID, SN, curves, new_model, truth

from specvae_core.errors import BadConfig
from specvae_core.models import InfoVAE


@pytest.fixture(scope="module")
def model() -> InfoVAE:
    return new_model("infovae", max_epochs=40).fit(curves(n=600, holes=0.0)[0], seed=2)


def test_the_loss_is_the_sum_of_its_parts(model: InfoVAE) -> None:
    spectra, _ = curves(n=64, seed=9)
    batch = model.tensors(spectra)
    parts = {name: float(value.detach()) for name, value in model.loss(batch, torch.Generator().manual_seed(0)).items()}
    total = parts["reconstruction"] + parts["kl"] + (model.mmd_lambda - 1) * parts["mmd"]
    assert parts["loss"] == pytest.approx(total, rel=1e-5)


def test_the_reconstruction_part_is_half_chi_squared_over_seen_pixels(model: InfoVAE) -> None:
    spectra, _ = curves(n=300, seed=9, holes=0.0)
    parts = model.loss(model.tensors(spectra), torch.Generator().manual_seed(0))
    # the noise of 60 pixels, plus about half a nat for each of the two latents that are drawn
    assert float(parts["reconstruction"].detach()) == pytest.approx(0.5 * GRID.n_pixel + 1, rel=0.15)
    half_seen = replace(spectra, ivar=np.where(np.arange(GRID.n_pixel) % 2, spectra.ivar, np.float32(0)))
    half_seen = replace(half_seen, infilled=spectra.flux)
    fewer = model.loss(model.tensors(half_seen), torch.Generator().manual_seed(0))
    assert float(fewer["reconstruction"].detach()) == pytest.approx(
        0.5 * float(parts["reconstruction"].detach()), rel=0.1
    )


def test_both_planted_parameters_are_found_and_neither_latent_collapses(model: InfoVAE) -> None:
    random = np.random.default_rng(11)
    parameters = random.uniform(-1, 1, (500, 2))
    spectra, _ = curves(n=500, holes=0.0)
    spectra.flux[:] = truth(parameters) + random.normal(0, 1 / SN, (500, GRID.n_pixel))
    mean, log_variance = model.encode_uncertainty(spectra)
    np.testing.assert_array_equal(mean, model.encode(spectra))
    assert (np.exp(log_variance).mean(axis=0) < 0.3).all()
    quadratic = np.column_stack([np.ones(500), mean, mean**2, mean[:, 0] * mean[:, 1], mean**3])
    fitted = quadratic @ np.linalg.lstsq(quadratic, parameters, rcond=None)[0]
    scatter = ((parameters - fitted) ** 2).mean(axis=0) / parameters.var(axis=0)
    assert (scatter < 0.1).all()


def test_latents_follow_the_prior(model: InfoVAE) -> None:
    mean, log_variance = model.encode_uncertainty(curves(n=500, seed=12)[0])
    total = mean.var(axis=0) + np.exp(log_variance).mean(axis=0)
    assert (np.abs(mean.mean(axis=0)) < 0.4).all()
    assert (total > 0.4).all()
    assert (total < 2.0).all()


def test_a_lambda_below_one_is_refused() -> None:
    with pytest.raises(BadConfig, match="0 or at least 1"):
        new_model("infovae", mmd_lambda=0.5)
