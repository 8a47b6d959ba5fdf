"""Linear unmixing finds planted endmembers and fractions."""

import numpy as np
import pytest

from specvae_core.analysis.linear_unmixing import fcls, n_findr, vca
from specvae_core.analysis.unmixing import spectral_angles

N_PIXEL = 60


def planted(noise: float, n: int = 500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spectra (n, 60) of four endmembers of which the first four spectra are pure, the fractions and endmembers."""
    random = np.random.default_rng(3)
    position = np.linspace(0, 1, N_PIXEL)
    pure = np.array([0.2 + np.exp(-0.5 * ((position - at) / 0.12) ** 2) for at in (0.1, 0.35, 0.6, 0.9)])
    fractions = np.vstack([np.eye(4), random.dirichlet(np.ones(4), n - 4)])
    return fractions @ pure + random.normal(0, noise, (n, N_PIXEL)), fractions, pure


@pytest.mark.parametrize("method", [vca, n_findr])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_pure_spectra_are_found_as_the_corners(method, noise: float) -> None:
    flux, fractions, pure = planted(noise)
    rows = method(flux, 4, np.random.default_rng(0))
    assert sorted(fractions[rows].argmax(axis=1)) == [0, 1, 2, 3]
    assert fractions[rows].max(axis=1).min() > (0.999 if noise == 0 else 0.9)
    assert spectral_angles(flux[rows], pure[fractions[rows].argmax(axis=1)]).max() < 0.15


def test_vca_does_not_mind_brightness() -> None:
    flux, _, _ = planted(0.0)
    dimmed = flux * np.random.default_rng(1).uniform(0.1, 1, (len(flux), 1))
    assert sorted(vca(dimmed, 4, np.random.default_rng(0))) == [0, 1, 2, 3]


def test_fcls_recovers_fractions_on_the_simplex() -> None:
    flux, fractions, pure = planted(0.01)
    found = fcls(flux, pure)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-9)
    assert found.min() >= 0
    assert np.sqrt(np.mean((found - fractions) ** 2)) < 0.01
    outside = fcls(2 * pure[:1] - pure[1:2], pure)  # no mixture: the nearest one is the pure first
    assert outside[0, 0] > 0.95
