import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.line_strength import Measure, break_4000, index_strength
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import DEFAULT_GRID, SpectralGrid
from specvae_core.lines import INDICES

INDEX = {index.key: index for index in INDICES}


def spectra(flux, sigma=0.01, grid=DEFAULT_GRID, unseen=None):
    flux = np.atleast_2d(flux).astype(np.float32)
    ivar = np.full(flux.shape, sigma**-2, np.float32)
    if unseen is not None:
        ivar[:, unseen] = 0
    return SpectraSet(grid, np.where(ivar > 0, flux, 0), ivar, pd.DataFrame({"id": [str(i) for i in range(len(flux))]}))


def absorbed(depth=4.0, grid=DEFAULT_GRID):
    """A sloped continuum with a narrow line of known equivalent width in the middle of Mg b."""
    wave, edges = grid.wavelength, grid.edges
    continuum = 1 + 2e-4 * (wave - 5175)
    line = np.exp(-0.5 * ((wave - 5177.8) / 3.0) ** 2)
    return continuum * (1 - depth * line / (line * np.diff(edges)).sum())


@pytest.mark.parametrize("depth", [-3.0, 0.0, 4.0])
def test_an_index_measures_the_equivalent_width(depth):
    measure = index_strength(spectra(absorbed(depth)), INDEX["mg_b"])
    assert measure.value[0] == pytest.approx(depth, abs=0.05)


def test_errors_are_the_scatter_of_repeated_noise():
    rng = np.random.default_rng(0)
    noisy = absorbed() + 0.02 * rng.normal(size=(2000, DEFAULT_GRID.n_pixel))
    for measure in (index_strength(spectra(noisy, 0.02), INDEX["mg_b"]), break_4000(spectra(noisy, 0.02))):
        assert measure.value.std() == pytest.approx(measure.error.mean(), rel=0.1)


def test_the_break_is_the_ratio_per_frequency():
    wave = DEFAULT_GRID.wavelength
    step = np.where(wave > 3975, 1.8, 1.0) / wave**2  # flat per frequency on either side
    measure = break_4000(spectra(step * 1e7, 1e-4))
    assert measure.value[0] == pytest.approx(1.8, rel=1e-3)


def test_mostly_unseen_windows_give_nothing():
    wave = DEFAULT_GRID.wavelength
    few = spectra(absorbed(), unseen=(wave > 5162) & (wave < 5167))
    assert index_strength(few, INDEX["mg_b"]).value[0] == pytest.approx(
        4.6, abs=0.3
    )  # the unseen part counts as the mean of the rest
    most = spectra(absorbed(), unseen=(wave > 5165) & (wave < 5190))
    assert np.isnan(index_strength(most, INDEX["mg_b"]).value[0])
    assert np.isnan(index_strength(most, INDEX["mg_b"]).error[0])
    assert np.isnan(break_4000(spectra(absorbed(), unseen=wave < 3940)).value[0])


def test_outside_the_grid_nothing_is_measured():
    red = SpectralGrid.from_range(6000, 8000, 100)
    there = spectra(np.ones(100), grid=red)
    assert np.isnan(index_strength(there, INDEX["mg_b"]).value).all()
    assert np.isnan(break_4000(there).value).all()


def test_what_is_not_known_is_never_significant():
    measure = Measure(np.array([3.0, np.nan, 5.0]), np.array([1.0, 1.0, np.nan]))
    np.testing.assert_array_equal(measure.significance, [3.0, -np.inf, -np.inf])
