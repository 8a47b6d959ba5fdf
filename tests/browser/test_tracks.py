"""Tracks by hand: drawn with the mouse on the map and in a panel, morphed, deleted and brought back, exported."""

import re

import numpy as np
import pytest
from figures import FIGURE, column, on_screen, until
from playwright.sync_api import Page, expect


@pytest.fixture(scope="module")
def explore(kept_page: Page, site) -> Page:
    """The Explore page with the tab of tracks open, drawn whole; opened once."""
    page = kept_page
    page.goto(site.at("explore") + "&tab=track")
    expect(page.locator(".focus-card")).to_contain_text("in view")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    expect(page.get_by_role("button", name="New track")).to_be_visible()
    return page


def wait_for_flux(page: Page, other_than: list) -> list:
    """The flux of the shown spectrum, once it is another one."""
    return until(page, lambda: column(page, "track one", "synthetic", "y"), lambda flux: flux and flux != other_than)


PRESS = f"""async (key) => {{
  document.body.dispatchEvent(new KeyboardEvent("keydown", {{key, bubbles: true}}));
  for (let i = 0; i < 50; i++) await null;  // Bokeh's callbacks are promises; no message comes in between
  return ({FIGURE})("focus")[0].tags[0];
}}"""
"""Presses a key; the tool of the focus map before the server can have answered."""


WATCH_SKETCH = f"""() => {{
  const {{data_source}} = ({FIGURE})("focus")[0].renderers.find((one) => one.name === "sketch");
  data_source.properties.data.change.connect(() => {{ window.sketched ??= data_source.data.word.at(-1); }});
}}"""
"""Keeps the word at the end of the path that is drawn next by hand."""


def take_pen(page: Page) -> None:
    assert page.evaluate(PRESS, "t") == "track"


def drag(page: Page, figure: str, path: list[tuple[float, float]]) -> None:
    """Press at the first point, go along the others, let go."""
    start, *rest = on_screen(page, figure, path)
    page.mouse.move(*start)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()


def steps_on(page: Page, figure: str) -> np.ndarray:
    """(n, 2) places of the labelled steps."""
    return np.column_stack([column(page, figure, "track steps", axis) for axis in "xy"])


def test_a_drawn_track_shows_spectra_and_another_one_changes_them(explore):
    take_pen(explore)
    explore.evaluate(WATCH_SKETCH)
    drag(explore, "focus", [(-2, 0), (0, 0.5), (2, 1)])
    assert explore.evaluate("() => window.sketched") == "computing…"
    first = wait_for_flux(explore, [])
    assert len(column(explore, "track stack", "names", "text")) == 5
    np.testing.assert_allclose(steps_on(explore, "focus")[[0, -1]], [[-2, 0], [2, 1]], atol=0.3)
    assert len(steps_on(explore, "corner")) == 3 * 5
    expect(explore).to_have_url(re.compile("track=Track-1"))
    take_pen(explore)
    drag(explore, "focus", [(2, 1), (0, 0), (-2, 0)])
    second = wait_for_flux(explore, first)
    assert np.abs(np.subtract(second, first)).max() > 0.1
    before = second
    explore.locator(".play button").click()
    assert wait_for_flux(explore, before)
    explore.locator(".play button").click()


def test_corners_clicked_in_a_panel_make_a_track_that_can_be_deleted_and_brought_back(explore):
    take_pen(explore)
    corners = on_screen(explore, "corner", [(0.3, 0.4), (0.5, 0.5), (0.7, 0.6)])
    for x, y in corners[:-1]:
        explore.mouse.click(x, y)
        clicked = explore.evaluate("performance.now()")
        explore.wait_for_function("(then) => performance.now() > then + 350", arg=clicked)  # else a double click
    explore.mouse.dblclick(*corners[-1])
    picker = explore.get_by_label("track", exact=True)
    expect(picker).to_have_value("Track 3")
    assert np.abs(steps_on(explore, "corner") - [0.3, 0.4]).max(axis=1).min() < 0.05  # begins where it was clicked
    explore.get_by_role("button", name="Delete", exact=True).click()
    expect(picker).not_to_have_value("Track 3")
    explore.get_by_role("button", name="Undo delete").click()
    expect(picker).to_have_value("Track 3")


def test_a_track_from_the_form_is_saved_as_fits_and_comes_back_by_its_address(explore, tmp_path):
    from specutils import Spectrum

    new, traverse = explore.get_by_role("button", name="New track"), explore.get_by_text("Traverse", exact=True)
    expect(traverse).to_be_hidden()  # the form, open while there was no track, has closed
    new.click()
    traverse.click()
    explore.get_by_label("name", exact=True).last.fill("Along one")
    explore.get_by_role("button", name="Make", exact=True).click()
    expect(explore).to_have_url(re.compile("track=Along-one"))
    expect(traverse).to_be_hidden()
    with explore.expect_download() as saving:
        explore.get_by_role("button", name="FITS", exact=True).click()
    saving.value.save_as(tmp_path / "track.fits")
    spectra = Spectrum.read(tmp_path / "track.fits", format="wcs1d-fits")
    assert spectra.shape == (20, 1000)
    address = explore.url
    explore.goto("about:blank")
    explore.goto(address)
    expect(explore.get_by_label("track", exact=True)).to_have_value("Along one")
    np.testing.assert_allclose(wait_for_flux(explore, []), spectra.flux.value[0], rtol=1e-5)


def test_the_larger_tab_covers_map_and_card_and_nothing_else(explore):
    explore.locator(".tabs").get_by_role("button", name="Track", exact=True).click()
    explore.get_by_role("button", name="Larger", exact=True).click()
    expect(explore.locator(".tabs-card.larger")).to_be_visible()
    card, filters, corner = (explore.locator(f".{name}-card").bounding_box() for name in ("tabs", "filter", "corner"))
    assert card["y"] > filters["y"] + filters["height"]
    assert card["x"] > corner["x"] + corner["width"]
    np.testing.assert_allclose(card["y"] + card["height"], corner["y"] + corner["height"], atol=2)
    explore.get_by_role("button", name="Larger", exact=True).click()
