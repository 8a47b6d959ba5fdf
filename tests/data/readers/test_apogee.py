from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.grid import SPEED_OF_LIGHT

from .fits_files import image, line_centre, spectrum, write

LINE = 16011.0
ENDS = ((16955.0, 16476.0), (16433.0, 15857.0), (15808.0, 15143.0))
SCALE = {"CTYPE1": "LOG-LINEAR", "CRVAL1": 4.179, "CDELT1": 6e-6, "CRPIX1": 1, "DC-FLAG": 1}


def visit(path: Path, mask: np.ndarray, **header: object) -> Path:
    wavelength = np.array([np.linspace(*ends, 4096) for ends in ENDS])
    flux = spectrum(wavelength, LINE)
    flux[mask != 0] = 100.0
    return write(
        path,
        image("", flux.astype(np.float32), BUNIT="Flux (10^-17 erg/s/cm^2/Ang)"),
        image("", np.full(flux.shape, 0.05, dtype=np.float32), BUNIT="Flux Error (10^-17 erg/s/cm^2/Ang)"),
        image("", mask.astype(np.int16), BUNIT="Flag Mask (bitwise)"),
        image("", wavelength, BUNIT="Wavelength (Ang)"),
        OBJID="2M01183798+8403419",
        **header,
    )


def test_chips_of_a_visit_are_joined_and_bad_bits_are_unseen(tmp_path):
    mask = np.zeros((3, 4096), dtype=int)
    mask[0, 10], mask[1, 20], mask[2, 30] = 1, 1 << 12, 1 << 14  # bad pixel, strong sky line, profile not seen
    (observation,) = read_file(visit(tmp_path / "apVisit-1.fits", mask))
    assert (np.diff(observation.wavelength) > 0).all()
    assert (observation.ivar == 0).sum() == 3
    assert observation.flux[observation.ivar > 0].max() < 10
    assert line_centre(observation.wavelength, observation.flux, LINE) == pytest.approx(LINE, abs=0.1)
    assert observation.redshift is None
    assert observation.columns["object"] == "2M01183798+8403419"


def test_bits_that_warn_only_leave_pixels_in(tmp_path):
    mask = np.zeros((3, 4096), dtype=int)
    mask[1, 5:9] = 1 << 9, 1 << 11, 1 << 8, 1 << 13  # persistence, ghost, tellurics
    (observation,) = read_file(visit(tmp_path / "apVisit-1.fits", mask))
    assert (observation.ivar > 0).all()


def test_the_velocity_of_a_visit_is_its_redshift(tmp_path):
    path = visit(tmp_path / "apVisit-1.fits", np.zeros((3, 4096), dtype=int), VRAD=-44.4206, VHELIO=-33.1)
    (observation,) = read_file(path)
    assert observation.redshift == pytest.approx(-44.4206 / SPEED_OF_LIGHT)
    assert not observation.rest_frame


def test_the_first_row_of_a_star_combines_its_visits(tmp_path):
    wavelength = 10 ** (4.179 + 6e-6 * np.arange(8575))
    rows = np.array([spectrum(wavelength, LINE, seed=seed) for seed in range(4)])
    rows[1:] = 3.0
    mask = np.zeros(rows.shape, dtype=np.int16)
    mask[0, 7] = 1
    path = write(
        tmp_path / "a.fits",
        image("", rows.astype(np.float32), BUNIT="Flux (10^-17 erg/s/cm^2/Ang)", **SCALE),
        image("", np.full(rows.shape, 0.05, dtype=np.float32)),
        image("", mask),
        OBJID="2M00000001",
        VHELIO=30.0,
    )
    (observation,) = read_file(path)
    assert observation.id == "2M00000001"
    assert observation.rest_frame
    assert observation.redshift == pytest.approx(30.0 / SPEED_OF_LIGHT)
    assert line_centre(observation.wavelength, observation.flux, LINE) == pytest.approx(LINE, abs=0.1)
    assert np.flatnonzero(observation.ivar == 0).tolist() == [7]


def test_an_aspcap_star_has_no_mask(tmp_path):
    wavelength = 10 ** (4.179 + 6e-6 * np.arange(8575))
    path = write(
        tmp_path / "aspcapStar-1.fits",
        image("", spectrum(wavelength, LINE), BUNIT="normalized spectrum", **SCALE),
        image("", np.full(8575, 0.05)),
        image("", np.ones(8575)),
        OBJID="2M00000001",
    )
    (observation,) = read_file(path)
    assert observation.understood.reader == "APOGEE aspcapStar"
    assert (observation.ivar > 0).all()
    assert line_centre(observation.wavelength, observation.flux, LINE) == pytest.approx(LINE, abs=0.1)


@pytest.mark.real_data
def test_a_real_visit(real_data):
    path = real_data / "formats/apogee/apVisit-r13-5095-55844-128.fits"
    (observation,) = read_file(path)
    with fits.open(path) as units:
        flux, mask, wavelength = (units[number].data for number in (1, 3, 4))
    order = np.argsort(wavelength.ravel())
    np.testing.assert_allclose(observation.wavelength, wavelength.ravel()[order])
    np.testing.assert_allclose(observation.flux, flux.ravel()[order], rtol=1e-6)
    sky = (mask.ravel()[order] & (1 << 12)) != 0
    assert sky.sum() > 1000
    assert (observation.ivar[sky] == 0).all()
    assert observation.columns["ra"] == pytest.approx(19.658251)
