"""Packed covariances of latents against those that went in."""

import numpy as np
import pytest
from survey_of_curves import curves, new_model

from specvae_core.analysis.latent_errors import LatentErrors, ellipse, reconstruction_scatter


def covariances(n: int = 300, k: int = 6, degenerate: float = 0.3) -> np.ndarray:
    """(n, k, k) with widths from 0.001 to 1 and strong correlations."""
    random = np.random.default_rng(0)
    roots = random.normal(size=(n, k, 1)) + degenerate * random.normal(size=(n, k, k))
    scale = 10 ** random.uniform(-3, 0, (n, k))
    return scale[:, :, None] * (roots @ roots.mT) * scale[:, None]


@pytest.mark.parametrize("degenerate", [1.0, 0.3, 0.03])
def test_errors_along_any_direction_survive_the_packing(degenerate):
    covariance = covariances(degenerate=degenerate)
    errors = LatentErrors.from_covariance(covariance)
    directions = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    expected = np.sqrt(np.einsum("dk,nkl,dl->nd", directions, covariance, directions))
    np.testing.assert_allclose(errors.sigma(slice(None), directions), expected, rtol=0.03)
    np.testing.assert_allclose(errors.sigma(slice(None)) ** 2, np.einsum("nkk->nk", covariance), rtol=1e-4)
    assert errors.factor.nbytes == 300 * 6 * 7


def test_without_correlations_latents_are_independent():
    log_variance = np.log(np.array([[1.0, 4.0]], np.float32))
    errors = LatentErrors(log_variance)
    assert not errors.correlated
    np.testing.assert_allclose(errors.covariance(np.array([0]))[0], np.diag([1.0, 4.0]), rtol=1e-6)


def test_components_of_correlated_latents_have_the_scatter_of_draws():
    covariance = np.array([[1.0, 0.9], [0.9, 1.0]])
    axes = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2)
    sigma = LatentErrors.from_covariance(covariance[None]).sigma(slice(None), axes)[0]
    draws = np.random.default_rng(2).multivariate_normal([0, 0], covariance, 20_000) @ axes.T
    np.testing.assert_allclose(sigma, draws.std(axis=0), rtol=0.03)


def test_an_ellipse_holds_39_per_cent_of_the_draws():
    covariance = np.array([[2.0, -0.8], [-0.8, 0.5]])
    contour = ellipse(covariance, 1.0)
    np.testing.assert_allclose(np.einsum("nk,kl,nl->n", contour, np.linalg.inv(covariance), contour), 1.0)


def test_the_scatter_of_reconstructions_is_that_which_a_linear_decoder_makes_of_the_covariance():
    spectra = curves(n=100)[0]
    model = new_model("pca").fit(spectra)
    covariance = np.array([[0.04, 0.03], [0.03, 0.05]])
    errors, one = LatentErrors.from_covariance(np.stack([covariance, 9 * covariance])), spectra.take(slice(1, 2))
    slopes = model.decode(np.eye(2)) - model.decode(np.zeros((2, 2)))
    expected = 3 * np.sqrt(np.einsum("kp,kl,lp->p", slopes, covariance, slopes))
    found = reconstruction_scatter(model, one, model.encode(one), errors.of(1), np.random.default_rng(0), n=4000)
    np.testing.assert_allclose(found, expected, rtol=0.08, atol=1e-3)
