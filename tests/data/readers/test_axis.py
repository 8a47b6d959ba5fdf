import numpy as np
import pytest

from specvae_core.data.readers.axis import ASSUMED_MEDIUM, ASSUMED_UNIT, header_medium, resolve_axis
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused

ANGSTROM = np.linspace(3300.0, 9300.0, 601)


def resolve(values, **says):
    return resolve_axis(values, source="column wavelength", file="a.csv", **says)


def test_the_unit_of_the_file_counts():
    axis = resolve(ANGSTROM / 10, unit="nm", in_air=False)
    np.testing.assert_allclose(axis.wavelength, ANGSTROM, rtol=1e-12)
    assert (axis.unit, axis.medium, axis.converted, axis.assumed) == ("nm", "vacuum", ("nm to Angstrom",), ())


def test_the_word_of_the_user_outranks_the_file():
    axis = resolve(ANGSTROM / 1e4, unit="nm", in_air=False, hints=FileHints(wavelength_unit="um", medium="air"))
    np.testing.assert_allclose(axis.wavelength, ANGSTROM, rtol=1e-12)
    assert axis.in_air


def test_what_is_named_wavelength_is_taken_as_angstrom_and_that_is_said():
    axis = resolve(ANGSTROM, named=True)
    np.testing.assert_array_equal(axis.wavelength, ANGSTROM)
    assert axis.assumed == (ASSUMED_UNIT, ASSUMED_MEDIUM)


@pytest.mark.parametrize(("values", "unit"), [(ANGSTROM / 10, "nm"), (ANGSTROM / 1e4, "um")])
def test_numbers_that_cannot_be_angstrom_are_asked_for(values, unit):
    with pytest.raises(Refused, match=f"--wavelength-unit {unit}") as caught:
        resolve(values, named=True)
    assert (caught.value.reason, caught.value.answer) == (Reason.UNIT, "wavelength_unit")


def test_an_axis_without_name_and_unit_is_asked_for():
    with pytest.raises(Refused, match="its unit is stated nowhere"):
        resolve(ANGSTROM)


@pytest.mark.parametrize("values", [np.arange(2000.0), np.arange(1.0, 2000.0), np.arange(7.0, 3000.0)])
@pytest.mark.parametrize("named", [True, False])
def test_pixel_numbers_are_no_wavelengths(values, named):
    with pytest.raises(Refused, match="counts pixels"):
        resolve(values, named=named)


def test_a_grid_of_whole_angstrom_is_one_of_wavelengths():
    np.testing.assert_array_equal(resolve(np.arange(3500.0, 9000.0), named=True).wavelength[:2], [3500.0, 3501.0])


def test_pixels_come_rising_and_those_without_wavelength_are_left_out():
    values = ANGSTROM[::-1].copy()
    values[[0, 5]] = np.nan, 0.0
    axis = resolve(values, unit="Angstrom")
    np.testing.assert_array_equal(axis.wavelength, np.delete(values, [0, 5])[::-1])
    np.testing.assert_array_equal(values[axis.order], axis.wavelength)


def test_frequencies_are_in_no_medium():
    axis = resolve(2.99792458e18 / ANGSTROM, unit="Hz", in_air=True)
    np.testing.assert_allclose(axis.wavelength, ANGSTROM, rtol=1e-12)
    assert not axis.in_air


@pytest.mark.parametrize("unit", ["pixel", "km/s"])
def test_a_unit_of_something_else_is_refused(unit):
    with pytest.raises(Refused, match="not a unit of wavelength"):
        resolve(ANGSTROM, unit=unit)


@pytest.mark.parametrize(
    ("header", "in_air"),
    [
        ({"VACUUM": False}, True),
        ({"VACUUM": "T"}, False),
        ({"AIRORVAC": "air"}, True),
        ({"AIRORVAC": "vac"}, False),
        ({"CTYPE1": "AWAV"}, True),
        ({"CTYPE1": "WAVE-LOG"}, False),
        ({"TUCD1": "em.wl;obs.atmos"}, True),
        ({"TUCD1": "em.wl"}, False),
        ({"CTYPE1": "LINEAR"}, None),
    ],
)
def test_what_headers_say_of_the_medium(header, in_air):
    assert header_medium(header) is in_air
