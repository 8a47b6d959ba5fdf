import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.readers.units import ANGSTROM_PER_SECOND

from .fits_files import LINE, image, line_centre, spectrum, table, write

N = 1500
WAVELENGTH = 6000.0 + np.arange(N)
TO_NANOJANSKY = WAVELENGTH**2 / ANGSTROM_PER_SECOND * 1e-17 / 1e-23 * 1e9


def pfs_object(path, target_type: int = 1, scale: bool = True):
    flux = spectrum(WAVELENGTH) * TO_NANOJANSKY
    mask = np.zeros(N, dtype=np.int32)
    mask[3], mask[4] = 1 << 8, 1 << 5  # no data, detected
    covariance = np.zeros((3, N))
    covariance[0] = (0.05 * TO_NANOJANSKY) ** 2
    wcs = {"CRVAL1": 600.0, "CDELT1": 0.1, "CRPIX1": 1.0, "CTYPE1": "WAVE", "CUNIT1": "nm"} if scale else {}
    target = table("TARGET", {"filterName": ("5A", ["r"]), "fiberFlux": ("D", [1.0])})
    target.header.update(
        {"catId": 1, "objId": 36411448540267543, "ra": 150.1, "dec": 2.2, "HIERARCH targetType": target_type}
    )
    units = [
        image("FLUX", flux, **wcs),
        image("MASK", mask, **{"HIERARCH MP_NO_DATA": 8}),
        target,
        image("SKY", np.zeros(N)),
    ]
    units += [image("COVAR", covariance), image("COVAR2", np.zeros((10, 10)))]
    if not scale:
        units.append(image("WAVELENGTH", WAVELENGTH / 10))
    return write(path, *units)


@pytest.mark.parametrize("scale", [True, False])
def test_an_object_with_its_id_to_the_last_digit(tmp_path, scale):
    (observation,) = read_file(pfs_object(tmp_path / "pfsObject-1.fits", scale=scale))
    assert observation.id == "36411448540267543"
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH)
    np.testing.assert_allclose(observation.flux[5:], spectrum(WAVELENGTH)[5:], rtol=1e-6)
    np.testing.assert_allclose(observation.ivar[5:], 400.0, rtol=1e-6)
    assert np.flatnonzero(observation.ivar == 0).tolist() == [3]
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)
    assert observation.columns["ra"] == 150.1


def test_a_fibre_on_the_sky_is_marked(tmp_path):
    (observation,) = read_file(pfs_object(tmp_path / "pfsObject-1.fits", target_type=2))
    assert observation.is_sky
