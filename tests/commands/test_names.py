"""Surveys and models are renamed, copied, deleted and restored on the command line."""

import pytest

from specvae_core.workspace import Workspace


def test_a_survey_is_renamed_copied_deleted_and_restored(run, demo):
    assert run("rename", "survey", "demo", "Galaxies", "--workspace", demo)["title"] == "Galaxies"
    assert run("copy", "survey", "demo", "again", "--workspace", demo) == {"survey": "again", "copy_of": "demo"}
    workspace = Workspace.open(demo)
    assert workspace.survey("again").n == workspace.survey("demo").n
    assert workspace.survey_summary("demo").title == "Galaxies"
    run("delete", "survey", "again", "--workspace", demo)
    assert workspace.deleted_surveys() == ["again"]
    run("restore", "survey", "again", "--workspace", demo)
    assert workspace.deleted_surveys() == []


def test_a_model_is_copied_and_the_workspace_named(run, demo):
    model = Workspace.open(demo).models()[-1].id
    run("copy", "model", model, "mine", "--workspace", demo)
    run("rename", "model", "mine", "Mine", "--workspace", demo)
    run("rename", "workspace", "this", "My sky", "--workspace", demo)
    workspace = Workspace.open(demo)
    assert (workspace.name, workspace.model_summary("mine").title) == ("My sky", "Mine")
    run("delete", "model", "mine", "--workspace", demo)
    assert "mine" not in [model.id for model in workspace.models()]
    run("restore", "model", "mine", "--workspace", demo)
    assert "mine" in [model.id for model in workspace.models()]


@pytest.mark.parametrize("words", [("copy", "survey", "none", "x"), ("rename", "model", "none", "x")])
def test_what_is_not_there_is_named(run, demo, words):
    status, sentence = run(*words, "--workspace", demo)
    assert status == 2
    assert "no survey" in sentence or "no model" in sentence
