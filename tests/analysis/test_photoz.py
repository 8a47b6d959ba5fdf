"""Metrics of photometric redshifts against hand-computed values and SciPy's statistics."""

import numpy as np
import pytest
from scipy import stats

from specvae_core.analysis.photoz import Scores, point_metrics, score, uniformity

GRID = np.linspace(0.0, 1.0, 2001)


def gaussians(mean: np.ndarray, sigma: float) -> np.ndarray:
    """Normalised densities (n, n_z)."""
    return stats.norm.pdf(GRID, mean[:, None], sigma)


def test_point_metrics_of_four_objects_by_hand() -> None:
    z_spec = np.array([0.0, 1.0, 1.0, 3.0, np.nan])
    z_phot = np.array([0.1, 1.0, 1.4, 3.0, 0.5])  # Δz = 0.1, 0, 0.2, 0
    metrics = point_metrics(z_phot, z_spec)
    assert metrics.n == 4
    assert metrics.bias == pytest.approx(0.075)
    assert metrics.rms == pytest.approx(np.sqrt((0.01 + 0.16) / 4))
    assert metrics.nmad == pytest.approx(1.4826 * 0.05)  # median Δz is 0.05, all lie 0.05, 0.05, 0.15, 0.05 off
    assert metrics.outliers_015 == 0.25
    assert metrics.outliers_3sigma == 0.0


def test_no_redshift_gives_no_number() -> None:
    metrics = score(GRID, gaussians(np.array([0.5]), 0.1), np.array([np.nan])).metrics()
    assert metrics.pop("n") == 0
    assert np.isnan(list(metrics.values())).all()


def test_scores_of_parts_are_those_of_the_whole() -> None:
    z_spec = np.array([0.2, np.nan, 0.4, 0.6])
    pdf = gaussians(np.array([0.3, 0.5, 0.4, 0.7]), 0.1)
    parts = [score(GRID, pdf[some], z_spec[some]) for some in (slice(0, 1), slice(1, 4))]
    assert Scores.joined(parts).metrics() == score(GRID, pdf, z_spec).metrics()


def test_the_statistics_are_those_of_scipy() -> None:
    values = np.random.default_rng(0).uniform(0, 1, 300) ** 1.2
    ks, cvm, ad = uniformity(values)
    assert ks == pytest.approx(stats.kstest(values, "uniform").statistic)
    assert cvm == pytest.approx(stats.cramervonmises(values, "uniform").statistic)
    u = np.sort(values)
    i = np.arange(1, 301)
    assert ad == pytest.approx(-300 - np.mean((2 * i - 1) * (np.log(u) + np.log(1 - u[::-1]))))


def test_calibrated_densities_have_a_uniform_pit_and_narrow_ones_have_not() -> None:
    random = np.random.default_rng(1)
    mean = random.uniform(0.3, 0.7, 2000)
    z_spec = random.normal(mean, 0.04)
    right, narrow = (score(GRID, gaussians(mean, sigma), z_spec).density_metrics() for sigma in (0.04, 0.02))
    assert right.pit_ks < 0.03
    assert narrow.pit_ks > 0.1
    assert narrow.pit_cvm > 10 * right.pit_cvm
    assert narrow.pit_ad > 10 * right.pit_ad
    assert right.cde_loss < narrow.cde_loss
    assert right.crps < narrow.crps


def test_scores_of_a_gaussian_are_the_closed_forms() -> None:
    sigma, z_spec = 0.05, np.array([0.5])
    scores = score(GRID, gaussians(np.array([0.5]), sigma), z_spec)
    metrics = scores.density_metrics()
    assert metrics.cde_loss == pytest.approx((1 / (2 * np.sqrt(np.pi)) - 2 / np.sqrt(2 * np.pi)) / sigma, rel=1e-3)
    assert metrics.crps == pytest.approx(sigma * (np.sqrt(2) - 1) / np.sqrt(np.pi), rel=1e-2)
    assert scores.pit == pytest.approx([0.5], abs=1e-3)


def test_metrics_of_some_objects_are_those_of_their_own_densities() -> None:
    random = np.random.default_rng(2)
    mean = random.uniform(0.3, 0.7, 50)
    z_spec = np.where(np.arange(50) % 5 == 0, np.nan, random.normal(mean, 0.05))
    everything, rows = score(GRID, gaussians(mean, 0.05), z_spec), np.arange(10, 30)
    alone = score(GRID, gaussians(mean[rows], 0.05), z_spec[rows])
    assert everything.take(rows).metrics() == pytest.approx(alone.metrics())
    assert everything.metrics()["n"] == 40
