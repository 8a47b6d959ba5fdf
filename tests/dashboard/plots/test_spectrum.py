import numpy as np
import pytest

from dashboard.plots.spectrum import RESIDUAL_LIMIT, build_spectrum, flux_limits, spectrum_data, unseen_runs
from specvae_core.grid import DEFAULT_GRID
from specvae_core.lines import LINES

WAVELENGTH = np.array([4000.0, 4010.0, 4020.0, 4030.0, 4040.0, 4050.0])
FLUX = np.array([1.0, 1.2, 0.0, 0.0, 1.1, 0.9])
IVAR = np.array([4.0, 25.0, 0.0, 0.0, 1.0, 100.0])


def data(**changes):
    given = {"infilled": np.array([1.0, 1.2, 1.3, 1.4, 1.1, 0.9]), "reconstruction": np.ones(6)} | changes
    return spectrum_data(WAVELENGTH, FLUX, IVAR, given["infilled"], given["reconstruction"])


def test_the_band_is_one_over_the_root_of_ivar():
    band = (data()["high"] - data()["low"]) / 2
    np.testing.assert_allclose(band[[0, 1, 4, 5]], [0.5, 0.2, 1.0, 0.1])
    assert np.isnan(band[[2, 3]]).all()


def test_unseen_pixels_have_no_observed_flux_and_no_residual():
    assert np.isnan(data()["observed"][[2, 3]]).all()
    assert np.isnan(data()["residual"][[2, 3]]).all()


def test_residuals_are_in_sigma_and_clipped_to_the_strip():
    np.testing.assert_allclose(data()["residual"][[0, 1, 4, 5]], [0.0, 1.0, 0.1, -1.0])
    assert data(reconstruction=np.full(6, 99.0))["residual"][0] == -RESIDUAL_LIMIT


def test_infilled_flux_reaches_to_the_next_seen_pixels():
    np.testing.assert_array_equal(np.isfinite(data()["infilled"]), [False, True, True, True, True, False])
    edge = spectrum_data(WAVELENGTH, FLUX, np.array([0.0, 1, 1, 1, 1, 1]), np.ones(6), None)["infilled"]
    np.testing.assert_array_equal(np.isfinite(edge), [True, True, False, False, False, False])


def test_stretches_of_unseen_pixels():
    edges = np.arange(7.0)
    runs = unseen_runs(edges, np.array([0, 1, 0, 0, 1, 0]))
    assert list(zip(runs["left"], runs["right"], strict=True)) == [(0, 1), (2, 4), (5, 6)]
    assert len(unseen_runs(edges, np.ones(6))["left"]) == 0


def test_one_bad_pixel_does_not_squeeze_the_flux_axis():
    flux = np.random.default_rng(0).normal(1, 0.1, 1000)
    flux[500] = 1e4
    drawn = spectrum_data(DEFAULT_GRID.wavelength, flux, np.full(1000, 100.0), None, np.ones(1000))
    low, high = flux_limits(drawn)
    assert -1 < low < 0.9
    assert 1.1 < high < 3


@pytest.mark.parametrize("ivar", [np.zeros(6), IVAR])
def test_limits_exist_even_without_seen_pixels(ivar):
    low, high = flux_limits(spectrum_data(WAVELENGTH, FLUX, ivar, None, None))
    assert high > low


def test_every_line_has_a_mark_and_both_parts_share_the_wavelength():
    plot = build_spectrum(DEFAULT_GRID.wavelength, "light")
    assert plot.flux.x_range is plot.residual.x_range
    assert set(plot.flux.above[0].ticker.ticks) == {line.wavelength for line in LINES}
    assert plot.flux.above[0].major_label_overrides[6564.61] == "Hα"
