"""The Train page, driven through its widgets on a real workspace with real jobs."""

import numpy as np
from survey_of_lines import wait, write_survey
from train_page import start

from dashboard.pages.train.page import TrainPage
from specvae_core.atomic import read_json, write_json
from specvae_core.models import MODELS
from specvae_core.tasks import submit


def test_without_a_survey_the_page_sends_to_data(session):
    page = TrainPage(session)
    page.view()
    page.shown()
    assert (page.ready.visible, page.empty.visible) == (False, True)
    page.empty.button.clicks += 1
    assert session.state.page == "data"
    write_survey(session.workspace, "lines")
    page.shown()
    assert (page.ready.visible, page.empty.visible) == (True, False)
    assert page.form.survey.value == "lines"


def test_a_training_from_the_form_to_explore(page, session, notices):
    job = start(page, "pca", n_latent=2)
    assert job.arguments == {
        "survey": "lines",
        "model": "pca",
        "config": MODELS["pca"].Config(n_latent=2).to_json(),
        "seed": 0,
        "start_from": "",
    }
    wait(lambda: job.state == "finished", page)
    page.poll()
    assert page.models.table.ids == ["pca-2"]
    assert page.models.table.ticked == ["pca-2"]
    assert "finished" in page.training.head.object
    page.models.table.open("pca-2")
    assert (session.state.page, session.state.survey_id, session.state.model_id) == ("explore", "lines", "pca-2")
    assert notices == []


def test_a_training_from_the_form_keeps_spectra_of_one_object_together(page, session):
    write_survey(session.workspace, "nights", group="class")
    survey = session.workspace.survey("nights")
    page.shown()
    page.form.survey.value = "nights"
    assert page.form.form.settings["group"].widget.placeholder == "class"
    job = start(page, "pca", n_latent=2)
    wait(lambda: job.state == "finished", page)
    parts = session.workspace.model("pca-2").part_ids
    classes = [set(survey.table["class"][np.isin(survey.ids, ids)]) for ids in parts.values() if len(ids)]
    assert len(classes) > 1
    assert sum(map(len, classes)) == len(set.union(*classes))


def test_stop_and_resume_continue_the_same_training(page):
    job = start(page, "ae", n_latent=2, max_epochs=100000, stop_patience=1000)
    wait(lambda: len(job.history()) >= 2, page)
    button = page.training.button
    assert (button.button.label, button.button.disabled) == ("Stop", False)
    button.button.clicks += 1
    wait(lambda: job.state == "stopped", page)
    page.poll()
    assert button.button.label == "Resume"
    assert next(iter(page.training.losses.figures)) == "loss"
    reached = len(job.history())
    button.button.clicks += 1
    resumed = page.session.runner.job(job.id)
    wait(lambda: len(resumed.history()) > reached, page)
    assert [entry.step for entry in resumed.history()][: reached + 1] == list(range(1, reached + 2))
    page.training.button.button.clicks += 1
    wait(lambda: not resumed.active, page)


def test_a_failure_is_told_in_its_sentence(page, session):
    job = submit(session.runner, session.workspace, "train", survey="<gone>", model="pca", config={}, seed=0)
    wait(lambda: job.state == "failed", page)
    page.poll()
    assert "&lt;gone&gt;" in page.training.head.object
    assert "<gone>" not in page.training.head.object


def test_two_sessions_see_the_same_jobs(page, session):
    other = TrainPage(session)
    other.view()
    job = start(page, "pca", n_latent=1)
    wait(lambda: job.state == "finished", page)
    other.shown()
    assert list(other.jobs.rows) == list(page.jobs.rows) == [job.id]


def test_a_job_that_a_dead_server_left_is_shown_and_can_go_on(page, session):
    job = start(page, "pca", n_latent=1)
    wait(lambda: job.state == "finished", page)
    left = session.runner.folder / "20200101-000000-train-dead"
    left.mkdir()
    record = read_json(job.folder / "job.json")
    write_json(left / "job.json", {**record, "runner": "gone", "state": "running", "created": 1.0})
    page.poll()
    old = session.runner.job(left.name)
    assert old.state == "interrupted"
    row = page.jobs.rows[left.name]
    assert row.button.button.label == "Resume"
    row.button.button.clicks += 1
    resumed = session.runner.job(left.name)
    wait(lambda: resumed.state == "finished", page)


def test_the_theme_redraws(page, session):
    job = start(page, "pca", n_latent=1)
    wait(lambda: job.state == "finished", page)
    page.poll()
    before = page.training.losses.figures["loss"][0]
    session.state.theme = "dark"
    assert page.training.losses.figures["loss"][0] is not before
