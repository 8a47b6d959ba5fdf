import numpy as np
import pytest

from specvae_core.data.readers.dispersion import dispersions
from specvae_core.errors import Refused

N = 100
LINEAR = {"CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1.0}


def test_a_linear_scale_with_its_reference_pixel_and_unit():
    (found,) = dispersions({**LINEAR, "CRPIX1": 11.0, "CUNIT1": "nm", "CTYPE1": "WAVE"}, 1, N, "a.fits")
    np.testing.assert_allclose(found.values[[0, 10]], [3980.0, 4000.0])
    assert (found.unit, found.log10) == ("nm", False)


def test_cd1_1_counts_before_cdelt1():
    (found,) = dispersions({**LINEAR, "CD1_1": 3.0, "CDELT1": 1.0}, 1, N, "a.fits")
    assert found.values[1] == 4003.0


@pytest.mark.parametrize(
    "flag", [{"DC-FLAG": 1}, {"CTYPE1": "LOG-LINEAR"}, {"CTYPE1": "LOGLIN"}, {"WFITTYPE": "LOG-LINEAR"}]
)
def test_logarithmic_scales(flag):
    (found,) = dispersions({"CRVAL1": 3.5, "CDELT1": 1e-4, **flag}, 1, N, "a.fits")
    assert found.log10
    assert found.values[1] == pytest.approx(3.5001)


def test_the_standards_logarithmic_axis_is_natural():
    (found,) = dispersions({"CTYPE1": "WAVE-LOG", "CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1.0}, 1, N, "a.fits")
    assert found.values[1] == pytest.approx(4000 * np.exp(2.0 / 4000))


def test_sdss_coefficients():
    (found,) = dispersions({"COEFF0": 3.5, "COEFF1": 1e-4}, 1, N, "a.fits")
    assert (found.log10, found.unit) == (True, "Angstrom")


def test_metres_are_the_standards_unit():
    (found,) = dispersions({"CTYPE1": "AWAV", "CRVAL1": 4e-7, "CDELT1": 1e-10}, 1, N, "a.fits")
    assert found.unit == "m"


def test_irafs_unit_stands_in_its_attributes():
    header = {**LINEAR, "CTYPE1": "LINEAR", "WAT1_001": "wtype=linear label=Wavelength units=Angstroms"}
    assert dispersions(header, 1, N, "a.fits")[0].unit == "Angstroms"


@pytest.mark.parametrize(
    "header",
    [{}, {"CRVAL1": 5.0}, {**LINEAR, "CTYPE1": "RA---TAN"}, {**LINEAR, "CTYPE1": "PIXEL"}, {**LINEAR, "CDELT1": 0.0}],
)
def test_headers_that_say_nothing_of_wavelengths(header):
    assert dispersions(header, 1, N, "a.fits") == []


def test_pixel_numbers_lose_the_unit_that_a_program_wrote_beside_them():
    header = {"CRVAL1": 1.0, "CDELT1": 1.0, "CUNIT1": "Angstrom"}
    assert dispersions(header, 1, N, "a.fits")[0].unit == ""


def multispec(*specs: str) -> dict[str, object]:
    """A multispec header of these apertures, cut into cards of 68 characters as IRAF does."""
    text = "wtype=multispec " + " ".join(f'spec{i} = "{spec}"' for i, spec in enumerate(specs, 1))
    cards = {f"WAT2_{i // 68 + 1:03d}": text[i : i + 68].rstrip() for i in range(0, len(text), 68)}
    return {"WAT0_001": "system=multispec", "WAT1_001": "wtype=multispec units=angstroms", **cards}


def test_multispec_apertures_linear_logarithmic_and_polynomial():
    header = multispec(
        f"1 56 0 4000. 2. {N} 0. 1. 2.",
        f"2 57 1 3.6 0.0001 {N} 0. 1. 2.",
        f"3 58 2 0. 0. {N} 0. 1. 2. 1. 0. 1 3 1. {N}. 5000. 100. 1.",
        f"4 59 2 0. 0. {N} 0. 1. 2. 1. 10. 2 2 1. {N}. 6000. 100.",
    )
    first, second, third, fourth = dispersions(header, 4, N, "a.fits")
    np.testing.assert_allclose(first.values, 4000 + 2 * np.arange(N))
    assert (first.aperture, first.unit) == ("1", "angstroms")
    assert second.log10
    np.testing.assert_allclose(second.values, 3.6 + 1e-4 * np.arange(N))
    x = np.linspace(-1, 1, N)
    np.testing.assert_allclose(third.values, 5000 + 100 * x + 2 * x**2 - 1)
    np.testing.assert_allclose(fourth.values, 6010 + 100 * x)


def test_multispec_divides_out_the_doppler_factor():
    (found,) = dispersions(multispec(f"1 1 0 4400. 2.2 {N} 0.1 1. 2."), 1, N, "a.fits")
    np.testing.assert_allclose(found.values, 4000 + 2 * np.arange(N))


def test_splines_and_missing_solutions_are_refused():
    with pytest.raises(Refused, match="type 3"):
        dispersions(multispec(f"1 1 2 0. 0. {N} 0. 1. 2. 1. 0. 3 2 1. {N}. 1. 2. 3. 4. 5."), 1, N, "a.fits")
    with pytest.raises(Refused, match="no dispersion solution"):
        dispersions(multispec(f"1 1 -1 0. 0. {N} 0. 1. 2."), 1, N, "a.fits")
