"""A training by hand: start it, see its loss move, stop it, let it go on, open what it made."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from served import Site

from specvae_core.workspace import Workspace


@pytest.fixture(scope="module", autouse=True)
def tidied(site: Site) -> Iterator[None]:
    """Files that share the server find the models that were there before."""
    yield
    Workspace.open(site.workspace).delete_model("ae-2")


def epoch(page: Page) -> int:
    """The epoch that the page says the training has reached; 0 where it says none."""
    found = re.search(r"epoch\s*(\d+)", " ".join(page.locator(".training-head .facts").all_inner_texts()))
    return int(found.group(1)) if found else 0


EPOCHS = """() => Math.max(0, ...Bokeh.documents.flatMap((document) => [...document._all_models.values()])
    .filter((model) => model.type === "ColumnDataSource" && model.data.validation !== undefined)
    .map((source) => source.data.epoch.at(-1) ?? 0))"""
"""The last epoch that the browser has in its figures of the loss."""


def wait_for_epoch(page: Page, number: int) -> None:
    """Wait until the loss of an epoch is drawn."""
    page.wait_for_function(f"(number) => ({EPOCHS})() >= number", arg=number)


def fill(page: Page, setting: str, text: str) -> None:
    field = page.locator(f".setting-{setting} input").filter(visible=True)  # forms of other models are kept
    field.fill(text)
    field.blur()


def test_a_training_is_started_watched_stopped_resumed(page, site):
    page.goto(site.at("train"))
    expect(page.get_by_role("button", name="Start training")).to_be_visible()
    page.locator(".form-model select").select_option(label="Autoencoder")
    expect(page.locator(".AutoencoderConfig .setting-n_latent input")).to_be_visible()

    fill(page, "n_latent", "100")
    expect(page.get_by_text("a whole number from 1 to 64 was expected")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".training-head")).to_contain_text("Training")

    fill(page, "n_latent", "2")
    expect(page.get_by_text("a whole number from 1 to 64 was expected")).to_be_hidden()
    fill(page, "max_epochs", "5000")
    page.get_by_role("button", name=re.compile("More settings")).click()
    fill(page, "stop_patience", "1000")
    fill(page, "patience", "1000")
    page.get_by_role("button", name="Start training").click()

    wait_for_epoch(page, 2)
    expect(page.locator(".training-head")).to_contain_text("running")
    wait_for_epoch(page, page.evaluate(EPOCHS) + 2)

    page.locator(".training-top").get_by_role("button", name="Stop").click()
    expect(page.locator(".training-head")).to_contain_text("stopped")
    reached = epoch(page)
    expect(page.locator(".models .open")).to_have_text(["ae-2", "pca-3"])

    page.reload()
    expect(page.locator(".training-head")).to_contain_text("stopped")
    assert epoch(page) == reached
    page.locator(".training-top").get_by_role("button", name="Resume").click()
    wait_for_epoch(page, reached + 1)
    page.locator(".training-top").get_by_role("button", name="Stop").click()
    expect(page.locator(".training-head")).to_contain_text("stopped")


def test_models_are_sorted_compared_and_opened(page, site):
    page.goto(site.at("train"))
    expect(page.locator(".models .open").first).to_be_visible()
    heading = page.locator(".models th", has_text="latents")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    first = page.locator(".models .open").first.inner_text()
    heading.get_by_role("button").click()
    expect(page.locator(".models .open").last).to_have_text(first)
    page.get_by_label("tick pca-3").set_checked(True)
    expect(page.locator(".curves canvas").first).to_be_visible()
    page.get_by_role("button", name="pca-3", exact=True).click()
    expect(page).to_have_url(re.compile("page=explore.*survey=demo.*model=pca-3"))
