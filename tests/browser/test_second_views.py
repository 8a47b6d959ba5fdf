"""Second views of latents, the epochs of a training, recipes of what is shown, and SAMP, by hand."""

import json
import queue
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from samp_hub import other_program
from served import Site, serving

from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.replay import replay
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

MODEL = "ae-3"
SETTINGS = {"n_latent": 3, "max_epochs": 4, "epoch_steps": 4}


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[object]:
    """Another program at a SAMP hub, which the server finds through its environment."""
    with other_program(tmp_path_factory.mktemp("samp")) as client:
        yield client


@pytest.fixture(scope="module")
def site(small_workspace, tmp_path_factory, hub) -> Iterator[Site]:
    """A server on the small workspace, with an autoencoder whose epochs were kept."""
    with serving(small_workspace, tmp_path_factory.mktemp("site")) as site:
        workspace = Workspace.open(site.workspace)
        job = tmp_path_factory.mktemp("job")
        assert train(workspace, ignore, job, survey="demo", model="ae", config=SETTINGS) == MODEL
        yield site


@pytest.fixture(scope="module")
def explore(kept_page: Page, site) -> Page:
    """The Explore page, complete; opened once."""
    page = kept_page
    page.goto(f"{site.at('explore')}&survey=demo&model={MODEL}")
    expect(page.locator(".object-card")).to_contain_text("χ² per pixel")
    return page


def axes(page: Page) -> tuple[Locator, Locator]:
    """The card of the focus map with its axes open, and the choice of its view."""
    card = page.locator(".focus-card")
    kind = card.locator(".plane-kind select")
    if not kind.is_visible():
        card.get_by_role("button", name="axes", exact=True).click()
    return card, kind


def saved_recipe(page: Page, place: Locator) -> dict:
    """The recipe that the button in a place saves."""
    with page.expect_download() as saving:
        place.get_by_role("button", name="Recipe", exact=True).click()
    return json.loads(Path(saving.value.path()).read_text())


def test_the_epochs_of_a_training_are_played(explore, site):
    card, kind = axes(explore)
    kept = Workspace.open(site.workspace).results.find(Kind.EPOCHS, model=MODEL, survey="demo")
    first, *_, last = kept.header["epochs"]
    kind.select_option(label="epochs")
    expect(card).to_contain_text(f"epoch {first}")
    for part in (".epochs", ".recipe", ".card-title"):
        inner, outer = card.locator(part).first.bounding_box(), card.bounding_box()
        assert inner["x"] + inner["width"] < outer["x"] + outer["width"]
    card.locator(".epochs button").nth(5).click()  # play
    expect(card).to_contain_text(f"epoch {last}")
    expect(explore).to_have_url(re.compile(f"epoch={last}"))
    kind.select_option(label="latents")
    expect(card).not_to_contain_text(", epoch")


@pytest.mark.parametrize(("view", "axis"), [("t-SNE", "tsne"), ("UMAP", "umap")])
def test_a_second_view_is_computed_shown_and_in_the_recipe_of_the_map(explore, site, view, axis):
    card, kind = axes(explore)
    kind.select_option(label=view)
    expect(card).to_contain_text(f"{axis}_1 × {axis}_2", timeout=180_000)
    expect(explore).to_have_url(re.compile(f"plane={axis}_1&plane={axis}_2"))
    recipe = saved_recipe(explore, card)
    assert (recipe["figure"], recipe["x"], recipe["y"], recipe["colour"]) == ("map", f"{axis}_1", f"{axis}_2", "class")
    assert replay(Workspace.open(site.workspace), recipe).same


def test_a_track_has_a_recipe(explore, site):
    explore.locator(".tabs").get_by_role("button", name="Track", exact=True).click()
    explore.get_by_text("Traverse", exact=True).click()
    explore.get_by_role("button", name="Make", exact=True).click()
    expect(explore).to_have_url(re.compile("track=Track-1"))
    recipe = saved_recipe(explore, explore.locator(".tabs-card"))
    assert (recipe["kind"], recipe["n"]) == ("track", 20)
    assert replay(Workspace.open(site.workspace), recipe).same


def test_a_selection_goes_to_topcat_and_its_rows_come_back(explore, hub):
    tables = queue.SimpleQueue()
    hub.bind_receive_call("table.load.votable", lambda *message: tables.put(message[4]))
    explore.get_by_role("combobox", name="filter").fill("demo-00003 demo-00005 demo-00007")
    explore.get_by_role("combobox", name="filter").press("Enter")
    expect(explore.locator(".corner-card")).to_contain_text("3 selected")
    explore.locator(".tabs").get_by_role("button", name="Selection", exact=True).click()
    explore.get_by_label("Save as", exact=True).select_option("to TOPCAT or Aladin by SAMP")
    expect(explore.locator(".toast")).to_contain_text("3 objects are sent to TOPCAT")
    table = {"table-id": tables.get(timeout=30)["table-id"]}
    hub.notify_all({"samp.mtype": "table.highlight.row", "samp.params": {**table, "row": "1"}})
    expect(explore.locator(".object-card .card-title").first).to_have_text("demo-00005")
    hub.notify_all({"samp.mtype": "table.select.rowList", "samp.params": {**table, "row-list": ["0", "2"]}})
    expect(explore.locator(".corner-card")).to_contain_text("2 selected")
