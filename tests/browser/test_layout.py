"""A running job, a table and notes of the embedded demo: nothing is cut off, covered or faint.

The pages themselves are looked at in `test_pictures`, the tabs of Explore in `test_demo`.
"""

from figures import column, drawn, on_screen, until
from layout import FAINT, MISLAID, NAMELESS, SIZES, all_are_named, all_is_legible, fits, fits_all_sizes, resize
from pages_of_demo import open_page
from playwright.sync_api import Page, expect
from served import Site

from dashboard.pages.compare.page import VIEWS
from specvae_core.workspace import Workspace


def test_every_view_of_compare_fits_and_is_legible_in_light_and_dark(page: Page, site: Site):
    open_page(page, site, "compare")
    views = page.locator(".compare-views")
    for title in VIEWS:
        views.get_by_role("button", name=title, exact=True).click()
        expect(views.get_by_role("button", name=title, exact=True, pressed=True)).to_be_visible()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            all_are_named(page)
            all_is_legible(page)
            fits(page)


def test_the_note_of_what_lies_under_the_pointer_is_legible_in_light_and_dark(page: Page, site: Site):
    open_page(page, site, "explore")
    drawn(page, "focus")
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        at = column(page, "focus", "ring", "x")[0], column(page, "focus", "ring", "y")[0]
        ((x, y),) = on_screen(page, "focus", [at])
        page.mouse.move(x + 30, y)
        page.mouse.move(x, y, steps=3)
        expect(page.locator(".hover-note")).to_be_visible()
        all_is_legible(page)


def test_the_header_holds_a_running_job(page: Page, site: Site):
    workspace = Workspace.open(site.workspace)
    known = {model.id for model in workspace.models()}
    open_page(page, site, "train")
    field = page.locator(".setting-max_epochs input").filter(visible=True)
    field.fill("100000")
    field.blur()
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".header .job")).to_contain_text("train")
    names = page.locator(".header .picker select")
    assert names.evaluate_all("(all) => all.every((one) => one.scrollWidth <= one.clientWidth)")  # the job gives way
    fits_all_sizes(page)
    page.get_by_role("button", name="Stop", exact=True).filter(visible=True).first.click()
    expect(page.locator(".header .job")).not_to_contain_text("train")
    for model in workspace.models():  # of a training that had ended an epoch: other tests share the demo
        if model.id not in known:
            workspace.delete_model(model.id)


def test_all_columns_of_the_table_of_models_are_in_view(page: Page, site: Site):
    open_page(page, site, "train")
    frame = page.locator(".models .table-frame")
    expect(frame.get_by_role("button", name="created")).to_be_visible()
    for size in SIZES.values():
        resize(page, *size)
        until(page, lambda: frame.evaluate("(one) => one.scrollWidth - one.clientWidth"), lambda more: more <= 0)


def test_what_is_cut_or_covered_or_nameless_or_faint_is_found(page: Page):
    page.set_content(
        """<div style="width: 50px; overflow: hidden; white-space: nowrap">a text that is far too long</div>
        <div style="position: absolute; left: 20px; top: 400px">lies below</div>
        <div style="position: absolute; left: 30px; top: 404px">lies above</div>
        <div style="width: 60px; overflow: auto; white-space: nowrap">this text can be scrolled</div>
        <div style="position: absolute; left: 2000px; top: 10px">beyond</div>
        <button></button><button tabindex="-1">silent</button><input aria-label="named">
        <p style="background: white; color: #777">nearly</p><p style="background: white; color: #767676">enough</p>
        <p style="color: black; opacity: 0.4">washed out</p><button disabled style="color: #ddd">off</button>"""
    )
    found = page.evaluate(MISLAID)
    assert [text.split(":")[0] for text in found] == ["cut", "cut", "overlap"]
    assert [text.split(":")[0] for text in page.evaluate(NAMELESS)] == ["nameless", "not by Tab"]
    assert [text.split()[-1] for text in page.evaluate(FAINT)] == ["nearly", "out"]
