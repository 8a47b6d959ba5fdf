"""Smoothed spectra and their errors."""

import numpy as np
import pytest

from specvae_core.analysis.smoothing import smooth


def test_no_width_changes_nothing():
    flux = np.arange(5.0)
    assert smooth(flux, np.ones(5), flux, 0)[0] is flux


def test_errors_are_those_of_the_scatter_and_residuals_stay_normal():
    random = np.random.default_rng(1)
    ivar = random.uniform(1, 9, 20_000)
    truth = np.sin(np.arange(20_000) / 500)
    flux, after, model = smooth(truth + random.normal(size=20_000) / np.sqrt(ivar), ivar, truth, 3.0)
    assert ((flux - model) * np.sqrt(after)).std() == pytest.approx(1, abs=0.05)


def test_unseen_pixels_count_nothing_and_stay_unseen():
    flux, ivar = np.ones(50), np.ones(50)
    flux[20:25], ivar[20:25] = 1e6, 0.0
    smoothed, after, _ = smooth(flux, ivar, np.ones(50), 2.0)
    np.testing.assert_allclose(smoothed[after > 0], 1.0)
    assert not after[20:25].any()
