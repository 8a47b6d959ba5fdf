"""The Labels page without a browser: what it asks for, what it draws, what clicks and sliders do."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from survey_of_labels import train_lux, write_stars
from survey_of_lines import wait

from dashboard.pages.labels.page import LabelsPage
from dashboard.units import measured
from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


def predict(page: LabelsPage) -> None:
    page.predictions.empty.button.clicks += 1
    wait(lambda: page.predictions.ready, page)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the stars and Lux trained on them, to be copied."""
    workspace = Workspace.open(tmp_path_factory.mktemp("trained") / "workspace")
    write_stars(workspace)
    train_lux(workspace, tmp_path_factory.mktemp("job"))
    return workspace.folder


@pytest.fixture
def page(session, trained: Path) -> LabelsPage:
    shutil.copytree(trained, session.workspace.folder, dirs_exist_ok=True)
    session.state.param.update(page="labels", survey_id="stars", model_id="lux-4")
    made = LabelsPage(session)
    made.view()
    made.shown()
    predict(made)
    return made


def test_predictions_are_made_and_drawn(page) -> None:
    assert page.predictions.ready
    page.quality.objects.value = False
    points = page.quality.against.points.data
    assert len(points["x"]) == 100
    assert np.corrcoef(points["x"], points["y"])[0, 1] > 0.99
    assert page.quality.residual.figure.xaxis[0].axis_label == "S/N per pixel"
    assert "RMSE" in page.quality.table.object
    assert "Teff (K)" in page.quality.table.object


def test_errors_come_from_unseen_objects_whichever_are_drawn(page) -> None:
    assert len(page.quality.against.points.data["x"]) == 10
    errors = page.quality.table.object
    assert "10 objects of the test part" in errors
    page.quality.objects.value = False
    assert len(page.quality.against.points.data["x"]) == 100
    assert page.quality.table.object == errors
    page.quality.objects.value = True
    assert "10 objects with this label" in page.quality.view.head


def test_another_label_changes_figures_and_derivative(page) -> None:
    before = page.emulator.plot.pixels.data["derivative"].copy()
    page.quality.label.value = "feh"
    assert page.session.state.label == "feh"
    assert page.quality.against.figure.xaxis[0].axis_label == "catalogue [Fe/H] (dex)"
    assert not np.allclose(page.emulator.plot.pixels.data["derivative"], before)


def test_a_click_on_a_point_picks_the_object_and_takes_its_labels(page) -> None:
    points = page.diagram.scatter.points.data
    page.diagram.pick(SimpleNamespace(x=points["x"][7], y=points["y"][7]))
    assert page.session.state.picked == points["id"][7]
    assert len(page.diagram.scatter.ring.data["x"]) == 1
    drawn = page.emulator.plot.pixels.data
    assert np.isfinite(drawn["observed"]).all()
    assert np.sqrt(np.mean((drawn["observed"] - drawn["synthetic"]) ** 2)) < 0.05
    page.diagram.pick(SimpleNamespace(x=1e9, y=1e9))
    assert page.session.state.picked == points["id"][7]


def test_sliders_change_the_spectrum_and_say_when_they_are_off_the_training_set(page) -> None:
    before = page.emulator.plot.pixels.data["synthetic"].copy()
    assert not page.emulator.veil.visible
    slider = page.emulator.sliders[0]
    slider.value = slider.end
    assert not np.allclose(page.emulator.plot.pixels.data["synthetic"], before)
    assert page.emulator.veil.visible
    assert "Outside the training set" in page.emulator.veil.object
    page.emulator.middle.clicks += 1
    assert not page.emulator.veil.visible


def test_labels_just_outside_those_of_the_stars_are_off_the_training_set(page) -> None:
    page.emulator.sliders[0].value = 6200  # the stars end at 6000 K
    assert page.emulator.veil.visible


def test_the_training_set_is_that_of_the_survey_that_the_model_learnt_from(page) -> None:
    write_stars(page.session.workspace, "others", n=30)
    page.session.state.survey_id = "others"
    predict(page)
    assert page.quality.data.survey.name == "others"
    page.emulator.sliders[0].value = page.emulator.sliders[0].end
    assert "no object of stars has labels like these" in page.emulator.veil.object


def test_the_diagram_takes_labels_and_catalogue_columns(page) -> None:
    assert list(page.diagram.x.options.values()) == ["teff", "feh", "χ² of the fit"]
    assert "sn" in page.diagram.colour.options.values()
    page.diagram.source.value = False
    assert np.isnan(page.diagram.data.catalogue.values[:, 1]).sum() == 5
    assert len(page.diagram.scatter.points.data["x"]) == 95  # those without the label cannot be drawn


def test_a_model_that_tells_no_labels_gives_way_to_one_that_does(page, tmp_path) -> None:
    (tmp_path / "another").mkdir()
    workspace, state = page.session.workspace, page.session.state
    pca = train(workspace, ignore, tmp_path / "another", survey="stars", model="pca", config={"n_latent": 2})
    state.model_id = pca
    assert state.model_id == "lux-4"


def test_without_a_model_the_page_says_how_to_train_one(session) -> None:
    write_stars(session.workspace)
    session.state.param.update(page="labels", survey_id="stars")
    page = LabelsPage(session)
    page.view()
    page.shown()
    assert not page.predictions.ready
    assert "Train <b>Lux</b> on <b>stars</b>" in page.predictions.empty.text
    page.predictions.empty.button.clicks += 1
    assert session.state.page == "train"


@pytest.mark.parametrize(
    ("name", "value", "error", "text"),
    [
        ("teff", 5402.3, 144.2, "5402 ± 144 K"),
        ("logg", 4.396, 0.2512, "4.40 ± 0.25 dex"),
        ("olivine", 0.0213, 0.0042, "0.0213 ± 0.0042"),
        ("age", 3.2, np.nan, "3.20 ± nan"),
    ],
)
def test_a_value_has_the_digits_that_its_error_allows(name: str, value: float, error: float, text: str) -> None:
    assert measured(name, value, error) == text


@pytest.mark.parametrize(("name", "emulates"), [("cannon", True), ("pls", False)])
def test_other_models_of_labels_are_shown_too(page, tmp_path, name: str, emulates: bool) -> None:
    session = page.session
    (tmp_path / name).mkdir()
    config = {"labels": "teff,feh"} | ({} if name == "cannon" else {"n_latent": 4})
    model = train(session.workspace, ignore, tmp_path / name, survey="stars", model=name, config=config)
    session.state.model_id = model
    predict(page)
    points = page.quality.against.points.data
    assert np.corrcoef(points["x"], points["y"])[0, 1] > 0.99
    assert page.emulator.view.visible == emulates
    if emulates:
        assert np.isfinite(page.emulator.plot.pixels.data["synthetic"]).all()


def test_a_doppelganger_is_drawn_beside_the_picked_object_and_told(page) -> None:
    page.session.state.picked = "star-020"
    page.session.state.label = "feh"
    page.emulator.twin.clicks += 1
    data = page.emulator.plot.pixels.data
    assert np.isfinite(data["own"]).all()
    assert np.abs(data["own"] - data["twin"]).max() > 0.05  # the line of another metallicity
    assert "It differs by [Fe/H]" in page.emulator.pair.object
    page.session.state.picked = "star-021"
    assert not page.emulator.pair.visible
    assert np.isnan(page.emulator.plot.pixels.data["twin"]).all()


def test_the_misfit_of_each_object_can_be_drawn(page) -> None:
    page.diagram.y.value = "χ² of the fit"
    y = np.asarray(page.diagram.scatter.points.data["y"])
    assert 0.3 < np.median(y) < 3


def test_objects_unlike_those_of_training_are_crosses_and_told(page) -> None:
    data = page.quality.data
    page.quality.show(replace(data, flags=np.full(len(data.table), 1, dtype=np.int32)))
    assert set(page.quality.against.points.data["marker"]) == {"x"}
    assert "100% fit poorly" in page.quality.shift.object
    page.session.state.picked = "star-020"
    page.quality.mark()
    assert "poor fit" in page.quality.object.object


def test_every_figure_has_a_recipe(page, recipes) -> None:
    page.quality.label.value = "feh"
    page.diagram.source.value = False
    found = recipes(page.full)
    assert [one["figure"] for one in found] == ["labels", "label errors", "diagram", "spectrum from labels"]
    assert (found[0]["label"], found[2]["source"], found[3]["label"]) == ("feh", "catalogue", "feh")
    assert found[0]["unseen"]
    page.quality.objects.value = False
    (more,) = (one for one in recipes(page.quality.view) if one["figure"] == "labels")
    assert more["points"] > found[0]["points"]


def test_arrow_keys_step_through_the_survey(page) -> None:
    ids = list(page.session.workspace.survey("stars").ids)
    page.session.state.picked = ids[3]
    page.key("ArrowRight")
    assert page.session.state.picked == ids[4]
