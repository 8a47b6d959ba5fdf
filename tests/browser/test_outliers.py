"""Outliers by hand: found, stepped through with keys, marked, and still marked after a reload."""

import re

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module")
def outliers(kept_page: Page, site) -> Page:
    """The tab with its table filled; opened once."""
    page = kept_page
    page.goto(site.at("explore") + "&tab=outliers")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    page.get_by_role("button", name="Find outliers").click()
    expect(page.locator(".table-frame tbody tr").first).to_be_visible()
    expect(row(page, 1)).to_have_class("active")  # the strongest is picked when they are found
    return page


def row(page: Page, rank: int) -> object:
    return page.locator(".table-frame tbody tr").nth(rank - 1)


def test_step_mark_reload_and_still_marked(outliers):
    title = outliers.locator(".object-card .card-title").first
    first = row(outliers, 1).locator("td").nth(1).inner_text()
    expect(title).to_have_text(first)
    for rank in (2, 3):
        outliers.keyboard.press("ArrowRight")
        expect(row(outliers, rank)).to_have_class("active")
    third = row(outliers, 3).locator("td").nth(1).inner_text()
    expect(title).to_have_text(third)
    evidence = outliers.locator(".evidence")
    expect(evidence).to_contain_text(re.compile(r"\.$"))

    outliers.keyboard.press("3")
    outliers.get_by_placeholder("note").fill("look again")
    outliers.get_by_placeholder("note").press("Enter")
    outliers.get_by_role("button", name=re.compile("^Tag ")).click()
    reason = evidence.locator("b").inner_text()
    expect(outliers.get_by_placeholder("tags, …")).to_have_value(reason)
    expect(row(outliers, 3).locator("td").nth(4)).to_have_text("3")

    expect(outliers).to_have_url(re.compile(f"object={third}"))
    outliers.reload()
    expect(title).to_have_text(third)
    mark = outliers.locator(".marks").get_by_role("button", name="3", exact=True)
    expect(mark).to_have_class(re.compile("bk-active"))
    expect(outliers.get_by_placeholder("note")).to_have_value("look again")
    expect(outliers.get_by_placeholder("tags, …")).to_have_value(reason)
    expect(row(outliers, 3).locator("td").nth(4)).to_have_text("3")


def test_a_mark_is_taken_back_and_filters(outliers):
    outliers.keyboard.press("5")
    mark = outliers.locator(".marks").get_by_role("button", name="5", exact=True)
    expect(mark).to_have_class(re.compile("bk-active"))
    outliers.get_by_role("button", name="Selection", exact=True).click()
    picker = outliers.locator(".picker").filter(has_text="annotated").locator("select")
    picker.select_option("mark 5 (1)")
    expect(outliers.locator(".corner-card")).to_contain_text("1 selected")
    outliers.keyboard.press("u")
    expect(mark).not_to_have_class(re.compile("bk-active"))
