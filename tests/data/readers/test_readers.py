import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from specvae_core.data.file_lists import find_files
from specvae_core.data.readers import READERS, read_file
from specvae_core.data.understanding import FileHints
from specvae_core.errors import NotFound, Reason, Refused

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + bytes(range(256)) * 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("paper.pdf", PDF),
        ("spec-0266-51602-0013.fits", PDF),
        ("paper.csv", PDF),
        ("paper.npz", PDF),
        ("notes.txt", b"The night was clear, and the seeing good.\nWe took two flats.\n"),
        ("notes.csv", b"what,why\nflats,because\n"),
        ("zeros.fits", bytes(10_000)),
        ("archive.zip", b"PK\x03\x04" + bytes(200)),
        ("page.html", b"<!DOCTYPE html><html><body>404</body></html>"),
        ("page.fits", b"<?xml version='1.0'?><html>404</html>"),
    ],
)
def test_what_is_no_spectrum_is_foreign_in_one_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused) as caught:
        list(read_file(tmp_path / name))
    assert caught.value.reason is Reason.FOREIGN
    message = str(caught.value)
    assert message.startswith(name)
    assert message.endswith(".")
    assert "\n" not in message


def test_an_empty_file_is_unreadable(tmp_path):
    (tmp_path / "a.fits").touch()
    with pytest.raises(Refused, match="empty") as caught:
        list(read_file(tmp_path / "a.fits"))
    assert caught.value.reason is Reason.UNREADABLE


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="missing"):
        list(read_file(tmp_path / "missing.fits"))


def test_no_file_is_claimed_by_two_survey_readers(sdss_file, tmp_path):
    from specvae_core.data.readers.source import Source

    with Source(sdss_file.write(tmp_path / "a.fits")) as source:
        claims = [type(reader).__name__ for reader in READERS if reader.claims(source)]
    assert claims == ["SdssReader", "FitsTableReader", "SpecutilsReader"], "its own, then those that take any table"


def test_files_are_found_in_folders_once_and_in_order(tmp_path):
    names = ["b/2.fits", "b/1.fits", "a.fits", ".hidden/3.fits", "b/.DS_Store"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_files([tmp_path / "b", tmp_path, tmp_path / "a.fits"])
    assert [path.relative_to(tmp_path) for path in found] == [Path("a.fits"), Path("b/1.fits"), Path("b/2.fits")]


def test_empty_and_missing_folders_are_told(tmp_path):
    with pytest.raises(NotFound, match="holds no files"):
        find_files([tmp_path])
    with pytest.raises(NotFound, match="no file or folder"):
        find_files([tmp_path / "missing"])


def test_reading_sdss_needs_neither_astropy_nor_specutils(sdss_file, tmp_path):
    path = sdss_file.write(tmp_path / "a.fits")
    code = (
        "import sys; from pathlib import Path; from specvae_core.data.readers import read_file;"
        f"list(read_file(Path({str(path)!r}))); assert not {{'astropy', 'specutils', 'h5py'}} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("hints", "word"),
    [
        (FileHints({"redshift": "Z_NOQSO"}), "--column redshift=Z_NOQSO"),
        (FileHints(wavelength_unit="nm"), "--wavelength-unit nm"),
    ],
)
def test_a_word_that_a_format_leaves_no_room_for_is_refused(real_data, hints, word):
    path = find_files([real_data / "sdss"])[0]
    (refusal,) = read_file(path, hints)
    assert isinstance(refusal, Refused)
    assert word in str(refusal)
    (observation,) = read_file(path, replace(hints, files="*.csv"))
    assert observation.understood.reader == "SDSS spec"


@pytest.mark.real_data
def test_the_medium_that_the_user_states_counts_for_any_format(real_data):
    (observation,) = read_file(find_files([real_data / "sdss"])[0], FileHints(medium="air"))
    assert observation.in_air
    assert observation.understood.converted[-1] == "air to vacuum"
