"""LOF: the scores of scikit-learn, in any dimension, within a set and for newcomers."""

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

from specvae_core.analysis.lof import FOREIGN, local_outlier_factor
from specvae_core.analysis.nearest import PointTree
from specvae_core.errors import BadConfig, Cancelled
from specvae_core.jobs import on_all_cores


def groups(n: int, dimensions: int) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.concatenate([rng.normal(0, 1, (n // 2, dimensions)), rng.normal(4, 0.1, (n - n // 2, dimensions))])


@pytest.mark.parametrize(("n", "dimensions", "k"), [(900, 6, 20), (400, 2, 1), (300, 12, 35), (30, 3, 29)])
def test_scores_are_those_of_scikit_learn(n, dimensions, k):
    points = groups(n, dimensions)
    expected = -LocalOutlierFactor(n_neighbors=k).fit(points).negative_outlier_factor_
    np.testing.assert_allclose(local_outlier_factor(points, k).scores, expected, rtol=1e-9)


def test_newcomers_are_factorsd_as_scikit_learn_factorss_them():
    points, newcomers = groups(500, 6), 3 * np.random.default_rng(4).normal(size=(200, 6))
    factors = local_outlier_factor(points, 15)
    expected = -LocalOutlierFactor(n_neighbors=15, novelty=True).fit(points).score_samples(newcomers)
    np.testing.assert_allclose(factors.newcomers(newcomers), expected, rtol=1e-9)


def test_a_stranger_is_foreign_and_a_twin_is_not():
    points = groups(500, 6)
    twin, stranger = local_outlier_factor(points).newcomers(np.array([points[3] + 1e-3, np.full(6, 20.0)]))
    assert twin < FOREIGN < stranger


def test_points_that_coincide_have_a_finite_score():
    points = np.concatenate([np.zeros((50, 3)), np.random.default_rng(0).normal(size=(50, 3))])
    scores = local_outlier_factor(points, 5).scores
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores[:50], 1.0)


def test_neighbours_are_the_nearest_and_sorted():
    points = groups(700, 4)
    found = PointTree(points).among_themselves(7)
    distance, rows = NearestNeighbors(n_neighbors=8).fit(points).kneighbors(points)
    np.testing.assert_allclose(found.distance, distance[:, 1:], rtol=1e-12)
    np.testing.assert_array_equal(found.rows, rows[:, 1:])


@pytest.mark.parametrize("k", [0, -1, 40, 4000])
def test_k_outside_its_range_is_told_in_a_sentence(k):
    with pytest.raises(BadConfig, match=rf"k = {k} neighbours .* has 40: choose k from 1 to 39"):
        local_outlier_factor(groups(40, 2), k)


def test_objects_without_latents_have_no_score_and_change_no_other():
    points = groups(40, 2)
    missing = np.insert(points, 7, np.nan, axis=0)
    scores = local_outlier_factor(missing, 5).scores
    assert np.isnan(scores[7])
    np.testing.assert_array_equal(np.delete(scores, 7), local_outlier_factor(points, 5).scores)


def test_latents_that_are_not_finite_are_told():
    points = groups(40, 2)
    points[[3, 5], 0] = np.nan
    with pytest.raises(BadConfig, match="2 of 40"):
        local_outlier_factor(points, 5)


def test_it_can_be_stopped():
    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        local_outlier_factor(groups(400, 3), 5, stop)


def test_on_all_cores_the_scores_are_the_same():
    points = groups(9000, 4)
    np.testing.assert_array_equal(
        local_outlier_factor(points, each=on_all_cores).scores, local_outlier_factor(points).scores
    )
