import shutil
import time

import pytest

from specvae_core.data.uploads import (
    ABANDONED,
    MAX_FILES,
    MAX_UPLOAD,
    SPARE,
    Upload,
    remove_abandoned,
    safe_name,
    unlike,
)
from specvae_core.errors import UserError


def test_pieces_become_files(tmp_path):
    upload = Upload(tmp_path / "uploads", [("a.fits", 5), ("b.csv", 0)])
    upload.write(0, b"he")
    assert [path.name for path in upload.folder.iterdir() if not path.name.startswith(".")] == []
    upload.write(0, b"llo")
    folder = upload.finish()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.fits": b"hello", "b.csv": b""}


def test_what_does_not_match_the_announcement_is_refused(tmp_path):
    upload = Upload(tmp_path, [("a", 3)])
    with pytest.raises(UserError, match="not complete"):
        upload.finish()
    for number, content in ((0, b"long"), (1, b"x"), (-1, b"x")):
        with pytest.raises(UserError, match="announced"):
            upload.write(number, content)
    upload.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "sentence"),
    [([], "No file"), ([("a", -1)], "No file"), ([("a", MAX_UPLOAD), ("b", 1)], "at most 2 GB")],
)
def test_nothing_and_too_much_are_told(tmp_path, files, sentence):
    with pytest.raises(UserError, match=sentence):
        Upload(tmp_path, files)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("spec-0266-51602-0013.fits", "spec-0266-51602-0013.fits"),
        ("../../etc/passwd", "passwd"),
        (r"C:\data\x.csv", "x.csv"),
        ("..", "file"),
        (".hidden", "hidden"),
        ("a b<c>.fits", "a_b_c_.fits"),
        ("", "file"),
        ("x" * 300 + ".fits", "x" * 195 + ".fits"),
        ("光" * 120 + ".fits", "光" * 65 + ".fits"),
        ("\udcff\ud800.fits", "__.fits"),
        ("a\0b\n.csv", "a_b_.csv"),
        ("." * 500, "file"),
    ],
)
def test_names_stay_inside_the_folder(given, safe):
    assert safe_name(given) == safe


@pytest.mark.parametrize("name", ["光" * 120, "é" * 500, "x" * 5000, "\U0001f4a9" * 200, "a" * 199 + "光"])
def test_a_name_of_any_length_can_be_written(tmp_path, name):
    upload = Upload(tmp_path, [(name, 1), (name, 1)])
    upload.write(0, b"1")
    upload.write(1, b"2")
    assert [path.read_bytes() for path in sorted(upload.finish().iterdir(), key=lambda path: len(path.name))] == [
        b"1",
        b"2",
    ]


def test_names_that_collide_again_with_their_number_are_kept_apart():
    assert unlike(["2-a", "a", "a", "A", "2-a"]) == ["2-a", "a", "3-a", "4-A", "2-2-a"]


def test_many_files_and_a_full_disk_are_told(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="at most 10,000"):
        Upload(tmp_path, [("a", 0)] * (MAX_FILES + 1))
    usage = shutil.disk_usage(tmp_path)._replace(free=SPARE + 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    Upload(tmp_path, [("a", 10)]).discard()
    with pytest.raises(UserError, match="no room"):
        Upload(tmp_path, [("a", 11)])
    assert list(tmp_path.iterdir()) == []


def test_uploads_that_nobody_completes_are_removed_after_a_day(tmp_path):
    left, done = Upload(tmp_path, [("a", 1)]), Upload(tmp_path, [("b", 0)])
    done.finish()
    remove_abandoned(tmp_path)
    assert left.folder.exists()
    remove_abandoned(tmp_path, now=time.time() + ABANDONED + 1)
    assert (left.folder.exists(), done.folder.exists()) == (False, True)
    remove_abandoned(tmp_path / "missing")


def test_two_files_of_one_name_are_both_kept(tmp_path):
    upload = Upload(tmp_path, [("one/a.csv", 1), ("two/a.csv", 1)])
    upload.write(0, b"1")
    upload.write(1, b"2")
    assert sorted(path.read_bytes() for path in upload.finish().iterdir()) == [b"1", b"2"]
