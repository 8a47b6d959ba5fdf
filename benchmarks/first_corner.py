"""Seconds from opening a map of many objects in a browser until its corner plot is drawn.

The server has drawn the demo before, so that what every first page imports is not counted; the second figure is a new
page on the same map, which the server has in memory by then.

``python benchmarks/first_corner.py [--n 10000000] [--folder DISK]``
"""

import argparse
import os
import tempfile
from pathlib import Path

from browser import CHROMIUM, LOADING, PORT, opening, served, serving
from browser_scripts import SHOWN
from many_points import MODEL, SURVEY, write_points
from playwright.sync_api import Browser, sync_playwright


def seconds(browser: Browser, survey: str) -> float:
    """Seconds until the corner of a survey is drawn on a new page."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    address = f"http://localhost:{PORT}/?v=1&page=explore&survey={survey}&model={MODEL}"
    found = opening(page, address, lambda: page.wait_for_function(SHOWN, timeout=300_000))
    page.wait_for_timeout(LOADING)
    page.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=10_000_000, help="objects")
    parser.add_argument("--folder", help="where to write the survey: some 150 bytes for each object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        workspace = Path(scratch) / "w"
        write_points(workspace, options.n)
        server = served(serving(workspace, PORT), PORT)
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                demo, first, again = (seconds(browser, survey) for survey in ("demo", SURVEY, SURVEY))
                browser.close()
        finally:
            server.terminate()
            server.wait()
    print(f"load {os.getloadavg()[0]:.1f}\n\n| corner of | s |\n|---|---:|")
    for what, found in (("the demo, first page of the server", demo), (f"{options.n:,} objects", first)):
        print(f"| {what} | {found:.1f} |")
    print(f"| the same, a new page | {again:.1f} |")


if __name__ == "__main__":
    main()
