"""A public archive on the loopback: real HTTP with ranges, versions, and every failure that archives have."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Archive:
    """Files by path, and how often each server state is to be answered before a file is sent.

    Parameters
    ----------
    files
        Content by path.
    cut
        Bytes after which the connection is cut, by path: once for each entry.
    busy
        HTTP states that are answered first, by path.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: dict[str, list[int]] = {}
        self.busy: dict[str, list[int]] = {}
        self.version = '"v1"'
        self.requests: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.at_once = 0
        self.most_at_once = 0
        self.lock = threading.Lock()
        self.address = ""


class _Handler(BaseHTTPRequestHandler):
    archive: Archive

    def do_GET(self) -> None:
        archive = self.archive
        with archive.lock:
            archive.requests[self.path] += 1
            archive.agents.add(self.headers.get("User-Agent", ""))
            archive.at_once += 1
            archive.most_at_once = max(archive.most_at_once, archive.at_once)
        try:
            self._answer(archive)
        finally:
            with archive.lock:
                archive.at_once -= 1

    def _answer(self, archive: Archive) -> None:
        if archive.busy.get(self.path):
            self.send_response(archive.busy[self.path].pop(0))
            self.send_header("Retry-After", "1")
            self.end_headers()
            return
        content = archive.files.get(self.path)
        if content is None:
            self.send_response(404)
            self.end_headers()
            return
        start = self._start(archive, len(content))
        if start >= len(content):
            self.send_response(416)
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        if archive.version:
            self.send_header("ETag", archive.version)
        self.end_headers()
        body = content[start:]
        if archive.cut.get(self.path):
            body = body[: archive.cut[self.path].pop(0)]
        archive.sent[self.path] += len(body)
        self.wfile.write(body)

    def _start(self, archive: Archive, size: int) -> int:
        wanted = self.headers.get("Range")
        if not wanted or self.headers.get("If-Range", archive.version) != archive.version:
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *_: object) -> None:
        """Keep standard error clean."""


@contextmanager
def serving() -> Iterator[Archive]:
    """An archive that answers at its ``address`` while the context lasts."""
    archive = Archive()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"archive": archive}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    archive.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield archive
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
