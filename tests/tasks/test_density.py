"""The density of a survey as a task."""

from pathlib import Path

import numpy as np
import pytest
from survey_of_slopes import write_survey

from specvae_core.analysis.track_paths import Points
from specvae_core.errors import BadConfig
from specvae_core.models.density import LatentDensity
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.density import density
from specvae_core.tasks.outliers import outliers
from specvae_core.tasks.select import choose
from specvae_core.tasks.track import keep_track, kept_track, make_track
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


def test_where_a_track_leaves_the_density_is_kept_with_it(tmp_path):
    workspace, model = trained(tmp_path, 700)
    density(workspace, ignore, tmp_path, model=model, survey="slopes")
    centre = workspace.encoding(model, "slopes").basis.centre
    spread = workspace.encoding(model, "slopes").latents.std(axis=0)
    way = Points(np.stack([centre, centre + 6 * spread]), (0, 1), "latents")
    kept = kept_track(
        workspace.results.load(Kind.TRACKS, keep_track(workspace, make_track(workspace, model, "slopes", way)))
    )
    assert kept.density[0] > 20
    assert (kept.density[-5:] < 1).all()
    assert kept.extrapolated[-5:].all()
    assert not kept.extrapolated[0]


def test_outliers_stand_with_the_rank_of_their_density(tmp_path):
    workspace, model = trained(tmp_path, 700)
    density(workspace, ignore, tmp_path, model=model, survey="slopes")
    header = workspace.results.load(
        Kind.OUTLIERS, outliers(workspace, ignore, tmp_path, model=model, survey="slopes")
    ).header
    values = workspace.results.find(Kind.DENSITIES, model=model, survey="slopes").arrays["log_density"]
    for row in header["outliers"]:
        assert row["log_density"] == pytest.approx(values[row["row"]])
        assert row["density_rank"] == 1 + (values < values[row["row"]]).sum()
    rare = choose(workspace, "slopes", f"log_density < {np.sort(values)[9]:.9f}", model).rows
    assert abs(len(rare) - 9) <= 1
