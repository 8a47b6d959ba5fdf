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
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from browser_scripts import HOVER, IMAGES, POINTS, SHOWN, WATCH
from chromium import CHROMIUM, LOADING, PORT, ROUNDS, opening, served, serving
from copies import big_workspace, million_workspace
from page_turns import visits
from playwright.sync_api import Browser, Page, sync_playwright

TAPS = 40
COLUMNS = ("class_source", "class", "z", "class", "sn", "true_kind", "class")
EMPTY = f"import panel as pn; pn.serve(lambda: pn.Column('empty'), port={PORT + 1}, show=False)"


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
