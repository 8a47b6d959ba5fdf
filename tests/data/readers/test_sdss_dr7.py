from collections.abc import Callable
from math import pi, sqrt
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file

HEADER = {
    "TELESCOP": "SDSS 2.5-M",
    "RA": 261.30167,  # the telescope's
    "DEC": 60.926492,
    "NAME": "0266-51630-01",
    "MJD": 51630,
    "PLATEID": 266,
    "FIBERID": 7,
    "RAOBJ": 146.5,
    "DECOBJ": -0.25,
    "OBJTYPE": "GALAXY",
    "COEFF0": 3.58,
    "COEFF1": 1e-4,
    "Z": 0.0625,
    "Z_ERR": 1e-4,
    "Z_CONF": 0.99,
    "Z_STATUS": 4,
    "Z_WARNIN": 0,
    "SPEC_CLN": 2,
    "VACUUM": True,
}
N = 60
FULLREJECT, BADSKYCHI, EMISSION_LINE = 1 << 18, 1 << 27, 1 << 30


def line_table(*rows: tuple[float, ...]) -> fits.BinTableHDU:
    """HDU 2: Gaussian fits; observed wave and sigma in Angstrom, in the spelling of the files."""
    names = ("wave", "waveErr", "sigma", "height", "heightErr", "nsigma", "ew", "restWave")
    columns = zip(names, zip(*rows, strict=True), strict=True)
    return fits.BinTableHDU.from_columns([fits.Column(name=n, format="E", array=list(v)) for n, v in columns])


@pytest.fixture
def write(make_fits: Callable[..., Path]) -> Callable[..., Path]:
    """An spSpec file: five rows, emission-line redshifts in HDU 1, line fits in HDU 2, and the rest of HDUs 3 to 6."""

    def make(header: dict[str, object] | None = None, mask: dict[int, int] | None = None, error: float = 0.5) -> Path:
        flux = np.linspace(5.0, 6.0, N)
        bits = np.zeros(N)
        for pixel, value in (mask or {}).items():
            bits[pixel] = value
        errors = np.full(N, error)
        errors[0] = 0.0
        image = np.array([flux, flux - 5.5, errors, bits, flux], dtype=np.float32)
        lines = line_table(
            (6974.9, 0.1, 3.0, 20.0, 2.0, 10.0, 25.0, 6564.61),
            (5166.6, 0.1, 2.0, -4.0, 1.0, 4.0, 2.0, 4862.68),
            (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1215.67),
        )
        other = line_table((1.0,) * 8)
        units = (other, lines, *(other.copy() for _ in range(4)))
        return make_fits("spSpec-51630-0266-007.fit", image, HEADER | (header or {}), *units)

    return make


def test_every_number_of_the_file_arrives(write):
    (observation,) = read_file(write())
    assert observation.id == "0266-51630-0007"
    np.testing.assert_allclose(observation.wavelength, 10.0 ** (3.58 + 1e-4 * np.arange(N)))
    np.testing.assert_allclose(observation.flux, np.linspace(5.0, 6.0, N), rtol=1e-6)
    assert observation.ivar[0] == 0.0
    np.testing.assert_allclose(observation.ivar[1:], 4.0)
    assert observation.redshift == 0.0625
    expected = {"class": "GALAXY", "plate": 266, "mjd": 51630, "fiberid": 7, "ra": 146.5, "dec": -0.25, "z_conf": 0.99}
    assert expected.items() <= observation.columns.items()
    assert not observation.in_air
    assert not observation.is_sky


def test_line_fits_are_areas_and_velocities(write):
    (observation,) = read_file(write())
    alpha, beta = observation.line_fits
    assert (alpha.name, beta.name) == ("H_alpha", "H_beta")
    assert alpha.wavelength == pytest.approx(6564.61)
    assert alpha.area == pytest.approx(sqrt(2 * pi) * 3.0 * 20.0)
    assert alpha.area / alpha.area_error == pytest.approx(10.0)
    assert alpha.sigma == pytest.approx(299792.458 * 3.0 / 6974.9)
    assert alpha.equivalent_width == 25.0
    assert beta.area < 0
    assert beta.equivalent_width == -2.0


def test_bad_bits_cost_the_pixel_and_the_mark_of_a_line_does_not(write):
    mask = {5: FULLREJECT, 6: BADSKYCHI, 7: EMISSION_LINE, 8: EMISSION_LINE | FULLREJECT}
    (observation,) = read_file(write(mask=mask))
    assert (observation.ivar[5:10] > 0).tolist() == [False, False, True, False, True]


@pytest.mark.parametrize(
    ("spec_cln", "name"), [(0, ""), (1, "STAR"), (2, "GALAXY"), (3, "QSO"), (4, "QSO"), (6, "STAR"), (7, "GALAXY")]
)
def test_the_class_follows_from_spec_cln(write, spec_cln, name):
    (observation,) = read_file(write({"SPEC_CLN": spec_cln}))
    assert observation.columns["class"] == name
    assert not observation.is_sky


def test_sky_and_failed_redshifts_are_told(write):
    (observation,) = read_file(write({"SPEC_CLN": 5, "Z_STATUS": 1}))
    assert observation.is_sky
    assert np.isnan(observation.redshift)
