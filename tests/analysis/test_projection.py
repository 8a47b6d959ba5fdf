"""Maps of latents: groups stay groups, seeds repeat, what has no latents has no place."""

from pathlib import Path

import numpy as np
import pytest

from specvae_core.analysis import projection
from specvae_core.analysis.projection import ProjectionSettings, project
from specvae_core.errors import BadConfig

GROUPS = np.repeat(np.arange(3), 60)


@pytest.fixture
def latents() -> np.ndarray:
    """Three groups far apart in five dimensions; one object without latents."""
    random = np.random.default_rng(0)
    points = random.normal(size=(180, 5)) + 20 * np.eye(3, 5)[GROUPS]
    points[7] = np.nan
    return points


@pytest.mark.parametrize(("method", "axes"), [("tsne", 2), ("umap", 2), ("pca", 2), ("pca", 3)])
def test_groups_stay_apart_and_a_seed_repeats(latents, method, axes):
    settings = ProjectionSettings(method, axes)
    places = project(latents, settings)
    assert places.shape == (180, axes)
    assert np.isnan(places[7]).all()
    known = np.isfinite(places).all(axis=1)
    centres = np.array([places[known & (group == GROUPS)].mean(axis=0) for group in range(3)])
    nearest = np.square(places[known][:, None] - centres).sum(axis=2).argmin(axis=1)
    assert (nearest == GROUPS[known]).all()
    np.testing.assert_array_equal(places, project(latents, settings))


def test_more_objects_than_the_map_is_made_of_are_placed_by_their_neighbours(latents, monkeypatch):
    monkeypatch.setattr(projection, "MOST_FITTED", 90)
    places = project(latents, ProjectionSettings("pca"))
    known = np.isfinite(places).all(axis=1)
    assert known.sum() == 179
    centres = np.array([places[known & (group == GROUPS)].mean(axis=0) for group in range(3)])
    nearest = np.square(places[known][:, None] - centres).sum(axis=2).argmin(axis=1)
    assert (nearest == GROUPS[known]).all()


def test_what_cannot_be_is_said(latents):
    with pytest.raises(BadConfig, match="2 or 3 axes"):
        ProjectionSettings(axes=4)
    with pytest.raises(BadConfig, match="no projection 'som'"):
        ProjectionSettings("som")
    with pytest.raises(BadConfig, match="more than three times the 100 neighbours"):
        project(latents, ProjectionSettings("pca", neighbours=100))


def test_without_umap_its_command_is_said(monkeypatch):
    monkeypatch.setattr(projection, "find_spec", lambda name: None)
    with pytest.raises(BadConfig, match="pip install 'specvae\\[umap\\]'"):
        ProjectionSettings("umap")


def test_what_umap_compiles_is_kept_for_the_next_process(latents):
    from umap import layouts

    project(latents, ProjectionSettings("umap"))
    loop = layouts._nb_optimize_layout_euclidean_single_epoch
    assert any(Path(loop.stats.cache_path).glob("*single_epoch*.nbi"))
