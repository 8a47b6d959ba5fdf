import json
import shutil
from pathlib import Path

import pytest
from earlier_format import as_version_0_1
from survey_of_slopes import write_survey

from specvae_core.__main__ import main
from specvae_core.models import PCA, storage
from specvae_core.results import Kind
from specvae_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=300)
    spectra = workspace.survey("slopes").read()
    model = PCA(spectra.grid, PCA.Config(n_latent=1)).fit(spectra)
    workspace.save_model(model, "pca-1", survey_id="slopes", seconds=1.0, seed=0)
    workspace.results.save(Kind.TRACKS, "a", {}, {"x": spectra.flux[:3]})
    return workspace


def flip(path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def test_a_sound_workspace(workspace, run):
    assert run("check", "--workspace", workspace.folder)["damaged"] == []


def test_each_damage_is_named_and_what_has_no_header_is_set_aside(workspace, run):
    folder = workspace.folder
    for path in ("surveys/bad", "models/bad", "jobs/bad", "encodings/pca-1"):
        (folder / path).mkdir(parents=True)
    (folder / "surveys/bad/survey.json").write_text("[]")
    (folder / "models/bad/model.json").write_text("{")
    (folder / "jobs/bad/job.json").write_text("[]")
    (folder / "encodings/pca-1/slopes.npz").write_bytes(b"PK")
    flip(folder / "surveys/slopes/arrays.zarr/flux/c/0/0")
    flip(folder / "models/pca-1/weights.safetensors")
    flip(folder / "results/tracks/a/arrays.npz")
    workspace.results.save(Kind.TRACKS, "b", {"of": "slopes"})
    flip(folder / "results/tracks/b/result.json")
    expected = {("survey", "bad"), ("model", "bad"), ("job", "bad"), ("survey", "slopes"), ("model", "pca-1")}
    expected |= {("result", "tracks/a"), ("result", "tracks/b"), ("encoding", "pca-1/slopes")}
    found = run("check", "--workspace", folder)
    assert {(one["kind"], one["id"]) for one in found["damaged"]} == expected
    repaired = run("check", "--repair", "--workspace", folder)
    assert len(repaired["set_aside"]) == 4
    assert (folder / "damaged/survey-bad/survey.json").read_text() == "[]"
    left = {(one["kind"], one["id"]) for one in run("check", "--workspace", folder)["damaged"]}
    assert left == {("survey", "slopes"), ("model", "pca-1"), ("result", "tracks/a")}


def test_the_status_says_whether_something_is_damaged(workspace, capsys):
    assert main(["check", "--workspace", str(workspace.folder)]) == 0
    flip(workspace.folder / "surveys/slopes/catalogue.parquet")
    assert main(["check", "--workspace", str(workspace.folder)]) == 1
    capsys.readouterr()


@pytest.mark.parametrize("part", ["flux/c/1/0", "fill/zarr.json", "flux/zarr.json"])
def test_a_workspace_of_version_0_1_gets_checksums(demo, tmp_path, run, part):
    """It has none: a flipped bit passes unseen, until `--repair` has added them."""
    folder = shutil.copytree(demo, tmp_path / "w")
    as_version_0_1(folder / "surveys" / "demo")
    found = run("check", "--workspace", folder)
    assert found["damaged"] == []
    assert "survey demo" in found["without_checksums"]
    assert run("check", "--repair", "--workspace", folder)["checksums_added"] == found["without_checksums"]
    assert run("check", "--workspace", folder)["without_checksums"] == []
    flip(folder / "surveys/demo/arrays.zarr" / part)
    found = run("check", "--workspace", folder)
    assert [one["id"] for one in found["damaged"] if one["kind"] == "survey"] == ["demo"]


@pytest.mark.parametrize(
    "place", ["surveys/slopes/survey.json", "models/pca-1/model.json", "results/tracks/a/result.json"]
)
def test_each_changed_value_of_a_header_is_seen(workspace, run, place):
    path = workspace.folder / place
    text = path.read_text()
    digits = [i for i, sign in enumerate(text) if sign.isdigit()]
    for i in digits[:: max(1, len(digits) // 12)]:
        changed = text[:i] + str((int(text[i]) + 1) % 10) + text[i + 1 :]
        if json.loads(changed) == json.loads(text):  # a digit beyond the precision of a number
            continue
        path.write_text(changed)
        assert run("check", "--workspace", workspace.folder)["damaged"], text[i - 40 : i + 1]


def test_what_another_program_deletes_meanwhile_is_no_damage(workspace, run, monkeypatch):
    looked_at = storage.is_protected

    def deleted_first(folder: Path) -> bool:
        shutil.rmtree(folder)
        return looked_at(folder)

    monkeypatch.setattr(storage, "is_protected", deleted_first)
    assert run("check", "--repair", "--workspace", workspace.folder)["damaged"] == []
