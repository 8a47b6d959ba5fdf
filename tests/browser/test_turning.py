"""Turning from page to page: what stands under the new tab in the very next frames."""

import re

import pytest
from figures import until
from playwright.sync_api import Page, expect

from dashboard.pages import PAGES, page_class

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

TURN_TAB = """(name) => new Promise((done) => {
  const frames = [], start = performance.now(), card = window.deepFind(".tabs-card", (one) => one.checkVisibility());
  const row = card.shadowRoot.querySelector(".tabs-row").shadowRoot.querySelector(".tabs").shadowRoot;
  const inView = (one) => one.clientHeight > 0 && one.checkVisibility({visibilityProperty: true});
  const look = () => {
    const seen = [...card.shadowRoot.children].filter(inView).flatMap((one) => [...one.classList]);
    const tabs = seen.filter((one) => one.startsWith("tab-"));
    frames.push({tabs, skeleton: getComputedStyle(card, "::after").content !== "none"});
    if (tabs.includes(`tab-${name}`) || performance.now() - start > 50000) done(frames);
    else next();
  };
  const next = () => requestAnimationFrame(() => setTimeout(look));
  [...row.querySelectorAll(".bk-btn")].find((one) => one.textContent.trim().toLowerCase() === name).click();
  next();
})"""
"""Clicks a tab of Explore's lower card; what stands in the card in each frame until the tab is there."""

SIMILAR_THEN = """(name) => {
  const fits = (one, word) => one.textContent.trim() === word && one.checkVisibility();
  const press = (word) => window.deepFind("button", (one) => fits(one, word)).click();
  press("≈");
  press(name);
}"""
"""Presses the button that the server answers with the tab of similar objects, and another tab at once."""

AND_BACK = """(name) => {
  const seen = (word) => (one) => one.textContent.trim() === word && one.checkVisibility();
  const press = (word) => window.deepFind("button", seen(word)).click();
  press(name);
  setTimeout(() => press("Explore"), 100);
}"""
"""Presses the button of a page, and that of Explore while the server is still at it."""

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
            assert frame["skeleton"], f"{frame} is not a skeleton on the way to {name}"
            assert not set(frame["pages"]) - {f"page-{name}"}


def test_no_frame_shows_the_former_tab_under_the_new_one(explore):
    for name in ("selection", "similar", "spectrum", "selection", "spectrum"):
        frames = explore.evaluate(TURN_TAB, name)
        assert frames[-1] == {"tabs": [f"tab-{name}"], "skeleton": False}
        for frame in frames[:-1]:
            assert frame == {"tabs": [], "skeleton": True}


def test_a_tab_that_is_pressed_while_the_server_turns_to_another_comes_after_it(explore):
    """Both clicks come before the server has answered the first, as on a busy machine."""
    explore.evaluate(TURN_TAB, "spectrum")
    explore.evaluate(SIMILAR_THEN, "Selection")
    expect(explore).to_have_url(re.compile("tab=selection"))
    expect(explore.locator(".tab-selection")).to_be_visible()
    expect(explore.locator(".tab-similar")).to_be_hidden()
    expect(explore.locator(".tabs-row .tabs .bk-active")).to_have_text("Selection")


def test_a_page_that_is_pressed_back_before_the_server_has_turned_stays(explore):
    explore.evaluate(AND_BACK, "Labels")
    expect(explore.locator(".page-labels")).to_be_attached()
    explore.wait_for_function("window.deepFind('.page-explore').hasAttribute('data-here')")
    expect(explore.locator(".page-explore")).to_be_visible()
    expect(explore.locator(".header .tabs .bk-active").filter(visible=True)).to_have_text("Explore")
    expect(explore).to_have_url(re.compile("page=explore"))


def test_a_button_that_leads_to_another_page_turns_it_too(explore):
    explore.get_by_role("button", name="Compare models").click()
    expect(explore.locator(".page-compare")).to_be_visible()
    expect(explore.locator(".page-explore")).to_be_hidden()
    expect(explore.locator("#skeleton")).to_be_hidden()


def test_pages_are_built_while_nobody_touches_the_session(page, site):
    page.add_init_script(f"({AHEAD})()")
    page.goto(site.at("explore"))
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    early = [name for name in PAGES if page_class(name).early and name != "explore"]
    assert {"train", "compare", "data"} <= {*early}
    for name in early:
        expect(page.locator(f".page-{name}")).to_have_count(1, timeout=LONG)
        expect(page.locator(f".page-{name}")).to_be_hidden()
    expect(page.locator(".page-explore")).to_be_visible()
    frames = page.evaluate(TURN, [PAGES["train"], "train"])
    assert not any("page-explore" in frame["pages"] for frame in frames)


def widths(page: Page, plot: str) -> tuple[float, float]:
    """Widths in pixels of a plot's place and of its drawing."""
    place = page.locator(plot).first
    return place.bounding_box()["width"], place.locator("canvas").first.bounding_box()["width"]


@pytest.mark.parametrize("tab", ["spectrum", "selection"])
def test_plots_hidden_while_the_window_changes_fill_their_places_again(explore, tab):
    plots = (".corner-card .bk-Figure", ".tab-spectrum .bk-Figure")
    at_first = [widths(explore, plot) for plot in plots]
    for width in (1100, 1440):
        explore.evaluate(TURN_TAB, tab)  # where it is another one, the tab of the spectrum is hidden too
        explore.get_by_role("banner").get_by_role("button", name="Data", exact=True).click()
        expect(explore.locator(".page-explore")).to_be_hidden()
        explore.set_viewport_size({"width": width, "height": 900})
        explore.get_by_role("banner").get_by_role("button", name="Explore", exact=True).click()
        expect(explore.locator(".page-explore")).to_be_visible()
        explore.evaluate(TURN_TAB, "spectrum")
        for plot, (before, _) in zip(plots, at_first, strict=True):
            fits = (lambda now, old=before: now[0] < old) if width < 1440 else (lambda now, old=before: now[0] == old)
            until(explore, lambda plot=plot: widths(explore, plot), fits)
            until(explore, lambda plot=plot: widths(explore, plot), lambda now: abs(now[0] - now[1]) <= 2)
