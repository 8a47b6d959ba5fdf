"""A comparison: what it says agrees with evaluate, it can be stopped and goes on, and mistakes are sentences."""

import numpy as np
import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.errors import BadConfig, Cancelled, NotFound, UserError
from specvae_core.models import NMF
from specvae_core.progress import Progress, sub_report
from specvae_core.tasks.compare import compare
from specvae_core.tasks.evaluate import evaluate
from specvae_core.workspace import Workspace

FAST = {"max_epochs": 2, "epoch_steps": 50}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    made = Workspace.open(tmp_path / "w")
    write_survey(made, n=200)
    return made


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "job"
    path.mkdir()
    return path


def test_errors_are_those_that_evaluate_gives(workspace: Workspace, folder) -> None:
    listener = Listener()
    arguments = {"survey": "slopes", "models": ["pca", "ae"], "latents": [2, 1], "config": FAST}
    result = workspace.results.load("comparisons", compare(workspace, listener, folder, **arguments))
    rows = result.header["rows"]
    assert [(row["model"], row["n_latent"]) for row in rows] == [("pca", 1), ("pca", 2), ("ae", 1), ("ae", 2)]
    for row in rows:
        evaluation = evaluate(workspace, row["id"], "slopes")
        assert row["mse"] == pytest.approx(evaluation["mse"], rel=1e-5)
        assert row["chi2_per_pixel"] == pytest.approx(evaluation["chi2_per_pixel"], rel=1e-5)
        assert row["n"] == evaluation["n"] == 20
        assert set(row["per_class"]) == {"red", "blue"}
        share = np.mean(list(row["per_class"].values()))
        assert 0.5 * share < row["mse"] < 2 * share
    assert rows[1]["mse"] < rows[0]["mse"]
    assert listener.fractions == sorted(listener.fractions)
    values = [(progress.step, dict(progress.values)) for progress in listener.heard if progress.values]
    assert values == [(row["n_latent"], {f"mse/{row['model']}": row["mse"]}) for row in rows]


def test_a_stopped_comparison_keeps_what_it_has_and_goes_on(workspace: Workspace, folder) -> None:
    arguments = {"survey": "slopes", "models": ["pca", "ae"], "latents": [1, 2], "config": FAST}
    with pytest.raises(Cancelled):
        compare(workspace, Listener(stop_at="Autoencoder, 1 latent (3 of 4)"), folder, **arguments)
    kept = workspace.results.list("comparisons")[0]
    assert [row["id"] for row in kept.header["rows"]] == ["pca-1", "pca-2"]
    before = [model.created for model in workspace.models()]
    listener = Listener()
    assert compare(workspace, listener, folder, **arguments) == kept.id
    assert not any("PCA" in progress.message for progress in listener.heard)
    assert len(workspace.results.load("comparisons", kept.id).header["rows"]) == 4
    assert len(workspace.models()) == len(before) + 2


def test_what_was_fitted_before_is_not_fitted_again(workspace: Workspace, tmp_path) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    first = compare(workspace, Listener(), tmp_path / "first", survey="slopes", models=["pca"], latents=[1])
    second = compare(workspace, Listener(), tmp_path / "second", survey="slopes", models=["pca"], latents=[1, 2])
    assert first != second
    assert sorted(model.id for model in workspace.models()) == ["pca-1", "pca-2"]
    compare(workspace, Listener(), tmp_path / "third", survey="slopes", models=["pca"], latents=[1], seed=1)
    assert len(workspace.models()) == 3


def test_settings_that_earlier_versions_lacked_were_at_their_defaults(workspace: Workspace, tmp_path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    asked = {"survey": "slopes", "models": ["ae"], "latents": [1], "config": FAST}
    kept = workspace.results.load("comparisons", compare(workspace, Listener(), tmp_path / "first", **asked))
    old = kept.header["rows"][0]
    del old["config"]["precision"], old["config"]["fold"]
    workspace.results.save("comparisons", kept.id, {**kept.header, "rows": [old]})
    compare(workspace, Listener(), tmp_path / "second", **asked)
    assert [model.id for model in workspace.models()] == ["ae-1"]


def test_a_survey_of_one_class_has_one_class(workspace: Workspace, folder) -> None:
    write_survey(workspace, "single", classes=1)
    found = compare(workspace, Listener(), folder, survey="single", models=["pca"], latents=[1])
    row = workspace.results.load("comparisons", found).header["rows"][0]
    assert row["per_class"] == {"red": pytest.approx(row["mse"])}


def test_a_model_that_refuses_is_named_and_the_others_go_on(workspace, folder, monkeypatch) -> None:
    def refuse(self, *arguments, **settings):
        raise BadConfig("no labels here.")

    monkeypatch.setattr(NMF, "fit", refuse)
    found = compare(workspace, Listener(), folder, survey="slopes", models=["nmf", "pca"], latents=[1])
    header = workspace.results.load("comparisons", found).header
    assert [row["model"] for row in header["rows"]] == ["pca"]
    assert header["refused"] == [{"model": "nmf", "n_latent": 1, "reason": "no labels here."}]
    (folder / "comparison").unlink()
    with pytest.raises(UserError, match="no labels"):
        compare(workspace, Listener(), folder, survey="slopes", models=["nmf"], latents=[1])
    assert [result.id for result in workspace.results.list("comparisons")] == [found]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"models": ["vqvae"]}, BadConfig, "no model named vqvae"),
        ({"models": []}, BadConfig, "at least one model"),
        ({"latents": []}, BadConfig, "at least one model and one number"),
        ({"latents": [0]}, BadConfig, "n_latent is 0"),
        ({"config": {"colour": 1}}, BadConfig, "setting 'colour'"),
        ({"survey": "nowhere"}, NotFound, "no survey named nowhere"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(workspace, folder, changes, error, words) -> None:
    arguments = {"survey": "slopes", "models": ["pca"], "latents": [1]} | changes
    with pytest.raises(error, match=words):
        compare(workspace, Listener(), folder, **arguments)
    assert workspace.models() == []
    assert workspace.results.list("comparisons") == []


def test_a_portion_never_goes_back() -> None:
    listener = Listener()
    part = sub_report(listener, 0.5, 0.25, "second")
    for fraction in (0.0, 0.4, None, 1.0):
        part(Progress(fraction, "on it", 3, {"train/loss": 1.0}))
    assert listener.fractions == [0.5, 0.6, 0.6, 0.75]
    assert listener.heard[0].message == "second: on it"
    assert not listener.heard[0].values


def test_small_surveys_are_cross_validated_and_it_is_said(workspace: Workspace, folder) -> None:
    write_survey(workspace, "few", n=120)
    found = compare(workspace, Listener(), folder, survey="few", models=["pca"], latents=[1], seeds=2)
    rows = workspace.results.load("comparisons", found).header["rows"]
    assert [(row["seed"], row["part"], row["n"]) for row in rows] == [
        (seed, "cross-validation", 120) for seed in (0, 1)
    ]
    ids = workspace.survey("few").ids
    assert workspace.model(rows[0]["id"]).unseen(ids).mask.sum() == 24  # a fifth, the first of the folds


def test_every_way_to_find_latents_has_its_errors(tmp_path) -> None:
    made = Workspace.open(tmp_path / "w")
    write_survey(made, n=200)
    found = compare(made, Listener(), tmp_path, survey="slopes", models=["ae"], latents=[2], config=FAST)
    row = made.results.load("comparisons", found).header["rows"][0]
    assert (row["part"], row["n"], set(row["by"])) == ("test", 20, {"own", "encoder", "search"})
    assert row["mse"] == row["by"]["own"]["mse"] == row["by"]["encoder"]["mse"]
    assert row["by"]["search"]["mse"] < row["by"]["encoder"]["mse"]
