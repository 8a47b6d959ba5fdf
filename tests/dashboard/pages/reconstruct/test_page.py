"""The Reconstruct page on a small real workspace, without a browser."""

import numpy as np
import pytest
from reconstruct_page import columns, run
from survey_of_lines import GRID, wait

from dashboard.pages.reconstruct.page import ReconstructPage
from specvae_core.errors import UserError
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.photometry import ingest_photometry
from specvae_core.tasks.train import train


class Drag:
    """What Bokeh tells of a box that was dragged."""

    final = True

    def __init__(self, low: float, high: float) -> None:
        self.geometry = {"type": "rect", "x0": high, "x1": low, "y0": 0.0, "y1": 1.0}


def test_a_dragged_range_is_hidden_and_shown_as_hidden_truth(page, session):
    page.spectrum.hide(Drag(5000.0, 5500.0))
    assert session.state.problem == "hide:5000.0-5500.0"
    inside = (GRID.wavelength >= 5000) & (GRID.wavelength <= 5500)
    seen = session.workspace.survey("lines").row(7).seen[0]
    np.testing.assert_array_equal(np.isfinite(columns(page)["truth"]), inside & seen)
    np.testing.assert_array_equal(np.isfinite(columns(page)["observed"]), ~inside & seen)
    assert list(page.spectrum.plot.hidden.data["left"]) == [5000.0]


def test_the_tools_of_a_spectrum_serve_the_problem_and_its_solution(page, session):
    page.spectrum.hide(Drag(5000.0, 5500.0))
    run(page)
    before, plot = columns(page), page.spectrum.plot
    session.state.param.update(smoothing=5, trial=0.1, pins=["lines-001"])
    after = columns(page)
    assert np.nanstd(np.diff(after["observed"])) < 0.5 * np.nanstd(np.diff(before["observed"]))
    assert np.nanstd(after["residual"]) < 2 * np.nanstd(before["residual"])  # still in σ
    marks = {one.name: one.data_source.data for one in plot.flux.renderers if one.name in ("lines", "pins")}
    lines = page.spectrum.large.tools.lines.lines
    np.testing.assert_allclose(marks["lines"]["x"], [line.wavelength * 1.1 for line in lines])
    assert len(marks["pins"]["xs"]) == 1
    page.key("k")
    assert session.workspace.annotations.get("lines", "lines-007").redshift == 0.1
    page.key("w")
    assert session.state.smoothing == 8
    assert page.solutions


def test_ranges_that_touch_become_one_and_every_change_can_be_undone(page):
    ranges = page.spectrum.ranges
    ranges.add(5000, 5200)
    ranges.add(6000, 6100)
    ranges.add(5100, 5300)
    assert ranges.ranges == ((5000, 5300), (6000, 6100))
    ranges.remove(0)
    assert ranges.ranges == ((6000, 6100),)
    page.key("U")
    assert ranges.ranges == ((5000, 5300), (6000, 6100))
    for _ in range(5):
        ranges.undo()
    assert ranges.ranges == ()


def test_what_lies_outside_of_the_grid_cannot_be_hidden(page):
    page.spectrum.hide(Drag(100.0, 4100.0))
    low, high = page.spectrum.ranges.ranges[0]
    assert low == pytest.approx(GRID.edges[0])
    assert high == 4100.0
    page.spectrum.hide(Drag(9000.0, 9500.0))
    assert len(page.spectrum.ranges.ranges) == 1


def test_a_run_fills_what_was_hidden_and_is_kept(page, session, trained):
    page.spectrum.hide(Drag(5000.0, 5800.0))
    run(page)
    shown = columns(page)
    inside = np.isfinite(shown["truth"])
    assert np.abs(shown["spectrum"] - shown["truth"])[inside].max() < 0.1
    assert (shown["low68"] < shown["spectrum"]).all()
    assert (shown["spectrum"] < shown["high95"]).all()
    assert np.isfinite(shown["hidden_residual"][inside]).all()
    assert session.state.reconstruction == f"lines-007-{trained[0]}"
    assert "χ² per datum" in page.solution.body.object
    assert len(page.search.plot.trace.data["step"]) > 1
    assert [result.id for result in session.workspace.results.list(Kind.RECONSTRUCTIONS)] == [
        session.state.reconstruction
    ]


def test_two_models_answer_the_same_question(page, trained):
    page.form.other.value = trained[1]
    page.spectrum.hide(Drag(5000.0, 5800.0))
    page.run()
    wait(lambda: page.solver.current is None and len(page.solutions) == 2, page)
    assert [found.model for found in page.solutions] == trained
    assert np.isfinite(columns(page)["other"]).all()
    assert all(model in page.solution.body.object for model in trained)


def test_another_question_takes_the_answer_away_and_opening_it_brings_all_back(page, session):
    page.spectrum.hide(Drag(5000.0, 5800.0))
    run(page)
    kept = session.state.reconstruction
    page.spectrum.ranges.clear()
    assert not page.solutions
    assert np.isnan(columns(page)["spectrum"]).all()
    session.state.picked = "lines-011"
    page.open(kept)
    assert session.state.picked == "lines-007"
    assert page.spectrum.ranges.ranges == ((5000.0, 5800.0),)
    assert np.isfinite(columns(page)["spectrum"]).all()


def test_deleting_can_be_undone(page, session):
    run(page)
    kept = session.state.reconstruction
    page.delete()
    assert session.workspace.results.list(Kind.RECONSTRUCTIONS) == []
    assert not page.solutions
    page.kept_list.restore()
    assert session.state.reconstruction == kept
    assert page.solutions


def test_a_reconstruction_can_be_named(page, session):
    run(page)
    page.solution.name.value = "a fine one"
    assert session.workspace.results.load(Kind.RECONSTRUCTIONS, session.state.reconstruction).title == "a fine one"


def test_it_is_saved_with_where_it_comes_from(page, session, trained, monkeypatch):
    saved = {}
    monkeypatch.setattr(session.bridge, "save", lambda name, mime, data: saved.update({name: data}))
    run(page)
    page.solution.save("ecsv")
    (text,) = (data.decode() for data in saved.values())
    assert trained[0] in text
    assert "reconstruction" in text


def test_a_problem_that_makes_no_sense_is_told_beneath_the_fields(page):
    page.form.fields["random"].value = "two"
    assert "random takes a number" in page.form.error.sentence
    assert page.spectrum.run.disabled
    page.form.fields["random"].value = "0.4"
    assert not page.form.error.sentence
    assert not page.spectrum.run.disabled


def test_bands_are_drawn_as_points(page):
    page.form.fields["bands"].value = "r"
    assert 5900 < page.spectrum.plot.data.data["x"][0] < 6500
    assert np.isfinite(columns(page)["truth"]).any()


def test_hiding_everything_is_told(page):
    page.spectrum.hide(Drag(3000.0, 9000.0))
    assert "hide less" in page.form.error.sentence


def test_the_selection_becomes_a_new_survey(page, session):
    session.state.selection = np.array([1, 2, 3], np.int32)
    page.survey_form.update()
    assert page.survey_form.button.label == "Fill 3 selected"
    page.survey_form.start()
    wait(lambda: not page.survey_form.filled.busy, page)
    page.survey_form.update()
    assert page.survey_form.filled.ready
    assert len(session.workspace.survey("lines-filled")) == 3
    page.survey_form.open.clicks += 1
    assert session.state.survey_id == "lines-filled"


def test_without_a_model_it_says_what_to_do(session, notices):
    session.state.page = "reconstruct"
    page = ReconstructPage(session)
    page.view()
    page.shown()
    assert page.missing.visible
    assert not page.ready.visible
    with pytest.raises(UserError, match="no spectrum to reconstruct"):
        page.run()


def test_a_model_of_bands_is_told(workspace, session, notices, tmp_path):
    random = np.random.default_rng(0)
    rows = [",".join(f"{value:.3f}" for value in (*random.normal(20, 1, 3), 0.1, 0.1, 0.1)) for _ in range(40)]
    (tmp_path / "bands.csv").write_text("\n".join(["g,r,i,g_err,r_err,i_err", *rows]))
    ingest_photometry(workspace, ignore, tmp_path, paths=[str(tmp_path / "bands.csv")], name="bands", bands="g,r,i")
    (tmp_path / "job").mkdir()
    model = train(workspace, ignore, tmp_path / "job", survey="bands", model="pca", config={"n_latent": 2})
    session.state.param.update(survey_id="bands", model_id=model, page="reconstruct")
    page = ReconstructPage(session)
    page.view()
    page.shown()
    assert page.missing.visible
    assert "model of photometry" in page.missing.text


def test_playing_goes_through_the_steps_and_ends_where_it_was(page):
    page.spectrum.hide(Drag(5000.0, 5800.0))
    run(page)
    end = columns(page)["spectrum"].copy()
    page.search.play.value = True
    assert page.search.step.value == 0
    assert np.isnan(columns(page)["low68"]).all()
    while page.search.play.value:
        page.poll()
    np.testing.assert_array_equal(columns(page)["spectrum"], end)


def test_a_solution_has_a_recipe_that_solves_it_again(page, session, recipes, notices) -> None:
    page.spectrum.hide(Drag(5000.0, 5200.0))
    run(page)
    (recipe,) = recipes(page.solution.card)
    assert (recipe["object"], recipe["problem"]) == ("lines-007", session.state.problem)
    session.annotate("lines-007", mark=3)
    page.key("u")
    assert session.annotation("lines-007").empty
    assert "lines-007 has no annotation again" in notices[-1]


def test_a_range_can_be_typed(page, notices):
    ranges = page.spectrum.ranges
    ranges.field.value = "5000–5200 Å"
    ranges.field.value = ""
    ranges.field.value = "6500 to 6600"
    assert ranges.ranges == ((5000.0, 5200.0), (6500.0, 6600.0))
    ranges.field.value = "5200-5000"
    assert "is not a range" in notices[-1]
    assert len(ranges.ranges) == 2
