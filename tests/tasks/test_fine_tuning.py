"""A training that goes on from the weights of another model."""

import numpy as np
import pytest
import torch
from survey_of_slopes import write_survey

from specvae_core.data.split import Part
from specvae_core.errors import BadConfig
from specvae_core.models import load_model
from specvae_core.progress import ignore
from specvae_core.tasks.train import FINE, train
from specvae_core.workspace import Workspace

CONFIG = {"n_latent": 2, "max_epochs": 3, "epoch_steps": 40}


@pytest.fixture
def workspace(tmp_path):
    """A survey with a model, and one of some of its objects."""
    made = Workspace.open(tmp_path / "workspace")
    write_survey(made, "many", n=300)
    write_survey(made, "few", n=40)
    (tmp_path / "first").mkdir()
    train(made, ignore, tmp_path / "first", survey="many", model="ae", config=CONFIG)
    return made


def test_it_goes_on_where_the_first_model_stands(workspace, tmp_path):
    first = workspace.model("ae-2")
    name = train(workspace, ignore, tmp_path, survey="few", model="ae", config={"max_epochs": 1}, start_from="ae-2")
    found = workspace.model(name)
    assert found.config.n_latent == 2
    assert found.config.learning_rate == pytest.approx(FINE * first.config.learning_rate)
    assert torch.equal(found.mean, first.mean)
    moved = [(found.state_dict()[key] - values).abs().max() for key, values in first.state_dict().items()]
    assert 0 < max(moved) < 0.02
    assert workspace.model_summary(name).header["started_from"] == "ae-2"
    (tmp_path / "new").mkdir()
    new = train(workspace, ignore, tmp_path / "new", survey="few", model="ae", config=CONFIG | {"max_epochs": 1})
    assert found.history[0]["validation/loss"] < workspace.model(new).history[0]["validation/loss"]


def test_no_figure_comes_from_objects_that_taught_the_first_model(workspace, tmp_path):
    name = train(workspace, ignore, tmp_path, survey="few", model="ae", config={"max_epochs": 1}, start_from="ae-2")
    ids = workspace.survey("few").ids
    first = workspace.model("ae-2")
    taught = first.learnt(ids) | first.in_part(Part.VALIDATION, ids)
    assert taught.sum() > 20
    assert not (workspace.model(name).unseen(ids).mask & taught).any()
    loaded = load_model(workspace.model_folder(name))
    assert np.isin(ids[taught], loaded.part_ids[Part.TRAINING]).all()


def test_what_does_not_fit_is_said(workspace, tmp_path):
    with pytest.raises(BadConfig, match="cannot start from a model of kind ae"):
        train(workspace, ignore, tmp_path, survey="few", model="infovae", config={}, start_from="ae-2")
    with pytest.raises(BadConfig, match=r"do not fit this ae: start from a model of the same kind"):
        train(workspace, ignore, tmp_path, survey="few", model="ae", config={"n_latent": 3}, start_from="ae-2")
