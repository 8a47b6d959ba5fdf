"""The Labels page in a browser: predictions appear, a click picks a star, a slider makes a spectrum."""

import re
import shutil

import numpy as np
import pytest
from figures import column, on_screen, until
from playwright.sync_api import expect
from surveys import add_stars

from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def stars(site, tmp_path_factory) -> str:
    """A survey ``stars`` and a model ``lux-4`` of it beside the demo."""
    workspace = Workspace.open(site.workspace)
    add_stars(workspace, "stars", PreprocessOptions())
    config = {"labels": "teff,feh", "n_latent": 4}
    return train(workspace, ignore, tmp_path_factory.mktemp("lux"), survey="stars", model="lux", config=config)


@pytest.fixture(scope="module")
def labels(kept_page, site, stars):
    """The page with its predictions drawn; opened once."""
    page = kept_page
    page.goto(f"{site.at('labels')}&survey=stars&model={stars}")
    button, quality = page.get_by_role("button", name="Predict labels"), page.locator(".label-quality")
    expect(button.or_(quality).first).to_be_visible()
    if button.is_visible():
        button.click()
    expect(quality).to_contain_text("RMSE")
    expect(page.locator(".label-emulator")).to_contain_text("Typical star")
    return page


def test_the_page_tells_how_good_the_labels_are(labels):
    table = labels.locator(".label-table")
    expect(table).to_contain_text("Teff (K)")
    expect(table).to_contain_text("[Fe/H] (dex)")
    expect(table).to_contain_text("mean catalogue error")
    labels.locator(".label-switch button").nth(1).click()
    expect(labels).to_have_url(re.compile("label=feh"))


def test_a_click_in_the_diagram_picks_the_star_and_moves_the_sliders(labels):
    xs, ys, ids = (column(labels, "diagram", "points", name) for name in ("x", "y", "id"))
    far = max(range(len(xs)), key=lambda i: xs[i])
    [[x, y]] = on_screen(labels, "diagram", [(xs[far], ys[far])])
    labels.mouse.click(x, y)
    expect(labels.locator(".label-emulator")).to_contain_text(ids[far])
    expect(labels).to_have_url(re.compile(f"object={ids[far]}"))
    observed = np.array(column(labels, "emulator", "observed", "observed"), dtype=float)  # None, where empty, is a NaN
    synthetic = np.array(column(labels, "emulator", "synthetic", "synthetic"), dtype=float)
    assert np.isfinite(observed).sum() > 500
    assert np.nanmean(np.abs(observed - synthetic)) < 0.05


def test_a_slider_beyond_the_stars_draws_a_veil(labels):
    expect(labels.locator(".label-veil")).not_to_be_visible()
    before = column(labels, "emulator", "synthetic", "synthetic")
    handle = labels.locator(".slider-teff .noUi-handle")
    handle.focus()
    handle.press("End")
    expect(labels.locator(".label-veil")).to_contain_text("Outside the training set")
    until(labels, lambda: column(labels, "emulator", "synthetic", "synthetic"), lambda now: now != before)


def test_a_survey_without_such_a_model_says_how_to_get_one(page, site, stars):
    workspace = Workspace.open(site.workspace)
    shutil.copytree(workspace.model_folder(stars), site.workspace.parent / "aside")
    shutil.rmtree(workspace.model_folder(stars))
    try:
        page.goto(f"{site.at('labels')}&survey=stars")
        expect(page.get_by_text("No model that predicts labels")).to_be_visible()
        page.get_by_role("button", name="Train a model").click()
        expect(page).to_have_url(re.compile("page=train"))
    finally:
        shutil.copytree(site.workspace.parent / "aside", workspace.model_folder(stars))
