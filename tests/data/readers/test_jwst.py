import numpy as np
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.data.readers.units import ANGSTROM_PER_SECOND

from .fits_files import LINE, line_centre, spectrum, table, write

WAVELENGTH = np.arange(6000.0, 7200.0, 1.5)
UNITS = {"WAVELENGTH": "um", "FLUX": "Jy", "FLUX_ERROR": "Jy"}


def columns(shape: str = "") -> dict[str, tuple[str, object]]:
    """Flux and error in Jy, with a wild pixel that is not to be used and one that only saturated."""
    to_jansky = WAVELENGTH**2 / ANGSTROM_PER_SECOND * 1e-17 / 1e-23
    dq = np.zeros(len(WAVELENGTH), dtype=np.uint32)
    dq[10], dq[20] = 1, 2
    flux = spectrum(WAVELENGTH) * to_jansky
    flux[10] *= 50
    values = {"WAVELENGTH": WAVELENGTH / 1e4, "FLUX": flux, "FLUX_ERROR": 0.05 * to_jansky}
    values |= {"SURF_BRIGHT": flux, "BACKGROUND": flux}
    made = {name: (f"{shape}D", value[None] if shape else value) for name, value in values.items()}
    return made | {"DQ": (f"{shape}J", (dq[None] if shape else dq).astype(np.int32))}


def extract1d(version: int, source_id: int) -> fits.BinTableHDU:
    return table("EXTRACT1D", columns(), UNITS, {"EXTVER": version, "SOURCEID": source_id, "SLTNAME": f"S{version}"})


def test_each_table_is_an_object_in_angstrom_and_f_lambda(tmp_path):
    path = write(tmp_path / "a_x1d.fits", extract1d(1, 1001), extract1d(2, 1002))
    first, second = read_file(path)
    assert (first.id, second.id) == ("a_x1d-1001", "a_x1d-1002")
    np.testing.assert_allclose(first.wavelength, WAVELENGTH, rtol=1e-12)
    assert abs(line_centre(first.wavelength[first.ivar > 0], first.flux[first.ivar > 0]) - LINE) < 0.1
    assert np.flatnonzero(first.ivar == 0).tolist() == [10]
    np.testing.assert_allclose(first.flux[30:], spectrum(WAVELENGTH)[30:], rtol=1e-6)
    np.testing.assert_allclose(first.ivar[30:], 400.0, rtol=1e-6)
    assert first.columns["sltname"] == "S1"


def test_sources_without_numbers_of_their_own_are_told_apart_by_their_tables(tmp_path):
    path = write(tmp_path / "a_x1d.fits", extract1d(1, 7), extract1d(2, 7))
    assert [observation.id for observation in read_file(path)] == ["a_x1d-1", "a_x1d-2"]


def test_rows_of_vectors_are_objects_too(tmp_path):
    n = len(WAVELENGTH)
    vectors = {name: (form, np.repeat(values, 2, axis=0)) for name, (form, values) in columns(str(n)).items()}
    vectors |= {"SOURCE_ID": ("J", [11, 12]), "N_ALONGDISP": ("J", [n, n - 100])}
    found = list(read_file(write(tmp_path / "a_x1d.fits", table("EXTRACT1D", vectors, UNITS))))
    assert [observation.id for observation in found] == ["a_x1d-11", "a_x1d-12"]
    assert [len(observation.flux) for observation in found] == [n, n - 100]
