"""Photometric catalogues: what counts as a measurement, and what is said of the rest."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

from specvae_core.data.photometry import photometry, read_table
from specvae_core.errors import NotFound, Reason, UserError
from specvae_core.grid import BandGrid

GRID = BandGrid(("u", "g"))


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
        *[(np.nan, 0.1), (np.inf, 0.1), (99.0, 0.1), (-99.0, 0.1), (99.9, 0.1), (-99.9, 9.0), (-9999.0, 1.0)],
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
        photometry(catalogue(u=[99.0, -99.0, np.nan]), GRID, "phot.csv")


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
