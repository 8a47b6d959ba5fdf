"""The Data page, driven through its widgets on a real workspace with real jobs."""

import base64
import csv
import io

import numpy as np
import pytest
from archive import serving
from bokeh.plotting import figure
from survey_of_lines import GRID, wait, write_survey

from dashboard.pages.data.grid_fields import BY_HAND, COUNTED, FROM_FILES
from dashboard.pages.data.ingest_report import explanation, refusals_csv, report_html
from dashboard.pages.data.page import DataPage
from dashboard.pages.data.peek_plot import peek_figure
from dashboard.pages.data.source_picker import PUBLIC, SERVER, UPLOAD
from dashboard.pages.data.survey_list import class_bar, class_counts, megabytes
from dashboard.server_files import LISTED, list_folder
from specvae_core.data.data_kind import DataKind
from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import Reason, UserError
from specvae_core.grid import SpectralGrid
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


@pytest.fixture
def page(session, notices):
    page = DataPage(session)
    page.view()
    page.shown()
    return page


def save_spectra(path, n: int = 12) -> None:
    """A file of spectra, one of which has no good pixel."""
    wave = np.linspace(3900.0, 8100.0, 800)
    flux = 1 + np.random.default_rng(0).uniform(-0.3, 0.3, n)[:, None] * (wave - 6000) / 2000
    ivar = np.full(flux.shape, 1e4)
    ivar[-1] = 0
    np.savez(path, wave=wave, flux=flux, ivar=ivar, z=np.zeros(n))


@pytest.fixture
def spectra(tmp_path):
    """A folder of a good file, one that is no spectrum and one that is damaged."""
    folder = tmp_path / "my spectra"
    folder.mkdir()
    save_spectra(folder / "a.npz")
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4 <b>not a spectrum</b>")
    (folder / "b.npz").write_bytes((folder / "a.npz").read_bytes()[:400])
    return folder


def choose(page, path) -> None:
    page.form.source.server.field.value = str(path)


def fill(page, path, grid=("4000", "8000", "80")) -> None:
    choose(page, path)
    for field, text in zip(page.form.grid.numbers, grid, strict=True):
        field.value = text


def ingest(page, path) -> str:
    fill(page, path)
    name, n = page.form.chosen_name, len(page.session.runner.jobs())
    page.form.start.clicks += 1
    wait(lambda: len(jobs := page.session.runner.jobs()) > n and not jobs[0].active, page)
    page.poll()
    return name


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
    assert "a number was expected" in page.form.settings["assumed_sn"].error
    page.form.survey_name.value = "../escape"
    assert "cannot name a survey" in page.form.name_error.sentence
    assert notices == []


def test_no_files_and_a_missing_folder_are_told(page, notices, tmp_path):
    page.form.survey_name.value = "new"
    page.form.start.clicks += 1
    assert "Nothing was chosen" in notices[-1]
    fill(page, tmp_path / "no/such/folder")
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
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


def test_classes_as_counts_and_as_a_bar(session):
    write_survey(session.workspace, "lines")
    counts = class_counts(session.workspace, "lines")
    assert sum(counts.values()) == 90
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    bar = class_bar({"<i>": 3, "star": 1})
    assert "width:75.00%" in bar
    assert "&lt;i&gt;: 3" in bar
    assert class_bar({}) == '<span class="muted">no classes</span>'


def test_the_report_escapes_what_came_from_files():
    refusal = {"source": "/x/<script>.fits", "reason": "foreign", "message": "<script> is no spectrum"}
    report = {"ingested": 1, "skipped": 1, "reasons": {"foreign": 1}, "files": 2, "seconds": 1.0}
    text = report_html(report, [refusal])
    assert "<script>" not in text
    assert "&lt;script&gt; is no spectrum" in text
    assert explanation("of a newer version") == "of a newer version"
    assert refusals_csv([refusal]).decode().splitlines()[1].startswith("/x/<script>.fits,foreign,not a spectrum")


def test_the_peek_draws_infilled_pixels_apart():
    grid, flux = SpectralGrid.from_range(4000, 8000, 50), np.ones((2, 50)) + np.linspace(0, 1, 50)
    seen = np.ones((2, 50), bool)
    seen[1, 20:30] = False
    plot = peek_figure(grid, flux, seen, ["a", "b"], ["#0072B2", "#D55E00"], "light")
    drawn = [
        renderer.data_source.data["y"] for renderer in plot.renderers if renderer.glyph.__class__.__name__ == "Line"
    ]
    assert len(drawn) == 3
    assert [int(np.isfinite(line).sum()) for line in drawn] == [40, 12, 50]


def test_folders_first_hidden_left_out_and_long_lists_cut(tmp_path):
    for name in ("b.fits", ".hidden", "a.fits"):
        (tmp_path / name).touch()
    (tmp_path / "z").mkdir()
    assert list_folder(tmp_path).folders == ("z",)
    assert list_folder(tmp_path).files == ("a.fits", "b.fits")
    for i in range(LISTED):
        (tmp_path / f"{i:04d}.fits").touch()
    listing = list_folder(tmp_path)
    assert (len(listing.folders) + len(listing.files), listing.left_out) == (LISTED, 3)


def test_folders_that_cannot_be_listed_are_told(tmp_path):
    (tmp_path / "file").touch()
    for name, sentence in (("missing", "no folder"), ("file", "is a file")):
        with pytest.raises(UserError, match=sentence):
            list_folder(tmp_path / name)


def test_browsing_fills_the_field(page, spectra):
    picker = page.form.source.server
    picker.field.value = str(spectra.parent / "nowhere")
    picker.browse.value = True
    assert picker.folder == spectra.parent
    picker.field.value = ""
    picker.entries.value = [str(spectra)]
    assert picker.folder == spectra
    assert list(picker.entries.options)[:2] == ["↑ up", "a.npz"]
    picker.entries.value = [str(spectra / "a.npz"), str(spectra / "b.npz")]
    assert picker.paths == [str(spectra / "a.npz"), str(spectra / "b.npz")]
    assert page.form.chosen_name == "a"
    page.form.source.switch.value = SERVER
    assert page.form.source.names == picker.paths


@pytest.mark.parametrize(("size", "words"), [(512, "1 kB"), (4.6e6, "4.6 MB"), (2.2e9, "2.2 GB")])
def test_sizes_in_words(size, words):
    assert megabytes(size) == words


def look(page, path) -> None:
    """Choose a file and wait until it was looked at."""
    page.form.source.server.field.value = str(path)
    wait(lambda: "Looking at" not in page.form.look.view.text, page)


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
    assert "With redshift 0, errors 2, mask 0, position 0 of 2." in page.survey.facts.object


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
    assert "no number of pixels" in grid.error.sentence
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


PATHS = "/sdss/spectro/redux/26/spectra/lite/0266/spec-0266-51602-{:04d}.fits"


@pytest.fixture
def archive(tmp_path):
    """A public archive with two files; what they hold is no SDSS file, which the look then says."""
    save_spectra(tmp_path / "a.npz")
    with serving() as archive:
        archive.files["/night/a.npz"] = (tmp_path / "a.npz").read_bytes()
        for fibre in (1, 2):
            archive.files[PATHS.format(fibre)] = b"SIMPLE  =" * 1000
        yield archive


def test_public_data_are_fetched_looked_at_and_ingested(page, archive, notices):
    form = page.form.download
    page.form.source.switch.value = PUBLIC
    form.sample.value = "urls"
    form.start.clicks += 1
    wait(lambda: "came without a list" in form.error.sentence, page)
    form.list.value = "NGC 1068"
    form.start.clicks += 1
    wait(lambda: "an address" in form.error.sentence, page)
    form.list.value = f"{archive.address}/night/a.npz\n{archive.address}/night/b.npz"
    form.folder_name.value = "my night"
    form.start.clicks += 1
    assert "cannot name a download" in form.error.sentence
    assert page.session.runner.jobs() == []
    form.folder_name.value = "night"
    form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert "1 file is in night. 1 could not be had" in notices[-1]
    folder = page.session.workspace.folder / "downloads" / "night"
    assert page.form.source.switch.value == SERVER
    assert page.form.source.paths() == [str(folder)]
    wait(lambda: "12 objects" in page.form.look.view.text, page)
    for field, text in zip(page.form.grid.numbers, ("4000", "8000", "80"), strict=True):
        field.value = text
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert page.session.workspace.survey("night").n == 11


def test_a_list_of_objects_comes_as_a_file_and_the_user_is_not_interrupted(page, archive, spectra, notices):
    form = page.form.download
    form.sample.value = "sdss"
    form.archive.value = archive.address
    content = b"plate,mjd,fiberid\n266,51602,1\n266,51602,2\n"
    form.upload.take({"start": [{"name": "mine.csv", "size": len(content)}]})
    form.upload.take({"file": 0, "data": base64.b64encode(content).decode()})
    form.upload.take({"done": True})
    form.start.clicks += 1
    fill(page, spectra)
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()
    assert notices[-1] == "2 files are in sdss. Click the job to look at them."
    assert page.form.source.paths() == [str(spectra)]
    job = page.session.runner.jobs()[0]
    assert job.arguments["items"] == content.decode().splitlines()
    page.jobs.rows[job.id].pick.clicks += 1
    assert page.form.source.paths() == [str(page.session.workspace.folder / "downloads" / "sdss")]
    assert form.folder_name.value == "sdss-2"


def save_vectors(path, ids) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(ids), 6)).astype(np.float32)
    np.savez(path, object_id=np.array(ids), embedding=vectors, ra=np.arange(float(len(ids))))


def embed(page, path) -> None:
    look(page, path)
    page.form.start.clicks += 1
    wait(lambda: page.session.runner.jobs() and not page.session.runner.jobs()[0].active, page)
    page.poll()


def test_vectors_are_recognised_and_matched_to_the_survey_that_has_their_objects(page, session, tmp_path, notices):
    write_survey(session.workspace, "lines", n=20)
    ids = session.workspace.survey("lines").ids
    save_vectors(tmp_path / "aion.npz", [*ids[:15], "nobody-1", "nobody-2"])
    page.shown()
    look(page, tmp_path / "aion.npz")
    fields = page.form.vectors
    assert "known as flux" not in page.form.look.view.text
    assert (
        "vectors of 6 components from embedding, ids from column object_id; beside them ra" in page.form.look.view.text
    )
    assert (page.form.kind.chosen, fields.survey.value) == (DataKind.EMBEDDING, "lines")
    assert fields.model.placeholder == "aion"
    assert fields.matches.object == "15 of the first 17 ids are in lines."
    assert page.form.start.label == "Embed"
    embed(page, tmp_path / "aion.npz")
    assert notices == [
        "Embedding aion is ready: 15 of 17 vectors belong to objects of lines, 5 of its objects have none."
    ]
    assert np.isfinite(session.workspace.encoding("aion", "lines").latents).all(axis=1).sum() == 15
    assert (page.form.start.label, fields.shown) == ("Ingest", False)


def test_vectors_decode_by_a_model_of_the_grid_of_their_survey(page, session, tmp_path, notices):
    write_survey(session.workspace, "lines", n=40)
    model = train(session.workspace, ignore, tmp_path, survey="lines", model="pca", config={"n_latent": 2})
    save_vectors(tmp_path / "aion.npz", session.workspace.survey("lines").ids)
    look(page, tmp_path / "aion.npz")
    fields = page.form.vectors
    assert (fields.decoder.visible, list(fields.decoder.options.values())) == (True, ["", model])
    fields.decoder.value = model
    embed(page, tmp_path / "aion.npz")
    assert f"by the decoder of {model}" in notices[-1]
    assert session.workspace.model("aion").config.decoder == model
    fields.survey.value = ""
    assert not fields.decoder.visible


def test_vectors_without_a_survey_become_one_of_positions_and_catalogue(page, session, tmp_path, notices):
    save_vectors(tmp_path / "mine.npz", [f"star-{i}" for i in range(12)])
    look(page, tmp_path / "mine.npz")
    assert page.form.vectors.for_new_survey
    assert page.form.chosen_name == "mine"
    embed(page, tmp_path / "mine.npz")
    assert notices[-1].startswith("Embedding mine is ready: 12 of 12 vectors")
    assert session.workspace.survey("mine").table["ra"].tolist() == list(range(12))


def test_a_name_that_is_taken_and_several_files_are_said_at_the_field(page, session, tmp_path):
    (tmp_path / "files").mkdir()
    for name in ("a", "b"):
        save_vectors(tmp_path / "files" / f"{name}.npz", ["x", "y", "z"])
    look(page, tmp_path / "files" / "a.npz")
    page.form.vectors.model.value = "../a"
    page.form.start.clicks += 1
    assert "cannot name a model" in page.form.vectors.error.sentence
    look(page, tmp_path / "files")
    page.form.vectors.model.value = "mine"
    page.form.start.clicks += 1
    assert page.form.vectors.error.sentence.startswith("One file of vectors was expected, and 2 were chosen")
    assert not session.runner.jobs()
    save_spectra(tmp_path / "spectra.npz")
    look(page, tmp_path / "spectra.npz")
    assert not page.form.vectors.shown
    assert page.form.start.label == "Ingest"
    save_spectra(tmp_path / "spectra.npz")
    look(page, tmp_path / "spectra.npz")
    assert not page.form.vectors.shown
    assert page.form.start.label == "Ingest"
