import numpy as np
import pytest

from specvae_core.data.resample import pixel_bounds, resample
from specvae_core.data.resample_loops import resample_compiled
from specvae_core.grid import SpectralGrid

GRID = SpectralGrid.from_range(4000, 5000, 60)


def irregular(rng, low=3900.0, high=5100.0, n=900):
    """Pixel centres whose spacing varies by a factor of two from one to the next."""
    steps = rng.uniform(1.0, 2.0, n)
    return low + (high - low) * np.cumsum(steps) / steps.sum()


def test_constant_flux_stays_constant():
    wavelength = irregular(np.random.default_rng(0))
    result = resample(wavelength, np.full(900, 3.5), np.ones(900), GRID)
    np.testing.assert_allclose(result.flux, 3.5, rtol=1e-13)
    assert result.covered.all()


def test_integral_is_conserved():
    rng = np.random.default_rng(1)
    wavelength, flux = irregular(rng), rng.normal(1, 1, 900)
    result = resample(wavelength, flux, np.ones(900), GRID)
    low, high = pixel_bounds(wavelength)
    shared = np.clip(np.minimum(high, GRID.edges[-1]) - np.maximum(low, GRID.edges[0]), 0, None)
    assert (result.flux * np.diff(GRID.edges)).sum() == pytest.approx((flux * shared).sum(), rel=1e-12)


def test_weights_are_the_overlaps():
    # Four source pixels of width 1 from 10 to 14, two grid pixels with known edges.
    grid = SpectralGrid.from_range(11.0, 12.2, 2)
    first, middle, last = grid.edges
    flux = np.array([1.0, 2.0, 4.0, 8.0])
    wavelength = np.array([10.5, 11.5, 12.5, 13.5])
    result = resample(wavelength, flux, np.array([1.0, 4.0, 4.0, 1.0]), grid)
    overlap = np.array([[11 - first, middle - 11, 0, 0], [0, 12 - middle, last - 12, 0]])
    assert (overlap >= 0).all()
    np.testing.assert_allclose(result.flux, overlap @ flux / overlap.sum(axis=1), rtol=1e-12)
    variance = overlap**2 @ [1.0, 0.25, 0.25, 1.0] / overlap.sum(axis=1) ** 2
    np.testing.assert_allclose(result.ivar, 1 / variance, rtol=1e-12)


def test_ivar_is_what_repeated_noise_gives():
    rng = np.random.default_rng(2)
    wavelength, ivar = irregular(rng), rng.uniform(0.5, 4, 900)
    ivar[rng.random(900) < 0.1] = 0
    sigma = np.divide(1, np.sqrt(ivar), out=np.full(900, 1e6), where=ivar > 0)
    draws = [resample(wavelength, sigma * rng.normal(size=900), ivar, GRID) for _ in range(1500)]
    scatter = np.var([draw.flux for draw in draws], axis=0)
    ratio = scatter * draws[0].ivar
    # The variance of 1500 draws is known to 4%; 60 pixels stay within five of its sigmas.
    assert abs(ratio - 1).max() < 0.19
    assert ratio.mean() == pytest.approx(1, abs=0.03)


def test_bad_pixels_leave_no_trace():
    wavelength = np.arange(3900.0, 5100.0, 1.0)
    flux, ivar = np.full(len(wavelength), 2.0), np.ones(len(wavelength))
    flux[300], ivar[300] = np.nan, 0
    flux[500], ivar[500] = 1e30, 0
    result = resample(wavelength, flux, ivar, GRID)
    np.testing.assert_allclose(result.flux, 2.0)
    assert result.ivar[0] > 0


def test_a_grid_pixel_needs_half_of_its_width_in_good_pixels():
    wavelength = np.arange(3900.0, 5100.0, 0.5)
    low, high = GRID.edges[20:22]
    for part, seen in ((0.45, True), (0.55, False)):
        ivar = np.ones(len(wavelength))
        ivar[(wavelength > low) & (wavelength < low + part * (high - low))] = 0
        result = resample(wavelength, np.ones(len(wavelength)), ivar, GRID)
        assert (result.ivar[20] > 0) == seen
        assert (result.flux[20] == 1) == seen
        assert result.covered[20]


def test_a_finer_grid_repeats_source_pixels():
    wavelength, flux = np.array([90.0, 100.0, 110.0, 120.0]), np.array([1.0, 2.0, 3.0, 4.0])
    grid = SpectralGrid.from_range(106.0, 114.0, 20)
    result = resample(wavelength, flux, np.full(4, 25.0), grid)
    np.testing.assert_allclose(result.flux, 3.0)
    np.testing.assert_allclose(result.ivar, 25.0)


def test_outside_the_spectrum_nothing_is_covered():
    wavelength = np.arange(4400.0, 4600.0, 1.0)
    result = resample(wavelength, np.ones(200), np.ones(200), GRID)
    inside = (GRID.wavelength > 4405) & (GRID.wavelength < 4595)
    assert result.covered[inside].all()
    assert not result.covered[(GRID.wavelength < 4385) | (GRID.wavelength > 4615)].any()
    np.testing.assert_array_equal(result.ivar > 0, result.covered)


def test_a_hole_in_the_file_stays_a_hole():
    wavelength = np.arange(3900.0, 5100.0, 1.0)
    kept = (wavelength < 4300) | (wavelength > 4500)
    result = resample(wavelength[kept], np.ones(kept.sum()), np.ones(kept.sum()), GRID)
    hole = (GRID.wavelength > 4310) & (GRID.wavelength < 4490)
    assert hole.sum() > 5
    assert not result.covered[hole].any()
    assert not result.flux[hole].any()


def test_edges_lie_halfway_and_holes_end_pixels():
    low, high = pixel_bounds(np.array([1.0, 2.0, 3.0, 10.0, 11.0, 12.0]))
    np.testing.assert_allclose(low, [0.5, 1.5, 2.5, 9.5, 10.5, 11.5])
    np.testing.assert_allclose(high, [1.5, 2.5, 3.5, 10.5, 11.5, 12.5])


def test_a_change_of_sampling_is_no_hole():
    wavelength = np.concatenate([np.arange(0.0, 10.0, 1.0), np.arange(13.0, 60.0, 4.0)])
    low, high = pixel_bounds(wavelength)
    np.testing.assert_allclose(low[1:], high[:-1])


def test_two_pixels_are_enough():
    result = resample(np.array([4000.0, 5000.0]), np.array([1.0, 1.0]), np.ones(2), GRID)
    np.testing.assert_allclose(result.flux, 1.0)


@pytest.mark.parametrize(("m", "n_pixel"), [(1000, 60), (40, 60), (3000, 20), (20_000, 20)])
def test_compiled_code_gives_the_same_bits(m, n_pixel):
    rng = np.random.default_rng(m)
    grid = SpectralGrid.from_range(4000, 5000, n_pixel)
    kept = np.arange(m) // (m // 10) != 6  # a hole
    wavelength = irregular(rng, 4100, 6000, m)[kept] / (1 + rng.uniform(0, 0.3, (4, 1)))
    flux = rng.normal(1, 0.3, wavelength.shape)
    ivar = np.where(rng.random(wavelength.shape) < 0.8, rng.uniform(1, 400, wavelength.shape), 0)
    expected, found = resample(wavelength, flux, ivar, grid), resample_compiled(wavelength, flux, ivar, grid.edges)
    assert 0 < (expected.ivar > 0).mean() < 1
    for name in ("flux", "ivar", "covered"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
