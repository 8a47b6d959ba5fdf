"""Training of a survey that does not fit into memory, or that lacks what a model learns from."""

import importlib

import numpy as np
import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.errors import UserError
from specvae_core.models import MODELS, Ability
from specvae_core.tasks.train import check_training, train
from specvae_core.workspace import Workspace

SETTINGS = {"n_latent": 2, "max_epochs": 2, "epoch_steps": 50}


@pytest.mark.parametrize(("model", "streamed"), [("infovae", True), ("pca", False)])
def test_a_survey_beyond_the_memory_is_laid_out_on_disk_for_models_that_can(model, streamed, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("specvae_core.tasks.train"), "SHARE", 0.0)
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace, n=1200)
    folder, listener = tmp_path / "job", Listener()
    folder.mkdir()
    settings = SETTINGS if streamed else {"n_latent": 2}
    model_id = train(workspace, listener, folder, survey="slopes", model=model, config=settings)
    laid_out = any("laying out" in progress.message for progress in listener.heard)
    assert laid_out == streamed
    assert np.isfinite(workspace.encoding(model_id, "slopes").latents).all()
    assert not [path for path in folder.iterdir() if path.stat().st_size > 1e6]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_that_learns_more_than_spectra_is_refused_before_any_is_read(model: str, tmp_path):
    workspace, listener = Workspace.open(tmp_path / "w"), Listener()
    write_survey(workspace, n=20)
    asked = {"survey": "slopes", "model": model, "config": {}}
    if not MODELS[model].abilities & {Ability.PREDICTS_LABELS, Ability.PREDICTS_REDSHIFT}:
        check_training(workspace, **asked)
        return
    with pytest.raises(UserError) as first:
        check_training(workspace, **asked)
    with pytest.raises(UserError) as second:
        train(workspace, listener, tmp_path, **asked)
    assert (str(first.value), listener.heard) == (str(second.value), [])
    assert workspace.reserve_model_id(model, 2) == f"{model}-2"  # no name is taken
