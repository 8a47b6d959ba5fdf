"""Every figure that is told of a model is the same whatever became of the objects that it has learnt from."""

from dataclasses import replace

import numpy as np
import pytest
from survey_of_curves import OTHERWISE, USUAL, curves, has_setting

from specvae_core.atomic import write_json
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import Part
from specvae_core.data.store import SurveyWriter
from specvae_core.errors import BadConfig
from specvae_core.models import read_header
from specvae_core.progress import ignore
from specvae_core.tasks.compare import compare
from specvae_core.tasks.evaluate import evaluate
from specvae_core.tasks.heads import evaluate_heads
from specvae_core.tasks.train import train
from specvae_core.tasks.unseen import unseen_objects
from specvae_core.workspace import Workspace

NAMES = ("pca", "ae", "infovae", "lux", "sdgm", "untapped", "multitask")


def write(workspace: Workspace, name: str, spectra: SpectraSet) -> None:
    with SurveyWriter.create(workspace.survey_folder(name), name, spectra.grid, {}, spectra.scale) as writer:
        writer.append(spectra)
        writer.write_infilled(slice(0, len(spectra)), spectra.complete)
        writer.finish(report={}, infill={})


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    """A survey, models of it, and the same survey with spectra and labels of the training part spoilt."""
    folder = tmp_path_factory.mktemp("unseen")
    made = Workspace.open(folder / "w")
    spectra, _ = curves(n=200)
    table = spectra.table.assign(kind=np.where(spectra.table["slope"] > 0, "rising", "falling"))
    spectra = replace(spectra, table=table)
    write(made, "curves", spectra)
    for name in NAMES:
        settings = {key: value for key, value in USUAL.items() if has_setting(name, key)} | OTHERWISE.get(name, {})
        settings |= {"classify": "kind"} if name == "multitask" else {}
        settings |= {"max_epochs": 2} if has_setting(name, "max_epochs") else {}
        (folder / name).mkdir()
        train(made, ignore, folder / name, survey="curves", model=name, config=settings)
    spoilt = np.flatnonzero(~made.model("pca-2").unseen(spectra.ids).mask)
    flux = spectra.flux.copy()
    flux[spoilt] *= -3
    table = spectra.table.copy()
    for column in ("slope", "depth"):
        table.loc[spoilt, column] += 7
    table.loc[spoilt, ["steep", "deep", "rest"]] = [1.0, 0.0, 0.0]
    table.loc[spoilt, "kind"] = "rising"
    write(made, "spoilt", replace(spectra, flux=flux, table=table))
    return made


def rounded(found: object) -> object:
    """The same with numbers to five digits, since a sum depends on what else is in its batch."""
    if isinstance(found, dict):
        return {name: rounded(value) for name, value in found.items()}
    return f"{found:.5g}" if isinstance(found, float) else found


@pytest.mark.parametrize("name", NAMES)
def test_no_metric_counts_training_or_validation_rows(workspace: Workspace, name: str) -> None:
    model_id = next(model.id for model in workspace.models() if model.name == name)
    before, after = (evaluate(workspace, model_id, survey, by="kind") for survey in ("curves", "spoilt"))
    assert before["n"] == 20
    assert before["training"]["mse"] < after["training"]["mse"]
    for found in (before, after):
        for part in ("training", "validation", "unlabelled", "endmember_error"):  # of pure objects, training or not
            found.pop(part, None)
    assert rounded(before) == rounded(after)


def test_of_a_survey_that_was_learnt_whole_nothing_is_told(workspace: Workspace) -> None:
    spectra = workspace.survey("curves").read()
    taught = np.flatnonzero(workspace.model("pca-2").in_part(Part.TRAINING, spectra.ids))
    write(workspace, "taught", spectra.take(taught))
    found = evaluate(workspace, "pca-2", "taught")
    assert (found["part"], found["n"], found["per_class"]) == ("none", 0, {})
    assert np.isnan(found["mse"])
    assert "learnt from all of them" in found["objects"]


def test_all_objects_of_another_survey_count(workspace: Workspace) -> None:
    write(workspace, "others", curves(n=30, seed=5)[0])
    found = evaluate(workspace, "pca-2", "others")
    assert (found["part"], found["n"]) == ("other", 30)


def test_a_model_of_version_0_1_asks_its_survey(workspace: Workspace) -> None:
    folder = workspace.model_folder("ae-2")
    for part in (Part.TRAINING, Part.TEST):
        (folder / f"{part}_ids.txt").unlink()
    header = {key: value for key, value in read_header(folder).items() if key != "sha256"}
    write_json(folder / "model.json", header)
    old = Workspace.open(workspace.folder)
    found = unseen_objects(old, "ae-2", "curves")
    assert (found.part, len(found.rows)) == ("validation", 20)
    spectra = old.survey("curves").read()
    write(old, "half", spectra.take(np.flatnonzero(~found.mask)[:40]))
    assert unseen_objects(old, "ae-2", "half").part == "none"


def test_a_gain_of_heads_needs_a_model_without_heads(workspace: Workspace) -> None:
    alone = evaluate_heads(workspace, "multitask-2", "curves")
    assert set(alone["kind"]) == {"n", "measure", "together"}
    with pytest.raises(BadConfig, match="has heads itself"):
        evaluate_heads(workspace, "multitask-2", "curves", "multitask-2")


def test_all_models_of_a_comparison_share_the_test_objects(workspace: Workspace, tmp_path) -> None:
    found = compare(workspace, ignore, tmp_path, survey="curves", models=["pca", "nmf"], latents=[1, 3])
    rows = workspace.results.load("comparisons", found).header["rows"]
    assert {(row["part"], row["n"]) for row in rows} == {("test", 20)}
    ids = workspace.survey("curves").ids
    assert len({tuple(workspace.model(row["id"]).unseen(ids).rows) for row in rows}) == 1


def test_a_small_survey_is_cross_validated_with_the_settings_of_the_model(workspace: Workspace, tmp_path) -> None:
    spectra, _ = curves(n=90, seed=4)
    write(workspace, "few", spectra)
    model = train(workspace, ignore, tmp_path, survey="few", model="lux", config=OTHERWISE["lux"] | {"n_latent": 2})
    found = evaluate(workspace, model, "few")
    assert (found["n"], found["cross_validation"]["n"], found["cross_validation"]["folds"]) == (9, 90, 5)
    assert found["cross_validation"]["labels"]["slope"]["n"] == 90
    assert found["cross_validation"]["mse"] == pytest.approx(found["mse"], rel=0.3)
    assert "cross_validation" not in evaluate(workspace, "pca-2", "curves")
