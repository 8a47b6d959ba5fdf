"""Arrays, vectors and annotations that are damaged or gone: named by ``specvae check``, and the rest is used."""

import shutil

import numpy as np
import pytest
from damages import make_workspace

from dashboard.pages.explore.added_columns import added_columns
from dashboard.widgets.damaged import damage_in
from specvae_core.data.catalogue import ObjectIndex
from specvae_core.errors import UserError
from specvae_core.results import Kind
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("sound") / "w")


@pytest.fixture
def workspace(sound, tmp_path):
    shutil.copytree(sound.folder, tmp_path / "w")
    return Workspace.open(tmp_path / "w")


def damaged_in(run, workspace, *options) -> list[tuple[str, str]]:
    found = run("check", "--workspace", workspace.folder, *options)["damaged"]
    return sorted((one["kind"], one["id"]) for one in found)


def flip(path, share: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] ^= 16
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("kind", "name"), [(Kind.TRACKS, "track-1"), (Kind.SELECTIONS, "blue"), (Kind.DENSITIES, "density")]
)
def test_arrays_that_are_gone_are_missed(workspace, run, kind, name):
    (workspace.results.path(kind, name) / "arrays.npz").unlink()
    with pytest.raises(UserError, match=f"arrays of {kind} {name} cannot be read"):
        _ = workspace.results.load(kind, name).arrays
    assert damaged_in(run, workspace) == [("result", f"{kind}/{name}")]


def test_a_header_that_is_gone_leaves_arrays_that_are_named(workspace, run):
    (workspace.results.path(Kind.TRACKS, "track-1") / "result.json").unlink()
    workspace.results.reserve(Kind.TRACKS, "an id for later")
    assert damaged_in(run, workspace, "--repair") == [("result", "tracks/track-1")]
    assert damaged_in(run, workspace) == []


def test_a_flipped_bit_in_a_vector_is_seen_when_it_is_read(workspace, run):
    flip(workspace.model_folder("vectors") / "vectors.npy", 0.7)
    ids = workspace.survey("slopes").ids
    vectors = workspace.model("vectors")
    assert vectors.vectors_of(ids[:10]).shape == (10, 6)
    with pytest.raises(UserError, match=r"vectors.npy .* is damaged \(it is not as it was written\)"):
        vectors.vectors_of(ids)
    assert damaged_in(run, workspace) == [("model", "vectors")]


@pytest.mark.parametrize("name", ["vector_sums.npy", "vector_ids.txt"])
def test_a_flipped_bit_in_an_embedding_is_seen(workspace, run, name):
    flip(workspace.model_folder("vectors") / name, 0.7)
    with pytest.raises(UserError, match=f"{name} is not as it was written"):
        workspace.model("vectors")
    assert damaged_in(run, workspace) == [("model", "vectors")]


def test_the_map_does_without_a_result_that_is_damaged(workspace):
    outliers = {"survey": "slopes", "model": "pca-1"}
    for name, value in (("first", 1.0), ("second", 2.0)):
        workspace.results.save(Kind.OUTLIERS, name, outliers | {"created": name}, {"lof": np.full(300, value)})
    flip(workspace.results.path(Kind.OUTLIERS, workspace.results.list(Kind.OUTLIERS)[0].id) / "arrays.npz", 0.5)
    flip(workspace.results.path(Kind.SELECTIONS, "blue") / "arrays.npz", 0.2)
    columns = added_columns(workspace, "slopes", "pca-1", ObjectIndex(workspace.survey("slopes").ids))
    assert (columns["LOF"] == 1.0).all()
    assert columns["mark"][0] == "0"


def test_annotations_are_looked_over_and_repaired(workspace, run):
    before = workspace.annotations.of("slopes")
    content = workspace.annotations.path.read_bytes()
    workspace.annotations.path.write_bytes(content.replace(b'[1, "note 1"', b'[4, "note 1"', 1))
    assert damaged_in(run, workspace) == [("annotation", "slopes/s-020")]
    assert len(workspace.annotations.of("slopes")) == len(before) - 1
    assert run("check", "--repair", "--workspace", workspace.folder)["set_aside"]
    assert damaged_in(run, workspace) == []
    assert workspace.annotations.of("slopes") == before


def test_a_header_that_is_gone_is_missed_where_there_are_no_arrays(workspace, run):
    workspace.results.save(Kind.CALIBRATIONS, "bare", {"model": "pca-1"})
    assert workspace.results.load(Kind.CALIBRATIONS, "bare").arrays == {}
    (workspace.results.path(Kind.CALIBRATIONS, "bare") / "result.json").unlink()
    assert damaged_in(run, workspace) == [("result", "calibrations/bare")]


def test_annotations_that_are_deleted_as_a_whole_are_missed(workspace, run, tmp_path):
    kept = shutil.move(workspace.annotations.path, tmp_path / "kept")
    for use in (
        lambda: workspace.annotations.of("slopes"),
        lambda: workspace.annotations.columns("slopes", ["s-020"]),
        lambda: workspace.annotations.change("slopes", "s-020", "me", mark=1),
    ):
        with pytest.raises(UserError, match="annotations of this workspace are gone"):
            use()
    assert damaged_in(run, workspace) == [("annotation", "labels.sqlite")]
    assert run("info", "--workspace", workspace.folder)["damaged"][0]["id"] == "labels.sqlite"
    shutil.move(kept, workspace.annotations.path)
    assert damaged_in(run, workspace) == []
    assert workspace.annotations.get("slopes", "s-020").mark == 1


def test_after_a_repair_one_goes_on_without_the_annotations_that_are_gone(workspace, run):
    workspace.annotations.path.unlink()
    assert damaged_in(run, workspace, "--repair") == [("annotation", "labels.sqlite")]
    assert damaged_in(run, workspace) == []
    workspace.annotations.change("slopes", "s-020", "me", mark=2)
    assert list(workspace.annotations.of("slopes")) == ["s-020"]


def test_annotations_of_earlier_versions_get_their_receipt_when_the_workspace_is_opened(workspace, run):
    (workspace.folder / "labels.receipt").unlink()
    Workspace.open(workspace.folder)
    workspace.annotations.path.unlink()
    assert damaged_in(run, workspace) == [("annotation", "labels.sqlite")]


@pytest.mark.parametrize("way", ["gone", "empty", "noise"])
def test_the_page_goes_on_without_annotations_and_says_so_in_one_sentence(workspace, way):
    path = workspace.annotations.path
    path.unlink() if way == "gone" else path.write_bytes(b"" if way == "empty" else b"noise" * 1000)
    assert "mark" not in added_columns(workspace, "slopes", "pca-1", ObjectIndex(workspace.survey("slopes").ids))
    (sentence,) = damage_in(workspace)
    assert str(path) in sentence


def test_the_page_names_what_it_leaves_out(workspace):
    assert damage_in(workspace) == []
    (workspace.results.path(Kind.SELECTIONS, "blue") / "result.json").write_text("{")
    (workspace.model_folder("pca-1") / "model.json").write_text("[]")
    assert damage_in(workspace) == ["Damaged, and left out: model pca-1, selections/blue. `specvae check` says why."]
