"""Turning from page to page: what stands under the new tab in the very next frames."""

import pytest
from figures import until
from playwright.sync_api import Page, expect

from dashboard.pages import PAGES

TURN = """([title, name]) => new Promise((done) => {
  const frames = [], start = performance.now();
  const find = (root) => [...root.querySelectorAll("*")].flatMap((one) => {
    const here = one.tagName === "BUTTON" && one.textContent.trim() === title ? [one] : [];
    return one.shadowRoot ? [...here, ...find(one.shadowRoot)] : here;
  });
  const look = () => {
    const pages = [...document.querySelector("main .main").shadowRoot.children];
    const inView = (one) => one.clientHeight > 0 && one.checkVisibility({visibilityProperty: true});
    const seen = pages.filter(inView).flatMap((one) => [...one.classList]);
    frames.push({
      pages: seen.filter((name) => name.startsWith("page-")),
      skeleton: document.getElementById("skeleton").checkVisibility(),
    });
    if (seen.includes(`page-${name}`) || performance.now() - start > 50000) done(frames);
    else next();
  };
  const next = () => requestAnimationFrame(() => setTimeout(look));  // after all that is done before a frame is painted
  find(document)[0].click();
  next();
})"""
"""Clicks a word of the navigation; what stands below the header in each frame until the page is there."""

LONG = 120_000
"""Milliseconds for all pages; machines may be busy."""

AHEAD = "() => Object.defineProperty(navigator, 'connection', {value: {saveData: false}})"


@pytest.fixture(scope="module")
def opened(kept_page: Page, site) -> Page:
    """The Explore page, drawn; opened once."""
    kept_page.goto(site.at("explore"))
    expect(kept_page.locator(".object-card")).to_contain_text("χ² per pixel")
    return kept_page


@pytest.fixture
def explore(opened: Page) -> Page:
    """The Explore page, in sight."""
    opened.get_by_role("banner").get_by_role("button", name="Explore", exact=True).click()
    expect(opened.locator(".page-explore")).to_be_visible()
    return opened


def test_no_frame_shows_the_former_page_under_the_new_tab(explore):
    for name, title in (*PAGES.items(), *PAGES.items()):
        if name == "explore" and "page=explore" in explore.url:
            continue
        frames = explore.evaluate(TURN, [title, name])
        assert frames[-1]["pages"] == [f"page-{name}"]
        expect(explore.locator("#skeleton")).to_be_hidden()
        for frame in frames[:-1]:
            assert frame["skeleton"], f"{frame} is no skeleton on the way to {name}"
            assert not set(frame["pages"]) - {f"page-{name}"}


def test_a_button_that_leads_to_another_page_turns_it_too(explore):
    explore.get_by_role("button", name="Compare models").click()
    expect(explore.locator(".page-compare")).to_be_visible()
    expect(explore.locator(".page-explore")).to_be_hidden()
    expect(explore.locator("#skeleton")).to_be_hidden()


def test_pages_are_built_while_nobody_touches_the_session(page, site):
    page.add_init_script(f"({AHEAD})()")
    page.goto(site.at("explore"))
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    for name in [*PAGES][1:]:
        expect(page.locator(f".page-{name}")).to_have_count(1, timeout=LONG)
        expect(page.locator(f".page-{name}")).to_be_hidden()
    expect(page.locator(".page-explore")).to_be_visible()
    frames = page.evaluate(TURN, [PAGES["train"], "train"])
    assert not any("page-explore" in frame["pages"] for frame in frames)


def test_a_page_that_was_hidden_while_the_window_shrank_fits_it(explore):
    corner = explore.locator(".corner-card .plot canvas").first
    expect(corner).to_be_visible()
    wide = corner.bounding_box()["width"]
    explore.get_by_role("banner").get_by_role("button", name="Data", exact=True).click()
    expect(explore.locator(".page-explore")).to_be_hidden()
    explore.set_viewport_size({"width": 1100, "height": 900})
    explore.get_by_role("banner").get_by_role("button", name="Explore", exact=True).click()
    expect(corner).to_be_visible()
    place = explore.locator(".corner-card")
    until(
        explore,
        lambda: (corner.bounding_box()["width"], place.bounding_box()["width"]),
        lambda widths: widths[0] < wide and widths[0] <= widths[1],
    )
