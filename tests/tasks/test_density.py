"""The density of a survey as a task."""

from pathlib import Path

import numpy as np
import pytest
from survey_of_slopes import write_survey

from specvae_core.errors import BadConfig
from specvae_core.models.density import LatentDensity
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.density import density
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


def trained(folder: Path, n: int) -> tuple[Workspace, str]:
    workspace = Workspace.open(folder)
    write_survey(workspace, n=n)
    return workspace, train(workspace, ignore, folder, survey="slopes", model="pca", config={"n_latent": 2})


def test_the_density_is_judged_by_objects_that_it_was_not_fitted_to(tmp_path):
    workspace, model = trained(tmp_path, 700)
    result = workspace.results.load(Kind.DENSITIES, density(workspace, ignore, tmp_path, model=model, survey="slopes"))
    network, ids = workspace.model(model), workspace.survey("slopes").ids
    assert result.header["n_fitted"] == network.learnt(ids).sum()
    assert result.header["n_held_out"] == network.in_part("test", ids).sum()
    assert result.header["log_density"] > result.header["log_density_gaussian"]  # both parameters are uniform
    latents = workspace.encoding(model, "slopes").latents
    again = LatentDensity.from_arrays(result.arrays).percentile(latents)
    np.testing.assert_allclose(result.arrays["percentile"], again)


def test_no_object_that_judges_the_density_has_taught_or_stopped_it(tmp_path, monkeypatch):
    workspace, model = trained(tmp_path, 700)
    network, ids = workspace.model(model), workspace.survey("slopes").ids
    encoding, given = workspace.encoding(model, "slopes"), []
    fit = LatentDensity.fit
    monkeypatch.setattr(LatentDensity, "fit", lambda *parts, **rest: given.append(parts) or fit(*parts, **rest))
    density(workspace, ignore, tmp_path, model=model, survey="slopes")
    for part, latents in zip(("training", "validation", "test"), given[0], strict=True):
        np.testing.assert_array_equal(latents, encoding.latents[network.in_part(part, ids)])


def test_a_small_survey_has_no_density(tmp_path):
    workspace, model = trained(tmp_path, 120)
    with pytest.raises(BadConfig, match="choose a larger survey"):
        density(workspace, ignore, tmp_path, model=model, survey="slopes")
