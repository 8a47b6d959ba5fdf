"""Tables of objects beside spectra: joined by id and on the sky."""

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from specvae_core.data.object_table import MATCH, read_object_table
from specvae_core.data.spectra import Observation
from specvae_core.errors import BadConfig, NotFound, UserError

WAVE = np.linspace(4000.0, 5000.0, 10)
BIG = 2**60


def observed(name: str, **columns: object) -> Observation:
    redshift = columns.pop("redshift", None)
    return Observation(name, WAVE, np.ones(10), None, redshift, columns=columns)


@pytest.fixture
def table() -> Table:
    ids = MaskedColumn([BIG + 1, BIG + 2, BIG + 2, 0], mask=[0, 0, 0, 1], dtype=np.int64)
    words = ["GALAXY", "STAR", "QSO", "?"]
    return Table({"TARGETID": ids, "Z": [0.1, 0.2, 0.3, 0.4], "SPECTYPE": words, "teff": [np.nan, 5800.0, 1.0, 2.0]})


@pytest.mark.parametrize("ending", ["fits", "ecsv", "vot", "csv", "csv.gz", "parquet", "h5"])
def test_ids_to_the_last_digit_in_every_format(tmp_path, table, ending):
    path = tmp_path / f"objects.{ending}"
    if ending.startswith("csv") or ending == "parquet":
        frame = table.to_pandas()
        getattr(frame, "to_parquet" if ending == "parquet" else "to_csv")(path, index=False)
    else:
        form = {"format": "votable"} if ending == "vot" else {}
        table.write(path, **form, **({"path": "table", "serialize_meta": True} if ending == "h5" else {}))
    objects = read_object_table(path)
    first = objects.join(observed(str(BIG + 1), redshift=9.0, teff=1.0))
    assert first.redshift == 0.1
    assert dict(first.columns) | {"teff": None} == {
        **{MATCH: "matched", "SPECTYPE": "GALAXY", "Z": 0.1, "teff": None, "teff_file": 1.0, "redshift_file": 9.0}
    }
    twice, missing = objects.join(observed(str(BIG + 2), redshift=9.0)), objects.join(observed("7"))
    assert (twice.redshift, dict(twice.columns)) == (9.0, {MATCH: "ambiguous"})
    assert (missing.redshift, dict(missing.columns)) == (None, {MATCH: "unmatched"})


def test_leading_zeros_and_odd_cells(tmp_path):
    (tmp_path / "a.csv").write_text("name,zspec,age\n007,0.1,5\n7,--,\n0008,0.3,--\n")
    objects = read_object_table(tmp_path / "a.csv", "name")
    assert objects.join(observed("007")).redshift == 0.1
    assert objects.join(observed("7")).redshift is None
    assert objects.join(observed("0008")).columns["zspec"] == "0.3"


def test_plate_mjd_and_fibre(tmp_path):
    Table({"PLATE": [266], "MJD": [51602], "FIBERID": [13], "Z": [0.5]}).write(tmp_path / "a.fits")
    objects = read_object_table(tmp_path / "a.fits", "plate,mjd,fiberid")
    assert objects.join(observed("0266-51602-0013")).redshift == 0.5


def test_positions_on_the_sky(tmp_path):
    arcsec = 1 / 3600
    ra, dec = [359.9999, 10.0, 10.0 + 0.4 * arcsec, 50.0], [0.0, 60.0, 60.0, np.nan]
    Table({"RAJ2000": ra, "DEJ2000": dec, "z_spec": [0.1, 0.2, 0.3, 0.4]}).write(tmp_path / "a.fits")
    objects = read_object_table(tmp_path / "a.fits", "ra,dec:1arcsec")
    assert objects.join(observed("a", ra=359.9999 + 0.9 * arcsec, dec=0.0)).redshift == 0.1
    assert objects.join(observed("a", ra=359.9999 + 1.1 * arcsec, dec=0.0)).redshift is None
    assert objects.join(observed("a", ra=10.0, dec=60.0)).columns[MATCH] == "ambiguous"  # cos(60 deg) brings both near
    assert objects.join(observed("a")).columns[MATCH] == "unmatched"
    near = read_object_table(tmp_path / "a.fits", "ra,dec:0.1arcsec")
    assert near.join(observed("a", ra=10.0, dec=60.0)).redshift == 0.2


def test_what_cannot_be_joined_is_said(tmp_path, table):
    table.write(tmp_path / "a.fits")
    with pytest.raises(NotFound, match="no column 'specid'"):
        read_object_table(tmp_path / "a.fits", "specid")
    with pytest.raises(NotFound, match="no columns known as ra and dec"):
        read_object_table(tmp_path / "a.fits", "ra,dec:1arcsec")
    with pytest.raises(BadConfig, match="arcsec"):
        read_object_table(tmp_path / "a.fits", "ra,dec:2deg")
    with pytest.raises(NotFound, match="no table"):
        read_object_table(tmp_path / "b.fits")
    (tmp_path / "b.fits").write_bytes(b"not a table")
    with pytest.raises(UserError, match="cannot be read as a table"):
        read_object_table(tmp_path / "b.fits")
