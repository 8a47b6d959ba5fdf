import numpy as np
import pandas as pd
import pytest
from planted_lines import galaxy, gaussian, noisy

from specvae_core.analysis.line_fit import fit_group
from specvae_core.analysis.line_groups import H_ALPHA_GROUP, H_BETA_GROUP
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import DEFAULT_GRID, SPEED_OF_LIGHT, SpectralGrid
from specvae_core.lines import FWHM_PER_SIGMA, LINE


def fit(spectra, group, assumed=False):
    return fit_group(spectra, group, np.full(len(spectra), assumed))


@pytest.mark.parametrize("sigma", [100.0, 170.0, 330.0])
def test_blended_lines_are_told_apart(sigma):
    truth = {"h_alpha": 20.0, "nii_6584": 8.0, "sii_6717": 3.0, "sii_6731": 2.0}
    found = fit(noisy(galaxy(sigma, **truth), n=200), H_ALPHA_GROUP)
    for key, area in truth.items():
        # The ladder of widths is coarse, which biases strong lines by a few per cent.
        assert np.median(found.areas[key].value) == pytest.approx(area, rel=0.06, abs=0.25)
    assert not found.broad.any()


def test_errors_are_the_scatter_of_repeated_noise():
    found = fit(noisy(galaxy(200.0, h_beta=3.0, oiii_5007=5.0), n=500), H_BETA_GROUP)
    for key in ("h_beta", "oiii_5007"):
        area = found.areas[key]
        # The choice between widths adds to the scatter and is not part of the stated error.
        assert 0.9 < area.value.std() / np.median(area.error) < 1.4


def test_noise_is_rarely_taken_for_a_line():
    found = fit(noisy(galaxy(), n=500), H_ALPHA_GROUP)
    assert (found.areas["h_alpha"].significance > 3).mean() < 0.02
    assert not found.broad.any()


def test_equivalent_width_is_area_over_continuum():
    found = fit(noisy(0.5 * galaxy(h_alpha=30.0), noise=0.005), H_ALPHA_GROUP)
    continuum = 1 - 5e-5 * (LINE["h_alpha"].wavelength - 5500)
    assert found.equivalent_width("h_alpha").value[0] == pytest.approx(30 / continuum, rel=0.03)


def test_a_broad_line_is_found_beneath_the_narrow_ones():
    flux = galaxy(150.0, h_alpha=15.0, nii_6584=10.0) + gaussian(LINE["h_alpha"].wavelength, 90.0, 2000.0)
    found = fit(noisy(flux, n=50), H_ALPHA_GROUP)
    assert found.broad.all()
    assert np.median(FWHM_PER_SIGMA * found.sigma) == pytest.approx(2000 * FWHM_PER_SIGMA, rel=0.1)
    assert np.median(found.areas["h_alpha"].value) == pytest.approx(15, rel=0.15)


def test_assumed_errors_are_replaced_by_the_residuals():
    spectra = noisy(galaxy(h_alpha=1.0), n=50, noise=0.002)
    doubtful = SpectraSet(DEFAULT_GRID, spectra.flux, np.full_like(spectra.ivar, 400.0), spectra.table)
    measured, assumed = fit(spectra, H_ALPHA_GROUP), fit(doubtful, H_ALPHA_GROUP, assumed=True)
    believed = fit(doubtful, H_ALPHA_GROUP)
    truth = np.median(measured.areas["h_alpha"].error)
    assert np.median(assumed.areas["h_alpha"].error) == pytest.approx(truth, rel=0.2)
    assert np.median(believed.areas["h_alpha"].error) > 10 * truth


def test_an_unseen_line_is_not_measured():
    spectra = noisy(galaxy(h_alpha=20.0, nii_6584=8.0))
    near = np.abs(DEFAULT_GRID.wavelength / LINE["h_alpha"].wavelength - 1) * SPEED_OF_LIGHT < 450
    spectra.ivar[:, near] = 0
    found = fit(spectra, H_ALPHA_GROUP)
    assert np.isnan(found.areas["h_alpha"].value[0])
    assert not found.broad[0]
    spectra.ivar[:] = 0
    assert np.isnan(fit(spectra, H_ALPHA_GROUP).areas["sii_6717"].value[0])


def test_a_grid_without_the_group_gives_nothing():
    blue = SpectralGrid.from_range(3500, 6000, 500)
    spectra = SpectraSet(blue, np.ones((1, 500)), np.ones((1, 500)), pd.DataFrame({"id": ["a"]}))
    assert fit(spectra, H_ALPHA_GROUP) is None
    assert fit(spectra, H_BETA_GROUP) is not None
