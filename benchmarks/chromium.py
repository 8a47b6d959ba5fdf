"""A server of the dashboard and a Chromium beside it, for benchmarks."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("SPECVAE_CHROMIUM", "/usr/bin/chromium")
PORT = 5931
"""The first of the ports that servers take."""
ROUNDS = 5
"""How often a page is opened or turned to."""
LOADING = 15_000
"""Milliseconds in which a server loads what its first page did without."""


def serving(folder: Path, port: int) -> list[str]:
    """The command that serves a workspace."""
    options = ["--port", str(port), "--no-show", "--no-token"]
    return [sys.executable, "serve.py", "--workspace", str(folder), *options]


def served(command: list[str], port: int, **environment: str) -> subprocess.Popen:
    """A server process, once it answers."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **quiet)
    while True:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/", timeout=30).read()
        except OSError:
            time.sleep(0.2)
        else:
            return process


def opening(page: Page, address: str, ready: Callable[[], object] | None = None) -> float:
    """Seconds from opening an address until Bokeh is idle, and ``ready`` too."""
    idle: list[float] = []
    page.on("console", lambda message: idle.append(time.perf_counter()) if "document idle" in message.text else None)
    start = time.perf_counter()
    page.goto(address)
    while not idle:
        page.wait_for_timeout(10)
    if ready:
        ready()
        return time.perf_counter() - start
    return idle[0] - start
