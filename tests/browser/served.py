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
SERVE = (
    "import faulthandler, runpy, signal; faulthandler.register(signal.SIGUSR1);"
    "runpy.run_path('serve.py', run_name='__main__')"
)
"""The program, which writes down where its threads are when it gets a signal."""


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
    process
        The number of its process.
    """

    url: str
    workspace: Path
    log: Path
    process: int

    def at(self, page: str) -> str:
        """Address of one page of the dashboard."""
        return f"{self.url}/?v=1&page={page}"

    def stacks(self) -> str:
        """Where each thread of the server is now, for a failure that may be a hang."""
        before = self.log.stat().st_size
        os.kill(self.process, signal.SIGUSR1)
        end = time.monotonic() + 5
        while self.log.stat().st_size == before and time.monotonic() < end:
            time.sleep(0.1)
        return self.log.read_bytes()[before:].decode(errors="replace")


@contextmanager
def serving(original: Path, folder: Path, root: Path = Path("/")) -> Iterator[Site]:
    """A server on a copy of a workspace in an empty folder, which reads files below ``root``, until the block ends."""
    shutil.copytree(original, folder / "workspace")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    url, workspace = f"http://localhost:{port}", folder / "workspace"
    options = ["--port", str(port), "--no-show", "--no-token", "--root", str(root)]
    command = [sys.executable, "-c", SERVE, "--workspace", workspace, *options]
    env = {**os.environ, "XDG_DATA_HOME": str(folder / "home")}  # the workspaces that were opened are remembered there
    output = folder / "server.log"
    with output.open("w") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=env) as server:
        site = Site(url, workspace, output, server.pid)
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
