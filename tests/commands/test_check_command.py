import pytest
from survey_of_slopes import write_survey

from specvae_core.models import PCA
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
    flip(folder / "surveys/slopes/arrays.zarr/flux/c/1/0")
    flip(folder / "models/pca-1/weights.safetensors")
    flip(folder / "results/tracks/a/arrays.npz")
    expected = {("survey", "bad"), ("model", "bad"), ("job", "bad"), ("survey", "slopes"), ("model", "pca-1")}
    expected |= {("result", "tracks/a"), ("encoding", "pca-1/slopes")}
    found = run("check", "--workspace", folder)
    assert {(one["kind"], one["id"]) for one in found["damaged"]} == expected
    repaired = run("check", "--repair", "--workspace", folder)
    assert len(repaired["set_aside"]) == 3
    assert (folder / "damaged/survey-bad/survey.json").read_text() == "[]"
    left = {(one["kind"], one["id"]) for one in run("check", "--workspace", folder)["damaged"]}
    assert left == {("survey", "slopes"), ("model", "pca-1"), ("result", "tracks/a")}
