"""The linear model of what a decoder misses, against misses of a known law."""

import numpy as np
import pytest

from specvae_core.inverse import ResidualModel

P = 60
COMPONENTS = np.stack([0.3 * np.sin(np.arange(P) / 7), 0.1 * np.cos(np.arange(P) / 3)])
VARIANCE = np.linspace(0.01, 0.03, P) ** 2


def misses(n, noise, holes, seed=0):
    """Residuals and ivar (n, P): two components, a variance for each pixel, and noise of known size."""
    random = np.random.default_rng(seed)
    flux = random.normal(size=(n, 2)) @ COMPONENTS + random.normal(size=(n, P)) * np.sqrt(VARIANCE)
    flux += noise * random.normal(size=(n, P))
    seen = random.random((n, P)) >= holes
    return np.where(seen, flux, 0), np.where(seen, 1 / max(noise, 1e-3) ** 2, 0)


@pytest.mark.parametrize(("noise", "holes"), [(0.0, 0.0), (0.05, 0.3)])
def test_learns_the_covariance_under_noise_and_holes(noise, holes):
    model = ResidualModel.fit(*misses(800, noise, holes), components=2)
    learnt = (model.components.T @ model.components).numpy()
    np.testing.assert_allclose(learnt, COMPONENTS.T @ COMPONENTS, atol=0.012)
    np.testing.assert_allclose(model.variance.numpy().mean(), VARIANCE.mean(), rtol=0.25)


def test_pixels_that_nobody_saw_are_uncertain():
    residual, ivar = misses(100, 0.05, 0.0)
    ivar[:, :5] = 0
    model = ResidualModel.fit(residual, ivar)
    assert (model.variance[:5] > 4 * model.variance[5:].median()).all()
