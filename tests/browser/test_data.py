"""Files become a survey by hand: from a folder of the server, and by upload."""

from pathlib import Path

import numpy as np
import pytest
from archive import serving
from playwright.sync_api import expect

from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def spectra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two good files, one that is not a spectrum and one that is damaged."""
    folder = tmp_path_factory.mktemp("files") / "night1"
    folder.mkdir()
    wave = np.linspace(3800.0, 8200.0, 900)
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        flux = 1 + rng.uniform(-0.3, 0.3, 20)[:, None] * (wave - 6000) / 2000
        ids = np.array([f"{name}{i}" for i in range(20)])
        np.savez(folder / f"{name}.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 1e4), z=np.zeros(20), id=ids)
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4")
    (folder / "c.npz").write_bytes((folder / "a.npz").read_bytes()[:500])
    return folder


def set_grid(page) -> None:
    for name, text in (("from", "4000"), ("to", "8000"), ("pixels", "100")):
        field = page.locator(f".grid-{name} input")
        field.fill(text)
        field.blur()
    expect(page.locator(".grid-preset select")).to_have_value("by hand")


def test_a_folder_is_browsed_ingested_and_reported(page, site, spectra):
    page.goto(site.at("data"))
    paths = page.locator(".source .paths textarea")
    paths.fill(str(spectra.parent))
    paths.blur()
    page.get_by_role("button", name="Browse the server").click()
    page.locator(".source .entries select").select_option(label="night1/")
    expect(page.locator(".source .here")).to_contain_text("0 folders, 4 files")
    paths.fill("")
    paths.blur()
    page.get_by_role("button", name="Add this folder").click()
    expect(paths).to_have_value(str(spectra))
    name = page.locator(".survey-name input")
    name.fill("demo")
    name.blur()
    expect(page.get_by_text("There is a survey named demo already")).to_be_visible()
    name.fill("night1")
    name.blur()
    expect(page.get_by_text("There is a survey named demo already")).to_be_hidden()
    set_grid(page)
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Survey night1 is ready.")
    report = page.locator(".survey-report")
    expect(report).to_contain_text("40 in the survey")
    expect(report).to_contain_text("2 refused")
    expect(report).to_contain_text("not a spectrum in a known format")
    expect(report).to_contain_text("the file cannot be read")
    report.locator("summary", has_text="paper.pdf").click()
    expect(report.locator("li", has_text="paper.pdf")).to_be_visible()
    expect(page.locator(".peek canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Refused files (CSV)").click()
    assert download.value.suggested_filename == "night1-refused.csv"
    assert "paper.pdf" in Path(download.value.path()).read_text()


def test_an_upload_is_ingested_and_deleted(page, site, spectra):
    page.goto(site.at("data"))
    page.get_by_role("button", name="Upload").click()
    page.locator(".spectra-upload .drop-zone input").set_input_files([spectra / "a.npz"])
    expect(page.locator(".spectra-upload .drop-zone")).to_contain_text("1 file, 0.3 MB, uploaded")
    name = page.locator(".survey-name input")
    expect(name).to_have_attribute("placeholder", "a")
    set_grid(page)
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Survey a is ready.")
    expect(page.locator(".survey-report")).to_contain_text("20 in the survey")
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Keep")).to_be_hidden()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".toast", has_text="Survey a is deleted")).to_be_visible()
    expect(
        page.locator(".survey-row", has_text="night1").or_(page.locator(".survey-row", has_text="demo")).first
    ).to_be_visible()


def test_files_are_looked_at_their_question_is_answered_and_they_are_ingested(page, site, real_data):
    layouts = real_data / "layouts"
    page.goto(site.at("data"))
    page.get_by_role("button", name="Upload").click()
    names = ("eso_phase3.fits", "nm_plain.csv", "z_dashes.csv")
    page.locator(".spectra-upload .drop-zone input").set_input_files([layouts / name for name in names])
    seen = page.locator(".look")
    question = "nm_plain.csv: column wavelength runs from 330 to 929.85"
    expect(seen).to_contain_text(question)
    expect(seen).to_contain_text("FITS table: 1 object")
    expect(seen).to_contain_text("3 with a redshift")
    expect(page.locator(".look-kind canvas").first).to_be_visible()
    expect(page.locator(".hint-files input")).to_have_value("nm_plain.csv")
    page.locator(".hint-unit select").select_option("nm")
    expect(seen).to_contain_text("nm to Angstrom")
    expect(seen).not_to_contain_text("its unit is stated nowhere")
    name = page.locator(".survey-name input")
    name.fill("looked")
    name.blur()
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Survey looked is ready.")
    report = page.locator(".survey-report")
    expect(report).to_contain_text("5 in the survey")
    expect(report).to_contain_text("the redshift is missing or impossible")
    report.get_by_text("How the files were read").click()
    expect(report).to_contain_text("nm to Angstrom")
    survey = Workspace.open(site.workspace).survey("looked")
    spectra = survey.read()
    lines = spectra.grid.wavelength[spectra.flux.argmax(axis=1)]
    pixel = 6564.61 * np.log(10) * spectra.grid.log10_step
    np.testing.assert_allclose(lines, 6564.61, atol=pixel)


def test_public_data_are_fetched_and_their_folder_is_looked_at(page, site, spectra):
    page.goto(site.at("data"))
    page.get_by_role("button", name="Public data").click()
    expect(page.get_by_role("button", name="Ingest", exact=True)).to_be_hidden()
    page.locator(".sample select").select_option(label="Files on the web")
    start = page.get_by_role("button", name="Download", exact=True)
    start.click()
    expect(page.get_by_text("came without a list")).to_be_visible()
    with serving() as archive:
        archive.files["/b.npz"] = (spectra / "b.npz").read_bytes()
        wanted = page.locator(".wanted textarea")
        wanted.fill(f"{archive.address}/b.npz\n{archive.address}/missing.fits")
        wanted.blur()
        start.click()
        expect(page.locator(".toast")).to_contain_text("1 file is in urls. 1 could not be fetched")
    expect(page.locator(".look")).to_contain_text("20 objects")
    expect(page.locator(".source .paths textarea")).to_have_value(str(site.workspace / "downloads" / "urls"))
    expect(page.locator(".survey-name input")).to_have_attribute("placeholder", "urls")
    set_grid(page)
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.locator(".toast", has_text="Survey urls is ready.")).to_be_visible()


def test_a_click_on_the_text_of_a_checkbox_ticks_it(page, site):
    page.goto(site.at("data"))
    page.get_by_role("button", name="▸ More settings").click()
    box = page.locator(".setting-keep_sky input")
    for ticked in (True, False):
        page.get_by_text("Let sky fibres in").click()
        expect(box).to_be_checked(checked=ticked)
    box.click()
    expect(box).to_be_checked()


def test_what_lies_off_the_grid_becomes_a_survey_of_its_own(page, site, tmp_path):
    wave = np.linspace(4000.0, 8000.0, 600)
    for name, z in (("near", 0.0), ("far", 2.3)):
        flux = 1 + np.array([[0.2], [0.3]]) * np.sin(wave / 200)
        ids = [f"{name}{i}" for i in range(2)]
        np.savez(tmp_path / f"{name}.npz", wave=wave, flux=flux, ivar=np.full(flux.shape, 400.0), z=[z, z], id=ids)
    page.goto(site.at("data"))
    paths, name = page.locator(".source .paths textarea"), page.locator(".survey-name input")
    paths.fill(str(tmp_path))
    paths.blur()
    name.fill("near")
    name.blur()
    set_grid(page)
    page.get_by_role("button", name="Ingest", exact=True).click()
    expect(page.get_by_text("Survey near is ready.")).to_be_visible()
    page.locator(".survey-report summary").first.click()
    expect(page.locator(".survey-report")).to_contain_text("(z = 2.3) spans 1212 to 2424 Å at rest: nothing of it lies")
    page.get_by_role("button", name="Ingest the refused on their own grid").click()
    expect(page.get_by_text("Survey near-refused is ready.")).to_be_visible()
    survey = Workspace.open(site.workspace).survey("near-refused")
    assert survey.table["id"].tolist() == ["far0", "far1"]
