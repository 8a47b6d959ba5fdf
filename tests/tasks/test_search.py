"""A search: its best trial becomes a model, it can be stopped and goes on as if it had not been."""

import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.errors import BadConfig, Cancelled
from specvae_core.tasks.evaluate import evaluate
from specvae_core.tasks.search import search
from specvae_core.workspace import Workspace

SHARED = {"n_latent": 2, "max_epochs": 1, "epoch_steps": 100, "hidden_outer": 32}


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    made = Workspace.open(tmp_path / "w")
    write_survey(made)
    return made


def run(workspace: Workspace, folder, listener: Listener | None = None, **changes) -> dict:
    folder.mkdir(exist_ok=True)
    arguments = {"survey": "slopes", "model": "infovae", "trials": 3, "method": "random", "config": SHARED} | changes
    found = search(workspace, listener or Listener(), folder, **arguments)
    return workspace.results.load("searches", found).header


def test_the_best_trial_becomes_the_model(workspace: Workspace, tmp_path) -> None:
    header = run(workspace, tmp_path / "job")
    errors = [trial["mse"] for trial in header["trials"]]
    best = header["trials"][header["best"]]
    assert best["mse"] == min(errors)
    assert [model.id for model in workspace.models()] == [header["model"]] == ["infovae-2"]
    config = workspace.models()[0].header["config"]
    assert config["mmd_lambda"] == best["mmd_lambda"]
    assert config["hidden_inner"] == best["hidden_inner"]
    assert config["hidden_outer"] == 32
    assert evaluate(workspace, header["model"], "slopes")["validation"]["mse"] == pytest.approx(best["mse"], rel=1e-5)
    test = evaluate(workspace, header["model"], "slopes")
    assert header["test"] == {"part": "test", "n": test["n"], "mse": pytest.approx(test["mse"], rel=1e-5)}
    assert {"trial", "mmd_lambda", "hidden_inner", "val_loss", "mse", "epochs", "seconds"} == set(best)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_a_stopped_search_goes_on_as_if_it_had_not_been(workspace: Workspace, tmp_path, method: str) -> None:
    whole = run(workspace, tmp_path / "whole", method=method)
    with pytest.raises(Cancelled):
        run(workspace, tmp_path / "parts", Listener(stop_at="trial 3 of 3"), method=method)
    kept = workspace.results.list("searches")[0].header
    assert len(kept["trials"]) == 2
    assert kept["model"] in [model.id for model in workspace.models()]
    parts = run(workspace, tmp_path / "parts", method=method)
    for one, other in zip(whole["trials"], parts["trials"], strict=True):
        assert {name: one[name] for name in one if name != "seconds"} == {
            name: other[name] for name in other if name != "seconds"
        }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "pca", "config": {}}, "nothing to search"),
        ({"model": "nothing"}, "no model named nothing"),
        ({"trials": 0}, "0 trials"),
        ({"method": "grid"}, "'grid'"),
        ({"config": {"n_latent": 0}}, "n_latent is 0"),
        ({"config": {"mmd_lambda": 2.0, "hidden_outer": 32, "hidden_inner": 16}}, "at least one of them open"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(workspace: Workspace, tmp_path, changes, words) -> None:
    with pytest.raises(BadConfig, match=words):
        run(workspace, tmp_path / "job", **changes)
    assert workspace.results.list("searches") == []
    assert workspace.models() == []
