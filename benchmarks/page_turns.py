"""How long a turn from page to page takes, on the embedded demo."""

import shutil
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from browser_scripts import SHOWN, VISIT
from chromium import CHROMIUM, LOADING, PORT, ROUNDS, opening, served, serving
from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.pages import PAGES, page_class
from specvae_core.assets import asset


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
