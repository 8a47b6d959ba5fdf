"""Training of a survey that does not fit into memory."""

import importlib

import numpy as np
import pytest
from survey_of_slopes import Listener, write_survey

from specvae_core.tasks.train import train
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
