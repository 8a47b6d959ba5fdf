"""Every parameter of the page's address with hostile values, read alone and opened over real connections.

All of them run over `ENTRIES`, so that a parameter that is added is attacked too. Nothing may be logged as an error, no
file be opened, and no state come of it that is not bounded.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import HTTPStreamClosedError

from benchmarks.visitor import Visitor, as_query, run_visits
from dashboard.address import ENTRIES, from_query, to_query
from dashboard.pages import PAGES
from dashboard.state import SessionState
from specvae_core.assets import asset

ROOT = Path(__file__).parents[2]
NUMBERS = [
    *(
        "-1",
        "0",
        "1e309",
        "-1e309",
        "nan",
        "inf",
        "-inf",
        "NaN,inf,-inf,0",
        "1" * 400,
        "1" * 5000,
        "99999999999",
        "0x10",
        "1_0",
    ),
    *("٣", "²", "1e-320,2e-320,0,1", "-1e308,1e308,-1e308,1e308", "0,1,0,1", "9,9", "3,1", "5,5", "1.5", "--5"),
]
RANGES = [
    *("0-9999999", "0-99999999999", "0-0,0-0", "-1-3", "9-3", ",".join(["0-40"] * 200), "0-" * 200, "-" * 300),
    *("0:1e99", "nan:nan", "9000:1", ":::", "#0-99999999999", "#0-99999999,0-99999999", "#-1-3"),
]
TEXTS = [
    *("\0", "\r\nSet-Cookie: a=b", "\x1b[31m", "\u202e\ud7ff\U0001f4a9", "\ud800", "\udcff", "\ufeff", "é" * 300),
    *("x" * 2000, "x" * 20_000, "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)"),
    *("' OR 1=1 --", "'; DROP TABLE labels; --", "{{7*7}}", "${7*7}", "%s%n", "%", "=1+1", "`id`", "$(id)"),
    *(".", "..", "../../etc/passwd", "a/b", "/dev/zero", "demo", "demo-00001", "infovae-6", "nmf-2", "sky"),
]
FILTERS = [
    *(
        "@nobody",
        "@",
        "(" * 250,
        "not " * 60,
        "z>" * 90,
        "9**9**9**9",
        "1/0",
        "z**999",
        "exp(exp(exp(z)))",
        "log10(-1)",
    ),
    *("z.__class__", "__import__('os')", "z == 'a'", "class > 1", "a" * 290 + ".*", "ra dec nan nan", "ra dec 1e400 2"),
    *("hide:0-1e99", "noise:nan+hide:::", "upscale:1e9", "inpaint:-1", "hide 4000-5000, noise nan + 1e99%", "x:" * 99),
]
HOSTILE = [*NUMBERS, *RANGES, *TEXTS, *FILTERS]
FILES = ["@{}", "{}", "file://{}", "../../../../../../../..{}", "@../../../../../../../..{}", "@`{}`"]
"""Ways in which an address can name a file."""
BYTES = ["%ff%fe", "%ed%a0%80", "%00%00", "%", "%u0041", "%c0%af", "+", "&&==", "a;b", "%0d%0a"]
"""Texts as they stand in an address, no character of which is well-formed."""
LARGEST_STATE = 60_000
"""Characters of an address that a state is written to, whatever it was read from."""
LONGEST_REQUEST = 60_000
"""Bytes of an address that the server reads; it closes the connection of a longer one."""
AT_ONCE = 3
"""Texts of one address, each under every third key: opening a page is the work, and reading is tried for all pairs."""
LIMIT = 60.0
"""Seconds for one page on a busy machine; opening one that computes nothing takes some tenths."""
WATCHED = """
import runpy, sys
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and "canary" in str(arguments[0]):
        print("ERROR opened", arguments[0], file=sys.stderr, flush=True)
sys.addaudithook(watch)
sys.argv = sys.argv[1:]
runpy.run_path("serve.py", run_name="__main__")
"""
"""Runs the server in such a way that it logs whatever file of that name it opens."""


def n_rows(survey_id: str) -> int:
    """As many objects as a small survey has, whatever it is called."""
    return 100


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.key)
def test_whatever_stands_under_a_key_the_state_is_bounded_and_comes_back(entry):
    queries = [as_query({entry.key: [text] * n}) for text in [*HOSTILE, "x" * 100_000] for n in (1, 2)]
    queries += [f"{entry.key}={text}" for text in BYTES]
    queries += [as_query({entry.key: ["demo"] * 60}), entry.key, f"{entry.key}[]=1", f"{entry.key}=1&" * 5]
    for query in queries:
        read = from_query(f"?survey=demo&{query}", n_rows)
        state = SessionState(**read.values)
        written = to_query(state)
        assert len(written) < LARGEST_STATE, query[:80]
        again = from_query(written, n_rows)
        assert again.left_out == (), (query[:80], written)
        same = SessionState(**again.values)
        name = entry.parameter
        np.testing.assert_array_equal(getattr(same, name), getattr(state, name), err_msg=query[:80])


@dataclass(frozen=True)
class Site:
    """A server on the demo, what it logs, and a file outside of it that nobody may open."""

    url: str
    log: Path
    canary: Path

    def open(self, query: dict[str, object]) -> float:
        """Open an address as a browser does; seconds that it took."""

        async def visit() -> None:
            await (await Visitor.enter(self.url, **query)).leave()

        start = time.monotonic()
        run_visits(visit())
        return time.monotonic() - start

    def check(self) -> None:
        """Nothing was logged as an error."""
        log = self.log.read_text()
        assert "Traceback" not in log, log[-5000:]
        assert "ERROR" not in log, log[-5000:]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("addresses")
    shutil.copytree(asset("demo"), folder / "demo")
    (folder / "canary").write_text("demo-00001\n")
    options = ["--workspace", folder / "demo", "--port", "0", "--no-show", "--no-token"]
    command = [sys.executable, "-c", WATCHED, "serve.py", *options]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        url = next(line.strip() for line in server.stdout if "http://" in line)
        yield Site(url, folder / "log", folder / "canary")
        server.terminate()
        server.wait(timeout=60)
        server.stdout.close()


def everywhere(*texts: str) -> dict[str, object]:
    """Texts in turn under all keys, each twice, since some keys take two; as many as the server reads."""
    query: dict[str, object] = {}
    for number, entry in enumerate(ENTRIES):
        more = query | {entry.key: [texts[number % len(texts)]] * 2}
        if len(as_query(more)) < LONGEST_REQUEST:
            query = more
    return query


@pytest.mark.parametrize("number", range(0, len(HOSTILE), AT_ONCE))
def test_any_text_opens_a_page_whatever_stands_under_the_other_keys(site: Site, number: int):
    visit = number // AT_ONCE
    query = everywhere(*HOSTILE[number : number + AT_ONCE]) | {"page": list(PAGES)[visit % len(PAGES)]}
    if visit // len(PAGES) % 4:
        query |= {"survey": "demo", "model": "infovae-6"}
    assert site.open(query) < LIMIT
    site.check()


def test_an_address_that_is_too_long_ends_its_own_connection_alone(site: Site):
    with pytest.raises((HTTPClientError, HTTPStreamClosedError)):
        site.open({"where": "x" * 100_000})
    assert site.open({"where": "z > 0.1"}) < LIMIT
    site.check()


@pytest.mark.parametrize("way", FILES)
@pytest.mark.parametrize("page", ["explore", "reconstruct"])
def test_no_file_outside_is_opened_for_an_address(site: Site, way: str, page: str):
    query = everywhere(way.format(site.canary)) | {"page": page, "survey": "demo", "model": "infovae-6"}
    assert site.open(query) < LIMIT
    site.check()


def test_the_watch_over_the_server_sees_a_file_that_is_opened(site: Site):
    command = [sys.executable, "-c", WATCHED.replace('"serve.py"', f"{str(site.canary)!r}"), "x"]
    assert "ERROR opened" in subprocess.run(command, capture_output=True, text=True, check=False).stderr
