"""Comparisons of two groups against scipy and against known truth."""

import numpy as np
import pytest
from scipy import stats

from specvae_core.analysis.contrast import (
    chance_variance,
    compare_categories,
    compare_numbers,
    false_discovery_rates,
    median_spectrum,
)


def test_the_rank_test_is_that_of_scipy():
    random = np.random.default_rng(0)
    a, b = np.round(random.normal(0.3, 1, 80), 1), np.round(random.normal(0, 1, 120), 1)  # with ties
    found = compare_numbers("x", np.append(a, np.nan), b)
    expected = stats.mannwhitneyu(a, b, use_continuity=False, method="asymptotic")
    assert found.p == pytest.approx(expected.pvalue)
    assert found.effect == pytest.approx(2 * expected.statistic / (80 * 120) - 1)
    assert found.difference == pytest.approx(np.median(a) - np.median(b))


def test_categories_by_chi_square():
    a, b = np.repeat(["x", "y", "z"], [30, 20, 10]), np.repeat(["x", "y", "z"], [10, 20, 30])
    found = compare_categories("kind", a, b)
    assert found.p == pytest.approx(stats.chi2_contingency([[30, 20, 10], [10, 20, 30]]).pvalue)
    assert 0 < found.effect < 1
    assert compare_categories("kind", np.repeat("x", 9), np.repeat("x", 9)) is None
    assert compare_categories("id", np.arange(200).astype(str), np.arange(200, 400).astype(str)) is None


def test_what_cannot_be_compared():
    assert compare_numbers("x", np.array([1.0, np.nan]), np.arange(9.0)) is None
    assert compare_numbers("x", np.ones(9), np.ones(9)) is None


def test_false_discovery_rates_are_those_of_scipy():
    p = np.random.default_rng(1).uniform(size=50) ** 2
    assert false_discovery_rates(p) == pytest.approx(stats.false_discovery_control(p))


def test_the_variance_of_random_groups():
    random = np.random.default_rng(2)
    deltas = [compare_numbers("x", random.normal(size=20), random.normal(size=50)).effect for _ in range(2000)]
    assert np.var(deltas) == pytest.approx(chance_variance(20, 50), rel=0.1)


def test_the_band_of_a_median_is_that_of_a_bootstrap():
    random = np.random.default_rng(3)
    flux = random.gamma(2.0, size=(301, 4))
    found = median_spectrum(flux)
    drawn = np.median(flux[random.integers(0, 301, (2000, 301))], axis=1)
    low, high = np.percentile(drawn, [15.87, 84.13], axis=0)
    assert found.median == pytest.approx(np.median(flux, axis=0))
    assert found.low == pytest.approx(low, abs=0.03)
    assert found.high == pytest.approx(high, abs=0.03)


def test_unseen_pixels_do_not_count():
    flux = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, 5.0], [np.nan, 6.0]])
    found = median_spectrum(flux)
    assert found.median[0] == 2.0
    assert np.isnan(found.median[1])
