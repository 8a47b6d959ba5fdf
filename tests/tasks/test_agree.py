"""Models compared by their neighbours and by what they know, over a workspace."""

import numpy as np
import pandas as pd
import pytest
from survey_of_slopes import write_survey

from specvae_core.errors import BadConfig
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.agree import agree, by_selection
from specvae_core.tasks.embed import embed
from specvae_core.tasks.project import make_projection
from specvae_core.tasks.select import choose
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def models(workspace, tmp_path):
    """PCA of a survey; the same latents, doubled, as an embedding of all but ten objects; and one of noise."""
    write_survey(workspace, n=300)
    train(workspace, ignore, tmp_path, survey="slopes", model="pca", config={"n_latent": 2})
    latents = workspace.encoding("pca-2", "slopes").latents
    ids = workspace.survey("slopes").ids
    vectors = {"doubled": 2 * latents[:290], "noise": np.random.default_rng(0).normal(size=(290, 2))}
    for name, values in vectors.items():
        path = tmp_path / f"{name}.csv"
        pd.DataFrame({"id": ids[:290], "emb_0": values[:, 0], "emb_1": values[:, 1]}).to_csv(path, index=False)
        embed(workspace, ignore, tmp_path, path=str(path), survey="slopes", model=name)
    return ["pca-2", "doubled", "noise"]


def test_neighbours_and_knowledge_are_kept_with_what_chance_gives(workspace, models, tmp_path):
    result = agree(workspace, ignore, tmp_path, model="pca-2", survey="slopes", others=["doubled", "noise", "doubled"])
    found = workspace.results.load(Kind.AGREEMENTS, result)
    header = found.header
    assert (header["others"], header["n"]) == (["doubled", "noise"], 290)
    assert header["agreement"]["doubled"] > 0.99
    assert header["agreement"]["noise"] == pytest.approx(header["expected"], abs=0.02)
    share = found.arrays["agreement_0"]
    assert np.isnan(share[290:]).all()
    assert share[:290].mean() == pytest.approx(header["agreement"]["doubled"])
    assert 20 <= header["tested"] <= 30
    scores = {column["name"]: column["scores"] for column in header["columns"]}
    assert set(scores["z"]) == set(models)


def test_neighbours_in_common_are_given_by_kept_selection(workspace, models, tmp_path):
    asked = {"model": "pca-2", "survey": "slopes", "others": ["doubled", "noise"]}
    found = workspace.results.load(Kind.AGREEMENTS, agree(workspace, ignore, tmp_path, **asked))
    assert by_selection(workspace, found) == []
    keep_selection(workspace, "slopes", "some", np.arange(280, 300))
    keep_selection(workspace, "slopes", "without vectors", np.arange(295, 300))
    (some,) = by_selection(workspace, found)
    assert (some["name"], some["n"]) == ("some", 10)
    for place, other in enumerate(asked["others"]):
        assert some["agreement"][other] == pytest.approx(found.arrays[f"agreement_{place}"][280:290].mean())


def test_a_column_that_the_spectra_show_is_known_by_the_models_that_show_it(workspace, models, tmp_path):
    result = agree(workspace, ignore, tmp_path, model="doubled", survey="slopes", others=["pca-2", "noise"])
    scores = {one["name"]: one for one in workspace.results.load(Kind.AGREEMENTS, result).header["columns"]}
    assert scores["class"]["kind"] == "class"
    assert scores["z"]["kind"] == "number"
    assert all(score < 0.5 for score in scores["z"]["scores"].values())


def test_a_second_view_is_kept_and_its_axes_are_columns(workspace, models, tmp_path):
    asked = {"model": "doubled", "survey": "slopes", "settings": {"method": "pca", "axes": 3, "neighbours": 5}}
    found = workspace.results.load(Kind.PROJECTIONS, make_projection(workspace, ignore, tmp_path, **asked))
    assert found.header["columns"] == ["pca_1", "pca_2", "pca_3"]
    assert (found.header["n"], found.header["settings"]["seed"]) == (290, 0)
    assert make_projection(workspace, ignore, tmp_path, **asked) == found.id
    right = choose(workspace, "slopes", "pca_1 > 0", "doubled").rows
    np.testing.assert_array_equal(right, np.flatnonzero(found.arrays["projection"][:, 0] > 0))


def test_nothing_to_compare_with_is_said(workspace, models, tmp_path):
    with pytest.raises(BadConfig, match="no other one"):
        agree(workspace, ignore, tmp_path, model="pca-2", survey="slopes", others=["pca-2"])
