"""Noise by hand: a test of two settings side by side, kept for the next visit; and holes filled by a model."""

import shutil

import pytest
from playwright.sync_api import Page, expect

from specvae_core.assets import asset


@pytest.fixture
def with_vae(site):
    """The site with the demo's InfoVAE beside its PCA."""
    shutil.copytree(asset("demo") / "models" / "infovae-6", site.workspace / "models" / "infovae-6", dirs_exist_ok=True)
    return site


def test_noise_is_added_and_both_answers_are_drawn_and_kept(page: Page, with_vae) -> None:
    page.goto(with_vae.at("explore") + "&tab=noise")
    expect(page.get_by_role("button", name="Add noise")).to_be_visible()
    page.get_by_role("button", name="Add noise").click()
    answers = page.locator(".noise-words b")
    expect(answers).to_have_count(2)
    encoder, likelihood = (int(text.split(" of ")[0]) for text in answers.all_inner_texts())
    assert encoder < likelihood
    expect(page.locator(".noise-side .bk-Figure")).to_have_count(4)
    page.reload()
    expect(page.locator(".noise-words b")).to_have_count(2)


def test_holes_are_filled_again_and_the_change_is_told(page: Page, with_vae) -> None:
    page.goto(with_vae.at("data"))
    page.get_by_role("button", name="Infill with a model…").click()
    page.get_by_label("infill with").select_option("infovae-6")
    page.get_by_placeholder("name of the new survey").fill("again")
    page.get_by_role("button", name="Fill", exact=True).click()
    expect(page.locator(".survey-report")).to_contain_text("filled by the model infovae-6")
    expect(page.locator(".survey-report")).to_contain_text("of the mean flux")
