import hashlib

import pytest
from archive import Archive, serving

from specvae_core.data.fetch import ATTEMPTS, LONGEST_PAUSE, Remote, checksum, fetch
from specvae_core.errors import Cancelled, NotFound, NotWritable, UserError
from specvae_core.progress import Progress, ignore

CONTENT = b"spectra " * 100_000
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def archive():
    with serving() as archive:
        archive.files["/a.npz"] = CONTENT
        yield archive


@pytest.fixture
def pauses() -> list[float]:
    return []


def remote(archive: Archive, checksum: str = SHA256, *paths: str) -> Remote:
    return Remote(tuple(archive.address + path for path in paths or ("/a.npz",)), "a.npz", checksum)


def test_a_git_blob_id_is_gits(tmp_path):
    (tmp_path / "hello").write_bytes(b"hello\n")
    assert checksum(tmp_path / "hello", "git") == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object


@pytest.mark.parametrize("digest", [SHA256, "", "md5:" + hashlib.md5(CONTENT).hexdigest().upper()])
def test_a_file_arrives_whole_and_is_fetched_once(archive, tmp_path, digest):
    seen: list[Progress] = []
    path = fetch(remote(archive, digest), tmp_path / "new" / "folder", seen.append)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["a.npz"]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert fetch(remote(archive, digest), path.parent) == path
    assert archive.requests["/a.npz"] == 1
    assert all(agent.startswith("specvae/") for agent in archive.agents)


def test_a_connection_that_is_cut_goes_on_where_it_stopped(archive, tmp_path, pauses):
    archive.cut["/a.npz"] = [300_000, 200_000]
    assert fetch(remote(archive), tmp_path, ignore, pauses.append).read_bytes() == CONTENT
    assert archive.requests["/a.npz"] == 3
    assert archive.sent["/a.npz"] == len(CONTENT)  # no byte came twice


def test_the_next_call_goes_on_after_the_program_was_stopped(archive, tmp_path):
    def stop(progress: Progress) -> None:
        if progress.fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(remote(archive), tmp_path, stop)
    assert not (tmp_path / "a.npz").exists()
    archive.sent.clear()
    assert fetch(remote(archive), tmp_path).read_bytes() == CONTENT
    assert 0 < archive.sent["/a.npz"] < len(CONTENT)
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("version", ['"v2"', "", 'W/"v1"'])
def test_a_file_that_changed_or_has_no_version_is_fetched_from_the_start(archive, tmp_path, pauses, version):
    archive.cut["/a.npz"] = [300_000]

    def change(seconds: float) -> None:
        archive.version = version
        archive.files["/a.npz"] = CONTENT[::-1]

    if version != '"v2"':
        archive.version = version
    assert fetch(remote(archive, ""), tmp_path, ignore, change).read_bytes() == CONTENT[::-1]


def test_a_busy_server_is_asked_again_and_left_alone_in_the_end(archive, tmp_path, pauses):
    archive.busy["/a.npz"] = [503, 429, 500]
    assert fetch(remote(archive), tmp_path, ignore, pauses.append).read_bytes() == CONTENT
    assert sum(pauses) >= 3  # Retry-After says 1 second each time
    archive.busy["/b.npz"] = [503] * 100
    with pytest.raises(UserError, match="503"):
        fetch(remote(archive, SHA256, "/b.npz"), tmp_path / "other", ignore, pauses.append)
    assert archive.requests["/b.npz"] == ATTEMPTS
    assert max(pauses) <= LONGEST_PAUSE
    archive.busy["/c.npz"] = [403]
    with pytest.raises(UserError, match="403"):
        fetch(remote(archive, SHA256, "/c.npz"), tmp_path / "other", ignore, pauses.append)
    assert archive.requests["/c.npz"] == 1


def test_other_content_is_refused_and_leaves_nothing(archive, tmp_path):
    with pytest.raises(UserError, match=r"checksum is .* where 0000000000… was expected"):
        fetch(remote(archive, "git:" + "0" * 40), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_copy_is_fetched_once_more(archive, tmp_path):
    (tmp_path / "a.npz").write_bytes(CONTENT[:-1])
    assert fetch(remote(archive), tmp_path).read_bytes() == CONTENT


def test_a_login_page_is_no_spectrum(archive, tmp_path):
    archive.files["/a.npz"] = b"<!DOCTYPE html><html>Sign in</html>"
    with pytest.raises(UserError, match="web page"):
        fetch(remote(archive, ""), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_second_address_is_tried_where_the_first_has_nothing(archive, tmp_path):
    assert fetch(remote(archive, SHA256, "/gone", "/a.npz"), tmp_path).read_bytes() == CONTENT
    with pytest.raises(NotFound, match=r"not at .*/gone nor at .*/lost"):
        fetch(remote(archive, SHA256, "/gone", "/lost"), tmp_path / "other")


def test_a_dead_server_and_an_impossible_folder_are_errors_in_one_sentence(tmp_path, pauses):
    dead = Remote(("http://127.0.0.1:9/a.npz",), "a.npz")
    with pytest.raises(UserError, match="connect to the network"):
        fetch(dead, tmp_path, ignore, pauses.append)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritable, match="cannot be written"):
        fetch(dead, tmp_path / "file")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/y", "spec.fits", "http:///x"])
def test_only_the_web_is_asked(url):
    with pytest.raises(UserError, match="is not an address on the web"):
        Remote((url,), "x")
