import pytest

from specvae_core.data.uploads import MAX_UPLOAD, Upload, safe_name
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
        ("x" * 300 + ".fits", "x" * 115 + ".fits"),
    ],
)
def test_names_stay_inside_the_folder(given, safe):
    assert safe_name(given) == safe


def test_two_files_of_one_name_are_both_kept(tmp_path):
    upload = Upload(tmp_path, [("one/a.csv", 1), ("two/a.csv", 1)])
    upload.write(0, b"1")
    upload.write(1, b"2")
    assert sorted(path.read_bytes() for path in upload.finish().iterdir()) == [b"1", b"2"]
