import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.errors import Reason, Refused
from specvae_core.lines import air_to_vacuum

from .fits_files import image, line_centre, spectrum, table, write

AIR = 6562.80
"""Centre of the line in air."""
N = 1000
SCALE = {"CRVAL1": 6500.0, "CDELT1": 1.0, "CRPIX1": 1.0, "CTYPE1": "Wavelength", "CUNIT1": "Angstroms"}


def aaomega(path, kinds: str, **header: object):
    wavelength = 6500.0 + np.arange(N)
    flux = np.array([spectrum(wavelength, AIR, seed=i) for i in range(len(kinds))])
    fibres = {
        "NAME": ("80A", [f"G{i}" for i in range(len(kinds))]),
        "RA": ("D", [0.1] * len(kinds)),
        "DEC": ("D", [-0.2] * len(kinds)),
        "TYPE": ("1A", list(kinds)),
    }
    variance = image("VARIANCE", np.full(flux.shape, 0.0025))
    return write(path, variance, table("FIBRES", fibres), primary=flux, **SCALE, **header)


def test_targets_come_with_position_and_variance_sky_is_marked_idle_fibres_refused(tmp_path):
    target, sky, idle = read_file(aaomega(tmp_path / "a.fits", "PSU"))
    assert (target.id, target.is_sky, sky.is_sky) == ("a-G0", False, True)
    assert isinstance(idle, Refused)
    assert idle.reason == Reason.SKY
    assert target.columns["ra"] == pytest.approx(np.degrees(0.1))
    assert target.columns["dec"] == pytest.approx(np.degrees(-0.2))
    np.testing.assert_allclose(target.ivar, 400.0)
    assert target.in_air
    assert line_centre(air_to_vacuum(target.wavelength), target.flux) == pytest.approx(6564.61, abs=0.1)


def test_a_file_that_does_not_fit_its_table_is_refused(tmp_path):
    path = aaomega(tmp_path / "a.fits", "PP")
    content = path.read_bytes().replace(b"NAXIS2  =                    2", b"NAXIS2  =                    1", 1)
    path.write_bytes(content)
    with pytest.raises(Refused):
        list(read_file(path))


def sixdf(rows: int) -> tuple[np.ndarray, dict[str, object]]:
    wavelength = 6500.0 + np.arange(N)
    values = [spectrum(wavelength, 1.1 * AIR), np.full(N, 0.0025), np.zeros(N), wavelength][:rows]
    return np.array(values), {**SCALE, "Z": 0.1, "Z_HELIO": 0.1001, "QUALITY": 4, "OBSRA": 1.0, "OBSDEC": 2.0}


def test_a_6df_spectrum_has_its_redshift_and_quality(tmp_path):
    values, header = sixdf(3)
    (observation,) = read_file(write(tmp_path / "g1.fits", primary=values, **header))
    assert observation.redshift == 0.1001
    assert observation.columns["quality"] == 4
    np.testing.assert_allclose(observation.ivar, 400.0)
    assert observation.in_air


def test_of_a_combined_6df_file_the_spectrum_of_both_gratings_is_read(tmp_path):
    values, header = sixdf(4)
    units = [image(f"PHOTO{i}", np.zeros((4, 4))) for i in range(4)]
    spliced = values.copy()
    spliced[3] += 0.25
    units += [image("SPECTRUM V", values[:3] * 0, **header), image("SPECTRUM R", values[:3] * 0, **header)]
    units += [image("SPECTRUM VR", spliced, **header)]
    (observation,) = read_file(write(tmp_path / "g1.fits", *units, primary=np.zeros((4, 4))))
    assert observation.wavelength[0] == 6500.25
    assert observation.flux.max() > 4
