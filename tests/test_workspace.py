import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from survey_of_slopes import write_survey

from specvae_core.encodings import Encoding, write_encoding
from specvae_core.errors import BadConfig, NameTaken, NewerFormat, NotFound, NotWritable, UserError
from specvae_core.models import PCA, LatentModel
from specvae_core.tasks.encode import encode_survey
from specvae_core.workspace import Workspace


def encoding(n=5, k=2) -> Encoding:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=n).astype(np.float32)
    return Encoding(rng.normal(size=(n, k)).astype(np.float32), None, numbers, numbers**2, np.arange(n, dtype=np.int32))


def test_a_new_folder_becomes_a_workspace_and_opens_again(tmp_path):
    Workspace.open(tmp_path / "new" / "deep")
    again = Workspace.open(tmp_path / "new" / "deep", create=False)
    assert again.surveys() == []
    assert again.models() == []


def test_folders_that_are_no_workspace(tmp_path):
    with pytest.raises(NotFound, match="specvae demo"):
        Workspace.open(tmp_path / "missing", create=False)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(NameTaken, match="holds files but no workspace"):
        Workspace.open(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.tex"]
    with pytest.raises(NotWritable, match="choose another folder"):
        Workspace.open(tmp_path / "thesis.tex" / "below")


def test_newer_and_damaged_headers(tmp_path):
    Workspace.open(tmp_path / "w")
    header = tmp_path / "w" / "workspace.json"
    header.write_text(json.dumps({"format": 99}))
    with pytest.raises(NewerFormat, match="upgrade"):
        Workspace.open(tmp_path / "w")
    header.write_text("")
    with pytest.raises(UserError, match="cannot be read"):
        Workspace.open(tmp_path / "w")


@pytest.mark.parametrize("name", ["", "../outside", "a/b", ".hidden", "x" * 65, "späctra"])
def test_names_cannot_leave_the_workspace(tmp_path, name):
    workspace = Workspace.open(tmp_path / "w")
    with pytest.raises(BadConfig, match="cannot name a survey"):
        workspace.survey_folder(name)


def test_unknown_ids_list_the_known_ones(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    with pytest.raises(NotFound, match="none yet"):
        workspace.survey("sdss")
    with pytest.raises(NotFound, match="no model infovae-6"):
        workspace.model("infovae-6")
    for ask in (workspace.delete_survey, workspace.survey_summary):
        with pytest.raises(NotFound, match="no survey named sdss: this workspace has none yet"):
            ask("sdss")


def test_model_ids_are_reserved_once(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    assert [workspace.reserve_model_id("pca", 4) for _ in range(3)] == ["pca-4", "pca-4-2", "pca-4-3"]
    assert workspace.models() == []


def test_encodings_come_back_by_numbers(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    assert workspace.encoding("pca-2", "demo") is None
    first, second = encoding(), encoding(7)
    workspace.save_encoding("pca-2", "demo", first)
    found = workspace.encoding("pca-2", "demo")
    for name in ("latents", "chi2_per_pixel", "squared_error", "n_seen"):
        np.testing.assert_array_equal(getattr(found, name), getattr(first, name))
    for name, array in vars(first.basis).items():
        np.testing.assert_array_equal(getattr(found.basis, name), array)
    assert found.log_variance is None
    workspace.save_encoding("pca-2", "demo", second)
    assert len(workspace.encoding("pca-2", "demo").latents) == 7


def test_an_encoding_whose_folder_is_deleted_meanwhile_is_refused_in_a_sentence(tmp_path, monkeypatch):
    workspace = Workspace.open(tmp_path / "w")

    def deleted_first(path: Path, *arguments: object) -> None:
        shutil.rmtree(path.parent)
        write_encoding(path, *arguments)

    monkeypatch.setattr("specvae_core.contents.write_encoding", deleted_first)
    with pytest.raises(NotFound, match="Model pca-2 or survey demo was deleted while"):
        workspace.save_encoding("pca-2", "demo", encoding())


def test_a_model_saved_again_drops_the_encodings_of_its_former_weights(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    save_pca(workspace)
    workspace.save_encoding("pca-1", "slopes", encoding())
    save_pca(workspace, seconds=2.0)
    assert workspace.encoding("pca-1", "slopes") is None
    assert workspace.model_summary("pca-1").header["seconds"] == 2.0


def test_what_a_model_says_of_itself(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    model = save_pca(workspace)
    summary = workspace.model_summary("pca-1")
    assert (summary.name, summary.n_latent, summary.survey_id) == ("pca", 1, "slopes")
    assert [summary] == workspace.models()
    assert workspace.survey_summary("slopes") == workspace.surveys()[0]
    assert summary.header["epochs"] == len(model.history)
    assert workspace.trained_on("pca-1") == "slopes"
    for ask in (workspace.model_summary, workspace.trained_on, workspace.model, workspace.delete_model):
        with pytest.raises(NotFound, match="no model pca-9: this workspace has pca-1"):
            ask("pca-9")


def test_another_survey_stands_in_for_a_deleted_one(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    write_survey(workspace, "others", n=20)
    save_pca(workspace)
    assert workspace.reference_survey("pca-1", "others").name == "slopes"
    workspace.delete_survey("slopes")
    assert workspace.reference_survey("pca-1", "others").name == "others"
    with pytest.raises(NotFound, match="slopes, which the model pca-1 was trained on, is gone"):
        workspace.reference_survey("pca-1", None)


def test_a_deleted_survey_comes_back_with_its_encodings_for_a_day(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    save_pca(workspace)
    spectra = workspace.survey("slopes").read()
    before = encode_survey(workspace, "pca-1", "slopes").latents
    workspace.delete_survey("slopes")
    assert workspace.surveys() == []
    workspace.restore_survey("slopes")
    np.testing.assert_array_equal(workspace.survey("slopes").read().flux, spectra.flux)
    np.testing.assert_array_equal(workspace.encoding("pca-1", "slopes").latents, before)
    with pytest.raises(NotFound, match="no deleted survey slopes"):
        workspace.restore_survey("slopes")
    workspace.delete_survey("slopes")
    away = workspace.folder / "surveys" / ".deleted" / "slopes"
    os.utime(away, (0, 0))
    with pytest.raises(NotFound):
        Workspace.open(workspace.folder).restore_survey("slopes")
    assert not away.exists()


def save_pca(workspace: Workspace, seconds: float = 1.0) -> LatentModel:
    """A model of one component of the survey ``slopes``."""
    spectra = workspace.survey("slopes").read()
    model = PCA(spectra.grid, PCA.Config(n_latent=1)).fit(spectra)
    workspace.save_model(model, "pca-1", survey_id="slopes", seconds=seconds, seed=0)
    return model


def filled(folder: Path) -> Workspace:
    """A workspace with a survey, a model and its encoding."""
    workspace = Workspace.open(folder / "w")
    write_survey(workspace)
    save_pca(workspace)
    encode_survey(workspace, "pca-1", "slopes")
    return workspace


def test_a_name_is_shown_and_ids_stay(tmp_path):
    workspace = filled(tmp_path)
    survey, model = "slopes", "pca-1"
    workspace.rename_survey(survey, "Bright galaxies")
    workspace.rename_model(model, "Mine")
    workspace.rename("Night 1")
    again = Workspace.open(workspace.folder)
    assert (again.name, again.survey_summary(survey).title) == ("Night 1", "Bright galaxies")
    assert again.model_summary(model).title == "Mine"
    assert again.encoding(model, survey) is not None
    for name in ("", " ", "x" * 65, "a\nb"):
        with pytest.raises(BadConfig, match="cannot be a name"):
            workspace.rename_survey(survey, name)


def test_a_copy_is_a_survey_of_its_own_with_its_encodings(tmp_path):
    workspace = filled(tmp_path)
    survey, model = "slopes", "pca-1"
    workspace.rename_survey(survey, "Bright")
    workspace.copy_survey(survey, "again")
    workspace.copy_model(model, "twin")
    np.testing.assert_array_equal(workspace.survey("again").read().flux, workspace.survey(survey).read().flux)
    assert (workspace.survey("again").name, workspace.survey_summary("again").title) == ("again", "again")
    for names in ((model, "again"), ("twin", survey), ("twin", "again")):
        np.testing.assert_array_equal(workspace.encoding(*names).latents, workspace.encoding(model, survey).latents)
    workspace.delete_survey(survey)
    assert workspace.survey("again").n == len(workspace.encoding("twin", "again").latents)
    with pytest.raises(NameTaken, match="already"):
        workspace.copy_survey("again", "again")
    assert [path.name for path in (workspace.folder / "surveys").glob(".new*")] == []


def test_deleted_surveys_are_listed_until_they_are_back(tmp_path):
    workspace, survey = filled(tmp_path), "slopes"
    workspace.delete_survey(survey)
    assert workspace.deleted_surveys() == [survey]
    workspace.restore_survey(survey)
    assert workspace.deleted_surveys() == []
