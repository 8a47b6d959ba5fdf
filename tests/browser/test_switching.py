"""Another survey in the header, of another grid, model or kind: each page follows and stays alive."""

import re

import pytest
from figures import column, until
from playwright.sync_api import Page, WebSocketRoute, expect
from surveys import add_sky, add_stars

from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.grid import SpectralGrid
from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

RED = SpectralGrid.from_range(4500.0, 7500.0, 300)
SURVEYS = ("stars", "demo", "sky", "stars", "sky", "demo")
"""Every survey after every other, once."""
SHOWN = {"demo": (240, 1000, "observed"), "stars": (120, 300, "observed"), "sky": (200, 3, "observed points")}
"""Objects, pixels and the glyph of their spectra."""
IDS = {"demo": "demo-", "stars": "star-", "sky": "sky-"}


@pytest.fixture(scope="module")
def many(site, tmp_path_factory):
    """Beside the demo, stars on a grid of their own with two models, and a photometric survey with one."""
    workspace = Workspace.open(site.workspace)
    add_stars(workspace, "stars", PreprocessOptions(grid=RED))
    for model, settings in (("pca", {"n_latent": 5}), ("lux", {"labels": "teff,feh", "n_latent": 4})):
        train(workspace, ignore, tmp_path_factory.mktemp(model), survey="stars", model=model, config=settings)
    add_sky(workspace, tmp_path_factory.mktemp("sky"))
    return site


def choose(page: Page, survey: str) -> None:
    """Choose a survey in the header."""
    page.locator(".picker-survey select").select_option(survey)
    expect(page).to_have_url(re.compile(f"survey={survey}&"))


def open_page(page: Page, name: str) -> None:
    """Go to another page by its tab."""
    page.locator(".header").get_by_role("button", name=name, exact=True).click()
    expect(page).to_have_url(re.compile(f"page={name.lower()}&"))


def expect_explored(page: Page, survey: str) -> None:
    """Map and spectrum in Explore are those of a survey."""
    n, n_pixel, curve = SHOWN[survey]
    expect(page.locator(".corner-card")).to_contain_text(f"{n} shown")
    expect(page.locator(".focus-card")).to_contain_text(f"{n} in view")
    until(page, lambda: len(column(page, "spectrum", curve, "observed")), lambda count: count == n_pixel)
    expect(page.locator(".object-card .card-title").first).to_contain_text(IDS[survey])


@pytest.fixture(scope="module")
def explore(kept_page: Page, many) -> Page:
    """The Explore page of the demo, to which each test comes back; opened once."""
    kept_page.goto(f"{many.at('explore')}&survey=demo")
    expect_explored(kept_page, "demo")
    return kept_page


def test_explore_follows_the_survey_in_the_header(explore: Page):
    page = explore
    for survey in SURVEYS:
        choose(page, survey)
        expect_explored(page, survey)
    expect(page.locator(".toast.bad")).to_have_count(0)


def test_explore_follows_what_was_chosen_on_another_page(explore: Page):
    page = explore
    there, back = ("sky", "stars"), ("stars", "sky")  # with demo before and after, both ways around
    for name, surveys in (("Reconstruct", there), ("Compare", back), ("Labels", there)):
        open_page(page, name)
        for survey in surveys:
            choose(page, survey)
        expect(page.locator(".toast.bad")).to_have_count(0)
        open_page(page, "Explore")
        expect_explored(page, surveys[-1])
        open_page(page, name)
        choose(page, "demo")
        open_page(page, "Explore")
        expect_explored(page, "demo")


def test_a_failure_in_the_browser_ends_in_a_reload(explore: Page):
    page = explore
    page.evaluate("() => window.dispatchEvent(new ErrorEvent('error', {error: new Error('reference p1 unknown')}))")
    expect(page.get_by_role("alert")).to_contain_text("reference p1 unknown")
    page.get_by_role("alert").get_by_role("button", name="Reload").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect_explored(page, "demo")


def test_a_lost_connection_is_said_with_a_way_back(page: Page, many):
    sockets = []

    def relay(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket(re.compile("/ws"), relay)
    page.goto(f"{many.at('explore')}&survey=demo")
    expect_explored(page, "demo")
    sockets[-1].close(code=1011, reason="the server ended")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The server does not answer")
    alert.get_by_role("button", name="Reload").click()
    expect(alert).to_have_count(0)
    expect_explored(page, "demo")
    choose(page, "stars")
    expect_explored(page, "stars")
