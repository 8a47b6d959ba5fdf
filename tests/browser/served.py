"""A server of the dashboard in a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Site:
    """A running server.

    Parameters
    ----------
    url
        Where it listens.
    workspace
        The folder that it serves.
    log
        What it wrote to its standard output and error.
    """

    url: str
    workspace: Path
    log: Path

    def at(self, page: str) -> str:
        """Address of one page of the dashboard."""
        return f"{self.url}/?v=1&page={page}"


@contextmanager
def serving(original: Path, folder: Path, root: Path = Path("/")) -> Iterator[Site]:
    """A server on a copy of a workspace in an empty folder, which reads files below ``root``, until the block ends."""
    shutil.copytree(original, folder / "workspace")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    site = Site(f"http://localhost:{port}", folder / "workspace", folder / "server.log")
    options = ["--port", str(port), "--no-show", "--no-token", "--root", str(root)]
    command = [sys.executable, "serve.py", "--workspace", site.workspace, *options]
    env = {**os.environ, "XDG_DATA_HOME": str(folder / "home")}  # the workspaces that were opened are remembered there
    with site.log.open("w") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=env) as server:
        try:
            _wait_until_it_answers(site, server)
            yield site
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_until_it_answers(site: Site, server: subprocess.Popen) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{site.url}/assets/style.css", timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{site.log.read_text()}")
