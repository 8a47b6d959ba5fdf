import json

import numpy as np
import pytest

from specvae_core.errors import BadConfig, NameTaken, NewerFormat, NotFound, NotWritable, UserError
from specvae_core.workspace import CACHED, Cache, Encoding, Workspace


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


def test_read_only_workspace_is_told(tmp_path, monkeypatch):
    Workspace.open(tmp_path / "w")
    monkeypatch.setattr(
        "os.access", lambda path, mode: False
    )  # the tests may run as root, whom permissions do not stop
    with pytest.raises(NotWritable, match="read-only"):
        Workspace.open(tmp_path / "w")


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
    with pytest.raises(NotFound):
        workspace.delete_survey("sdss")


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
    workspace.forget_model("pca-2")
    assert workspace.encoding("pca-2", "demo") is None


def test_the_cache_keeps_the_last_used():
    cache, made = Cache(), []

    def get(key):
        return cache.get(key, lambda: made.append(key) or key)

    for key in [*range(CACHED), 0, CACHED, 0, 1]:
        assert get(key) == key
    assert made == [*range(CACHED), CACHED, 1]
    cache.drop(1)
    get(1)
    assert made[-2:] == [1, 1]
