"""Addresses of the page with hostile values, opened over real connections: no error in the log, no long wait."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.visitor import Visitor, run_visits
from dashboard.pages import PAGES
from dashboard.state import ENTRIES
from specvae_core.assets import asset

ROOT = Path(__file__).parents[2]
HOSTILE = [
    *("0-9999999", "99999999999", "-1", "nan", "1e309", "0", "5,5", "3,1", "9,9", "../../etc/passwd", "a/b", "."),
    *(
        "\0",
        "\r\n",
        "x" * 2000,
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "\u202e\ud7ff\U0001f4a9",
        "{{7*7}}",
        "%s%n",
    ),
    *("#0-99999999999", "#0-99999999,0-99999999", "#-1-3", "@/etc/passwd", "@nobody"),
    *("\u202e\ud7ff\U0001f4a9", "hide:0-1e99", "noise:nan+hide:::", "upscale:1e9", "inpaint:-1"),
]
LIMIT = 30.0
"""Seconds for one page on a busy machine; opening one that computes nothing takes some tenths."""


@dataclass(frozen=True)
class Site:
    """A server on the demo, and what it logs."""

    url: str
    log: Path

    def open(self, **query: str) -> float:
        """Open an address as a browser does; seconds that it took."""

        async def visit() -> None:
            await (await Visitor.enter(self.url, **query)).leave()

        start = time.monotonic()
        run_visits(visit())
        return time.monotonic() - start


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("addresses")
    shutil.copytree(asset("demo"), folder / "demo")
    command = [sys.executable, "serve.py", "--workspace", folder / "demo", "--port", "0", "--no-show", "--no-token"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        yield Site(next(line.strip() for line in server.stdout if "http://" in line), folder / "log")
        server.terminate()
        server.wait(timeout=60)
        server.stdout.close()


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_any_text_under_all_keys_opens_a_page(site: Site, number: int):
    query = {entry.key: HOSTILE[number] for entry in ENTRIES}
    page = list(PAGES)[number % len(PAGES)]
    assert site.open(**query | {"page": page}) < LIMIT
    assert site.open(**query | {"page": page, "survey": "demo", "model": "infovae-6"}) < LIMIT
    log = site.log.read_text()
    assert "Traceback" not in log, log
    assert "ERROR" not in log, log
