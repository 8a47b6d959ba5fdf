import numpy as np
import pytest
from astropy import units as u

from specvae_core.data.readers.units import FLUX_UNIT, flux_scale, spectral_unit
from specvae_core.errors import Reason, Refused

WAVELENGTH = np.array([3000.0, 6000.0, 12000.0])


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *[(text, u.AA) for text in ("ANGSTROMS", "Angstrom", "angstroms", "A", "AA", "Ang", "[Angstrom]")],
        *[(text, u.nm) for text in ("nm", "NM", "nanometers")],
        *[(text, u.um) for text in ("um", "micron", "microns", "µm", "MICRONS")],
        *[("m", u.m), ("Hz", u.Hz), ("GHz", u.GHz), ("eV", u.eV), ("keV", u.keV), ("1/cm", u.cm**-1)],
    ],
)
def test_spellings_of_units_of_wavelength(text, unit):
    values = (WAVELENGTH * u.AA).to_value(unit, u.spectral())
    np.testing.assert_allclose(spectral_unit(text).to_angstrom(values), WAVELENGTH, rtol=1e-12)


@pytest.mark.parametrize("text", ["log(Angstrom)", "log10 Angstrom", "dex(AA)", "log Angstroms"])
def test_logarithms_of_wavelengths(text):
    np.testing.assert_allclose(spectral_unit(text).to_angstrom(np.log10(WAVELENGTH)), WAVELENGTH, rtol=1e-12)


@pytest.mark.parametrize("text", ["km/s", "pixel", "pix", "", "counts"])
def test_what_is_no_unit_of_wavelength(text):
    assert spectral_unit(text) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("erg/cm2/s/A", "erg / (s cm2 Angstrom)"),
        ("FLAM", "erg / (s cm2 Angstrom)"),
        ("ergs/s/cm^2/Ang", "erg / (s cm2 Angstrom)"),
        ("ERG/CM2/S/A", "erg / (s cm2 Angstrom)"),
        ("erg.cm**(-2).s**(-1).angstrom**(-1)", "erg / (s cm2 Angstrom)"),
        ("10**(-17)erg/cm2/s/Ang", FLUX_UNIT),
        ("10^-17 erg s^-1 cm^-2 A^-1", FLUX_UNIT),
        ("W m-2 um-1", "W / (m2 um)"),
        ("Jy", "Jy"),
        ("mJy", "mJy"),
        ("uJy", "uJy"),
        ("erg/s/cm^2/Hz", "erg / (s cm2 Hz)"),
        ("photon/s/cm2/A", "photon / (s cm2 Angstrom)"),
    ],
)
def test_fluxes_become_f_lambda(text, unit):
    expected = (np.ones(3) * u.Unit(unit)).to_value(u.Unit(FLUX_UNIT), u.spectral_density(WAVELENGTH * u.AA))
    scale = flux_scale(text, WAVELENGTH, "a.csv")
    np.testing.assert_allclose(np.broadcast_to(scale.factor, 3), expected, rtol=1e-9)
    assert scale.unit == FLUX_UNIT


@pytest.mark.parametrize("text", ["counts", "electron/s", "", "adu", "nonsense"])
def test_what_is_no_flux_density_stays_as_it_is(text):
    scale = flux_scale(text, WAVELENGTH, "a.csv")
    assert (scale.factor, scale.unit, scale.converted) == (1.0, text, ())


def test_magnitudes_are_refused():
    with pytest.raises(Refused, match="logarithmic") as caught:
        flux_scale("mag(AB)", WAVELENGTH, "a.csv")
    assert caught.value.reason is Reason.UNIT
