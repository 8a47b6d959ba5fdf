"""Latents of epochs that a training keeps."""

import numpy as np
import pytest
from survey_of_slopes import write_survey

from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

CONFIG = {"n_latent": 2, "max_epochs": 5, "epoch_steps": 20}


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path / "workspace")
    write_survey(made)
    return made


@pytest.mark.parametrize("model", ["ae", "infovae"])
def test_latents_of_epochs_are_kept_and_the_training_is_the_same(workspace, tmp_path, model):
    names = []
    for keep in (True, False):
        (tmp_path / f"{keep}").mkdir()
        asked = {"survey": "slopes", "model": model, "config": CONFIG, "keep_epochs": keep}
        names.append(train(workspace, ignore, tmp_path / f"{keep}", **asked))
    kept, without = (workspace.results.find(Kind.EPOCHS, model=name) for name in names)
    assert without is None
    assert kept.header["epochs"] == [1, 2, 3, 4]
    assert kept.arrays["latents"].shape == (4, 120, 2)
    assert kept.arrays["rows"].tolist() == list(range(120))
    first, last = kept.arrays["latents"][0], kept.arrays["latents"][-1]
    assert np.abs(first - last).max() > 0.01
    weights = [workspace.model(name).state_dict() for name in names]
    for key, values in weights[0].items():
        np.testing.assert_array_equal(values, weights[1][key])
