"""Every page of the embedded demo at the sizes of windows: nothing is cut off, nothing lies on anything else.

And whatever can be used has a name for screen readers, and is reached by Tab.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from figures import until
from pages_of_demo import PAGES, open_page
from playwright.sync_api import Page, expect
from served import Site, serving

from dashboard.pages.explore.lower_card import TABS
from specvae_core.assets import asset

MISLAID, NAMELESS = (
    f"() => {{ {Path(__file__).with_name('layout.js').read_text(encoding='utf-8')} return {name}(); }}"
    for name in ("mislaid", "nameless")
)
"""What is cut off or covered, and which controls have no name or are not reached by Tab."""

SIZES = {"1024": (1024, 768, 1), "1440": (1440, 900, 1), "4K at scale 2": (1920, 1080, 2)}
"""Width, height and pixels of the screen per pixel of the page."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of the embedded demo."""
    with serving(asset("demo"), tmp_path_factory.mktemp("demo")) as site:
        yield site


def resize(page: Page, width: int, height: int, scale: int) -> None:
    """Give the page a window of a size, on a screen of so many pixels per pixel."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_off_or_lies_on_anything_else(page: Page, site: Site, name: str):
    open_page(page, site, name)
    fits_all_sizes(page)
    until(page, lambda: page.evaluate(NAMELESS), lambda found: not found)


def fits_all_sizes(page: Page) -> None:
    """Nothing is mislaid at any size."""
    for size in SIZES.values():
        resize(page, *size)
        until(page, lambda: page.evaluate(MISLAID), lambda found: not found)


def test_every_tab_of_explore_fits(page: Page, site: Site):
    page.goto(f"{site.at('explore')}&survey=demo&model=infovae-6&selection=0-200")
    card = page.locator(".tabs-card")
    for name in TABS:
        resize(page, *SIZES["1440"])
        card.locator(".tabs").get_by_role("button", name=name.capitalize(), exact=True).click()
        expect(card.locator(f".tab-{name}")).to_be_visible()
        fits_all_sizes(page)
    table = card.locator(".tab-selection .table-frame")
    resize(page, *SIZES["1024"])
    page.locator(".tabs-row").get_by_label("Tabs").select_option("Selection")
    until(page, lambda: (table.bounding_box() or {"width": 0})["width"], lambda width: width >= 200)


def test_the_header_holds_a_running_job(page: Page, site: Site):
    open_page(page, site, "train")
    field = page.locator(".setting-max_epochs input").filter(visible=True)
    field.fill("100000")
    field.blur()
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".header .job")).to_contain_text("train")
    fits_all_sizes(page)
    page.get_by_role("button", name="Stop", exact=True).filter(visible=True).first.click()
    expect(page.locator(".header .job")).not_to_contain_text("train")


def test_what_is_cut_or_covered_or_nameless_is_found(page: Page):
    page.set_content(
        """<div style="width: 50px; overflow: hidden; white-space: nowrap">a text that is far too long</div>
        <div style="position: absolute; left: 20px; top: 100px">lies below</div>
        <div style="position: absolute; left: 30px; top: 104px">lies above</div>
        <div style="width: 60px; overflow: auto; white-space: nowrap">this text can be scrolled</div>
        <div style="position: absolute; left: 2000px; top: 10px">beyond</div>
        <button></button><button tabindex="-1">silent</button><input aria-label="named">"""
    )
    found = page.evaluate(MISLAID)
    assert [text.split(":")[0] for text in found] == ["cut", "cut", "overlap"]
    assert [text.split(":")[0] for text in page.evaluate(NAMELESS)] == ["nameless", "not by Tab"]
