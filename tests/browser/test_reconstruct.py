"""A range is hidden with the mouse, filled by a job, and what was found is kept and saved."""

import numpy as np
from astropy.table import Table
from figures import column, on_screen
from playwright.sync_api import Page, expect

OBJECT = "demo-00007"
FIGURE = "reconstruction"


def drag(page: Page, low: float, high: float) -> None:
    """Draw the mouse from one wavelength to another."""
    (x0, y), (x1, _) = on_screen(page, FIGURE, [(low, 1.0), (high, 1.0)])
    page.mouse.move(x0, y)
    page.mouse.down()
    page.mouse.move(0.5 * (x0 + x1), y + 5, steps=3)
    page.mouse.move(x1, y + 5, steps=3)
    page.mouse.up()


def curve(page: Page, name: str) -> np.ndarray:
    """One curve of the large plot, NaN where nothing is drawn."""
    values = column(page, FIGURE, "spectrum", name)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def test_a_range_is_hidden_with_the_mouse_and_filled(page: Page, site) -> None:
    page.goto(site.at("reconstruct") + f"&survey=demo&model=pca-3&object={OBJECT}")
    expect(page.get_by_text(OBJECT, exact=True).first).to_be_visible()
    chips = page.locator(".range button")
    drag(page, 5600.0, 6100.0)
    expect(chips).to_have_count(1)
    drag(page, 4300.0, 4500.0)
    expect(chips).to_have_count(2)
    page.keyboard.press("U")
    expect(chips).to_have_count(1)
    hidden = np.isfinite(curve(page, "truth"))
    wavelength = curve(page, "wavelength")[hidden]
    assert 5580 < wavelength[0] < wavelength[-1] < 6120

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".answer .table").first).to_contain_text("hidden pixels", timeout=120_000)
    expect(page.locator(".steps")).to_be_visible()
    filled, truth = curve(page, "spectrum"), curve(page, "truth")
    sigma = 0.5 * (curve(page, "high68") - curve(page, "low68"))
    assert np.abs(filled - truth)[hidden].mean() < 0.1
    assert (sigma > 0).all()
    assert len(column(page, "misfit", "trace", "step")) > 1

    with page.expect_download() as download:
        page.get_by_role("button", name="FITS", exact=True).click()
    table = Table.read(download.value.path(), format="fits")
    assert table.meta["MODEL"] == "pca-3"
    assert table["hidden"].sum() == hidden.sum()

    page.get_by_role("button", name="Clear", exact=True).click()
    expect(page.locator(".answer .table").first).to_be_hidden()
    page.locator(".kept-list .job-pick button").first.click()
    expect(page.locator(".answer .table").first).to_contain_text("pca-3")
    expect(chips).to_have_count(1)


def test_a_click_names_a_button_that_came_later_and_does_not_send_it_back(page, site):
    """BokehJS takes what the server has added for its own, and would send the first one that is clicked as a whole."""
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    page.goto(site.at("reconstruct") + "&survey=demo&model=pca-3&problem=hide:4000-4100,5000-5100,6000-6100")
    chips = page.locator(".range button")
    for left in (3, 2, 1):
        expect(chips).to_have_count(left)
        chips.first.click()
    expect(chips).to_have_count(0)
    clicks = [frame for frame in sent if "button_click" in frame]
    assert len(clicks) == 3
    assert not any('"attributes"' in click for click in clicks)
    assert "already known" not in site.log.read_text()
