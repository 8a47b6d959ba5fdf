"""One damaged header hides nothing else: it is named, and can be deleted."""

import json

import pytest
from survey_of_slopes import write_survey

from specvae_core.errors import UserError
from specvae_core.models import PCA
from specvae_core.workspace import Workspace

CONTENTS = ["", "[]", "{", "null", '{"format": 1}', '{"format": "x"}', "\ud83d".encode("utf-8", "surrogatepass"), None]
HEADERS = {"survey": "surveys/bad/survey.json", "model": "models/bad/model.json", "job": "jobs/bad/job.json"}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    spectra = workspace.survey("slopes").read()
    model = PCA(spectra.grid, PCA.Config(n_latent=1)).fit(spectra)
    workspace.save_model(model, "pca-1", survey_id="slopes", seconds=1.0, seed=0)
    return workspace


def damage(workspace, kind, content) -> None:
    path = workspace.folder / HEADERS[kind]
    path.parent.mkdir()
    (path.parent / "other").write_text("")
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("kind", ["survey", "model"])
def test_the_others_stay_and_the_damaged_one_is_named_and_deleted(workspace, run, kind, content):
    damage(workspace, kind, content)
    info = run("info", "--workspace", workspace.folder)
    assert [survey["survey"] for survey in info["surveys"]] == ["slopes"]
    assert [model["model"] for model in info["models"]] == ["pca-1"]
    assert [(one["kind"], one["id"]) for one in info["damaged"]] == [(kind, "bad")]
    with pytest.raises(UserError):
        (workspace.survey if kind == "survey" else workspace.model)("bad")
    (workspace.delete_survey if kind == "survey" else workspace.delete_model)("bad")
    assert workspace.damaged() == []
    assert "damaged" not in run("info", "--workspace", workspace.folder)


@pytest.mark.parametrize("content", [content for content in CONTENTS if content is not None])
def test_a_damaged_job_is_named(workspace, run, content):
    damage(workspace, "job", content)
    info = run("info", "--workspace", workspace.folder)
    assert [(one["kind"], one["id"]) for one in info["damaged"]] == [("job", "bad")]


@pytest.mark.parametrize("key", ["grid", "n", "complete", "provenance", "created", "name"])
@pytest.mark.parametrize("value", [None, [], {}, "x"])
def test_entries_of_the_wrong_kind(workspace, key, value):
    path = workspace.folder / "surveys" / "slopes" / "survey.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    for survey in workspace.surveys():  # read, or named as damaged
        assert survey.id == "slopes"
    assert len(workspace.surveys()) + len(workspace.damaged()) == 1
