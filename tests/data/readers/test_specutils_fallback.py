import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import InverseVariance, StdDevUncertainty, VarianceUncertainty

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused

with warnings.catch_warnings(action="ignore"):
    from specutils import Spectrum

WAVE = np.linspace(4000.0, 4200.0, 21)
FLUX = np.linspace(1.0, 3.0, 21)
F_LAMBDA = u.Unit("erg / (s cm2 Angstrom)")


@pytest.mark.parametrize(
    "uncertainty", [StdDevUncertainty(FLUX / 10), VarianceUncertainty(FLUX**2 / 100), InverseVariance(100 / FLUX**2)]
)
def test_a_generic_table_with_any_kind_of_error(tmp_path, uncertainty):
    spectrum = Spectrum(spectral_axis=WAVE * u.AA, flux=FLUX * 1e-17 * F_LAMBDA, uncertainty=_scaled(uncertainty))
    spectrum.write(tmp_path / "a.fits", format="tabular-fits")
    (observation,) = read_file(tmp_path / "a.fits")
    assert observation.id == "a"
    np.testing.assert_allclose(observation.wavelength, WAVE)
    np.testing.assert_allclose(observation.flux, FLUX, rtol=1e-6)
    np.testing.assert_allclose(observation.ivar, 100 / FLUX**2, rtol=1e-5)


def _scaled(uncertainty: object) -> object:
    """The same uncertainty of a flux in units of 1e-17."""
    power = {StdDevUncertainty: 1, VarianceUncertainty: 2, InverseVariance: -2}[type(uncertainty)]
    return type(uncertainty)(uncertainty.array * 1e-17**power)


def test_frequencies_and_janskys_become_wavelengths_and_flux_per_wavelength(tmp_path):
    frequency = (WAVE * u.AA).to(u.THz, u.spectral())
    jansky = (FLUX * 1e-17 * F_LAMBDA).to(u.mJy, u.spectral_density(WAVE * u.AA))
    spectrum = Spectrum(spectral_axis=frequency, flux=jansky, uncertainty=StdDevUncertainty(jansky.value / 20))
    spectrum.write(tmp_path / "a.fits", format="tabular-fits")
    (observation,) = read_file(tmp_path / "a.fits")
    np.testing.assert_allclose(observation.wavelength, WAVE, rtol=1e-6)
    np.testing.assert_allclose(observation.flux, FLUX, rtol=1e-5)
    np.testing.assert_allclose(observation.ivar, 400 / FLUX**2, rtol=1e-5)


@pytest.mark.parametrize("air", [{"CTYPE1": "AWAV"}, {"CTYPE1": "WAVE", "AIRORVAC": "air"}])
def test_an_image_with_a_linear_scale_in_air(make_fits, air):
    header = {"CRVAL1": 4000.0, "CDELT1": 10.0, "CRPIX1": 1.0, "CUNIT1": "Angstrom"}
    header |= {"BUNIT": "erg / (s cm2 Angstrom)", "REDSHIFT": 0.125} | air
    (observation,) = read_file(make_fits("a.fits", FLUX.astype(np.float32), header))
    np.testing.assert_allclose(observation.wavelength, WAVE, rtol=1e-6)
    assert observation.ivar is None
    assert observation.in_air
    assert observation.redshift == 0.125


def test_many_rows_are_many_spectra(tmp_path):
    Spectrum(spectral_axis=WAVE * u.AA, flux=np.array([FLUX, 2 * FLUX]) * u.Jy).write(
        tmp_path / "a.fits", format="tabular-fits"
    )
    one, two = read_file(tmp_path / "a.fits")
    assert (one.id, two.id) == ("a-00000", "a-00001")
    np.testing.assert_allclose(two.flux, 2 * one.flux)


def test_what_specutils_would_guess_is_refused(make_fits):
    """specutils reads this table as a spectrum whose error is the sky."""
    columns = {"x": (None, np.arange(21.0)), "signal": ("Jy", FLUX), "sky": ("Jy", FLUX / 2)}
    table = fits.BinTableHDU.from_columns(
        [fits.Column(name, "D", unit, array=a) for name, (unit, a) in columns.items()]
    )
    with pytest.raises(Refused, match="columns SIGNAL, SKY, X") as caught:
        list(read_file(make_fits("a.fits", None, {}, table)))
    assert caught.value.reason is Reason.FOREIGN


def test_a_fits_file_without_a_spectrum_is_foreign_and_quiet(make_fits):
    table = fits.BinTableHDU.from_columns([fits.Column(name="SPEC_LAM", format="E", array=WAVE)])
    with warnings.catch_warnings(record=True, action="always") as caught, pytest.raises(Refused) as refused:
        list(read_file(make_fits("spec-0528-52022-0137.fits", None, {}, table)))
    assert refused.value.reason is Reason.FOREIGN
    assert not caught
