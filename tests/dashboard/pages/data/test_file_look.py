"""The look at files before an ingest: what it finds, asks and takes over."""

import base64

import numpy as np
import pytest
from data_page import ingest, look
from survey_of_lines import wait, write_survey

from dashboard.pages.data.grid_fields import COUNTED
from dashboard.pages.data.page import DataPage
from specvae_core.data.data_kind import DataKind
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


@pytest.fixture
def nm_table(tmp_path):
    """A table in nm that says so nowhere, beside one in Angstrom."""
    folder = tmp_path / "tables"
    folder.mkdir()
    wave = np.linspace(3900.0, 8100.0, 800)
    for name, scale in (("nm", 0.1), ("angstrom", 1.0)):
        rows = np.column_stack([wave * scale, 1 + 1e-5 * wave, np.full(800, 0.01)])
        np.savetxt(folder / f"{name}.csv", rows, delimiter=",", header="wavelength,flux,error", comments="")
    return folder


def test_files_are_looked_at_and_the_question_is_answered(page, nm_table):
    look(page, nm_table)
    view, fields = page.form.look.view, page.form.look.fields
    assert view.card.visible
    assert not page.survey.card.visible
    assert "nm.csv: column wavelength runs from 390 to 810" in view.text
    assert "text table</b>: 1 object" in view.text
    assert fields.files.value == "nm.csv"
    assert fields.columns.placeholder == "wavelength=wavelength, flux=flux, error=error"
    fields.question.unit.value = "nm"
    wait(lambda: "nm to Angstrom" in view.text, page)
    assert "stated nowhere" not in view.text
    for field, text in zip(page.form.grid.numbers, ("4000", "8000", "80"), strict=True):
        field.value = text
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    survey = page.session.workspace.survey("tables")
    assert survey.n == 2
    assert survey.header["provenance"]["hints"] == {"wavelength_unit": "nm", "files": "nm.csv"}
    assert page.survey.card.visible
    assert (
        "Of 2 objects: 0 with a redshift, 2 with errors, 0 with a mask, 0 with a position." in page.survey.facts.object
    )


def test_a_grid_that_the_files_do_not_cover_gives_way_to_theirs(page, tmp_path):
    np.savez(tmp_path / "ir.npz", wave=np.linspace(15100.0, 17000.0, 900), flux=np.ones((3, 900)), z=np.zeros(3))
    look(page, tmp_path / "ir.npz")
    assert page.form.grid.grid().startswith("15100:17000:")


def test_words_that_mean_nothing_are_told_beneath_the_fields(page, nm_table):
    look(page, nm_table)
    fields = page.form.look.fields
    fields.columns.value = "colour=a"
    assert "colour" in fields.error.sentence
    fields.columns.value = "flux"
    assert "role=name" in fields.error.sentence
    fields.columns.value = "flux=flux, error=error"
    assert fields.error.sentence == ""
    assert fields.hints() == {"files": "nm.csv", "columns": {"flux": "flux", "error": "error"}}


def test_files_that_are_not_there_are_told_by_the_look(page, tmp_path):
    look(page, tmp_path / "no/such/file.fits")
    assert "no/such/file.fits" in page.form.look.view.text


def test_a_survey_is_filled_again_from_the_data_page(workspace, session, notices, tmp_path) -> None:
    write_survey(workspace, "lines")
    model = train(workspace, ignore, tmp_path, survey="lines", model="pca", config={"n_latent": 2})
    page = DataPage(session)
    page.view()
    page.shown()
    view = page.survey
    assert view.buttons["refill"].visible
    view.refill.open(view.survey)
    assert view.refill.picker.value == model
    view.refill.new_name.value = "again"
    view.refill.fill.clicks += 1
    wait(lambda: any("again is ready" in text for text in notices), page)
    assert workspace.survey("again").header["infill"]["model"] == model
    assert "filled by the model" in page.survey.facts.object


def test_a_table_of_objects_labels_and_arms_travel_with_the_ingest(page, tmp_path):
    flux = 1 + np.random.default_rng(0).uniform(-0.2, 0.2, (3, 800))
    np.savez(tmp_path / "s.npz", wave=np.linspace(3900.0, 8100.0, 800), flux=flux, id=list("abc"))
    (tmp_path / "objects.csv").write_text("name,z,teff,star\na,0.01,5000,x\nb,0.02,6000,y\nc,0.03,7000,x\n")
    objects = page.form.objects
    look(page, tmp_path / "s.npz")
    objects.picker.field.value = str(tmp_path / "nowhere.csv")
    page.form.start.clicks += 1
    assert page.session.runner.jobs() == []
    assert page.form.toggle.value
    assert "There is no file" in objects.error.sentence
    content = (tmp_path / "objects.csv").read_bytes()
    objects.upload.take({"start": [{"name": "objects.csv", "size": len(content)}]})
    objects.upload.take({"file": 0, "data": base64.b64encode(content).decode()})
    objects.upload.take({"done": True})
    assert objects.error.sentence == ""
    wait(lambda: "name" in objects.on.options.values(), page)
    objects.on.value, objects.group.value = "name", "star"
    assert page.form.kind.chosen == DataKind.STARS
    assert page.form.kind.labels.ticked == ["teff"]
    page.form.look.fields.arms.value = "keep"
    name = ingest(page, tmp_path / "s.npz")
    survey = page.session.workspace.survey(name)
    assert survey.table["z"].tolist() == [0.01, 0.02, 0.03]
    assert survey.header["labels"] == ["teff"]
    assert survey.header["group"] == "star"
    assert survey.header["provenance"]["hints"] == {"arms": "keep"}
    assert objects.arguments() == {}


def test_pixels_without_wavelengths_are_counted(page, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", flux=rng.uniform(1, 2, (20, 64)))
    look(page, tmp_path / "images.npz")
    grid, fields = page.form.grid, page.form.look.fields
    fields.question.unit.value = "pixel"
    wait(lambda: "no wavelengths: pixels are counted" in page.form.look.view.text, page)
    assert grid.preset.value == COUNTED
    assert grid.grid() == "pixels:64"
    assert "1 to 64 pixels" in page.form.look.view.text
    assert [number.visible for number in grid.numbers] == [False, False, True]
    grid.numbers[2].value = "many"
    assert grid.grid() is None
    assert "not a number of pixels" in grid.error.sentence
    grid.numbers[2].value = "64"
    page.form.settings["scale"].widget.value = "none"
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    survey = page.session.workspace.survey("images")
    assert (str(survey.grid), survey.scale, survey.n) == ("pixels:64", "none", 20)
    assert page.survey.spectra[0].object.xaxis.axis_label == "pixel"
    of_survey = next(option for option in grid.preset.options if option.startswith("as images"))
    grid.preset.value = of_survey
    assert grid.grid() == "pixels:64"
    grid.preset.value = grid.preset.options[0]
    assert grid.grid() == "3388:8318:1000"
    assert all(number.visible for number in grid.numbers)
