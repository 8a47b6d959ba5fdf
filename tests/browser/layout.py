"""Whether anything on a page is cut off or covered, at the sizes of windows, and whether all controls have a name."""

from pathlib import Path

from figures import until
from playwright.sync_api import Page

MISLAID, NAMELESS, FAINT = (
    f"() => {{ {Path(__file__).with_name('layout.js').read_text(encoding='utf-8')} return {name}(); }}"
    for name in ("mislaid", "nameless", "faint")
)
"""What is cut off or covered; which controls have no name or are not reached by Tab; which texts lack contrast."""

SIZES = {"1024": (1024, 768, 1), "1440": (1440, 900, 1), "4K at scale 2": (1920, 1080, 2)}
"""Width, height and pixels of the screen per pixel of the page."""


PAUSE = 300.0
"""Milliseconds between two looks at all of a page; each keeps its browser from drawing for a tenth of a second."""


def resize(page: Page, width: int, height: int, scale: int) -> None:
    """Give the page a window of a size, on a screen of so many pixels per pixel."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)


def fits(page: Page) -> None:
    """Nothing is mislaid."""
    until(page, lambda: page.evaluate(MISLAID), lambda found: not found, PAUSE)


def fits_all_sizes(page: Page) -> None:
    """Nothing is mislaid at any size."""
    for size in SIZES.values():
        resize(page, *size)
        fits(page)


def all_are_named(page: Page) -> None:
    """Every control has a name for screen readers, and is reached by Tab."""
    until(page, lambda: page.evaluate(NAMELESS), lambda found: not found, PAUSE)


def all_is_legible(page: Page) -> None:
    """Every text has the contrast of WCAG 2.1, level AA."""
    until(page, lambda: page.evaluate(FAINT), lambda found: not found, PAUSE)
