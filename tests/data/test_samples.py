import pytest

from specvae_core.data.samples import (
    DESI_ARCHIVE,
    SDSS_ARCHIVE,
    SPEC4000,
    desi_files,
    desi_tiles,
    sdss_files,
    url_files,
)
from specvae_core.errors import NotFound, UserError

LEGACY = "/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-0013.fits"
BOSS = "/eboss/spectro/redux/v5_13_2/spectra/lite/4055/spec-4055-55359-0596.fits"


def test_the_public_data_set_is_pinned():
    assert SPEC4000.checksum == "git:96c744774999b5323336fb6248058a037d6515be"
    assert SPEC4000.urls[0].startswith("https://")


@pytest.mark.parametrize(
    "lines",
    [
        ["0266-51602-0013", "4055-55359-0596"],
        ["# my galaxies", "spec-0266-51602-0013.fits", "", "4055 55359 596"],
        ["\ufeffplate,mjd,fiberid", "266,51602,13", "4055,55359,596", "4055,55359,596"],
        ["z,fiberID,MJD,plate", "0.1,13,51602,266", "0.2,596,55359,4055"],
    ],
)
def test_sdss_spectra_by_plate_mjd_and_fibre(lines):
    legacy, boss = sdss_files(lines)
    assert legacy.filename == "spec-0266-51602-0013.fits"
    assert legacy.urls[0] == SDSS_ARCHIVE + LEGACY
    assert [url.split("/redux/")[1][:3] for url in legacy.urls] == ["26/", "103", "104"]
    assert boss.urls == (SDSS_ARCHIVE + BOSS,)
    assert sdss_files(lines, "http://mirror/")[1].urls == ("http://mirror" + BOSS,)


@pytest.mark.parametrize("line", ["NGC 1068", "266,51602", "12:30:00 -1:00:00"])
def test_a_line_that_names_no_spectrum_is_shown(line):
    with pytest.raises(UserError, match="Line 2") as caught:
        sdss_files(["266-51602-13", line])
    assert line in str(caught.value)


def test_desi_tiles_with_and_without_their_night():
    tiles = desi_tiles(["80605", "80606-20210205-3", "# bright", "80605"])
    assert tiles == [(80605, None, None), (80606, 20210205, 3)]
    files = desi_files(tiles, {80605: 20210301}, "edr")
    assert len(files) == 22
    root = f"{DESI_ARCHIVE}/edr/spectro/redux/fuji/tiles/cumulative"
    assert files[1].urls == (f"{root}/80605/20210301/redrock-0-80605-thru20210301.fits",)
    assert files[-2].urls == (f"{root}/80606/20210205/coadd-3-80606-thru20210205.fits",)
    assert "/dr1/spectro/redux/iron/" in desi_files(tiles[1:], {}, "dr1")[0].urls[0]
    with pytest.raises(NotFound, match="Tile 80605 is not in DESI's release edr"):
        desi_files(tiles, {}, "edr")
    with pytest.raises(UserError, match=r"Line 1 .*'main-dark'"):
        desi_tiles(["main-dark"])


def test_lists_of_addresses_with_checksums_and_equal_names():
    sha = "0" * 64
    lines = [
        "https://a/b/x.fits.gz",
        f"https://c/x.fits.gz {sha}",
        f"{'1' * 32} *https://c/y%20z.fits?token=1",
        "https://a/b/x.fits.gz",
    ]
    files = url_files(lines)
    assert [remote.checksum for remote in files] == ["", f"sha256:{sha}", "md5:" + "1" * 32]
    names = [remote.filename for remote in files]
    assert names[0] == "x.fits.gz"
    assert names[1].startswith("x-")
    assert names[1].endswith(".fits.gz")
    assert names[2] == "y_z.fits"
    with pytest.raises(UserError, match="Line 1"):
        url_files(["https://a/x.fits and more words"])
    with pytest.raises(UserError, match="checksum"):
        url_files(["https://a/x.fits nonsense"])
