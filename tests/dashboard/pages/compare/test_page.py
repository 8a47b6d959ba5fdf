"""The Compare page and the Redshift tab, driven through their widgets on a real workspace with real jobs."""

import numpy as np
import pytest
from survey_of_labels import write_stars
from survey_of_lines import wait, write_survey

from dashboard.page import Session
from dashboard.pages.compare.object_view import MOST
from dashboard.pages.compare.page import ComparePage
from dashboard.widgets.trust_note import TrustNote
from specvae_core.job import Job
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks import submit
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.train import train
from specvae_core.tasks.trust import kept_calibration


def compare(page: ComparePage, models: tuple[str, ...] = ("pca", "nmf"), latents: str = "1, 2") -> Job:
    """Fill in the form and press the button; returns the finished job."""
    page.form.models.value = list(models)
    page.form.latents.value = latents
    page.form.epochs.value = "1"
    page.form.start.clicks += 1
    job = page.session.runner.jobs()[0]
    wait(lambda: job.state == "finished", page)
    page.poll()
    return job


def test_a_comparison_from_the_form_to_curves_and_explore(page: ComparePage, session: Session, notices) -> None:
    assert not page.errors.filled.visible
    job = compare(page)
    assert job.arguments["latents"] == [1, 2]
    view = page.errors
    assert view.picker.value == job.result
    assert view.table.ids == ["pca-1", "pca-2", "nmf-1", "nmf-2"]
    figure = view.figure.objects[0].object
    assert {renderer.name for renderer in figure.renderers} == {"PCA", "NMF"}
    assert view.kind.options == ["all classes", "blue", "red"]
    view.kind.value = "red"
    row = session.workspace.results.load("comparisons", job.result).header["rows"][0]
    assert view.table.rows["mse"][0] == row["per_class"]["red"]
    assert "red" in view.figure.objects[0].object.yaxis[0].axis_label
    view.table.open("nmf-2")
    assert (session.state.page, session.state.model_id) == ("explore", "nmf-2")
    assert notices == []


def test_a_comparison_without_a_model_yet_says_so(page: ComparePage, session: Session, notices) -> None:
    header = {"survey": "lines", "seed": 0, "job": "none", "rows": [], "refused": []}
    session.workspace.results.save(Kind.COMPARISONS, "begun", header)
    page.shown()
    assert page.errors.picker.value == "begun"
    assert "being trained" in page.errors.figure.objects[0].text
    assert page.errors.table.ids == []
    assert notices == []


def test_ticked_models_are_shown_on_one_object(page: ComparePage, session: Session, notices) -> None:
    compare(page)
    page.errors.beside.clicks += 1
    assert "Tick some models" in notices[0]
    page.errors.table.ticked = ["pca-2", "nmf-2"]
    page.errors.beside.clicks += 1
    assert session.state.compare == "object"
    cards = page.object.cards
    wait(lambda: len(cards.objects) == 2, page)
    assert "pca-2" in cards[0][0].object
    assert "χ² per pixel" in cards[0][0].object
    before = cards[0][0].object
    session.state.picked = "lines-007"
    assert "lines-007" in page.object.card.head
    wait(lambda: cards[0][0].object != before, page)
    page.key("ArrowRight")
    assert session.state.picked == "lines-008"
    page.object.stepper.search.value = "lines-011"
    assert session.state.picked == "lines-011"
    page.object.stepper.search.value = "nobody"
    assert "nobody" in notices[-1]


def test_plots_of_one_object_share_axes_and_zoom(page: ComparePage, session: Session) -> None:
    compare(page)
    session.state.param.update(compare="object")
    wait(lambda: len(page.object.cards.objects) == 2, page)
    first, second = page.object.plots.plots
    assert first.flux.x_range is second.flux.x_range is second.residual.x_range
    assert first.flux.y_range is second.flux.y_range
    page.object.zoom.value = "halpha"
    assert session.state.zoom == "halpha"
    assert first.flux.x_range.start > 6000
    assert first.flux.x_range.end < 7000
    page.object.zoom.value = ""
    assert first.flux.x_range.start == pytest.approx(4000)


def test_the_tools_of_a_spectrum_serve_every_model(page: ComparePage, session: Session, workspace) -> None:
    compare(page)
    session.state.param.update(compare="object", picked="lines-005")
    wait(lambda: len(page.object.cards.objects) == 2, page)
    plots, tools = page.object.plots.plots, page.object.large.tools
    rough = np.nanstd(np.diff(plots[1].pixels.data["observed"]))
    session.state.param.update(smoothing=3, trial=0.1, pins=["lines-001"])
    for plot in plots:
        marks = {one.name: one.data_source.data for one in plot.flux.renderers if one.name in ("lines", "pins")}
        np.testing.assert_allclose(marks["lines"]["x"], [line.wavelength * 1.1 for line in tools.lines.lines])
        assert len(marks["pins"]["xs"]) == 1
        assert np.nanstd(np.diff(plot.pixels.data["observed"])) < 0.5 * rough
    tools.subject.mark_at(6000.0)
    page.key("k")
    tools.remarks.note.value = "odd"
    said = workspace.annotations.get("lines", "lines-005")
    assert (said.redshift, said.features[0].note) == (0.1, "odd")
    session.state.picked = "lines-006"
    wait(lambda: tools.subject.object_id == "lines-006", page)
    assert tools.redshift.value == 0.0
    assert session.state.place is None
    page.key("u")
    page.key("u")
    assert session.state.picked == "lines-005"
    assert workspace.annotations.get("lines", "lines-005").empty


def test_a_model_that_another_session_deleted_is_told(page: ComparePage, session: Session) -> None:
    compare(page)
    session.state.param.update(compare="object", compared=["pca-1", "nmf-1"])
    session.workspace.delete_model("pca-1")
    session.state.picked = "lines-005"
    wait(lambda: len(page.object.cards.objects) == 1 or page.object.hint.visible, page)
    assert "pca-1" not in page.object.models.options


def test_bad_entries_start_nothing(page: ComparePage, session: Session) -> None:
    for latents, words in (("two", "'two'"), ("", "at least one number"), ("0", "'0'")):
        page.form.latents.value = latents
        page.form.start.clicks += 1
        assert words in page.form.error.sentence
    page.form.latents.value, page.form.epochs.value = "2", "-1"
    page.form.start.clicks += 1
    assert "'-1'" in page.form.error.sentence
    page.search_form.trials.value = "many"
    page.search_form.start.clicks += 1
    assert "'many'" in page.search_form.error.sentence
    assert session.runner.jobs() == []


def test_a_search_from_the_form_to_its_best_model(page: ComparePage, session: Session, recipes) -> None:
    session.state.compare = "search"
    form = page.search_form
    form.model.value, form.latents.value, form.trials.value, form.epochs.value = "ae", "1", "2", "1"
    form.start.clicks += 1
    job = session.runner.jobs()[0]
    wait(lambda: job.state == "finished", page)
    page.poll()
    header = session.workspace.results.load("searches", job.result).header
    assert page.trials.table.object.count("<tr") == 3
    assert "class=active" in page.trials.table.object
    assert page.trials.open.visible
    (recipe,) = recipes(page.trials.card)
    assert recipe["points"] == 2
    page.trials.open.clicks += 1
    assert (session.state.page, session.state.model_id) == ("explore", header["model"])


def test_a_cross_validation_is_drawn_as_the_two_panels_of_the_paper(
    page: ComparePage, session: Session, recipes
) -> None:
    assert not page.trials.folds.visible
    write_stars(session.workspace)
    job = submit(
        session.runner, session.workspace, "crossvalidate", survey="stars", labels="teff,feh", latents=[3, 5],
        regularisations=[1.0, 100.0], folds=2,
    )  # fmt: skip
    wait(lambda: job.state == "finished", page)
    session.state.param.update(survey_id="stars", compare="search")
    assert page.trials.folds.visible
    trials = session.workspace.results.load(Kind.CROSS_VALIDATIONS, job.result).header["trials"]
    for pane, key in zip(page.trials.folds.figures, ("chi2", "chi2_from_labels"), strict=True):
        lines = {one.name: one.data_source.data for one in pane.object.renderers[::2]}
        assert set(lines) == {"Ω = 1", "Ω = 100"}
        drawn = {(name, x): y for name, data in lines.items() for x, y in zip(data["x"], data["y"], strict=True)}
        assert drawn == {(f"Ω = {t['regularisation']:g}", t["n_latent"]): t[key] for t in trials}
    (recipe,) = recipes(page.trials.folds)
    assert recipe["result"] == job.result
    session.state.survey_id = "lines"
    assert not page.trials.folds.visible


def test_the_theme_redraws(page: ComparePage, session: Session) -> None:
    compare(page)
    before = page.errors.figure.objects[0].object
    session.state.theme = "dark"
    assert page.errors.figure.objects[0].object is not before


def test_no_more_models_than_can_be_seen_and_never_none(page: ComparePage, session: Session, notices) -> None:
    compare(page, models=("pca",), latents="1,2,3,4,5,6,7,8,9")
    session.state.param.update(compare="object", compared=["pca-1"])
    chooser = page.object.models
    chooser.value = list(chooser.options.values())[: MOST + 1]
    assert chooser.value == ["pca-1"]
    assert str(MOST) in notices[-1]
    chooser.value = []
    assert chooser.value == ["pca-1"]


def test_errors_are_checked_at_the_press_of_a_button(page: ComparePage, session: Session, recipes, tmp_path) -> None:
    write_survey(session.workspace, "more", n=300)
    config = {"n_latent": 1, "max_epochs": 2, "epoch_steps": 20}
    model = train(session.workspace, ignore, tmp_path, survey="more", model="infovae", config=config)
    session.state.param.update(survey_id="more", model_id=model, compare="trust")
    view = page.trust
    assert "Not checked yet" in view.checked.empty.text
    view.checked.empty.button.clicks += 1
    wait(lambda: view.checked.ready, page)
    header = kept_calibration(session.workspace, model, "more").header
    assert header["n"] == 30
    whole = [row for row in header["rows"] if row["subset"] == "all"]
    assert list(view.table.rows["quantity"]) == [row["quantity"] for row in whole]
    assert view.words.object.count("<li>") == sum(row["within"] is False for row in whole)
    first = view.pit.objects[0].object
    assert first.xaxis.axis_label == f"PIT of {whole[0]['quantity']}"
    (recipe,) = recipes(view.card)
    assert (recipe["of"], recipe["n"]) == ("calibrations", len(header["rows"]))
    rows = np.arange(0, 300, 2)
    keep_selection(session.workspace, "more", "half", rows)
    session.state.within = "@half"
    assert "Not checked yet within half" in view.checked.empty.text
    assert page.within.options == {"all objects": "", "half": "@half"}
    page.within.value = ""
    assert view.checked.ready
    view.subset.value = "class red"
    assert len(view.table.rows) < len(whole) or view.table.rows["n"][0] < 30
    note = TrustNote(session)
    failing = [row["quantity"] for row in whole if row["within"] is False]
    note.ask(model, "more", failing)
    assert note.visible is bool(failing)


def test_errors_within_a_selection_are_measured_at_the_press_of_a_button(
    page: ComparePage, session: Session, notices, recipes
):
    compare(page)
    view = page.errors
    before = list(view.table.rows["mse"])
    table = session.workspace.survey("lines").table
    keep_selection(session.workspace, "lines", "reds", np.flatnonzero((table["class"] == "red").to_numpy()))
    session.state.within = "@reds"
    assert page.within.visible
    assert "Not measured yet within reds" in view.measured.empty.text
    view.measured.empty.button.clicks += 1
    wait(lambda: view.measured.ready, page)
    assert "within reds" in view.card.head
    assert view.kind.options == ["all classes"]
    view_of_reds = list(view.table.rows["mse"])
    assert view_of_reds != before
    (recipe,) = recipes(view.card)
    assert recipe["ids"] == table["id"][table["class"] == "red"].tolist()
    page.within.value = ""
    view.kind.value = "red"
    np.testing.assert_allclose(view.table.rows["mse"], view_of_reds, rtol=1e-3)
    page.shown()
    assert len(view.picker.options) == 1
    assert notices == []


def test_every_figure_has_a_recipe(page: ComparePage, session: Session, recipes) -> None:
    compare(page)
    page.errors.kind.value = "red"
    (recipe,) = recipes(page.errors.card)
    assert recipe["shown"][1] == "by.own.per_class.red"
    assert set(recipe["others"]) == {"pca-1", "pca-2", "nmf-1", "nmf-2"}
    session.state.param.update(compare="object", compared=["pca-2", "nmf-2"])
    wait(lambda: len(page.object.cards.objects) == 2, page)
    (models,) = recipes(page.object.card)
    assert (models["figure"], models["models"]) == ("models", ["pca-2", "nmf-2"])
