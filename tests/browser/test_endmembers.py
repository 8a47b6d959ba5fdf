"""Mixtures by hand: without a model the page says what to do; with one, a dragged point changes the spectrum."""

import pytest
from figures import column, until
from playwright.sync_api import Page, expect

from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def endmembers(kept_page: Page, site, tmp_path_factory) -> Page:
    """The page of a model of mixtures, trained beside the running server; opened once."""
    settings, job = {"n_latent": 3, "max_iterations": 20}, tmp_path_factory.mktemp("nmf")
    nmf = train(Workspace.open(site.workspace), ignore, job, survey="demo", model="nmf", config=settings)
    kept_page.goto(site.at("endmembers") + f"&survey=demo&model={nmf}")
    expect(kept_page.locator(".picked-abundances")).to_contain_text("endmember 3")
    return kept_page


def wait_for_mixture(page: Page, before: list[float]) -> list[float]:
    """The spectrum of the mixture, once it is another one."""

    def fits(now: list) -> bool:
        return now != before and None not in now

    return until(page, lambda: column(page, "endmember-spectra", "mixture", "mixture"), fits)


def drag_area(page: Page) -> tuple[float, float, float]:
    """Middle and half width of the diagram on the screen."""
    box = page.locator(".simplex-card .bk-Figure").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, min(box["width"], box["height"]) / 2


def test_a_mixture_is_dragged_and_its_spectrum_follows(endmembers: Page) -> None:
    page = endmembers
    before = wait_for_mixture(page, [])
    assert len(before) == 1000
    x, y, half = drag_area(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - half / 3, steps=4)
    page.mouse.move(x, y - half / 2, steps=4)
    page.mouse.up()
    assert len(wait_for_mixture(page, before)) == 1000
    first = page.locator(".mixture-sliders .bk-slider-title, .mixture-sliders .bk-input-group").first
    expect(first).not_to_contain_text("0.33")


def test_arrow_keys_step_through_the_objects(endmembers: Page) -> None:
    page = endmembers
    name = page.locator(".picked-abundances .object-id")
    expect(name).to_be_visible()
    before = name.inner_text()
    page.keyboard.press("ArrowRight")
    expect(name).not_to_have_text(before)
