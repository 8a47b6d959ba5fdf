"""The Data page, driven through its widgets on a real workspace with real jobs."""

import base64
import csv
import io

import numpy as np
from bokeh.plotting import figure
from data_page import choose, fill, ingest, look, save_spectra
from survey_of_lines import GRID, wait, write_survey

from dashboard.pages.data.grid_fields import BY_HAND, FROM_FILES
from dashboard.pages.data.source_picker import UPLOAD
from specvae_core.data.data_kind import DataKind
from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import Reason


def test_an_empty_workspace_says_what_to_do(page):
    assert "No surveys yet" in page.surveys.empty.text
    assert page.surveys.empty.visible
    page.surveys.empty.button.clicks += 1
    assert [job.task for job in page.session.runner.jobs()] == ["demo"]


def test_a_folder_becomes_a_survey_with_its_report(page, spectra, notices, monkeypatch):
    name = ingest(page, spectra)
    assert name == "my-spectra"
    assert notices == ["Survey my-spectra is ready."]
    assert page.survey.survey.id == name
    assert page.session.workspace.survey(name).n == 11
    text = page.survey.facts.object
    assert "<b>11</b> in the survey" in text
    for reason in (Reason.FOREIGN, Reason.UNREADABLE, Reason.NO_GOOD_PIXELS):
        assert reason.explanation in text
    assert isinstance(page.survey.spectra[0].object, figure)
    saved = []
    monkeypatch.setattr(page.survey, "_save", lambda *file: saved.append(file))
    page.survey.buttons["csv"].clicks += 1
    ((file_name, mime, content),) = saved
    assert (file_name, mime) == ("my-spectra-refused.csv", "text/csv")
    reasons = {row["reason"] for row in csv.DictReader(io.StringIO(content.decode()))}
    assert reasons == {"foreign", "unreadable", "no_good_pixels"}
    assert page.form.survey_name.value == ""


def test_a_catalogue_of_photometry_becomes_a_survey(page, tmp_path, notices):
    random = np.random.default_rng(0)
    columns = {"MAG_U": random.normal(21, 1, 30), "MAGERR_U": np.full(30, 0.1), "g": random.normal(20, 1, 30)}
    columns |= {"g_err": np.full(30, 0.05), "redshift": random.uniform(0, 1, 30), "field": np.arange(30) // 3}
    path = tmp_path / "phot.csv"
    path.write_text(
        "\n".join(
            [",".join(columns), *(",".join(f"{v:.4f}" for v in row) for row in zip(*columns.values(), strict=True))]
        )
    )
    look(page, path)
    form = page.form
    assert form.kind.chosen == DataKind.PHOTOMETRY
    assert form.bands.bands.ticked == ["u=MAG_U:MAGERR_U", "g"]
    form.bands.group.value = "field"
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert notices == ["Survey phot is ready."]
    survey = page.session.workspace.survey("phot")
    assert str(survey.grid) == "u,g"
    np.testing.assert_allclose(survey.read().flux[:, 0], columns["MAG_U"], atol=1e-4)
    assert page.form.kind.chosen == DataKind.SPECTRA
    assert survey.header["group"] == "field"
    assert page.form.bands.group.value == ""


def test_bad_fields_are_told_where_they_are_and_start_nothing(page, session, spectra, notices):
    write_survey(session.workspace, "taken")
    look(page, spectra)
    fill(page, spectra, grid=("8000", "4000", "80"))
    page.form.survey_name.value = "taken"
    page.form.settings["min_coverage"].widget.value = "2"
    page.form.settings["assumed_sn"].widget.value = "much"
    page.form.start.clicks += 1
    assert session.runner.jobs() == []
    assert "taken already" in page.form.name_error.sentence
    assert "smaller to a larger wavelength" in page.form.grid.error.sentence
    assert "from 0 to 1" in page.form.settings["min_coverage"].error
    assert "a number from 0.1 to" in page.form.settings["assumed_sn"].error
    page.form.survey_name.value = "../escape"
    assert "cannot name a survey" in page.form.name_error.sentence
    assert notices == []


def test_no_files_and_a_missing_folder_are_told(page, notices, tmp_path):
    page.form.start.clicks += 1
    assert (page.form.error.sentence.split(":")[0], page.form.name_error.sentence) == ("Nothing was chosen", "")
    page.form.survey_name.value = "new"
    page.form.start.clicks += 1
    assert (notices, page.session.runner.jobs()) == ([], [])
    fill(page, tmp_path / "no/such/folder")
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert page.form.error.sentence == ""
    assert "/no/such/folder" in notices[-1]
    assert page.session.workspace.surveys() == []


def test_a_folder_with_a_link_that_leaves_the_root_is_refused(page, spectra, notices, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.npz"
    outside.write_bytes((spectra / "a.npz").read_bytes())
    (spectra / "link.npz").symlink_to(outside)
    look(page, spectra)
    assert "leads out of" in page.form.look.view.text
    fill(page, spectra)
    page.form.survey_name.value = "new"
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    assert "leads out of" in page.session.runner.jobs()[0].error
    assert page.session.workspace.surveys() == []


def test_folders_outside_of_the_root_are_refused_links_too(page, notices, tmp_path, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (tmp_path / "link").symlink_to(outside)
    page.form.source.server.browse.value = True
    assert "↑ up" not in page.form.source.server.entries.options
    for path in (outside, tmp_path / "link", tmp_path / ".." / outside.name):
        fill(page, path)
        page.form.survey_name.value = "new"
        page.form.start.clicks += 1
        assert "outside of" in notices[-1]
        page.form.source.server.entries.value = [str(path)]
        page.form.objects.picker.field.value = str(path)
        assert "outside of" in page.form.objects.error.sentence
        assert page.form.source.server.folder == tmp_path
    assert page.session.runner.jobs() == []


def test_two_options_that_do_not_go_together_are_told_beneath_the_form(page, spectra):
    fill(page, spectra)
    page.form.settings["assumed_sn"].widget.value = "80"
    assert page.form.options() is None
    assert "lies above the largest S/N" in page.form.error.sentence
    page.form.settings["max_sn"].widget.value = "100"
    assert page.form.options()["assumed_sn"] == 80
    assert page.form.error.sentence == ""


def test_presets_offer_grids_of_surveys_and_of_the_files(page, session, spectra):
    write_survey(session.workspace, "lines")
    page.shown()
    preset = page.form.grid.preset
    of_survey = next(option for option in preset.options if option.startswith("as lines"))
    preset.value = of_survey
    assert page.form.grid.grid() == str(GRID)
    page.form.grid.numbers[2].value = "70"
    assert preset.value == BY_HAND
    fill(page, spectra / "a.npz")
    preset.value = FROM_FILES
    wait(lambda: (page.form.grid.grid() or "").startswith("3900:8100:"), page)


def test_the_grid_as_in_the_files_follows_other_files(page, tmp_path):
    for name, low, high in (("blue", 4000.0, 5000.0), ("red", 6000.0, 9000.0)):
        wave, flux = np.linspace(low, high, 300), np.ones((3, 300))
        np.savez(tmp_path / f"{name}.npz", wave=wave, flux=flux, ivar=flux, z=np.zeros(3), id=list("abc"))
    grid = page.form.grid
    grid.preset.value = FROM_FILES
    choose(page, tmp_path / "blue.npz")
    wait(lambda: (grid.grid() or "").startswith("4000:5000:"), page)
    choose(page, tmp_path / "red.npz")
    assert grid.grid() is None  # never that of the files before
    wait(lambda: (grid.grid() or "").startswith("6000:9000:"), page)
    grid.numbers[0].value = "6500"
    choose(page, tmp_path / "blue.npz")
    page.poll()
    assert grid.grid().startswith("6500:")  # what was typed stays


def test_a_grid_of_no_files_is_refused(page):
    page.form.grid.preset.value = FROM_FILES
    assert page.form.grid.grid() is None
    assert "choose files" in page.form.grid.error.sentence


def test_an_upload_is_ingested(page, tmp_path, notices):
    save_spectra(tmp_path / "a.npz")
    content = (tmp_path / "a.npz").read_bytes()
    source = page.form.source
    source.switch.value = UPLOAD
    page.form.start.clicks += 1
    source.upload.take({"start": [{"name": "../mine.npz", "size": len(content)}]})
    assert page.form.chosen_name == "mine"
    page.form.start.clicks += 1
    assert "not complete yet" in notices[-1]
    for at in range(0, len(content), 5000):
        piece = base64.b64encode(content[at : at + 5000]).decode()
        source.upload.take({"file": 0, "data": piece})
    source.upload.take({"done": True})
    for field, text in zip(page.form.grid.numbers, ("4000", "8000", "80"), strict=True):
        field.value = text
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    assert page.session.workspace.survey("mine").n == 11
    assert source.names == []


def test_a_survey_is_deleted_only_after_a_second_yes(page, session, notices):
    write_survey(session.workspace, "lines")
    page.shown()
    assert page.survey.survey.id == "lines"
    page.survey.buttons["delete"].clicks += 1
    assert page.survey.confirm.visible
    page.survey.confirm[2].clicks += 1
    assert not page.survey.confirm.visible
    assert [survey.id for survey in session.workspace.surveys()] == ["lines"]
    page.survey.buttons["delete"].clicks += 1
    page.survey.confirm[1].clicks += 1
    assert session.workspace.surveys() == []
    assert page.survey.survey is None
    assert "“Undo delete” brings it back" in notices[-1]
    page.undo.clicks += 1
    assert page.survey.survey.id == "lines"
    assert not page.undo.visible


def test_a_survey_is_renamed_copied_and_one_of_the_two_deleted(page, session, notices):
    write_survey(session.workspace, "lines")
    page.shown()
    page.survey.buttons["rename"].clicks += 1
    page.survey.naming.field.value = "Emission lines"
    page.survey.naming.save.clicks += 1
    assert not page.survey.naming.visible
    assert session.workspace.survey_summary("lines").title == "Emission lines"
    assert page.surveys.rows["lines"][0].label == "Emission lines"
    page.survey.buttons["copy"].clicks += 1
    wait(lambda: "Survey lines-copy is ready." in notices, page)
    assert page.survey.survey.id == "lines-copy"
    assert session.workspace.survey("lines-copy").n == session.workspace.survey("lines").n
    page.survey.buttons["delete"].clicks += 1
    page.survey.confirm[1].clicks += 1
    assert list(page.surveys.rows) == ["lines"]
    assert page.undo.label == "Undo delete of lines-copy"


def test_a_survey_stays_in_view_until_the_one_that_a_job_makes_is_there(page, session, notices):
    for name in ("apples", "lines"):
        write_survey(session.workspace, name)
    page.shown()
    page.surveys.rows["lines"][0].clicks += 1
    page.survey.buttons["copy"].clicks += 1
    seen = set()
    wait(lambda: seen.add(page.survey.survey.id) or "Survey lines-copy is ready." in notices, page)
    assert seen <= {"lines", "lines-copy"}  # never the first of the list, which nobody asked for
    assert page.survey.survey.id == "lines-copy"


def test_a_half_written_survey_is_named_and_resumed(page, session, spectra):
    options = page.form.options() | {"grid": "4000:8000:80"}
    settings = PreprocessOptions.from_mapping(options)
    provenance = {"paths": [str(spectra)], "options": settings.to_json(), "job": "gone"}
    SurveyWriter.create(session.workspace.survey_folder("half"), "half", settings.grid, provenance)
    page.shown()
    assert "half-written" in page.surveys.rows["half"][1].object
    assert page.survey.buttons["resume"].visible
    assert not page.survey.buttons["explore"].visible
    page.survey.buttons["resume"].clicks += 1
    wait(lambda: not session.runner.jobs()[0].active, page)
    page.poll()
    assert session.workspace.survey("half").n == 11
    assert not page.survey.buttons["resume"].visible


def test_explore_needs_a_model(page, session, notices):
    write_survey(session.workspace, "lines")
    page.shown()
    page.survey.buttons["explore"].clicks += 1
    assert (session.state.page, session.state.survey_id) == ("train", "lines")
    assert "train one first" in notices[-1]
