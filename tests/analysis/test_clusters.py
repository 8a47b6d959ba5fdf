"""Clusters: planted groups are found by every method, and agreement is that of scikit-learn's definitions."""

import numpy as np
import pytest

from specvae_core.analysis import clusters as module
from specvae_core.analysis.clusters import ClusterSettings, agreement, find_clusters
from specvae_core.errors import BadConfig

SIZES = (300, 200, 100)


@pytest.fixture
def blobs():
    """Points and their group, 1 to 3 from the largest."""
    rng = np.random.default_rng(0)
    points = [rng.normal(10 * number, 1, (size, 4)) for number, size in enumerate(SIZES)]
    return np.concatenate(points), np.repeat([1, 2, 3], SIZES)


@pytest.mark.parametrize("method", ["kmeans", "dbscan", "hdbscan"])
def test_planted_groups_are_found_and_numbered_by_size(blobs, method):
    points, truth = blobs
    found = find_clusters(points, ClusterSettings(method, n=3))
    assert set(found) - {0} == {1, 2, 3}
    assert (found == truth).mean() > 0.85
    assert (found[found > 0] == truth[found > 0]).all()


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_a_large_survey_is_grouped_by_a_selection(blobs, method, monkeypatch):
    monkeypatch.setattr(module, "FITTED", 200)
    points, truth = blobs
    found = find_clusters(points, ClusterSettings(method, min_size=10))
    assert (found[found > 0] == truth[found > 0]).all()
    assert (found > 0).mean() > 0.8


def test_without_any_cluster_everything_is_noise():
    points = np.random.default_rng(0).uniform(size=(60, 3))
    assert (find_clusters(points, ClusterSettings("dbscan", radius=1e-6)) == 0).all()


def test_agreement_of_the_same_and_of_unrelated_partitions():
    classes = np.repeat(["a", "b"], 500)
    same = agreement(np.repeat([2, 1], 500), classes)
    assert (same.adjusted_rand, same.mutual_information, same.purity) == (1.0, 1.0, 1.0)
    unrelated = agreement(np.tile([1, 2], 500), classes)
    assert abs(unrelated.adjusted_rand) < 0.01
    assert unrelated.purity == 0.5


def test_objects_without_a_class_do_not_count():
    agreed = agreement(np.array([1, 1, 2, 2]), np.array(["a", "a", "b", ""]))
    assert (agreed.n, agreed.purity) == (3, 1.0)
    assert agreement(np.array([1, 2]), np.array(["a", "a"])) is None


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"method": "fuzzy"}, "no method 'fuzzy'"),
        ({"n": 0}, "n is 0"),
        ({"n": 601}, "601 is more than the 600 objects"),
        ({"method": "hdbscan", "min_size": 1}, "min_size is 1"),
    ],
)
def test_impossible_settings_are_told(blobs, settings, sentence):
    with pytest.raises(BadConfig, match=sentence):
        find_clusters(blobs[0], ClusterSettings(**settings))
