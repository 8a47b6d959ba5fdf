"""The table of models on the Train page, and what follows from it."""

from survey_of_lines import wait
from train_page import start

from dashboard.pages.train.model_table import settings_words


def test_models_are_compared_by_their_numbers(page):
    for model, k in (("pca", 1), ("pca", 3)):
        job = start(page, model, n_latent=k)
        wait(lambda job=job: job.state == "finished", page)
    page.poll()
    mse = page.models.table.rows.set_index("id")["mse"]
    assert 0 < mse["pca-3"] < mse["pca-1"] < 1e-3
    page.models.table.ticked = ["pca-1", "pca-3"]
    figure = page.models.curves.figure[0].object
    assert [renderer.name for renderer in figure.renderers] == ["pca-3", "pca-1"]
    page.models.table.ticked = []
    assert "Tick models" in page.models.curves.figure[0].text


def test_settings_are_called_as_in_their_form():
    assert (
        settings_words("infovae", {"max_epochs": 8, "hidden_outer": 64}) == "Epochs at most: 8; Hidden units, outer: 64"
    )
    assert settings_words("from the future", {"depth": 3}) == "depth: 3"


def test_a_model_is_renamed_and_copied(page, session, notices):
    job = start(page, "pca", n_latent=1)
    wait(lambda: job.state == "finished", page)
    page.poll()
    page.models.table.ticked = ["pca-1"]
    page.models.rename.clicks += 1
    page.models.naming.field.value = "Mean spectrum"
    page.models.naming.save.clicks += 1
    assert session.workspace.model_summary("pca-1").title == "Mean spectrum"
    page.models.copy.clicks += 1
    assert notices[-1] == "pca-1-copy is a copy of Mean spectrum."
    assert [model.id for model in session.workspace.models()] == ["pca-1-copy", "pca-1"]
    page.models.table.ticked = ["pca-1", "pca-1-copy"]
    assert not page.models.rename.visible


def test_jobs_table_and_curves_name_models_and_surveys_by_their_titles(page, session):
    job = start(page, "ae", n_latent=2, max_epochs=1)
    wait(lambda: job.state == "finished", page)
    page.poll()
    assert [line.name for line in page.models.curves.figure[0].object.renderers] == ["ae-2"]
    session.workspace.rename_model(job.result, "Two numbers")
    session.workspace.rename_survey("lines", "Lines of oxygen")
    page.shown()
    assert "made Two numbers in" in page.jobs.rows[job.id].text.object
    assert "made <b>Two numbers</b>" in page.training.head.object
    assert page.models.table.rows["survey"].tolist() == ["Lines of oxygen"]
    assert [line.name for line in page.models.curves.figure[0].object.renderers] == ["Two numbers"]
    session.workspace.copy_model(job.result, "other")
    session.workspace.rename_model("other", "Two numbers")
    page.poll()
    assert f"made Two numbers ({job.result}) in" in page.jobs.rows[job.id].text.object
