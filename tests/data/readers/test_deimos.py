import numpy as np
import pytest

from specvae_core.data.readers import read_file

from .fits_files import LINE, line_centre, spectrum, table, write


def side(name: str, start: float, n: int = 500):
    wavelength = start + np.arange(n)
    columns = {
        "SPEC": (f"{n}E", spectrum(wavelength)[None]),
        "LAMBDA": (f"{n}E", wavelength[None]),
        "IVAR": (f"{n}E", np.full((1, n), 400.0)),
        "BITMASK": (f"{n}I", (np.arange(n) == 7)[None].astype(int)),
    }
    return table(name, columns, header={"RA_OBJ": "14:17:37.29", "DEC_OBJ": "+52:26:50.5"})


def test_both_sides_of_the_box_are_joined_and_the_optimal_pair_left_aside(tmp_path):
    units = [side("Bxspf-B", 6200.0), side("Bxspf-R", 6710.0), side("Horne-B", 1.0), side("Horne-R", 2.0)]
    (observation,) = read_file(write(tmp_path / "spec1d.1.2.3.fits", *units))
    assert observation.wavelength[[0, -1]].tolist() == [6200.0, 7209.0]
    assert (observation.ivar == 0).sum() == 2
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)
    assert observation.columns["ra"] == pytest.approx(15 * (14 + 17 / 60 + 37.29 / 3600))
    assert observation.columns["dec"] == pytest.approx(52 + 26 / 60 + 50.5 / 3600)


@pytest.mark.real_data
def test_a_real_file(real_data):
    (observation,) = read_file(real_data / "formats/specutils/spec1d.1245.066.12004136.fits")
    assert observation.wavelength[[0, -1]] == pytest.approx([6485.87, 9110.93], abs=0.01)
    assert len(observation.flux) == 8192
    assert observation.columns["ra"] == pytest.approx(214.405375)
