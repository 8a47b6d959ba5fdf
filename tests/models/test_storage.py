import shutil

import numpy as np
import pytest
from survey_of_curves import curves, new_model

from specvae_core.assets import asset
from specvae_core.atomic import read_json, write_json
from specvae_core.data.split import Part
from specvae_core.errors import NewerFormat, NotFound, NotWritable, UserError
from specvae_core.folders import visible
from specvae_core.models import load_model, read_header, save_model
from specvae_core.models.storage import protect


@pytest.fixture
def folder(tmp_path):
    model = new_model("pca").fit(curves(n=40)[0])
    save_model(model, tmp_path / "models" / "p", survey_id="curves", seconds=0.5, epochs=2, seed=4)
    return tmp_path / "models" / "p"


def rewrite(folder, **changes) -> None:
    write_json(folder / "model.json", read_json(folder / "model.json") | changes)


def test_the_header_tells_where_a_model_comes_from(folder) -> None:
    header = read_header(folder)
    assert header["model"] == "pca"
    assert header["config"]["n_latent"] == 2
    assert (header["survey_id"], header["seconds"], header["epochs"], header["seed"]) == ("curves", 0.5, 2, 4)
    assert header["validation_loss"] == min(record["validation/loss"] for record in header["history"])
    parts = load_model(folder).part_ids
    assert [header[f"n_{part}"] for part in parts] == [len(ids) for ids in parts.values()] == [32, 4, 4]


def test_a_model_with_two_parts_alone_is_measured_on_its_validation_part(folder) -> None:
    spectra, _ = curves(n=40)
    validation = load_model(folder).in_part(Part.VALIDATION, spectra.ids)
    for name in ("training", "test"):
        (folder / f"{name}_ids.txt").unlink()  # as version 0.1 kept it
    protect(folder)
    old = load_model(folder)
    unseen = old.unseen(spectra.ids, known=spectra.ids)
    assert unseen.part == "validation"
    np.testing.assert_array_equal(unseen.mask, validation)
    assert "it has no test part" in unseen.sentence
    taught = spectra.take(np.flatnonzero(~validation))
    assert old.unseen(taught.ids, known=spectra.ids).part == "none"
    assert old.unseen(curves(n=5, seed=9)[0].ids, known=spectra.ids).part == "other"


def test_saving_leaves_nothing_else_behind_and_replaces_an_older_model(folder) -> None:
    other = new_model("pca", n_latent=3).fit(curves(n=40)[0])
    save_model(other, folder, survey_id="curves", seconds=0.5, epochs=2)
    assert [path.name for path in visible(folder.parent)] == ["p"]
    assert not list(folder.parent.glob(".*-p-*"))
    assert load_model(folder).n_latent == 3


def test_a_missing_model_is_told(tmp_path) -> None:
    with pytest.raises(NotFound, match="no model at"):
        load_model(tmp_path / "nothing")


def test_a_newer_format_says_what_to_do(folder) -> None:
    rewrite(folder, format=99)
    with pytest.raises(NewerFormat, match="update SpecVAE"):
        load_model(folder)
    rewrite(folder, format=1, model="oracle")
    with pytest.raises(NewerFormat, match="'oracle'"):
        load_model(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"config": {"n_latent": 3}},  # weights of another shape
        {"config": {"n_latent": -1}},
        {"config": {"colour": "red"}},
        {"grid": {"log10_start": 3.5}},
        {"format": "one"},
    ],
)
def test_a_header_that_does_not_fit_is_told_in_a_sentence(folder, changes: dict) -> None:
    rewrite(folder, **changes)
    with pytest.raises(UserError, match="damaged"):
        load_model(folder)


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_file_cut_short_is_told_in_a_sentence(folder, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="damaged"):
        load_model(folder)


def test_missing_weights_are_told_in_a_sentence(folder) -> None:
    (folder / "weights.safetensors").unlink()
    with pytest.raises(UserError, match="damaged"):
        load_model(folder)


def test_a_folder_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    model = new_model("pca").fit(curves(n=40)[0])
    with pytest.raises(NotWritable, match="choose a folder"):
        save_model(model, tmp_path / "file" / "m", survey_id="curves", seconds=0, epochs=1)


def test_the_weights_are_plain_tensors(folder) -> None:
    from safetensors.numpy import load_file

    tensors = load_file(folder / "weights.safetensors")
    assert set(tensors) == {"mean", "components"}
    np.testing.assert_array_equal(tensors["components"], load_model(folder).components.numpy())


@pytest.mark.parametrize("left", [0, 5, 200])
def test_vectors_that_were_cut_are_named(left, tmp_path):
    folder = shutil.copytree(asset("demo") / "models" / "features-24", tmp_path / "model")
    content = (folder / "vectors.npy").read_bytes()
    (folder / "vectors.npy").write_bytes(content[:left])
    with pytest.raises(UserError, match="damaged"):
        load_model(folder)
