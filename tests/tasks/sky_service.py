"""A cutout service on the loopback: real HTTP, images and what is none."""

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def png(width: int = 8, height: int = 8) -> bytes:
    """A grey image, or one that only says that it is so large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = b"".join(b"\0" + bytes([128] * min(width, 64)) for _ in range(min(height, 64)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


class Service:
    """What it answers, and the paths that it was asked for."""

    def __init__(self) -> None:
        self.content, self.status, self.headers = png(), 200, {}
        self.asked: list[str] = []
        self.address = ""

    @property
    def template(self) -> str:
        return self.address + "/cutout?ra={ra}&dec={dec}&size={size}"


@contextmanager
def sky_service() -> Iterator[Service]:
    """A service until the block ends."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append(self.path)
            self.send_response(service.status)
            for name, value in service.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(service.content)))
            self.end_headers()
            self.wfile.write(service.content)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        service.address = f"http://localhost:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
