import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.errors import Refused

from .fits_files import LINE, line_centre, spectrum, table, write


def specobj(name: str, start: float, *, flam: bool = True, extracted: bool = True, n: int = 600) -> fits.BinTableHDU:
    wavelength = start + np.arange(n)
    wavelength[:5] = 0.0
    flux = spectrum(wavelength)
    good = np.ones(n, dtype=bool)
    good[50], flux[50] = False, 1e5
    columns = {"TRACE_SPAT": ("D", np.zeros(n))}
    if extracted:
        columns |= {
            "OPT_WAVE": ("D", wavelength),
            "OPT_COUNTS": ("D", 100 * flux),
            "OPT_COUNTS_IVAR": ("D", np.full(n, 0.04)),
            "OPT_MASK": ("L", good),
        }
        if flam:
            columns |= {"OPT_FLAM": ("D", flux), "OPT_FLAM_IVAR": ("D", np.full(n, 400.0))}
    return table(name, columns, header={"DMODCLS": "SpecObj"})


def test_the_optimal_flux_is_taken_where_pixels_are_good_and_have_a_wavelength(tmp_path):
    path = write(tmp_path / "spec1d_a.fits", specobj("SPAT0176-SLIT0175-DET01", 6300.0), DMODCLS="SpecObjs")
    (observation,) = read_file(path)
    assert observation.id == "spec1d_a"
    assert len(observation.flux) == 595
    assert np.flatnonzero(observation.ivar == 0).tolist() == [45]
    assert line_centre(observation.wavelength[46:], observation.flux[46:]) == pytest.approx(LINE, abs=0.1)
    assert (observation.in_air, observation.flux_unit) == (False, "1e-17 erg / (s cm2 Angstrom)")


def test_counts_where_there_is_no_flux_and_orders_joined(tmp_path):
    orders = [specobj(f"OBJ0653-DET01-ORDER000{i}", start, flam=False) for i, start in ((8, 6300.0), (7, 6800.0))]
    other = specobj("OBJ0800-DET01-ORDER0008", 6300.0, flam=False)
    first, second = read_file(write(tmp_path / "spec1d_a.fits", *orders, other))
    assert (first.id, second.id) == ("spec1d_a-OBJ0653-DET01", "spec1d_a-OBJ0800-DET01")
    assert first.wavelength[[0, -1]].tolist() == [6305.0, 7399.0]
    assert first.flux_unit == "counts"


def test_an_object_that_was_not_extracted_is_refused_and_the_others_are_read(tmp_path):
    units = [specobj("SPAT1", 6300.0), specobj("SPAT2", 6300.0, extracted=False)]
    found = list(read_file(write(tmp_path / "spec1d_a.fits", *units)))
    assert [isinstance(item, Refused) for item in found] == [False, True]
    assert "SPAT2" in str(found[1])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "ends", "unit"),
    [
        ("spec1d_b27", (3428.10, 5515.33), "1e-17 erg / (s cm2 Angstrom)"),
        ("spec1d_r153-J0025-0312_KASTr_20150123T025323.850", (5369.09, 8172.38), "counts"),
        ("spec1d_cN20170331S0216-pisco_GNIRS_20170331T085412.181", (8310.65, 25192.55), "1e-17 erg / (s cm2 Angstrom)"),
    ],
)
def test_real_files(real_data, name, ends, unit):
    (observation,) = read_file(real_data / f"formats/pypeit/{name}.fits")
    assert observation.wavelength[[0, -1]] == pytest.approx(ends, abs=0.01)
    assert (np.diff(observation.wavelength) > 0).all()
    assert observation.flux_unit == unit
    assert observation.ivar is not None
