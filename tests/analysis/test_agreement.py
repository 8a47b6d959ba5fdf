"""Neighbours in common and columns that are known, where the truth is known."""

import numpy as np
import pytest

from specvae_core.analysis.agreement import known_of, neighbours, shared_neighbours


@pytest.fixture
def points() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(600, 3))


def test_a_turned_space_has_all_neighbours_in_common_and_an_unrelated_one_as_many_as_by_chance(points):
    turned = points @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0] * 5
    unrelated = np.random.default_rng(2).normal(size=points.shape)
    here = neighbours(points)
    assert shared_neighbours(here, neighbours(turned)).mean() == 1
    assert shared_neighbours(here, neighbours(unrelated)).mean() == pytest.approx(20 / 599, rel=0.25)


def test_a_space_that_is_shuffled_in_part_disagrees_there(points):
    shuffled = points.copy()
    right = points[:, 0] > 1.0
    shuffled[right] = np.random.default_rng(3).permutation(shuffled[right])
    share = shared_neighbours(neighbours(points), neighbours(shuffled))
    assert share[right].mean() < 0.4
    assert share[points[:, 0] < -1.0].mean() > 0.95


def known(values, points):
    learnt_from, predicted = np.arange(0, 400), np.arange(400, 600)
    return known_of(values, learnt_from, predicted, neighbours(points[learnt_from], points[predicted]))


def test_what_depends_on_the_space_is_known_and_what_does_not_is_not(points):
    noise = np.random.default_rng(4).normal(size=600)
    assert known(points[:, 0], points).score > 0.85
    assert abs(known(noise, points).score) < 0.2
    assert known(np.where(points[:, 0] > 0, "red", "blue"), points).score > 0.8
    assert known(np.where(noise > 0, "red", "blue"), points).score < 0.2


def test_wild_and_missing_values_are_no_part_of_it(points):
    values = points[:, 0].copy()
    values[::7] = np.nan
    values[1] = 1e30
    found = known(values, points)
    assert found.score > 0.85
    assert found.n == np.isfinite(values[400:]).sum()
    words = np.where(points[:, 0] > 0, "red", "").astype(object)
    assert known(words, points) is None
    assert known(np.arange(600).astype(str), points) is None
    assert known(np.ones(600), points) is None
