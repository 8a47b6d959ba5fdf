"""The embedded demo: every page and every tab shows what it is for, not what it would show if there were something."""

import re

import pytest
from figures import column, until
from layout import SIZES, all_are_named, all_is_legible, fits, resize
from playwright.sync_api import Page, expect
from served import Site

from dashboard.pages import PAGES
from dashboard.pages.explore.lower_card import TABS

EMPTY = """
() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const empty = element.shadowRoot && element.classList.contains("empty");
      if (empty && element.checkVisibility() && element.offsetHeight > 20) found.push(element);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return found.length;
}
"""
"""How many empty states are in sight."""

ON_PAGES = {
    "explore": (".focus-card", "in view"),
    "reconstruct": (".answer", "hidden pixels in the 68 / 95% band"),
    "train": (".models", "infovae-6"),
    "compare": (".stage", "pca-10"),
    "labels": (".label-quality", "RMSE"),
    "photoz": (".pz-metrics", "NMAD"),
    "endmembers": (".endmembers", "orthopyroxene"),
    "data": (".survey-report", "Nothing was refused"),
}
"""Where a page shows what it is for, and words of that."""

LEADS = {"labels": "Open stars with lux-32", "photoz": "Open sky with sdgm-9"}
"""Buttons of the pages that need others than the galaxies."""

ON_TABS = {
    "spectrum": (".spectrum canvas", ""),
    "selection": (".table-frame tbody", "demo-"),
    "explain": (".verdict", "A"),
    "similar": (".strip-tile", "demo-00361"),
    "track": (".track-body canvas", ""),
    "redshift": (".redshift-words", "catalogue"),
    "noise": (".noise-side canvas", ""),
    "outliers": (".table-frame tbody", "star"),
    "density": (".table-frame tbody", "%"),
    "clusters": (".table-frame tbody", "quiescent"),
    "overlay": (".table-frame tbody", "star-0091"),
    "sky": (".sky", "cutout service"),
    "people": (".summary", "annotated"),
    "teach": (".strip-tile", "demo-"),
}
"""Where each tab of Explore shows what it is for, and a word of that; the one that picks other objects comes last."""

ACTS = {
    "explain": "Explain the selection",
    "similar": "Like the picked object",
    "overlay": "Overlay",
    "teach": "Learn from the scores",
}
"""The button of the tabs that answer to a visitor's own question."""


LONG = 120_000
"""Milliseconds; what a page of the demo computes when it is opened takes seconds, and machines may be busy."""


@pytest.fixture(scope="module")
def demo(kept_page: Page, site: Site) -> Page:
    """The first thing that a first visitor sees, complete; opened once for pages and tabs."""
    return first_page(kept_page, site)


def first_page(page: Page, site: Site) -> Page:
    """Open the demo and wait for the spectrum."""
    page.goto(site.url)
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    return page


def test_every_page_shows_what_it_is_for(demo):
    for name, title in PAGES.items():
        demo.locator(".header .tabs").get_by_role("button", name=title, exact=True).click()
        if name in LEADS:
            demo.get_by_role("button", name=LEADS[name]).click()
        place, word = ON_PAGES[name]
        expect(demo.locator(place).filter(visible=True).first).to_contain_text(word, timeout=LONG)
        if name != "train":  # its large card waits for a training
            demo.wait_for_function(f"() => !({EMPTY})()")


def turn_to_tab(demo, name):
    """Show a tab of Explore, where all has a name, is legible and in its place."""
    card = demo.locator(".tabs-card")
    card.locator(".tabs").get_by_role("button", name=name.capitalize(), exact=True).click()
    expect(card.locator(f".tab-{name}")).to_be_visible()
    expect(card.get_by_role("button", name=name.capitalize(), exact=True, pressed=True)).to_be_visible()
    all_are_named(demo)
    all_is_legible(demo)
    fits(demo)


def test_every_tab_of_explore_fits_and_shows_what_it_is_for_in_the_dark(demo, site):
    card = demo.locator(".tabs-card")
    demo.emulate_media(color_scheme="dark")
    demo.goto(f"{site.at('explore')}&survey=demo&model=infovae-6&selection=0-200")
    expect(demo.locator(".corner-card")).to_contain_text("201 selected")
    expect(demo.locator(".object-card")).to_contain_text("χ² per pixel")
    assert set(ON_TABS) == set(TABS)
    for name, (place, word) in ON_TABS.items():
        turn_to_tab(demo, name)
        if name == "teach":
            score_two_objects(demo)
        if name in ACTS:
            card.locator(".tab").get_by_role("button", name=ACTS[name], exact=True).filter(visible=True).first.click()
        shown = card.locator(place).filter(visible=True).first
        expect(shown).to_be_visible(timeout=LONG)
        expect(shown).to_contain_text(word, timeout=LONG)
        demo.wait_for_function(f"() => !({EMPTY})()")
        fits(demo)
        all_is_legible(demo)


def test_every_tab_of_explore_fits_windows_of_other_sizes_and_is_legible_in_light(demo):
    demo.emulate_media(color_scheme="light")
    expect(demo.locator("html")).to_have_attribute("data-theme", "light")
    card = demo.locator(".tabs-card")
    for size in (SIZES["4K at scale 2"], SIZES["1024"]):  # all tabs at one size, which the server draws once
        resize(demo, *size)
        for name in TABS:
            turn_to_tab(demo, name)
    table = card.locator(".tab-selection .table-frame")
    demo.locator(".tabs-row").get_by_label("Tabs").select_option("Selection")
    until(demo, lambda: (table.bounding_box() or {"width": 0})["width"], lambda width: width >= 200)


def score_two_objects(page: Page) -> None:
    """One interesting, one not."""
    picked, mark = page.locator(".object-card .card-title").first, page.locator(".marks .bk-active")
    first = picked.inner_text()
    page.keyboard.press("5")
    expect(mark).to_have_text("5", timeout=LONG)
    page.keyboard.press("ArrowRight")
    expect(picked).not_to_have_text(first)
    page.keyboard.press("0")
    expect(mark).to_have_text("0", timeout=LONG)


def test_the_outliers_are_ringed_and_listed_at_one_click(page, site):
    demo = first_page(page, site)
    button = demo.locator(".focus-card").get_by_role("button", name=re.compile(r"\d+ outliers"))
    n = int(button.inner_text().split()[0])
    until(demo, lambda: len(column(demo, "focus", "outliers", "x")), lambda found: found == n)
    button.click()
    table = demo.locator(".tabs-card .table-frame tbody tr")
    expect(table.first).to_contain_text("demo-03293")
    expect(table.first).to_contain_text("arm break")
