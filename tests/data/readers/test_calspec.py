import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.readers.axis import AT_REST

from .fits_files import table, write


def test_model_pixels_take_the_systematic_error_and_bad_ones_are_unseen(tmp_path):
    columns = {
        "WAVELENGTH": ("D", [5000.0, 5001.0, 5002.0, 5003.0]),
        "FLUX": ("E", [4e-13, 4e-13, 4e-13, 4e-13]),
        "STATERROR": ("E", [1e-14, 0.0, 1e-14, 1e-14]),
        "SYSERROR": ("E", [4e-15] * 4),
        "DATAQUAL": ("I", [1, 1, 0, 1]),
    }
    path = write(
        tmp_path / "a.fits", table("SCI", columns, {"WAVELENGTH": "ANGSTROMS", "FLUX": "FLAM"}), TARGETID="GD71"
    )
    (observation,) = read_file(path)
    np.testing.assert_allclose(observation.flux, 4e4, rtol=1e-6)
    np.testing.assert_allclose(observation.ivar[[0, 1, 3]] ** -0.5, [1e3, 4e2, 1e3], rtol=1e-5)
    assert observation.ivar[2] == 0
    assert observation.columns["object"] == "GD71"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "ends", "bad"),
    [
        ("feige34_stis_006", (1148.6, 10236.08), 92),
        ("18sco_stis_005", (1710.18, 318911.66), 85),
        ("alpha_lyr_stis_011", (900.45, 2993651.70), 0),
    ],
)
def test_real_standards(real_data, name, ends, bad):
    (observation,) = read_file(real_data / f"formats/calspec/{name}.fits.gz")
    assert observation.wavelength[[0, -1]] == pytest.approx(ends, rel=1e-5)
    assert (observation.ivar == 0).sum() == bad
    assert not observation.in_air
    assert observation.understood.assumed == (AT_REST,)
