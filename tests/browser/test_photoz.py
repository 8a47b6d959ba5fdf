"""Photometric redshifts by hand: compute them, look at one object, judge a region."""

import numpy as np
import pytest
from figures import column, on_screen, until
from playwright.sync_api import Page, expect
from surveys import add_sky

from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def sky(site, tmp_path_factory):
    """A photometric survey with a model in the workspace that is served."""
    add_sky(Workspace.open(site.workspace), tmp_path_factory.mktemp("sky"))
    return site


def test_without_a_model_of_photometry_the_page_tells_how_to_begin(page: Page, site) -> None:
    page.goto(f"{site.url}/?v=1&page=photoz&survey=demo")
    page.get_by_role("button", name="Add a catalogue").click()
    expect(page.get_by_text("Kind of data")).to_be_visible()


def test_redshifts_are_computed_and_a_region_is_judged(page: Page, sky) -> None:
    page.goto(f"{sky.url}/?v=1&page=photoz&survey=sky&model=sdgm-3")
    page.get_by_role("button", name="Compute redshifts").click()
    expect(page.locator(".pz-metrics")).to_contain_text("20 objects with a spectroscopic redshift")  # the test part
    expect(page.locator(".pz-metrics")).to_contain_text("CRPS")
    expect(page.locator(".zz-card")).to_contain_text("200 in view")

    points = list(zip(column(page, "zz", "points", "x"), column(page, "zz", "points", "y"), strict=True))
    assert len(points) == 200
    farthest = max(points)
    [(x, y)] = on_screen(page, "zz", [farthest])
    page.mouse.click(x, y)
    expect(page.locator(".pz-density")).to_contain_text(f"{farthest[0]:.4f}")
    assert column(page, "zz", "ring", "x") == pytest.approx([farthest[0]])

    page.locator(".zz-card .tools button").nth(3).click()
    page.wait_for_function("Bokeh.documents.some((one) => one.get_model_by_name('zz')?.tags[0] === 'box')")
    middle = float(np.median([point[0] for point in points]))
    (left, bottom), (right, top) = on_screen(page, "zz", [(0.001, 0.001), (middle, 0.6)])
    page.mouse.move(left, bottom)
    page.mouse.down()
    page.mouse.move(right, top, steps=6)
    page.mouse.up()
    expect(page.locator(".pz-metrics")).to_contain_text("selected objects")
    page.get_by_role("button", name="All objects").click()
    expect(page.locator(".pz-metrics")).to_contain_text("20 objects with a spectroscopic redshift")

    page.get_by_role("button", name="n(z) by bin").click()
    rows = page.locator(".pz-bins tbody tr")
    expect(rows).to_have_count(4)
    assert sum(int(row.locator("td").nth(1).inner_text()) for row in rows.all()) == 200
    expect(page.locator(".pz-metrics")).to_be_hidden()


@pytest.fixture(scope="module")
def explore(kept_page: Page, sky) -> Page:
    """The Explore page of the photometric survey; opened once."""
    kept_page.goto(f"{sky.url}/?v=1&page=explore&survey=sky&model=sdgm-3")
    expect(kept_page.get_by_text("Latent space")).to_be_visible()
    return kept_page


def test_explore_shows_photometry_as_magnitudes_in_bands(explore: Page) -> None:
    page = explore
    expect(page.locator(".spectrum-legend")).to_be_visible()
    until(
        page,
        lambda: column(page, "spectrum", "observed points", "observed"),
        lambda observed: len(observed) == 3 and all(value is not None and 10 < value < 30 for value in observed),
    )


def test_keys_step_and_a_slash_searches_while_other_pages_are_open(explore: Page) -> None:
    page = explore
    page.get_by_role("button", name="Photo-z").click()
    heading, compute = page.locator(".pz-density .card-title"), page.get_by_role("button", name="Compute redshifts")
    expect(heading.or_(compute)).to_be_visible()
    if compute.is_visible():  # an earlier test may have computed them
        compute.click()
    expect(heading).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("sky-17")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("p(z) of sky-17")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect(heading).to_have_text("p(z) of sky-18")
    page.keyboard.press("/")
    page.keyboard.type("ky-19")
    page.keyboard.press("Enter")
    expect(heading).to_have_text("p(z) of sky-19")
    expect(page.locator(".pz-density input")).to_have_value("")
    expect(page.locator(".toast", has_text="ids contain")).to_have_count(1)
