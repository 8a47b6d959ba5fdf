"""Photometric catalogues: what counts as a measurement, and what is said of the rest."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from specvae_core.data.magnitudes import asinh_magnitude_of, flux_of
from specvae_core.data.photometry import photometry, settled
from specvae_core.data.photometry_files import read_table
from specvae_core.data.photometry_options import PhotometryOptions
from specvae_core.errors import BadConfig, NotFound, Reason, UserError
from specvae_core.grid import BandGrid, grid_from_json

GRID = PhotometryOptions(bands="u,g")


def catalogue(**columns: list) -> pd.DataFrame:
    plain = {"u": [20.0, 21.0, 22.0], "u_err": [0.1, 0.2, 0.5], "g": [19.0] * 3, "g_err": [0.1] * 3}
    return pd.DataFrame({**plain, **columns})


def test_magnitudes_are_flux_and_one_over_squared_errors_is_ivar() -> None:
    found = photometry(catalogue(redshift=[0.1, np.nan, 0.3], name=["a", "b", None]), GRID, "phot.csv")
    np.testing.assert_allclose(found.spectra.flux, [[20, 19], [21, 19], [22, 19]])
    np.testing.assert_allclose(found.spectra.ivar, [[100, 100], [25, 100], [4, 100]], rtol=1e-6)
    assert list(found.spectra.table) == ["id", "class", "redshift", "name", "source"]
    assert list(found.spectra.ids) == ["phot-1", "phot-2", "phot-3"]
    assert found.spectra.table["name"].tolist() == ["a", "b", ""]
    assert found.refused == []
    assert found.notes == []


@pytest.mark.parametrize(
    ("magnitude", "error"),
    [
        *[(np.nan, 0.1), (np.inf, 0.1), (-99.0, 0.1), (-99.9, 9.0), (-9999.0, 1.0), (-99.0, 25.0)],
        *[(20.0, np.nan), (20.0, -1.0), (20.0, 0.0), (20.0, -99.0), (20.0, 99.0)],
    ],
)
def test_what_is_missing_has_no_weight_and_no_number(magnitude: float, error: float) -> None:
    found = photometry(catalogue(u=[20.0, magnitude, 22.0], u_err=[0.1, error, 0.5]), GRID, "phot.csv")
    assert found.spectra.seen.tolist() == [[True, True], [False, True], [True, True]]
    assert found.spectra.flux[1, 0] == 0
    assert len(found.notes) == 1
    assert found.notes[0].startswith("u: 1 ")


def test_a_band_without_any_measurement_is_told() -> None:
    with pytest.raises(UserError, match=r"Band u of phot\.csv has no measurement at all.*2 magnitudes of 99"):
        photometry(catalogue(u=[-99.9, -99.0, np.nan]), GRID, "phot.csv")


def test_a_missing_column_is_named_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match=r"no column g_err.*there are u, u_err, g"):
        photometry(catalogue().drop(columns="g_err"), GRID, "phot.csv")
    with pytest.raises(UserError, match=r"Column u of phot\.csv holds no numbers"):
        photometry(catalogue(u=["a", "b", "c"]), GRID, "phot.csv")


def test_repeated_ids_and_objects_without_any_band_are_refused() -> None:
    table = catalogue(id=["a", "a", "b"], u=[20.0, 21.0, np.nan], g=[19.0, 19.0, 99.0])
    found = photometry(table, GRID, "phot.csv")
    assert list(found.spectra.ids) == ["a"]
    assert sorted(refusal.reason for refusal in found.refused) == sorted([Reason.DUPLICATE, Reason.NO_GOOD_PIXELS])


def test_the_catalogues_own_class_is_taken() -> None:
    found = photometry(catalogue(CLASS=["star", "galaxy", "galaxy"]), GRID, "phot.csv")
    assert found.spectra.table["class"].tolist() == ["star", "galaxy", "galaxy"]


@pytest.mark.parametrize("name", ["phot.csv", "phot.csv.gz", "phot.parquet", "phot.fits", "phot.ecsv"])
def test_tables_of_all_kinds_are_read(name: str, tmp_path) -> None:
    table = catalogue(redshift=[0.1, 0.2, 0.3])
    path = tmp_path / name
    if name.endswith(".parquet"):
        table.to_parquet(path)
    elif ".csv" in name and not name.endswith(".ecsv"):
        table.to_csv(path, index=False)
    else:
        Table.from_pandas(table).write(path)
    found = read_table(path)
    np.testing.assert_allclose(found["u"], table["u"])


def test_what_is_no_table_is_told(tmp_path) -> None:
    (tmp_path / "phot.fits").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match="cannot be read as a table"):
        read_table(tmp_path / "phot.fits")
    with pytest.raises(UserError, match="give one that ends in"):
        read_table(tmp_path / "phot.xlsx")


def test_an_object_that_was_not_detected_is_a_measurement_of_flux_0_down_to_its_limit() -> None:
    table = catalogue(u=[20.0, 99.0, 99.0], u_err=[0.1, 26.0, 0.0])
    found = photometry(table, PhotometryOptions(bands="u~25.5,g"), "phot.csv")
    assert found.spectra.seen.all()
    softening = 10 ** (-0.4 * 25.5)
    magnitude, error = asinh_magnitude_of(np.zeros(2), np.array([10 ** (-0.4 * 26.0), softening]), 25.5)
    np.testing.assert_allclose(found.spectra.flux[1:, 0], magnitude, rtol=1e-6)
    np.testing.assert_allclose(found.spectra.ivar[1:, 0], error**-2, rtol=1e-5)
    assert found.spectra.flux[0, 0] == pytest.approx(20.0, abs=1e-4)
    assert found.notes == ["u: 2 objects were not detected, 1 of them at the depth of the band, 25.5 mag at 1σ."]
    shallow = photometry(table, PhotometryOptions(bands="u~25.5,g", limit_sigma=5.0), "phot.csv")
    assert shallow.spectra.ivar[1, 0] == pytest.approx(25 * found.spectra.ivar[1, 0], rel=1e-4)
    missing = photometry(table, PhotometryOptions(bands="u,g", undetected="missing"), "phot.csv")
    assert missing.spectra.seen[:, 0].tolist() == [True, False, False]
    assert missing.spectra.grid.softening == ()


def test_the_softening_is_the_depth_of_all_tables_and_part_of_the_grid() -> None:
    deep = catalogue(u=[27.0, 27.2, 99.0], u_err=[1.0857, 1.0857, 0.0])
    options = settled([catalogue(), deep], PhotometryOptions(bands="u,g"), "two")
    assert options.grid.softening == (27.2, None)
    grid = options.grid
    assert grid_from_json(grid.to_json()) == grid
    assert str(grid) == "u~27.2,g"
    assert PhotometryOptions(bands=str(grid)).grid == grid
    assert not grid.matches(BandGrid(("u", "g")))
    assert photometry(catalogue(), options, "first").spectra.grid == grid


def test_fluxes_of_either_sign_become_asinh_magnitudes() -> None:
    table = pd.DataFrame({"u": [100.0, -2.0, 3.0], "u_err": [1.0] * 3, "g": [50.0, 60.0, 70.0], "g_err": [1.0] * 3})
    found = photometry(table, PhotometryOptions(bands="u,g", unit="flux", zero_point=23.9), "phot.csv").spectra
    assert found.seen.all()
    assert found.grid.softening == (23.9, 23.9)
    assert found.flux[0, 0] == pytest.approx(23.9 - 5.0, abs=1e-3)
    assert found.flux[1, 0] > 23.9
    back = np.sinh((found.flux[:, 0] - 23.9) / -1.0857362) * 2
    np.testing.assert_allclose(back, [100, -2, 3], rtol=1e-3)


def test_columns_may_have_any_names_and_extinction_is_corrected() -> None:
    table = catalogue(A_u=[0.5, 0.4, np.nan], ebv=[0.1, 0.2, 0.3]).rename(columns={"u": "MAG_U", "u_err": "ERR"})
    found = photometry(table, PhotometryOptions(bands="u=MAG_U:ERR:A_u,g", ebv="ebv"), "phot.csv").spectra
    np.testing.assert_allclose(found.flux[:2, 0], [19.5, 20.6], rtol=1e-6)
    assert not found.seen[2, 0]  # its extinction is not known
    np.testing.assert_allclose(found.flux[:, 1], 19.0 - 3.303 * np.array([0.1, 0.2, 0.3]), rtol=1e-6)
    assert found.grid == BandGrid(("u", "g"))
    assert {"A_u", "ebv"} <= set(found.table)
    with pytest.raises(BadConfig, match="extinction of band f606w"):
        PhotometryOptions(bands="u,f606w", ebv="ebv")


def test_further_measurements_follow_the_bands() -> None:
    table = catalogue(radius=[1.0, 2.0, np.nan], radius_err=[0.1, 0.1, 0.1], C=[2.5, 3.0, 3.5])
    found = photometry(table, PhotometryOptions(bands="u,g", extras="radius,conc=C"), "phot.csv")
    spectra = found.spectra
    assert spectra.grid.names == ("u", "g", "radius", "conc")
    np.testing.assert_allclose(spectra.flux[:, 2:], [[1, 2.5], [2, 3.0], [0, 3.5]])
    assert spectra.seen[:, 2].tolist() == [True, True, False]
    np.testing.assert_allclose(spectra.ivar[:2, 2], 100, rtol=1e-5)
    assert found.notes == ["conc: no column C_err; the values are taken as exact."]
    assert str(spectra.grid) == "u,g --extras radius,conc"
    assert grid_from_json(spectra.grid.to_json()) == spectra.grid
    assert len(spectra.grid.wavelength) == len(spectra.grid.edges) - 1 == 4
    with pytest.raises(NotFound, match="no column ERR"):
        photometry(table, PhotometryOptions(bands="u,g", extras="conc=C:ERR"), "phot.csv")


@pytest.mark.parametrize("bands", ["u,u", "u", "u=,g", "u=A:B:C:D,g", "u~x,g", ",g"])
def test_what_names_no_bands_is_told(bands: str) -> None:
    with pytest.raises(BadConfig):
        PhotometryOptions(bands=bands)


def test_magnitudes_and_fluxes_agree_where_they_are_bright() -> None:
    flux, sigma = flux_of(np.array([20.0, 22.0]), np.array([0.02, 0.05]))
    magnitude, error = asinh_magnitude_of(flux, sigma, 27.0)
    np.testing.assert_allclose(magnitude, [20.0, 22.0], atol=2e-3)
    np.testing.assert_allclose(error, [0.02, 0.05], rtol=1e-3)
