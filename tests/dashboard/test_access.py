"""Who may reach the server, asked over real connections to a real server."""

import http.client
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.access import bokeh_origins, host_of, own_names
from specvae_core.assets import asset

SERVE = """
import sys
from pathlib import Path
from dashboard.app import serve
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace

workspace = Workspace.open(Path(sys.argv[1]))
server = serve(workspace, JobRunner(workspace.folder / "jobs"), port=0, show=False, start=False)
server.start()
print(server.port, flush=True)
server.io_loop.start()
"""
WEBSOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "bokeh, a.token",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server on the demo, which listens on this machine only."""
    folder = shutil.copytree(asset("demo"), tmp_path_factory.mktemp("access") / "demo")
    command = [sys.executable, "-c", SERVE, str(folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as server:
        yield int(server.stdout.readline())
        server.kill()


def status(port: int, path: str, headers: dict[str, str]) -> int:
    """The status of the answer to a request with these headers."""
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["localhost:{}", "127.0.0.1:{}", "[::1]:{}", "LOCALHOST:{}", "localhost:8888"])
def test_the_machines_own_names_are_served(port: int, name: str):
    host = name.format(port)
    assert status(port, "/assets/style.css", {"Host": host}) == 200
    assert status(port, "/ws", WEBSOCKET | {"Host": host, "Origin": f"http://{host}"}) == 101


@pytest.mark.parametrize("path", ["/", "/assets/style.css", "/autoload.js", "/no-such-page"])
@pytest.mark.parametrize("name", ["evil.example:{}", "localhost.evil.example:{}", "169.254.1.1:{}", ""])
def test_a_strangers_name_is_refused_on_every_path(port: int, path: str, name: str):
    assert status(port, path, {"Host": name.format(port)}) == 403


def test_a_rebound_name_gets_no_websocket_though_host_and_origin_agree(port: int):
    host = f"evil.example:{port}"
    assert status(port, "/ws", WEBSOCKET | {"Host": host, "Origin": f"http://{host}"}) == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "https://evil.example:{}", "null"])
def test_a_page_of_another_site_gets_neither_page_nor_websocket(port: int, origin: str):
    headers = {"Host": f"localhost:{port}", "Origin": origin.format(port)}
    assert status(port, "/", headers) == 403
    assert status(port, "/ws", WEBSOCKET | headers) == 403


def test_names_are_read_as_browsers_write_them():
    assert host_of("LocalHost:5006") == "localhost"
    assert host_of("[::1]:5006") == "::1"
    assert host_of("[::1") == ""


def test_a_server_for_others_answers_to_the_name_it_was_given():
    assert "stars.example" in own_names("Stars.example".lower())
    assert "localhost" in own_names("0.0.0.0")
    assert bokeh_origins(["::1", "0.0.0.0"]) == ["0.0.0.0:*", "[::1]:*", "*.*.*.*:*"]
