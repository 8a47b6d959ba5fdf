import numpy as np
import pytest
from archive import serving
from astropy.io import fits
from astropy.table import Table

from specvae_core.data.file_lists import find_files
from specvae_core.errors import Cancelled, UserError
from specvae_core.progress import ignore
from specvae_core.tasks.download import MOST_PARALLEL, download_into, read_record

LITE = "/sdss/spectro/redux/{}/spectra/lite/{:04d}/spec-{:04d}-{}-{:04d}.fits"
OBJECTS = [(266, 51602, fibre) for fibre in range(1, 21)]


@pytest.fixture
def archive():
    with serving() as archive:
        for plate, mjd, fibre in OBJECTS:
            archive.files[LITE.format(26, plate, plate, mjd, fibre)] = b"SIMPLE  = %04d" % fibre * 1000
        yield archive


def listed(objects=OBJECTS) -> list[str]:
    return [f"{plate}-{mjd}-{fibre}" for plate, mjd, fibre in objects]


def test_a_list_of_objects_is_enough_to_start(archive, tmp_path):
    seen = []
    result = download_into(tmp_path, seen.append, sample="sdss", items=listed(), archive=archive.address)
    assert len(result.files) == 20
    assert result.files[2].read_bytes().startswith(b"SIMPLE  = 0003")
    assert 1 <= archive.most_at_once <= 4
    assert find_files([tmp_path]) == result.files  # nothing else for an ingest to find
    archive.requests.clear()
    download_into(tmp_path, ignore, sample="sdss", items=listed(), archive=archive.address)
    assert not archive.requests


def test_a_file_that_is_missing_is_listed_and_stops_nothing(archive, tmp_path):
    items = [*listed(), "2000-53495-1"]
    result = download_into(tmp_path, ignore, sample="sdss", items=items, archive=archive.address)
    assert len(result.files) == 20
    record = read_record(tmp_path)
    assert record["files"] == 20
    assert [entry["file"] for entry in record["failed"]] == ["spec-2000-53495-0001.fits"]
    assert "nor at" in record["failed"][0]["message"]  # all three reductions were tried
    with pytest.raises(UserError, match="None of 1 files"):
        download_into(tmp_path / "b", ignore, sample="sdss", items=items[-1:], archive=archive.address)


def test_stopping_stops_all_of_them_and_the_next_call_goes_on(archive, tmp_path):
    def stop(progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        download_into(tmp_path, stop, sample="sdss", items=listed(), archive=archive.address, parallel=2)
    before = archive.requests.total()
    assert before <= 2  # one for each thread: the others were never begun
    result = download_into(tmp_path, ignore, sample="sdss", items=listed(), archive=archive.address)
    assert len(result.files) == 20


def test_the_last_night_of_a_desi_tile_comes_from_the_release(archive, tmp_path):
    table = tmp_path / "tiles.fits"
    Table({"TILEID": np.array([80605, 80606]), "LASTNIGHT": np.array([20210205, 20210301])}).write(table)
    root = "/edr/spectro/redux/fuji/"
    archive.files[root + "tiles-fuji.fits"] = table.read_bytes()
    for kind in ("coadd", "redrock"):
        archive.files[f"{root}tiles/cumulative/80606/20210301/{kind}-4-80606-thru20210301.fits"] = b"SIMPLE  ="
    result = download_into(tmp_path / "desi", ignore, sample="desi", items=["80606"], archive=archive.address)
    assert [path.name for path in result.files] == [
        f"{kind}-4-80606-thru20210301.fits" for kind in ("coadd", "redrock")
    ]
    assert len(result.failed) == 18  # the other nine petals


@pytest.mark.parametrize("content", ["huge", "other columns", "words", "noise", "nothing"])
def test_a_hostile_table_of_tiles_is_refused_within_a_budget(archive, tmp_path, content):
    path = tmp_path / "tiles.fits"
    if content == "huge":
        header = fits.Header({"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": 8, "NAXIS2": 10**9})
        header.update({"PCOUNT": 0, "GCOUNT": 1, "TFIELDS": 1, "TTYPE1": "TILEID", "TFORM1": "K"})
        path.write_bytes(fits.PrimaryHDU().header.tostring().encode() + header.tostring().encode())
    elif content == "other columns":
        Table({"TILEID": np.array([80605])}).write(path)
    elif content == "words":
        Table({"TILEID": np.array(["a"]), "LASTNIGHT": np.array(["b"])}).write(path)
    else:
        path.write_bytes(b"SIMPLE  = noise" * 500 if content == "noise" else b"")
    archive.files["/edr/spectro/redux/fuji/tiles-fuji.fits"] = path.read_bytes()
    with pytest.raises(UserError, match="tiles-fuji"):
        download_into(
            tmp_path / "desi",
            ignore,
            sample="desi",
            items=["80606"],
            archive=archive.address,
            pause=lambda seconds: None,
        )


def test_what_cannot_be_asked_for_is_said(tmp_path):
    with pytest.raises(UserError, match="give a list of PLATE-MJD-FIBER"):
        download_into(tmp_path, ignore, sample="sdss")
    with pytest.raises(UserError, match="it needs no list"):
        download_into(tmp_path, ignore, sample="spec4000", items=["x"])
    with pytest.raises(UserError, match="spec4000, sdss"):
        download_into(tmp_path, ignore, sample="theirs")
    with pytest.raises(UserError, match=f"1 to {MOST_PARALLEL}"):
        download_into(tmp_path, ignore, sample="sdss", items=listed(), parallel=100)


def test_the_command_keeps_files_in_the_workspace(archive, tmp_path, run):
    (tmp_path / "mine.csv").write_text("plate,mjd,fiberid\n" + "".join(f"{p},{m},{f}\n" for p, m, f in OBJECTS[:3]))
    answer = run(
        *("download", "sdss", tmp_path / "mine.csv", "--workspace", tmp_path / "w", "--archive", archive.address)
    )
    assert answer["files"] == 3
    assert answer["folder"] == str(tmp_path / "w" / "downloads" / "sdss")
    answer = run("download", "urls", archive.address + LITE.format(26, 266, 266, 51602, 1), "--to", tmp_path / "here")
    assert (tmp_path / "here" / "spec-0266-51602-0001.fits").is_file()
    assert answer["failed"] == []
    status, sentence = run("download", "sdss", "NGC 1068", "--to", tmp_path / "here")
    assert status
    assert "NGC 1068" in sentence
