import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file

from .fits_files import LINE, line_centre, spectrum, table, write

UNITS = {"WAVELENGTH": "Angstroms", "FLUX": "erg/s/cm**2/Angstrom", "ERROR": "erg/s/cm**2/Angstrom"}


def orders(starts: list[float], n: int, used: int, dq: np.ndarray | None = None) -> fits.BinTableHDU:
    """A table of orders of n pixels of 1 Angstrom, of which the first ``used`` count."""
    wavelength = np.array([start + np.arange(n) for start in starts])
    flux = np.array([spectrum(row, seed=i) for i, row in enumerate(wavelength)])
    wavelength[:, used:], flux[:, used:] = 0.0, 1e9
    form = {"D": f"{n}D", "E": f"{n}E", "I": f"{n}I"}
    columns = {
        "SPORDER": ("I", np.arange(len(starts))),
        "NELEM": ("I", [used] * len(starts)),
        "WAVELENGTH": (form["D"], wavelength),
        "FLUX": (form["E"], flux),
        "ERROR": (form["E"], np.full(flux.shape, 0.05)),
        "DQ": (form["I"], np.zeros(flux.shape, dtype=int) if dq is None else dq),
    }
    return table("SCI", columns, UNITS)


def test_orders_are_joined_and_pixels_beyond_nelem_left_out(tmp_path):
    path = write(tmp_path / "a_x1d.fits", orders([7000.0, 6600.0, 6400.0], 450, 400), TARGNAME="A star")
    (observation,) = read_file(path)
    assert (np.diff(observation.wavelength) > 0).all()
    assert observation.wavelength[[0, -1]].tolist() == [6400.0, 7399.0]
    assert observation.flux.max() < 10e17
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)
    shared = (observation.wavelength >= 6600) & (observation.wavelength < 6800)
    assert np.median(observation.ivar[shared]) == pytest.approx(2 * np.median(observation.ivar[~shared]), rel=1e-3)
    assert observation.columns["object"] == "A star"
    assert not observation.in_air


def test_the_header_says_which_bits_are_serious(tmp_path):
    dq = np.zeros((1, 100), dtype=int)
    dq[0, 10], dq[0, 20] = 1024, 16
    unit = orders([6500.0], 100, 100, dq)
    (observation,) = read_file(write(tmp_path / "a_x1d.fits", unit))
    assert np.flatnonzero(observation.ivar == 0).tolist() == [20]
    unit.header["SDQFLAGS"] = 1024
    (observation,) = read_file(write(tmp_path / "b_x1d.fits", unit))
    assert np.flatnonzero(observation.ivar == 0).tolist() == [10]


def test_exposures_are_objects(tmp_path):
    units = [orders([6500.0], 100, 100), orders([6500.0], 100, 100)]
    for number, unit in enumerate(units, 1):
        unit.header["EXTVER"] = number
    found = list(read_file(write(tmp_path / "a_x1d.fits", *units)))
    assert [observation.id for observation in found] == ["a_x1d-1", "a_x1d-2"]


@pytest.mark.real_data
def test_a_real_echelle_spectrum(real_data):
    (observation,) = read_file(real_data / "formats/specutils/odbue5030_x1d.fits")
    assert (np.diff(observation.wavelength) > 0).all()
    assert observation.wavelength[[0, -1]] == pytest.approx([1606.89, 2366.66], abs=0.01)
    assert observation.columns["object"] == "BD+28D4211"
    assert 0.99 < (observation.ivar > 0).mean() < 1.0
