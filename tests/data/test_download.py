import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from specvae_core.data.download import DATASETS, PublicData, blob_id, download
from specvae_core.errors import Cancelled, NotFound, NotWritable, UserError
from specvae_core.progress import Progress

CONTENT = b"spectra " * 100_000
BLOB_ID = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()


class Server(BaseHTTPRequestHandler):
    """Serves CONTENT at /good and counts."""

    requests = 0

    def do_GET(self) -> None:
        Server.requests += 1
        found = self.path == "/good"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(CONTENT) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        """Keep standard error clean."""


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def known(monkeypatch, address):
    """A data set called ``ours`` that lies at /good."""

    def add(url: str = f"{address}/good", blob: str = BLOB_ID) -> None:
        monkeypatch.setitem(DATASETS, "ours", PublicData(url, "ours.npz", blob, "ours"))

    add()
    return add


def test_blob_id_is_gits(tmp_path):
    path = tmp_path / "hello"
    path.write_bytes(b"hello\n")
    assert blob_id(path) == "ce013625030ba8dba906f756967f9e9ca394464a"  # git hash-object


def test_a_data_set_arrives_whole_and_is_fetched_once(known, tmp_path):
    seen: list[Progress] = []
    path = download("ours", tmp_path / "new" / "folder", seen.append)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["ours.npz"]
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    before = Server.requests
    assert download("ours", path.parent) == path
    assert Server.requests == before


def test_a_damaged_copy_is_fetched_anew(known, tmp_path):
    (tmp_path / "ours.npz").write_bytes(CONTENT[:-1])
    assert download("ours", tmp_path).read_bytes() == CONTENT


def test_other_content_is_refused_and_leaves_nothing(known, tmp_path):
    known(blob="0" * 40)
    with pytest.raises(UserError, match=r"checksum is .* where 0000000000… was expected"):
        download("ours", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_page_and_a_dead_server_are_told(known, address, tmp_path):
    known(url=f"{address}/gone")
    with pytest.raises(UserError, match=r"could not be fetched .*404"):
        download("ours", tmp_path)
    known(url="http://127.0.0.1:9/good")
    with pytest.raises(UserError, match="connect to the network"):
        download("ours", tmp_path)
    assert not list(tmp_path.iterdir())


def test_stopping_leaves_nothing(known, tmp_path):
    def stop(progress: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        download("ours", tmp_path, stop)
    assert not list(tmp_path.iterdir())


def test_unknown_name_and_impossible_folder(known, tmp_path):
    with pytest.raises(NotFound, match="spec4000"):
        download("theirs", tmp_path)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotWritable, match="cannot be written"):
        download("ours", tmp_path / "file")


def test_the_public_data_set_is_pinned():
    assert DATASETS["spec4000"].blob_id == "96c744774999b5323336fb6248058a037d6515be"
    assert DATASETS["spec4000"].url.startswith("https://")
