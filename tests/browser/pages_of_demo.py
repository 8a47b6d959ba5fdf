"""The pages of the embedded demo, each on the survey and model that suit it."""

from playwright.sync_api import Page, expect
from served import Site

PAGES = {
    "explore": ("survey=demo&model=infovae-6", ".object-card", "χ² per pixel"),
    "reconstruct": ("survey=demo&model=infovae-6", ".page-reconstruct", "hidden"),
    "train": ("survey=demo&model=infovae-6", ".models", "infovae-6"),
    "compare": ("survey=demo&model=infovae-6", ".stage", "pca-10"),
    "labels": ("survey=stars&model=lux-32", ".label-quality", "RMSE"),
    "photoz": ("survey=sky&model=sdgm-9", ".pz-metrics", "NMAD"),
    "endmembers": ("survey=powders&model=untapped-5", ".endmembers", "orthopyroxene"),
    "data": ("survey=demo&model=infovae-6", ".survey-report", "Nothing was refused"),
}
"""What each page shows of the demo; where, and a word of it, that is there once the page is."""

LONG = 120_000
"""Milliseconds; what a page computes when it is opened takes seconds, and machines may be busy."""


def open_page(page: Page, site: Site, name: str) -> None:
    """Open a page and wait for what it is for."""
    what, place, word = PAGES[name]
    page.goto(f"{site.at(name)}&{what}")
    expect(page.locator(place).filter(visible=True).first).to_contain_text(word, timeout=LONG)
