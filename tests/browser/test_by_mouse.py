"""From an empty workspace to labels, photometric redshifts and endmembers, by mouse alone, on real data."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figures import PATIENCE
from playwright.sync_api import Page, expect
from served import Site, serving

from specvae_core.workspace import Workspace

N_STARS, N_GALAXIES, N_MIXTURES = 80, 200, 80


@pytest.fixture(scope="module")
def site(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on an empty workspace that may read one folder: some objects of each kind out of the real data."""
    folder = tmp_path_factory.mktemp("night")
    data = folder / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    for name, wave, flux, n, step in (
        ("miles", "wave", "flux", N_STARS, 16),
        ("minerals", "wave_nm", "reflectance", N_MIXTURES, 1),
    ):
        with np.load(real_data / f"{name}.npz") as whole:
            known = np.flatnonzero(np.isfinite(whole["labels"][:, :3]).all(axis=1))
            rows = rng.choice(known, n, replace=False)
            arrays = {wave: whole[wave][::step], flux: whole[flux][rows, ::step]}
            np.savez(data / f"{name}.npz", labels=whole["labels"][rows], label_names=whole["label_names"], **arrays)
    pd.read_csv(real_data / "photoz_sdss_train.csv").head(N_GALAXIES).to_csv(data / "ugriz.csv", index=False)
    Workspace.open(folder / "empty")
    with serving(folder / "empty", tmp_path_factory.mktemp("served"), root=data) as site:
        yield site


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Trainings take longer than a page does."""
    expect.set_options(timeout=120_000)
    yield
    expect.set_options(timeout=1000 * PATIENCE)


def ingest(page: Page, file: str, survey: str, kind: str) -> None:
    """Choose one file of the folder that the server reads, see what it was taken for, and ingest it."""
    files = page.locator(".source .entries select")
    browse = page.locator(".source").get_by_role("button", name="Browse the server")
    expect(browse).to_be_visible()
    if not files.is_visible():  # the list of an earlier ingest is still there
        browse.click()
    files.locator("option", has_text=file).click()
    expect(page.locator(".data-kind select")).to_have_value(kind)
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.locator(".picker-survey select")).to_have_value(survey)


def train(page: Page, model: str, epochs: int = 0, labels: tuple[str, ...] = ()) -> None:
    """Train the model that the form of trainings proposes, on labels that are ticked."""
    expect(page.locator(".form-model select")).to_have_value(re.compile(model))
    if epochs:
        field = page.locator(f".{model}Config .setting-max_epochs input")
        field.fill(str(epochs))
        field.blur()
    for label in labels:
        page.locator(f".{model}Config .setting-labels").get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Start training").click()
    expect(page.locator(".picker-model select")).to_have_value(re.compile(model.lower()))


def begin(page: Page, name: str, add: str, file: tuple[str, str, str], model: str, **choices: object) -> None:
    """From a page that lacks everything to its first model: add data by its button, ingest (see there), and train."""
    tab = page.get_by_role("button", name=name, exact=True)
    tab.click()
    page.get_by_role("button", name=add).click()
    ingest(page, *file)
    tab.click()
    page.get_by_role("button", name="Train a model").click()
    train(page, model, **choices)
    tab.click()


def test_labels_redshifts_and_endmembers_by_mouse_alone(page: Page, site: Site) -> None:
    page.goto(site.url)
    begin(page, "Labels", "Add spectra", ("miles.npz", "miles", "Stars with labels"), "Lux", labels=("teff", "feh"))
    page.get_by_role("button", name="Predict labels").click()
    expect(page.locator(".slider-teff")).to_be_visible()
    expect(page.locator(".slider-logg")).to_have_count(0)

    begin(page, "Photo-z", "Add a catalogue", ("ugriz.csv", "ugriz", "Photometry"), "SDGM", epochs=2)
    page.get_by_role("button", name="Compute redshifts").click()
    expect(page.locator(".pz-metrics")).to_contain_text("objects with a spectroscopic redshift")

    begin(page, "Endmembers", "Add spectra", ("minerals.npz", "minerals", "Spectra of mixtures"), "Untapped", epochs=2)
    measure, mixtures = page.get_by_role("button", name="Measure abundances"), page.locator(".simplex-card canvas")
    expect(measure.or_(mixtures.first)).to_be_visible()
    if measure.is_visible():
        measure.click()
    expect(mixtures.first).to_be_visible()
    models = {(model.name, model.survey_id) for model in Workspace.open(site.workspace).models()}
    assert models == {("lux", "miles"), ("sdgm", "ugriz"), ("untapped", "minerals")}
