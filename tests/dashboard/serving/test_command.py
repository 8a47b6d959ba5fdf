"""Who is let in by which options, and what is said of it."""

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.page import Session
from dashboard.serving.addresses import has_own_screen, page_address, proxied, tunnel
from dashboard.serving.command import TOKEN_VARIABLE, add, admission
from dashboard.serving.server import make_server
from dashboard.workspaces import Workspaces
from specvae_core.commands.options import Parser
from specvae_core.errors import UserError

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch) -> Path:
    """A home of the test's own, and no token in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    return tmp_path


def options(*given: str) -> argparse.Namespace:
    parser = Parser(prog="specvae")
    add(parser.add_subparsers())
    return parser.parse_args(["serve", *given])


def test_the_demo_opens_to_this_machine_and_reads_no_folder():
    admitted = admission(options())
    assert (admitted.token, admitted.root) == ("", None)
    assert admission(options("--no-token")) == admitted


@pytest.mark.parametrize("given", [("--workspace", "w"), ("--token",), ("--address", "0.0.0.0"), ("--root", ".")])
def test_anything_else_asks_for_a_new_token(given: tuple[str, ...], home: Path):
    first, second = admission(options(*given)), admission(options(*given))
    assert len(first.token) >= 32
    assert first.token != second.token
    assert first.printed
    assert first.root == (Path.cwd() if "--root" in given else home)


def test_a_token_of_ones_own(monkeypatch):
    assert admission(options("--token", "of my own")).token == "of my own"
    monkeypatch.setenv(TOKEN_VARIABLE, "of the environment")
    assert admission(options()).token == "of the environment"
    with pytest.raises(UserError, match="7 characters"):
        admission(options("--token", "guessed"))


def test_no_token_on_this_machine_alone(home: Path):
    admitted = admission(options("--workspace", "w", "--no-token"))
    assert (admitted.token, admitted.root) == ("", home)
    for address in ("0.0.0.0", "192.168.1.2", "example.org", "::"):
        with pytest.raises(UserError, match="would let in everyone"):
            admission(options("--no-token", "--address", address))


def test_a_password_is_asked_for_at_a_terminal_only(monkeypatch):
    with pytest.raises(UserError, match="at a terminal"):
        admission(options("--login"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "my password")
    admitted = admission(options("--login"))
    assert (admitted.token, admitted.printed) == ("my password", False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: "short")
    with pytest.raises(UserError, match="The password has 5 characters"):
        admission(options("--login"))


def test_an_account_without_a_home_reads_no_folder(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    assert admission(options("--workspace", "w")).root is None
    with pytest.raises(UserError, match="which is not a folder"):
        admission(options("--root", str(tmp_path / "missing")))


def test_a_remote_machine_prints_the_tunnel(monkeypatch):
    monkeypatch.setenv("LOGNAME", "me")
    remote = {"SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}
    assert tunnel("localhost", 5006, remote) == "ssh -N -L 5006:localhost:5006 me@10.0.0.2"
    assert tunnel("::1", 80, {"SSH_CONNECTION": "a 1 b 2222"}) == "ssh -N -L 80:[::1]:80 -p 2222 me@b"
    assert tunnel("localhost", 5006, {}) == ""
    assert not has_own_screen(remote)
    assert has_own_screen(remote | {"DISPLAY": ":0"})


def test_an_address_is_one_that_a_browser_opens():
    assert page_address("::1", 80) == "http://[::1]:80/"
    assert page_address("localhost", 80, "/p", "a b/&") == "http://localhost:80/p/?token=a+b%2F%26"
    assert page_address("0.0.0.0", 80) == f"http://{socket.gethostname()}:80/"


def test_a_terminal_of_jupyter_is_told_the_address_behind_its_proxy():
    assert proxied(80, "a b", {"JUPYTER_SERVER_URL": "http://localhost:8888/lab/"}) == (
        "http://localhost:8888/lab/proxy/80/?token=a+b"
    )
    hub = {"JUPYTERHUB_SERVICE_PREFIX": "/user/x/", "JUPYTER_SERVER_URL": "http://10.0.0.7:8888/user/x/"}
    assert proxied(80, "", hub) == "/user/x/proxy/80/"
    assert proxied(80, "a", {}) == ""


def test_what_is_printed_in_a_terminal_of_jupyter(tmp_path: Path):
    command = [sys.executable, "-m", "specvae_core", "serve", "--no-show", "--workspace", tmp_path / "w", "--port", "0"]
    env = {**os.environ, "JUPYTERHUB_SERVICE_PREFIX": "/user/x/"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as server:
        lines = []
        for line in server.stdout:
            lines.append(line.strip())
            if "Ctrl+C" in line:
                break
        server.terminate()
    (behind,) = [line for line in lines if line.startswith("/user/x/proxy/")]
    assert "?token=" in behind
    assert any("--allow-origin" in line for line in lines)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ({"port": 99999}, "no port 99999"),
        ({"port": -1}, "no port -1"),
        ({"address": "no-such-host.invalid", "port": 0}, "Cannot listen on no-such-host.invalid"),
    ],
)
def test_a_place_where_nobody_can_listen_is_a_sentence(place: dict[str, object], sentence: str, session: Session):
    with pytest.raises(UserError, match=sentence):
        make_server(Workspaces(session.shared), **place)


NO_LOOP_IS_MADE = """
import asyncio, sys
from specvae_core.__main__ import main

class Strict(asyncio.DefaultEventLoopPolicy):
    def get_event_loop(self):
        assert self._local._loop is not None, "There is no current event loop"  # a warning from Python 3.12 on
        return super().get_event_loop()

asyncio.set_event_loop_policy(Strict())
sys.exit(main(["serve", *sys.argv[1:]]))
"""


def test_the_server_asks_for_no_event_loop_that_nobody_made(tmp_path: Path):
    command = [sys.executable, "-c", NO_LOOP_IS_MADE, "--no-show", "--workspace", tmp_path / "w", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        started = any("Ctrl+C" in line for line in server.stdout)
        server.terminate()
    assert started


def test_a_port_is_a_number(capsys):
    with pytest.raises(SystemExit):
        options("--port", "many")
    assert "invalid int value" in capsys.readouterr().err


def test_a_port_in_use_is_a_sentence(tmp_path: Path):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "specvae_core", "serve", "--no-show", "--workspace", tmp_path / "w"]
        command += ["--port", str(port)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, f"--port {port + 1}" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    assert not list((tmp_path / "w" / "jobs").glob("*.lock"))


def test_serve_is_among_the_commands():
    command = [sys.executable, "-m", "specvae_core", "--help"]
    assert "serve" in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
