import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import read_file
from specvae_core.data.understanding import FileHints

from .fits_files import LINE, line_centre, spectrum, table, write

N = 40
HEADER = {
    "TELESCOP": "LAMOST",
    "LMJD": 55862,
    "MJD": 55863,
    "PLANID": "B6212",
    "SPID": 6,
    "FIBERID": 3,
    "RA": 99.3,
    "DEC": 27.2,
    "CLASS": "STAR",
    "SUBCLASS": "F9",
    "OBJTYPE": "star",
    "Z": -0.0001,
    "Z_ERR": 4e-5,
    "SN_G": 71.4,
    "VACUUM": True,
    "COEFF0": 3.6,
    "COEFF1": 1e-4,
}
WAVELENGTH = 10.0 ** (3.6 + 1e-4 * np.arange(N))
FLUX = np.linspace(100.0, 200.0, N)


def rows(third: np.ndarray) -> np.ndarray:
    """Flux, ivar, third row, and-mask (pixel 4), or-mask (pixels 4 and 5)."""
    masks = np.zeros((2, N))
    masks[0, 4] = masks[1, 4] = masks[1, 5] = 8
    ivar = np.full(N, 0.25)
    ivar[0] = 0.0
    return np.array([FLUX, ivar, third, *masks], dtype=np.float32)


@pytest.mark.parametrize("third", [WAVELENGTH, np.ones(N)], ids=["wavelength", "continuum-subtracted"])
def test_rows_of_an_image(make_fits, third):
    (observation,) = read_file(make_fits("a.fits", rows(third), HEADER))
    assert observation.id == "55862-B6212_sp06-003"
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH, rtol=1e-6)
    np.testing.assert_allclose(observation.flux, FLUX, rtol=1e-6)
    assert observation.ivar[:7].tolist() == [0.0, 0.25, 0.25, 0.25, 0.0, 0.25, 0.25]
    assert observation.redshift == -0.0001
    expected = {"class": "STAR", "subclass": "F9", "ra": 99.3, "dec": 27.2, "snr_g": 71.4}
    assert expected.items() <= observation.columns.items()
    assert not observation.in_air


def test_a_table_of_one_row_as_in_later_releases(make_fits):
    image = rows(WAVELENGTH)
    names = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK", "ORMASK")
    columns = [fits.Column(name=n, format=f"{N}E", array=row[None]) for n, row in zip(names, image, strict=True)]
    table = fits.BinTableHDU.from_columns(columns, name="COADD")
    header = {key: value for key, value in HEADER.items() if key != "SN_G"} | {"SNRG": 71.4, "OBSID": 101001}
    (observation,) = read_file(make_fits("a.fits", None, header, table))
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH, rtol=1e-6)
    np.testing.assert_allclose(observation.flux, FLUX, rtol=1e-6)
    assert observation.ivar[:6].tolist() == [0.0, 0.25, 0.25, 0.25, 0.0, 0.25]
    assert observation.columns["snr_g"] == 71.4
    assert observation.columns["obsid"] == "101001"


def test_unknown_redshift_sky_and_air_are_told(make_fits):
    header = HEADER | {"Z": -9999.0, "OBJTYPE": "Sky", "VACUUM": False}
    (observation,) = read_file(make_fits("a.fits", rows(WAVELENGTH), header))
    assert np.isnan(observation.redshift)
    assert observation.is_sky
    assert observation.in_air


@pytest.mark.real_data
def test_real_files_agree_with_the_same_stars_as_arrays(real_data):
    stars = {o.id.removeprefix("spec-").removesuffix(".fits"): o for o in read_file(real_data / "lamost.npz")}
    paths = find_files([real_data / "lamost_fits"])
    for path in paths:
        (observation,) = read_file(path)
        star = stars[observation.id]
        np.testing.assert_allclose(observation.wavelength, star.wavelength)
        np.testing.assert_allclose(observation.flux, star.flux)
        np.testing.assert_allclose(observation.ivar, star.ivar)
        assert observation.columns["subclass"] == star.columns["subclass"]
    assert len(paths) == 10


def medium_resolution(path):
    """Two arms without an overlap, as tables, and a single exposure that is not read."""
    units = []
    for name, low, high in (("COADD_B", 4950.0, 5350.0), ("COADD_R", 6300.0, 6800.0), ("B-84420148", 1.0, 2.0)):
        loglam = np.linspace(np.log10(low), np.log10(high), 800)
        columns = {"FLUX": ("E", spectrum(10**loglam)), "IVAR": ("E", np.full(800, 400.0)), "LOGLAM": ("D", loglam)}
        columns |= {"ANDMASK": ("I", (np.arange(800) == 3) * 1), "ORMASK": ("I", np.ones(800))}
        units.append(table(name, columns))
    header = {"TELESCOP": "LAMOST", "LMJD": 58625, "PLANID": "PLAN", "SPID": 12, "FIBERID": 76, "VACUUM": True}
    return write(path, *units, **header)


def test_arms_of_medium_resolution_are_one_object(tmp_path):
    (observation,) = read_file(medium_resolution(tmp_path / "med-1.fits"))
    assert observation.id == "58625-PLAN_sp12-076"
    assert observation.wavelength[[0, -1]] == pytest.approx([4950.0, 6800.0])
    assert (observation.ivar == 0).sum() == 2
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)
    assert observation.redshift is None


def test_arms_of_medium_resolution_are_kept_where_the_user_says_so(tmp_path):
    found = list(read_file(medium_resolution(tmp_path / "med-1.fits"), FileHints(arms="keep")))
    assert [observation.id for observation in found] == ["58625-PLAN_sp12-076-B", "58625-PLAN_sp12-076-R"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "ends", "n"),
    [
        ("med-58268-HIP95119KP01_sp12-076", (4899.82, 6873.37), 4151 + 3726),
        ("med-58625-TD192102N424113K01_sp12-076", (4898.12, 6845.10), 4156 + 3800),
        ("spec-57287-KP193637N444141V03_sp10-161", (3699.99, 9099.13), 3909),
    ],
)
def test_real_files_of_releases_6_and_7(real_data, name, ends, n):
    (observation,) = read_file(real_data / f"formats/lamost/{name}.fits.gz")
    assert observation.id == name.partition("-")[2]
    assert len(observation.flux) == n
    assert observation.wavelength[[0, -1]] == pytest.approx(ends, abs=0.01)
    assert observation.columns["ra"] == pytest.approx(292.0587, abs=1e-4)
