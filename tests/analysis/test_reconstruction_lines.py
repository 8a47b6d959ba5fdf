"""Errors of lines against the scatter of what is measured under known noise."""

import numpy as np
import pytest
from planted_lines import galaxy

from specvae_core.analysis.reconstruction_lines import measure_reconstruction
from specvae_core.analysis.track_lines import measure_lines
from specvae_core.grid import DEFAULT_GRID, SpectralGrid
from specvae_core.inverse.problem import UNKNOWN_NOISE

NOISE = 0.03
CLEAN = galaxy(h_alpha=40.0, nii_6584=15.0, h_beta=12.0, oiii_5007=20.0)


def noisy(n: int, seed: int) -> np.ndarray:
    return CLEAN + NOISE * np.random.default_rng(seed).normal(size=(n, len(CLEAN)))


def test_errors_are_the_scatter_of_measures_under_the_same_noise():
    ivar = np.full(len(CLEAN), NOISE**-2)
    lines = measure_reconstruction(DEFAULT_GRID, noisy(1, 3)[0], ivar, CLEAN, noisy(200, 1))
    scatter = measure_lines(DEFAULT_GRID, noisy(200, 2))
    for key in ("ew_h_alpha", "ew_h_beta", "ew_oiii_5007"):
        expected = np.std(scatter[key])
        assert lines["found"][key][1] == pytest.approx(expected, rel=0.25)
        assert lines["observed"][key][1] == pytest.approx(expected, rel=0.25)
        assert abs(lines["observed"][key][0] - lines["found"][key][0]) < 4 * expected


def test_holes_are_filled_and_assumed_errors_tell_nothing():
    ivar = np.full(len(CLEAN), UNKNOWN_NOISE)
    hole = slice(600, 700)
    ivar[hole] = 0
    flux = np.where(ivar > 0, CLEAN, -9.0)
    lines = measure_reconstruction(DEFAULT_GRID, flux, ivar, CLEAN, noisy(20, 1))
    assert lines["observed"] == {key: (value, None) for key, (value, _) in lines["found"].items()}


def test_what_the_grid_does_not_have_is_left_out():
    grid = SpectralGrid.from_range(1200.0, 1900.0, 300)
    flat = np.ones(300)
    assert measure_reconstruction(grid, flat, flat, flat, np.ones((5, 300))) == {"observed": {}, "found": {}}
