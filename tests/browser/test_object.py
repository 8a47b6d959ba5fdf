"""One object by mouse and keys: redshift, remarks, lines of one's own, more like this, the sky, several people."""

import re

import pytest
from figures import column, drawn, on_screen, until
from playwright.sync_api import Locator, Page, expect
from sky_service import sky_service

from specvae_core.workspace import Workspace

OBJECT = "demo-00003"


@pytest.fixture(scope="module")
def explore(kept_page: Page, site) -> Page:
    """The Explore page with an object picked; opened once."""
    kept_page.goto(f"{site.at('explore')}&object={OBJECT}")
    expect(kept_page.locator(".object-card")).to_contain_text("χ² per pixel")
    return kept_page


def tools_of(page: Page) -> Locator:
    """The tools beside the spectrum, open."""
    tools = page.locator(".spectrum-tools")
    if not tools.is_visible():
        page.get_by_role("button", name="More", exact=True).click()
    expect(tools).to_be_visible()
    return tools


def lines(page: Page) -> list[float]:
    """Places of the lines in the spectrum."""
    return column(page, "spectrum", "lines", "x")


def test_a_redshift_is_read_off_and_kept_beside_the_surveys(explore, site):
    workspace = Workspace.open(site.workspace)
    survey = workspace.survey("demo")
    z = float(survey.table["z"].iloc[survey.row_of(OBJECT)])
    first = until(explore, lambda: lines(explore), len)
    tools = tools_of(explore)
    expect(tools).to_contain_text("Click in the spectrum")
    ((x, y),) = on_screen(explore, "spectrum", [(6700.0, 1.0)])
    explore.mouse.click(x, y)
    expect(tools).to_contain_text(re.compile(r"place: 6,(69|70)\d"))
    tools.get_by_label("place is").select_option(label="Hα 6565")
    moved = until(explore, lambda: lines(explore), lambda now: now != first)
    assert moved[0] / first[0] == pytest.approx(6700 / 6564.61, abs=0.002)
    tools.get_by_role("button", name="4", exact=True).click()
    tools.get_by_role("button", name="Keep as my z").click()
    expect(tools).to_contain_text("my z is")
    said = workspace.annotations.verdicts("demo")[OBJECT]
    assert said.annotation.redshift == pytest.approx((1 + z) * 6700 / 6564.61 - 1, abs=0.005)
    assert float(workspace.survey("demo").table["z"].iloc[survey.row_of(OBJECT)]) == z
    field = explore.get_by_role("combobox", name="filter")
    field.fill("my_z_quality == 4")
    field.press("Enter")
    expect(explore.locator(".corner-card")).to_contain_text("1 selected")
    field.evaluate("field => field.blur()")
    explore.keyboard.press("o")
    frame = until(explore, lambda: column(explore, "spectrum", "observed", "wavelength")[0], lambda one: one > 3500)
    assert frame == pytest.approx(float(survey.grid.wavelength[0]) * (1 + z), rel=1e-6)
    explore.keyboard.press("o")
    until(explore, lambda: column(explore, "spectrum", "observed", "wavelength")[0], lambda one: one < 3500)
    explore.keyboard.press("u")
    expect(tools).not_to_contain_text("my z is")
    explore.keyboard.press("c")  # else arrow keys would stay within the selection
    expect(explore.locator(".corner-card")).to_contain_text("0 selected")


def test_a_remark_and_a_pinned_spectrum(explore, site):
    tools = tools_of(explore)
    until(explore, lambda: lines(explore), len)
    ((x, y),) = on_screen(explore, "spectrum", [(5000.0, 1.0)])
    explore.mouse.click(x, y)
    expect(tools).to_contain_text(re.compile(r"place: (4,99|5,00)\d"))
    tools.get_by_role("button", name="Enlarge").click()
    expect(explore.locator(".enlarged")).to_be_visible()
    note = tools.get_by_placeholder("remark at the place")
    note.fill("double peak")
    note.press("Enter")
    expect(tools.locator(".tool-words").filter(has_text="double peak").first).to_be_visible()
    assert until(explore, lambda: column(explore, "spectrum", "remarks", "note"), len) == ["double peak"]
    tools.get_by_role("button", name="Pin", exact=True).click()
    until(explore, lambda: column(explore, "spectrum", "pins", "colour"), len)
    explore.keyboard.press("ArrowRight")
    expect(explore.locator(".object-card .card-title").first).not_to_have_text(OBJECT)
    assert until(explore, lambda: column(explore, "spectrum", "remarks", "x"), lambda now: not len(now)) == []
    assert len(column(explore, "spectrum", "pins", "colour")) == 1


def open_tab(page: Page, name: str) -> None:
    """Open a tab of the lower card."""
    page.locator(".tabs-card").get_by_role("button", name=name, exact=True).click()


def test_the_sky_is_fetched_by_the_server_when_asked(explore):
    asked_by_the_page: list[str] = []
    explore.on("request", lambda request: asked_by_the_page.append(request.url))
    with sky_service() as service:
        open_tab(explore, "Sky")
        field = explore.locator(".tabs-card").get_by_label("service")
        field.fill(service.template)
        field.press("Enter")
        expect(explore.locator("#toasts")).to_contain_text("cutout service is set")
        assert service.asked == []
        explore.get_by_role("button", name="This object").click()
        image = explore.locator(".sky-grid img")
        expect(image).to_have_count(1)
        assert until(explore, lambda: image.evaluate("image => image.naturalWidth"), lambda width: width) == 8
        filter_line = explore.get_by_role("combobox", name="filter")
        filter_line.fill("sn > 5")
        filter_line.press("Enter")
        expect(explore.locator(".corner-card")).to_contain_text(re.compile(r"[1-9]\d* selected"))
        explore.get_by_role("button", name="The selection (first").click()
        expect(image).to_have_count(12)
        assert len(service.asked) in (12, 13)
        assert not [url for url in asked_by_the_page if service.address in url]


def test_similar_objects_have_residuals_and_less_like_this_makes_a_track(explore):
    open_tab(explore, "Similar")
    tiles = explore.locator(".strip-tile")
    expect(tiles).to_have_count(13)
    expect(explore.locator(".strip-residual")).to_have_count(12)
    tiles.nth(12).click()
    explore.get_by_role("button", name="Less like this").click()
    expect(explore).to_have_url(re.compile("track=less-like"))


def test_two_people_at_two_pages(explore, site):
    picked = explore.locator(".object-card .card-title").first.inner_text()
    explore.keyboard.press("5")
    open_tab(explore, "People")
    name = explore.locator(".tabs-card").get_by_label("I am")
    name.fill("anna")
    name.press("Enter")
    name.blur()
    expect(explore.locator(".others-say")).to_contain_text("the mark 5")
    explore.keyboard.press("2")
    expect(explore.locator(".tabs-card .summary")).to_contain_text("disagree on 1")
    expect(explore.locator(".tabs-card tbody tr")).to_have_count(1)
    explore.reload()
    expect(name).to_have_value("anna")
    said = Workspace.open(site.workspace).annotations.by_author("demo", picked)
    assert said["anna"][picked].mark == 2
    explore.get_by_role("button", name="Select where people disagree").click()
    expect(explore.locator(".corner-card")).to_contain_text("1 selected")


@pytest.mark.parametrize(
    ("name", "view", "figure"), [("reconstruct", "", "reconstruction"), ("compare", "&compare=object", "spectrum")]
)
def test_the_tools_and_their_address_serve_other_pages_too(page, site, name: str, view: str, figure: str):
    survey = Workspace.open(site.workspace).survey("demo")
    z = float(survey.table["z"].iloc[survey.row_of(OBJECT)])
    page.goto(f"{site.at(name)}{view}&object={OBJECT}&frame=observed&trial=0.3&pins=demo-00005")
    here = page.locator(f".page-{name}")
    drawn(page, figure)
    first = until(page, lambda: column(page, figure, "observed", "wavelength")[0], lambda one: one > 3500)
    assert first == pytest.approx(float(survey.grid.wavelength[0]) * (1 + z), rel=1e-6)
    moved = until(page, lambda: column(page, figure, "lines", "x"), lambda places: max(places) > 8000)
    assert min(abs(place - 6564.61 * 1.3) for place in moved) < 1
    assert until(page, lambda: column(page, figure, "pins", "colour"), len) == ["#0072b2"]
    here.get_by_role("button", name="More", exact=True).click()
    tools = here.locator(".spectrum-tools")
    tools.get_by_role("button", name="Unpin all").click()
    until(page, lambda: column(page, figure, "pins", "colour"), lambda pins: not pins)
    ((x, y),) = on_screen(page, figure, [(6700.0 * (1 + z), 1.0)])
    page.mouse.click(x, y)
    expect(tools).to_contain_text(re.compile(r"place: 6,(69|70)\d"))
    tools.get_by_role("button", name="Enlarge").click()
    expect(here.locator(".enlarged").first).to_be_visible()
    page.keyboard.press("o")
    until(page, lambda: column(page, figure, "observed", "wavelength")[0], lambda one: one < 3500)
    expect(page).to_have_url(re.compile(r"frame=rest.*trial=0\.300000.*pins=&"))
