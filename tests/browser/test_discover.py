"""From looking to finding by hand: filter, named selections."""

import re

import pytest
from playwright.sync_api import Page, expect

from specvae_core.workspace import Workspace


@pytest.fixture
def explore(page: Page, site) -> Page:
    """The Explore page, complete."""
    page.goto(site.at("explore"))
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    return page


def enter(page: Page, text: str) -> None:
    """Enter a filter."""
    field = page.get_by_role("combobox", name="filter")
    field.fill(text)
    field.press("Enter")


def test_a_filter_is_completed_selects_and_says_what_is_wrong(explore):
    field, corner = explore.get_by_role("combobox", name="filter"), explore.locator(".corner-card")
    field.press_sequentially("cla")
    expect(explore.locator(".filter-list li").first).to_have_text("class")
    field.press("Tab")
    field.press_sequentially(' == "quiescent" and sn > 20')
    field.press("Enter")
    expect(explore.locator(".filter-note")).to_contain_text(re.compile(r"^\d+ of 240$"))
    n = explore.locator(".filter-note").inner_text().split()[0]
    expect(corner).to_contain_text(f"{n} selected")
    expect(explore).to_have_url(re.compile("where=class"))
    enter(explore, "clas == 3")
    expect(explore.locator(".filter-note.bad")).to_contain_text("did you mean class")
    expect(corner).to_contain_text(f"{n} selected")
    enter(explore, "demo-00003, demo-00001 nothing")
    expect(corner).to_contain_text("2 selected")
    expect(explore.locator(".filter-note")).to_contain_text("1 ids not found (nothing…)")
    explore.reload()
    expect(corner).to_contain_text("2 selected")


def test_named_selections_are_kept_coloured_and_joined(explore, site):
    corner, table = explore.locator(".corner-card"), Workspace.open(site.workspace).survey("demo").table
    far, both = int((table["z"] > 0.1).sum()), int(((table["z"] > 0.1) & (table["sn"] > 25)).sum())
    explore.get_by_role("button", name="Selection", exact=True).click()
    for text, name in (("sn > 25", "bright"), ("z > 0.1", "far")):
        enter(explore, text)
        expect(explore.locator(".filter-note")).to_contain_text("of 240")
        explore.get_by_placeholder("name", exact=True).fill(name)
        explore.get_by_placeholder("name", exact=True).press("Enter")
        explore.get_by_role("button", name="Keep", exact=True).click()
        picker = explore.locator(".picker").filter(has_text="kept").locator("select")
        expect(picker.locator("option:checked")).to_contain_text(name)
    picker.select_option(label=next(t for t in picker.locator("option").all_inner_texts() if t.startswith("bright")))
    explore.get_by_role("button", name="∩", exact=True).click()
    expect(corner).to_contain_text(f"{both} selected")
    explore.get_by_role("button", name="Colour", exact=True).click()
    expect(explore.locator(".legend-root")).to_contain_text(f"bright + far {both}")
    enter(explore, "@far")
    expect(corner).to_contain_text(f"{far} selected")
