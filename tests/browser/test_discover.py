"""From looking to finding by hand: filter, named selections, explain, teach, more like this."""

import re

import pandas as pd
import pytest
from astropy.table import QTable
from playwright.sync_api import Page, expect

from specvae_core.tasks.select import choose
from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def opened(kept_page: Page, site) -> Page:
    """The Explore page, complete; opened once."""
    kept_page.goto(f"{site.at('explore')}&survey=demo&model=pca-3")
    expect(kept_page.locator(".object-card")).to_contain_text("χ² per pixel")
    return kept_page


@pytest.fixture
def explore(opened: Page) -> Page:
    """The Explore page with nothing selected and an empty filter."""
    field = opened.get_by_role("combobox", name="filter")
    field.fill("")
    field.evaluate("field => field.blur()")
    opened.keyboard.press("c")
    expect(opened.locator(".corner-card")).to_contain_text("0 selected")
    return opened


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
    expect(explore.locator(".filter-note")).to_contain_text("1 not found (nothing)")
    explore.reload()
    expect(corner).to_contain_text("2 selected")


def test_what_is_being_typed_is_kept_and_lines_are_pasted_as_words(explore, site):
    field = explore.get_by_role("combobox", name="filter")
    field.evaluate(
        """field => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", "demo-00001\\ndemo-00004\\n");
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData, cancelable: true}));
        }"""
    )
    expect(field).to_have_value("demo-00001 demo-00004")
    field.press("Enter")
    expect(explore.locator(".corner-card")).to_contain_text("2 selected")
    field.fill("sn > 2")
    explore.get_by_role("button", name="Clear", exact=True).click()
    expect(explore.locator(".corner-card")).to_contain_text("0 selected")
    expect(field).to_have_value("sn > 2")


def test_a_change_of_a_widget_that_is_not_drawn_yet_waits(explore):
    disabled = explore.evaluate(
        """async () => {
            const model = new (Bokeh.Models.get("Button"))();
            const view = await Bokeh.index.build_view(model);
            model.disabled = true;
            view.render();
            view.r_after_render();
            model.disabled = false;
            model.disabled = true;
            return view.button_el.disabled;
        }"""
    )
    assert disabled


def test_named_selections_are_kept_coloured_and_joined(explore, site):
    corner, survey = explore.locator(".corner-card"), Workspace.open(site.workspace).survey("demo")
    is_far, is_bright = survey.table["z"] > 0.1, survey.table["sn"] > 25
    far, bright, both = int(is_far.sum()), int(is_bright.sum()), int((is_far & is_bright).sum())
    explore.get_by_role("button", name="Selection", exact=True).click()
    for text, name in (("sn > 25", "bright"), ("z > 0.1", "far")):
        enter(explore, text)
        expect(explore.locator(".filter-note")).to_contain_text("of 240")
        field = explore.get_by_placeholder("name", exact=True).filter(visible=True)  # tabs are built ahead
        field.fill(name)
        field.press("Enter")
        explore.get_by_role("button", name="Keep", exact=True).click()
        picker = explore.get_by_label("kept", exact=True)
        expect(picker.locator("option:checked")).to_contain_text(name)
    picker.select_option(label=next(t for t in picker.locator("option").all_inner_texts() if t.startswith("bright")))
    explore.get_by_role("button", name="Keep only the selected objects that are in it").click()
    expect(corner).to_contain_text(f"{both} selected")
    explore.get_by_role("button", name="Remove its objects from those selected").click()  # beneath a hint
    expect(corner).to_contain_text("0 selected")
    explore.get_by_role("button", name="Add its objects to those selected").click()
    expect(corner).to_contain_text(f"{bright} selected")
    with explore.expect_download() as saved:
        explore.get_by_label("Save as", exact=True).filter(visible=True).select_option("ECSV table")
    table = QTable.read(saved.value.path(), format="ascii.ecsv")
    assert (len(table), table["ra"].unit, table.meta["survey"]) == (bright, "deg", "demo")
    assert set(table["id"]) == set(survey.ids[survey.table["sn"] > 25])
    explore.get_by_label("More", exact=True).select_option("Colour the map by all kept")
    expect(explore.locator(".legend-root")).to_contain_text(f"bright + far {both}")
    enter(explore, "@far")
    expect(corner).to_contain_text(f"{far} selected")


def test_a_link_to_a_kept_selection_opens_with_its_table(chromium, site):
    workspace = Workspace.open(site.workspace)
    rows = choose(workspace, "demo", "sn > 20").rows
    keep_selection(workspace, "demo", "quiet", rows)
    context = chromium.new_context(viewport={"width": 1024, "height": 768}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site.at('explore')}&survey=demo&model=pca-3&where=@quiet&tab=selection")
    expect(page.locator(".corner-card")).to_contain_text(f"{len(rows)} selected")
    expect(page.locator(".tabs-card")).to_contain_text(f"{len(rows)} of 240 objects")
    expect(page.locator(".tabs-card").get_by_text("Nothing selected")).to_be_hidden()
    expect(page.locator(".tabs-card tbody tr").first).to_be_visible()
    context.close()


def open_tab(page: Page, name: str) -> None:
    """Open a tab of the lower card."""
    page.locator(".tabs").get_by_role("button", name=name, exact=True).click()


def test_a_selection_is_explained_and_becomes_a_track(explore):
    open_tab(explore, "Explain")
    expect(explore.locator(".tabs-card")).to_contain_text("Why does a selection differ")
    enter(explore, 'class == "emission-line"')
    expect(explore.locator(".tabs-card")).to_contain_text("objects different?")
    explore.get_by_role("button", name="Explain the selection").click()
    expect(explore.locator(".verdict-real")).to_contain_text("Real:")
    expect(explore.locator(".explain .table-frame tbody").first).to_contain_text("Hα (Å)")
    expect(explore.locator(".explain .table-frame tbody").nth(1)).to_contain_text("ew_h_alpha")
    look_closer_in_a_small_window(explore)
    explore.get_by_role("button", name="Track from B to A").click()
    expect(explore).to_have_url(re.compile("track=B-to-A"))
    expect(explore).to_have_url(re.compile("tab=track"))


def look_closer_in_a_small_window(page: Page) -> None:
    """At 1024 x 768 an explanation has one row of controls, and *Larger* gives its plots the width of the card."""
    whole = page.viewport_size
    page.set_viewport_size({"width": 1024, "height": 768})
    parts = (page.get_by_role("button", name=name, exact=True) for name in ("Explain", "Recipe", "Larger"))
    tops = [part.filter(visible=True).last.bounding_box()["y"] for part in parts]
    assert max(tops) - min(tops) < 12
    flux, difference = (page.locator(".explain-plot .bk-Figure").nth(i) for i in range(2))
    assert flux.bounding_box()["height"] > difference.bounding_box()["height"] > 50
    toggle = page.get_by_role("button", name="Larger", exact=True).filter(visible=True)
    toggle.click()
    expect(page.locator(".tabs-card.larger")).to_be_visible()
    card, plot = page.locator(".tabs-card").bounding_box(), flux.bounding_box()
    assert plot["width"] > 0.9 * card["width"]
    assert plot["height"] > 120
    toggle.click()
    expect(page.locator(".tabs-card.larger")).to_have_count(0)
    page.set_viewport_size(whole)


def test_interest_is_taught_by_keys(explore, site):
    open_tab(explore, "Teach")
    expect(explore.locator(".tabs-card")).to_contain_text("What is interesting?")
    annotations = Workspace.open(site.workspace).annotations
    for row in range(20, 26):
        annotations.change("demo", f"demo-{row:05d}", "test", mark=5 * (row < 23))
    explore.get_by_role("button", name="Learn from the scores").first.click()
    tiles = explore.locator(".strip-tile")
    expect(tiles).to_have_count(20)
    expect(tiles.first).to_have_attribute("aria-pressed", "true")
    expect(tiles.first.locator(".strip-why")).not_to_be_empty()
    first, second = (tiles.nth(i).locator(".strip-head").inner_text() for i in range(2))
    explore.keyboard.press("4")
    expect(tiles).to_have_count(19)
    expect(explore.locator(".object-card .card-title").first).to_have_text(second)
    assert annotations.of("demo")[first].mark == 4
    explore.keyboard.press("x")
    expect(tiles).to_have_count(18)
    assert second not in annotations.of("demo") or annotations.of("demo")[second].mark is None
    explore.get_by_role("button", name="Colour by interest").click()
    expect(explore.locator(".scale-bar")).to_be_visible()


def test_more_like_this(explore):
    title = explore.locator(".object-card .card-title").first
    expect(title).not_to_be_empty()
    picked = title.inner_text()
    explore.get_by_role("button", name=re.compile("More like this")).click()
    tiles = explore.locator(".strip-tile").filter(visible=True)
    expect(tiles).to_have_count(13)
    expect(tiles.first.locator(".strip-head")).to_have_text(picked)
    other = tiles.nth(3).locator(".strip-head").inner_text()
    tiles.nth(3).click()
    expect(explore.locator(".object-card .card-title").first).to_have_text(other)
    explore.get_by_role("button", name="Select them").click()
    expect(explore.locator(".corner-card")).to_contain_text("12 selected")


def test_the_focus_map_takes_columns_and_a_second_view_as_axes(explore):
    card = explore.locator(".focus-card")
    card.get_by_role("button", name="axes", exact=True).click()
    for axis, text in (("x", "log10(sn)"), ("y", "z")):
        field = card.locator(f".plane-{axis} input")
        field.fill(text)
        field.press("Enter")
    expect(card).to_contain_text("log10(sn) × z")
    card.locator(".plane-kind select").select_option(label="PCA")
    expect(card).to_contain_text("pca_1 × pca_2", timeout=120_000)  # a job, behind what the server loads first
    expect(explore).to_have_url(re.compile("plane=pca_1&plane=pca_2"))
    explore.locator(".corner-card").get_by_role("button", name="latents").click()
    card.locator(".plane-kind select").select_option(label="latents")
    expect(card).to_contain_text(re.compile(r"latent 1 × latent 2|1 × "))


def test_vectors_become_an_embedding_that_is_compared_with_a_model(page, site, tmp_path):
    survey = Workspace.open(site.workspace).survey("demo")
    columns = {f"emb_{i}": survey.table["sn"] * (i + 1) + survey.table["z"] for i in range(3)}
    path = tmp_path / "mine.csv"
    pd.DataFrame({"object_id": survey.ids, **columns}).iloc[:200].to_csv(path, index=False)
    page.goto(site.at("data"))
    page.get_by_role("button", name="Upload").click()
    page.locator(".spectra-upload .drop-zone input").set_input_files([path])
    expect(page.locator(".look")).to_contain_text("mine.csv: vectors of 3 components from emb_0 to emb_2")
    expect(page.locator(".vector-matches")).to_contain_text("200 of the first 200 ids are in demo.")
    expect(page.locator(".vector-model input")).to_have_attribute("placeholder", "mine")
    page.get_by_role("button", name="Embed", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("200 of 200 vectors belong to objects of demo by id, 40 of its")
    page.goto(f"{site.at('explore')}&survey=demo&model=mine")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    page.goto(f"{site.at('compare')}&survey=demo&model=mine&compare=neighbours")
    page.get_by_role("button", name="Compare neighbours").click()
    expect(page.get_by_text("objects that none of the models has learnt from")).to_be_visible()
    page.locator("tbody tr", has_text="pca-3").click()
    expect(page).to_have_url(re.compile("colour=agreement"))
    expect(page.locator(".corner-card")).to_contain_text("agreement with pca-3")


def test_a_brush_on_a_histogram_filters_everything_and_is_undone(explore):
    corner = explore.locator(".corner-card")
    open_tab(explore, "Selection")
    explore.get_by_role("button", name="Columns", exact=True).click()
    plot = explore.get_by_role("slider", name="brush sn")
    plot.hover()  # waits until it has found its place
    box = plot.bounding_box()
    explore.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    explore.mouse.down()
    explore.mouse.move(box["x"] + box["width"] + 5, box["y"] + 20, steps=4)
    explore.mouse.up()
    field = explore.get_by_role("combobox", name="filter")
    expect(field).to_have_value(re.compile(r"^[\d.]+ <= sn$"))
    expect(explore.locator(".filter-note")).to_contain_text("of 240")
    n = explore.locator(".filter-note").inner_text().split()[0]
    expect(corner).to_contain_text(f"{n} selected")
    expect(explore.locator(".table-pager, .table-frame").first).to_be_visible()
    explore.locator(".histogram-word").first.click()
    expect(field).to_have_value(re.compile(r"^[\d.]+ <= sn and class in "))
    explore.get_by_role("button", name="undo the selection").click()
    expect(corner).to_contain_text(f"{n} selected")
    expect(field).to_have_value(re.compile(r"^[\d.]+ <= sn$"))
