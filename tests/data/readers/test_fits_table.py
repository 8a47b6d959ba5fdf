import numpy as np
import pytest
from astropy.io import fits

from specvae_core.data.readers import read_file
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Refused

from .fits_files import LINE, line_centre, spectrum, table, write

N = 1000
WAVELENGTH = 6000.0 + np.arange(N)
FLUX = spectrum(WAVELENGTH)
UNIT = "erg/s/cm2/Angstrom"


def read_one(path, hints: FileHints | None = None):
    (observation,) = read_file(path, *([hints] if hints else []))
    return observation


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("err", 0.05, "1 sigma"),
        ("FLUX_ERROR", 0.05, "1 sigma"),
        ("ivar", 400.0, "inverse variance"),
        ("variance", 0.0025, "variance"),
    ],
)
def test_errors_by_their_name_and_not_by_place_or_unit(tmp_path, name, values, kind):
    columns = {"wave": ("D", WAVELENGTH), "flux": ("D", FLUX), "sky": ("D", 9 * FLUX), name: ("D", np.full(N, values))}
    unit = table("", columns, {"wave": "Angstrom", "flux": UNIT, "sky": UNIT})
    observation = read_one(write(tmp_path / "a.fits", unit))
    np.testing.assert_allclose(observation.ivar * 1e34, 400.0)
    assert kind in observation.understood.error


def test_without_a_named_error_there_is_none(tmp_path):
    columns = {"wave": ("D", WAVELENGTH), "flux": ("D", FLUX), "model": ("D", FLUX), "sky": ("D", FLUX)}
    assert read_one(write(tmp_path / "a.fits", table("", columns, {"sky": UNIT, "flux": UNIT}))).ivar is None


@pytest.mark.parametrize("form", ["J", "L"])
def test_masks_of_numbers_and_of_truth(tmp_path, form):
    mask = np.arange(N) == 7
    columns = {"LOGLAM": ("D", np.log10(WAVELENGTH)), "FLUX": ("E", FLUX), "IVAR": ("E", np.full(N, 400.0))}
    columns["MASK"] = (form, mask if form == "L" else 4 * mask)
    observation = read_one(write(tmp_path / "a.fits", table("", columns)))
    assert np.flatnonzero(observation.ivar == 0).tolist() == [7]
    assert line_centre(observation.wavelength, observation.flux) == pytest.approx(LINE, abs=0.1)


def vectors(n_rows: int, **more: tuple[str, object]) -> fits.BinTableHDU:
    rows = {"WAVE": WAVELENGTH / 10, "FLUX": FLUX, "ERR": np.full(N, 0.05)}
    columns = {name: (f"{N}D", np.tile(values, (n_rows, 1))) for name, values in rows.items()}
    return table("SPECTRUM", columns | more, {"WAVE": "nm", "FLUX": UNIT, "ERR": UNIT})


@pytest.mark.parametrize(("ucd", "in_air"), [("em.wl;obs.atmos", True), ("em.wl", False)])
def test_one_row_of_vectors_with_the_medium_in_its_ucd(tmp_path, ucd, in_air):
    unit = vectors(1)
    unit.header["TUCD1"] = ucd
    observation = read_one(write(tmp_path / "a.fits", unit, OBJECT="A star"))
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH)
    assert (observation.in_air, observation.id) == (in_air, "a")
    assert observation.columns["object"] == "A star"


def test_rows_of_vectors_are_objects_with_id_redshift_and_position(tmp_path):
    ids = [39627866878511337, 39627866878511338]
    more = {"SOURCE_ID": ("K", ids), "Z_SPEC": ("D", [0.1, np.nan]), "RAJ2000": ("D", [1.0, 2.0])}
    more |= {"DEJ2000": ("D", [3.0, 4.0]), "CLASS": ("6A", ["GALAXY", "QSO"])}
    first, second = read_file(write(tmp_path / "a.fits", vectors(2, **more)))
    assert (first.id, second.id) == ("39627866878511337", "39627866878511338")
    assert first.redshift == 0.1
    assert np.isnan(second.redshift)
    assert (second.columns["ra"], second.columns["dec"], second.columns["CLASS"]) == (2.0, 4.0, "QSO")


def test_several_tables_are_several_objects(tmp_path):
    columns = {"wave": ("D", WAVELENGTH), "flux": ("D", FLUX)}
    path = write(tmp_path / "a.fits", table("UVB", columns), table("VIS", columns), table("LINES", {"x": ("D", [1.0])}))
    assert [observation.id for observation in read_file(path)] == ["a-UVB", "a-VIS"]


def test_units_in_the_names_of_columns(tmp_path):
    columns = {"wave (nm)": ("D", WAVELENGTH / 10), "flux (cnts)": ("D", FLUX), "noise (cnts)": ("D", np.full(N, 0.05))}
    observation = read_one(write(tmp_path / "a.fits", table("", columns)))
    np.testing.assert_allclose(observation.wavelength, WAVELENGTH)
    np.testing.assert_allclose(observation.ivar, 400.0)
    assert observation.flux_unit == "cnts"


def test_the_users_columns_outrank_the_common_names(tmp_path):
    columns = {"wave": ("D", WAVELENGTH), "flux": ("D", FLUX * 0), "f_cal": ("D", FLUX), "s": ("D", np.full(N, 0.1))}
    hints = FileHints(columns={"flux": "f_cal", "error": "s"}, flux_unit="mJy")
    observation = read_one(write(tmp_path / "a.fits", table("", columns)), hints)
    assert observation.flux.max() > 0
    assert observation.ivar is not None
    assert "f_nu" in " ".join(observation.understood.converted)


def test_a_small_axis_without_a_unit_is_asked_for(tmp_path):
    path = write(tmp_path / "a.fits", table("", {"wave": ("D", WAVELENGTH / 10), "flux": ("D", FLUX)}))
    with pytest.raises(Refused, match="--wavelength-unit nm"):
        list(read_file(path))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "ends", "unit"),
    [
        ("linetools/XShooter_XQ100.fits.gz", (9817.51, 18235.0), "1e-17 erg / (s cm2 Angstrom)"),
        ("linetools/NGC4151sic2a.fits", (917.19, 1005.47), ""),
        ("msaexp/static-test-driz-center-bkg_933.spec.fits", (5800.0, 53340.37), "1e-17 erg / (s cm2 Angstrom)"),
        ("muler/NS.20011009.54395_60_flux_tbl.fits", (12614.78, 12801.7), "cnts"),
        ("specutils/spec1d.gds1312_H0.003.emp26177.fits", (14500.0, 18223.8), ""),
    ],
)
def test_real_tables(real_data, name, ends, unit):
    observation = read_one(real_data / "formats" / name)
    assert observation.wavelength[[0, -1]] == pytest.approx(ends, abs=0.02)
    assert observation.ivar is not None
    assert observation.flux_unit == unit


@pytest.mark.real_data
def test_micro_jansky_become_f_lambda(real_data):
    path = real_data / "formats/msaexp/static-test-driz-center-bkg_933.spec.fits"
    observation = read_one(path)
    stored = fits.getdata(path, 1)
    expected = stored["flux"] * 1e-29 * 2.99792458e18 / (stored["wave"] * 1e4) ** 2 * 1e17
    np.testing.assert_allclose(observation.flux[::50], expected[::50], rtol=1e-6)


def test_tables_of_text_and_cells_of_variable_length(tmp_path):
    made = [
        fits.Column(name=name, format="E15.7", array=values) for name, values in (("wave", WAVELENGTH), ("flux", FLUX))
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.TableHDU.from_columns(made)]).writeto(tmp_path / "text.fits")
    observation = read_one(tmp_path / "text.fits")
    np.testing.assert_allclose(observation.flux, FLUX, rtol=1e-5)
    cells = {}
    for name, values in (("wave", WAVELENGTH), ("flux", FLUX)):
        cells[name] = ("PD()", np.array([values, values[:500]], dtype=object))
    first, second = read_file(write(tmp_path / "variable.fits", table("", cells)))
    np.testing.assert_allclose(first.flux, FLUX)
    assert len(second.flux) == 500
