"""How quick the dashboard is in a real browser, beside an empty Panel page: ``python benchmarks/browser.py``.

Needs a Chromium (``SPECVAE_CHROMIUM``, default ``/usr/bin/chromium``). Makes surveys of 64,000 and of a million spectra
out of copies of the demo, serves them, and prints a Markdown table:

- the first start: from the command, with an empty data folder, until the demo's corner is drawn;
- the first corner: from opening the page until Bokeh has drawn everything, warm server, median of several;
- re-colouring: from the choice of another column until six latents of a million spectra are drawn in its colours;
- pages: from the click in the navigation until the former one is gone, and until the page is painted, on the embedded
  demo; each page for the first time, then again, and built ahead in a session that nobody touched;
- a tap: from the click on an object until its spectrum is in the browser, 95th percentile, with the server at rest and
  while it trains a model;
- a hover: from a movement of the pointer until the note of the object is there, 95th percentile.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from browser_scripts import HOVER, IMAGES, POINTS, SHOWN, VISIT, WATCH
from copies import big_workspace, million_workspace
from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.pages import PAGES, page_class
from specvae_core.assets import asset

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, TAPS, PORT = 5, 40, 5931
LOADING = 15_000
"""Milliseconds in which a server loads what its first page did without."""
COLUMNS = ("class_source", "class", "z", "class", "sn", "true_kind", "class")
CHROMIUM = os.environ.get("SPECVAE_CHROMIUM", "/usr/bin/chromium")
EMPTY = f"import panel as pn; pn.serve(lambda: pn.Column('empty'), port={PORT + 1}, show=False)"


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


def first_start(browser: Browser, folder: Path) -> tuple[float, float]:
    """Seconds from the command until the server answers, and until the demo's corner is drawn."""
    start = time.perf_counter()
    command = [sys.executable, "serve.py", "--port", str(PORT + 2), "--no-show"]
    server = served(command, PORT + 2, XDG_DATA_HOME=str(folder))
    answers = time.perf_counter() - start
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        opening(page, f"http://localhost:{PORT + 2}/", lambda: page.wait_for_function(SHOWN))
    finally:
        server.terminate()
        server.wait()
    return answers, time.perf_counter() - start


def taps(page: Page, n: int) -> float:
    """95th percentile of the milliseconds from a click to the new spectrum."""
    places, times = page.evaluate(POINTS), []
    rng = np.random.default_rng(0)
    while len(times) < n:
        x, y = places[rng.integers(len(places))]
        page.mouse.click(x, y)
        try:
            page.wait_for_function("() => window.drawn !== null", timeout=1500)
        except Exception:  # nothing within reach of the click, or the same object as before
            continue
        times.append(page.evaluate("() => window.drawn - window.tapped"))
        page.wait_for_timeout(350)  # two clicks in a row would be a double click
    return float(np.percentile(times, 95))


class Visit(NamedTuple):
    """One turning to a page: milliseconds until the former page is gone, and until this one is painted."""

    page: str
    turn: int
    skeleton: float
    painted: float


def visits(folder: Path) -> list[tuple[str, str]]:
    """The rows of the pages: each for the first time, and again; and those of pages that were built ahead."""
    port = PORT + 4
    shutil.copytree(asset("demo"), folder)
    server = served(serving(folder, port), port)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            first, second, again = _turn(browser, port)
            ahead, followed = _turn_ahead(browser, port)
            browser.close()
    finally:
        server.terminate()
        server.wait()
    kinds = {"a page of the demo for the first time": first, "the same, built ahead": ahead}
    kinds |= {"the same after another page has chosen another survey": second, "the same again": again}
    kinds["the same half a minute after another page has chosen another survey, untouched since"] = followed
    gone = _seconds([*first, *ahead, *second, *again, *followed], "skeleton")
    rows = [("the former page is gone and a skeleton stands there, median and slowest", gone)]
    rows += [(f"{what}, median and slowest", _seconds(some, "painted")) for what, some in kinds.items()]
    for name in PAGES:
        figures = [_seconds([one for one in some if one.page == name], "painted") for some in kinds.values()]
        rows.append((f"{name}: first; ahead; with another survey; again; half a minute later", "; ".join(figures)))
    return rows


def _seconds(visits: list[Visit], what: str) -> str:
    """Median and slowest of a field of visits, with the page and the turn of the slowest; a single one as it is."""
    if len(visits) < 2:
        return "".join(f"{getattr(one, what) / 1000:.2f} s" for one in visits) or "opened at once"
    slowest = max(visits, key=attrgetter(what))
    median = np.median([getattr(one, what) for one in visits])
    return f"{median / 1000:.2f} s, {getattr(slowest, what) / 1000:.2f} s ({slowest.page}, turn {slowest.turn})"


def _explored(browser: Browser, port: int, saving: bool) -> Page:
    """A tab of the demo's Explore page; one that saves data builds no pages ahead."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    connection = f"{{value: {{saveData: {str(saving).lower()}}}}}"
    page.add_init_script(f"Object.defineProperty(navigator, 'connection', {connection})")
    address = f"http://localhost:{port}/?v=1&page=explore&survey=demo&model=infovae-6"
    opening(page, address, lambda: page.wait_for_function(SHOWN))
    page.wait_for_timeout(LOADING)
    return page


def _visit(page: Page, name: str, turn: int) -> Visit:
    """Turn to a page, which goes on building for a while after that."""
    visit = Visit(name, turn, *page.evaluate(VISIT, [PAGES[name], name]))
    page.wait_for_timeout(3000)
    return visit


def _turn(browser: Browser, port: int) -> tuple[list[Visit], ...]:
    """Visits of each page for the first time, then after Endmembers has chosen a survey of mixtures, and again."""
    page = _explored(browser, port, saving=True)
    first, *others = PAGES
    visits = [_visit(page, name, turn) for turn in range(1 + ROUNDS) for name in (*others, first)]
    page.close()
    n = len(PAGES)
    return visits[: n - 1], visits[n - 1 : 2 * n - 1], visits[2 * n - 1 :]


def _turn_ahead(browser: Browser, port: int) -> tuple[list[Visit], list[Visit]]:
    """Visits of pages that were built ahead, and half a minute after Endmembers has chosen a survey of mixtures."""
    page = _explored(browser, port, saving=False)
    early = [name for name in PAGES if page_class(name).early and name != "explore"]
    for name in early:
        page.wait_for_selector(f".page-{name}", state="attached", timeout=120_000)
    visits = [_visit(page, name, 0) for name in early]
    for name in ("reconstruct", "endmembers"):
        _visit(page, name, 0)
    page.wait_for_timeout(2 * LOADING)
    followed = [_visit(page, name, 1) for name in PAGES if name != "endmembers"]
    page.close()
    return visits, followed


def hovers(page: Page, n: int) -> float:
    """95th percentile of the milliseconds from a movement of the pointer until the object's note stands there."""
    places, times = page.evaluate(POINTS), []
    rng = np.random.default_rng(1)
    page.evaluate(HOVER)
    while len(times) < n:
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        page.evaluate("() => { window.moved = window.looked = null; }")
        x, y = places[rng.integers(len(places))]
        page.mouse.move(x, y)
        try:
            page.wait_for_function("() => window.looked !== null", timeout=1500)
        except Exception:  # nothing within reach of the pointer
            continue
        times.append(page.evaluate("() => window.looked - window.moved"))
    return float(np.percentile(times, 95))


def recolouring(folder: Path) -> tuple[str, str]:
    """The row of new colours: the first change, and the median of those that follow."""
    server, times = served(serving(folder, PORT + 3), PORT + 3), []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            address = f"http://localhost:{PORT + 3}/?v=1&page=explore&survey=million&model=infovae-6"
            opening(page, address, lambda: page.wait_for_function(SHOWN))
            page.wait_for_timeout(LOADING)
            page.evaluate(IMAGES)
            for column in COLUMNS * ROUNDS:
                page.evaluate("() => { window.drawn = null; window.chosen = performance.now(); }")
                page.locator(".corner-card select").first.select_option(column)
                page.wait_for_function("() => window.drawn !== null")
                times.append(page.evaluate("() => window.drawn - window.chosen") / 1000)
                page.wait_for_timeout(1000)
            browser.close()
    finally:
        server.terminate()
        server.wait()
    text = f"{np.median(times[1:]):.2f} s (the slowest {max(times[1:]):.2f} s, the first {times[0]:.2f} s)"
    return "new colours for 1,000,000 spectra, six latents, from choice to drawing", text


def beginning(folder: Path) -> tuple[str, str]:
    """The row of the first start, of a browser that runs already."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        answers, drawn = first_start(browser, folder)
        browser.close()
    return "first start: demo's corner drawn", f"{drawn:.1f} s (server answers after {answers:.1f} s)"


def in_browser(folder: Path) -> list[tuple[str, str]]:
    """The rows that need a warm server and a browser."""
    ours = served(serving(folder, PORT), PORT)
    empty = served([sys.executable, "-c", EMPTY], PORT + 1)
    address = f"http://localhost:{PORT}/?v=1&page=explore&survey=large&model=infovae-6"
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            first, nothing = [], []
            for _ in range(ROUNDS + 1):
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                nothing.append(opening(page, f"http://localhost:{PORT + 1}/"))
                page.close()
                page = browser.new_page(viewport={"width": 1440, "height": 900})
                first.append(opening(page, address, lambda page=page: page.wait_for_function(SHOWN)))
                page.wait_for_timeout(LOADING if len(first) == 1 else 500)
                if len(first) <= ROUNDS:
                    page.close()
            page.wait_for_timeout(3000)
            page.evaluate(WATCH)
            at_rest = taps(page, TAPS)
            hovered = hovers(page, TAPS)
            other = browser.new_page(viewport={"width": 1440, "height": 900})
            other.goto(f"http://localhost:{PORT}/?v=1&page=train&survey=large&model=infovae-6")
            other.get_by_role("button", name="Start training").click()
            other.locator(".training-head .facts").get_by_text("epoch").first.wait_for(timeout=120_000)
            before = _epochs(folder)
            training = taps(page, TAPS)
            if _epochs(folder) <= before:
                raise SystemExit("No epoch went by while it was tapped: the figure would say nothing.")
            other.close()
            browser.close()
    finally:
        ours.terminate(), empty.terminate()
        ours.wait(), empty.wait()
    base, corner = np.median(nothing[1:]), np.median(first[1:])
    return [
        ("an empty Panel page", f"{base:.2f} s"),
        ("first corner of 64,000 spectra", f"{corner:.2f} s ({corner / base:.2f} x the empty page)"),
        ("tap to spectrum, server at rest, 95th percentile", f"{at_rest:.0f} ms"),
        ("pointer to id, class, redshift and small spectrum, server at rest, 95th percentile", f"{hovered:.0f} ms"),
        ("tap to spectrum, while training, 95th percentile", f"{training:.0f} ms"),
    ]


def _epochs(workspace: Path) -> int:
    """Epochs that all trainings of the workspace have done so far."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in workspace.glob("jobs/*/history.jsonl"))


PARTS: dict[str, Callable[[Path], list[tuple[str, str]]]] = {
    "start": lambda folder: [beginning(folder)],
    "pages": visits,
    "colours": lambda folder: [recolouring(million_workspace(folder))],
    "taps": lambda folder: in_browser(big_workspace(folder)),
}
"""What can be measured by itself: ``python benchmarks/browser.py pages``."""


def main() -> None:
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores\n\n| what | measured |\n|---|---|"
    )
    with tempfile.TemporaryDirectory() as scratch:
        for part in sys.argv[1:] or PARTS:
            for what, measured in PARTS[part](Path(scratch) / part):
                print(f"| {what} | {measured} |", flush=True)


if __name__ == "__main__":
    main()
