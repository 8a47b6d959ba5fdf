"""Densities of redshift put right by their PIT."""

import numpy as np
import pytest
from numpy.polynomial import legendre
from scipy import stats

from specvae_core.models.sdgm.density import PIT_DEGREE, at, cumulative, pit_shape, reshaped

GRID = np.linspace(0.005, 1.0, 400)


def skewed(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian densities (n, n_z) for redshifts that in truth lie on one side more than on the other."""
    random = np.random.default_rng(seed)
    mean = random.uniform(0.3, 0.7, n)
    redshift = mean + 0.05 * (stats.skewnorm.rvs(4, size=n, random_state=random) - 0.774) / 0.633  # mean 0, variance 1
    return stats.norm.pdf(GRID, mean[:, None], 0.05), redshift


def transform(grid: np.ndarray, pdf: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """PIT (n,): F(z) of each density at the true redshift."""
    return at(grid, cumulative(grid, pdf), redshift)


def ks(pit: np.ndarray) -> float:
    return stats.kstest(pit, "uniform").statistic


def test_densities_of_a_wrong_shape_are_put_right_for_other_objects() -> None:
    shape = pit_shape(transform(GRID, *skewed(2000, seed=1)))
    pdf, redshift = skewed(3000, seed=2)
    right = reshaped(GRID, pdf, shape)
    np.testing.assert_allclose(np.trapezoid(right, GRID, axis=1), 1.0)
    before, after = ks(transform(GRID, pdf, redshift)), ks(transform(GRID, right, redshift))
    assert before > 0.05
    assert after < 0.03


def test_the_shape_of_a_known_density_is_found() -> None:
    truth, at = np.array([0.2, -0.3, 0.1, 0.0]), np.linspace(0, 1, 100_001)
    density = np.exp(legendre.legval(2 * at - 1, [0.0, *truth]))
    sums = np.cumsum(density) / density.sum()
    draws = np.interp(np.random.default_rng(0).random(200_000), sums, at)
    np.testing.assert_allclose(pit_shape(draws), truth, atol=0.02)


def test_few_objects_change_little() -> None:
    flat = (np.arange(50) + 0.5) / 50
    np.testing.assert_allclose(pit_shape(flat), 0.0, atol=5e-3)
    assert np.abs(pit_shape(np.full(3, 0.9))).max() < 0.2


def test_a_flat_shape_changes_nothing() -> None:
    pdf, _ = skewed(20, seed=3)
    np.testing.assert_allclose(reshaped(GRID, pdf, np.zeros(PIT_DEGREE)), pdf / np.trapezoid(pdf, GRID)[:, None])
    assert transform(GRID, pdf, GRID[[0] * 20]) == pytest.approx(np.zeros(20))
    np.testing.assert_array_equal(cumulative(GRID, pdf)[:, -1], 1.0)
