"""The form of trainings: what it offers on which survey, what it refuses, and what it starts from."""

import pytest
from survey_of_lines import wait, write_survey
from train_page import start

from dashboard.pages.train.form import changed_settings, summary_of
from specvae_core.atomic import read_json, write_json
from specvae_core.models import MODELS
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


def test_every_model_is_offered_in_a_line(page):
    assert set(page.form.model.options.values()) == set(MODELS)
    for model in MODELS.values():
        assert 10 < len(summary_of(model)) < 200
        assert "`" not in summary_of(model)


def test_columns_beside_the_spectrum_are_ticked_among_those_of_the_survey(page, session):
    page.form.model.value = "infovae"
    inputs = page.form.form.settings["inputs"]
    assert inputs.widget.options == []  # the survey has no column of numbers
    write_survey(session.workspace, "measured", measured=True)
    page.shown()
    page.form.survey.value = "measured"
    assert inputs.widget.options == ["slope"]  # and no error
    inputs.widget.value = ["slope"]
    assert page.form.form.config().inputs == "slope"
    page.form.survey.value = "lines"
    assert page.form.form.config().inputs == ""


def test_labels_and_targets_of_heads_are_ticked(page, session):
    write_survey(session.workspace, "measured", measured=True)
    page.shown()
    page.form.survey.value = "measured"
    page.form.model.value = "lux"
    page.form.form.settings["labels"].widget.value = ["slope"]
    assert page.form.form.config().labels == "slope"
    page.form.model.value = "multitask"
    classify, regress = (page.form.form.settings[name].widget for name in ("classify", "regress"))
    assert (classify.options, regress.options) == (["class"], ["slope"])
    classify.value = ["class"]
    assert (page.form.form.config().classify, page.form.form.config().regress) == ("class", "")


def test_bad_settings_start_nothing(page, session):
    page.form.model.value = "pca"
    page.form.form.settings["n_latent"].widget.value = "0"
    page.form.seed.value = "-1"
    page.form.start.clicks += 1
    assert session.runner.jobs() == []
    assert "from 1 to 64" in page.form.form.settings["n_latent"].error
    assert "whole number" in page.form.seed_error.sentence


def test_what_was_typed_survives_a_look_at_another_model(page):
    page.form.model.value = "pca"
    page.form.form.settings["n_latent"].widget.value = "9"
    page.form.model.value = "nmf"
    page.form.model.value = "pca"
    assert page.form.form.config().n_latent == 9


def test_the_form_follows_the_header_and_takes_the_model_that_suits(page, session):
    assert page.form.model.value == "infovae"
    write_survey(session.workspace, "stars")
    header = session.workspace.survey_folder("stars") / "survey.json"
    write_json(header, read_json(header) | {"labels": ["teff"]})
    session.state.look_at("stars", "")
    page.shown()
    assert (page.form.survey.value, page.form.model.value) == ("stars", "lux")
    assert "none ticked: teff" in page.form.form.settings["labels"].heading
    page.form.model.value = "pca"
    session.state.look_at("lines", "")
    page.shown()
    assert (page.form.survey.value, page.form.model.value) == ("lines", "pca")


@pytest.mark.parametrize("counted", [True, False])
def test_a_small_survey_is_told_to_start_from_a_model_of_a_larger_one(page, session, tmp_path, counted: bool):
    page.form.model.value = "ae"
    assert page.form.few.object.startswith("90 spectra are few for Autoencoder from new weights: choose PCA")
    assert not page.form.start_from.visible
    write_survey(session.workspace, "many", n=600)
    config = {"n_latent": 2, "max_epochs": 1, "epoch_steps": 20}
    train(session.workspace, ignore, tmp_path, survey="many", model="ae", config=config)
    if not counted:  # as early versions wrote it, those of the demo
        file = session.workspace.model_folder("ae-2") / "model.json"
        write_json(
            file, {name: value for name, value in read_json(file).items() if name not in ("n_training", "n_test")}
        )
    page.shown()
    assert page.form.few.object.endswith("start from ae-2 below.")
    page.form.start_from.value = "ae-2"
    assert not page.form.few.visible
    job = start(page, "ae", max_epochs=2)
    assert (job.arguments["start_from"], job.arguments["config"]) == ("ae-2", {"max_epochs": 2})
    wait(lambda: job.state == "finished", page)
    assert session.workspace.model_summary(job.result).header["started_from"] == "ae-2"
    page.form.model.value = "pca"
    assert (page.form.start_from.visible, page.form.start_from.value, page.form.few.visible) == (False, "", False)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("lux", "No labels were named"),
        ("cannon", "No labels were named"),
        ("pls", "No labels were named"),
        ("sdgm", "There is no column redshift"),
        ("untapped", "at least two endmembers"),
        ("multitask", "No column was named for a head"),
    ],
)
def test_a_model_that_cannot_learn_from_a_survey_says_so_and_is_not_started(page, model: str, sentence: str):
    page.form.model.value = model
    assert sentence in page.form.lacking.sentence
    page.form.start.clicks += 1
    assert page.session.runner.jobs() == []
    page.form.model.value = "pca"
    assert page.form.lacking.sentence == ""


def test_the_sentence_goes_once_a_label_is_ticked(page, session):
    write_survey(session.workspace, "measured", measured=True)
    page.shown()
    page.form.survey.value = "measured"
    page.form.model.value = "lux"
    assert "No labels were named" in page.form.lacking.sentence
    page.form.form.settings["labels"].widget.value = ["slope"]
    assert page.form.lacking.sentence == ""
    page.form.form.settings["n_latent"].widget.value = "0"  # wrong by itself, which its field says
    assert (page.form.lacking.sentence, page.form.form.settings["n_latent"].error != "") == ("", True)


def test_only_changed_settings_are_listed():
    config = MODELS["infovae"].Config(n_latent=3, learning_rate=0.01).to_json()
    assert changed_settings("infovae", config) == {"n_latent": 3, "learning_rate": 0.01}
    assert changed_settings("from the future", {"a": 1}) == {"a": 1}
