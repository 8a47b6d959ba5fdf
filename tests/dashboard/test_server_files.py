from pathlib import Path

import pytest

from dashboard.server_files import ServerFiles
from specvae_core.errors import UserError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file, a folder, and links that leave it and stay in it."""
    root = tmp_path / "root"
    (root / "in").mkdir(parents=True)
    (root / "in" / "a.fits").touch()
    (tmp_path / "root-too").mkdir()
    (root / "away").symlink_to(tmp_path / "root-too")
    (root / "away.fits").symlink_to("/etc/hostname")
    (root / "inner").symlink_to(root / "in")
    return root


@pytest.mark.parametrize("path", ["", "in", "in/a.fits", "in/../in", "inner/a.fits", "not/there"])
def test_what_is_inside_may_be_read(root: Path, path: str):
    assert ServerFiles(root).check(root / path) == root / path


@pytest.mark.parametrize("path", ["..", "../root-too", "away", "away/b", "away.fits", "in/../../a", "/etc/passwd"])
def test_what_is_outside_is_refused_through_links_too(root: Path, path: str):
    with pytest.raises(UserError, match="outside of"):
        ServerFiles(root).check(root / path)


def test_uploads_and_downloads_may_always_be_read(root: Path):
    files = ServerFiles(None, (root / "in",))
    assert files.check(str(root / "in" / "a.fits"))
    with pytest.raises(UserError, match="read no folder"):
        files.check(root)


@pytest.mark.parametrize("path", ["\0", "a\0b", "x" * 5000])
def test_nonsense_is_a_sentence(root: Path, path: str):
    with pytest.raises(UserError):
        ServerFiles(root).check(path)


def test_a_root_that_is_a_link_is_where_it_leads(root: Path):
    assert ServerFiles(root / "inner").check(root / "in" / "a.fits")
