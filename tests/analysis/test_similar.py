"""Nearest objects against a search by brute force: by latents, by whole vectors, with doubles and missing latents."""

import numpy as np
import pytest

from specvae_core.analysis.similar import nearest_objects, nearest_to
from specvae_core.errors import BadConfig

N, D, SHOWN = 20_000, 12, 3


@pytest.fixture(scope="module")
def vectors():
    """Vectors of falling spread, of which the first components are the latents; a third of them are doubles."""
    made = np.random.default_rng(0).normal(size=(N, D)).astype(np.float32) * np.linspace(3, 0.5, D, dtype=np.float32)
    made[2 * N // 3 :] = made[: N - 2 * N // 3]
    return made


def by_force(points, examples, top):
    """Distances (top,) of the nearest, the examples left out."""
    offsets = points[:, None].astype(float) - points[examples].astype(float)
    distance = np.sqrt(np.square(offsets).sum(axis=2)).min(axis=1)
    distance[examples] = np.inf
    return distance


@pytest.mark.parametrize("top", [1, 20, 3000, 30_000])
@pytest.mark.parametrize("examples", [[17], [5, 9000]])
def test_the_nearest_by_latents_and_by_whole_vectors(vectors, top, examples):
    for found, points in (
        (nearest_objects(vectors, examples, top), vectors),
        (nearest_objects(vectors[:, :SHOWN], examples, top, lambda rows: vectors[rows]), vectors),
    ):
        rows, distance = found
        truth = by_force(points, examples, top)
        assert len(rows) == len(np.unique(rows)) == min(top, N - len(examples))
        np.testing.assert_allclose(distance, np.sort(truth)[: len(rows)], rtol=1e-6)
        np.testing.assert_allclose(distance, truth[rows], rtol=1e-6)


def test_few_whole_vectors_are_read(vectors):
    read = []
    nearest_objects(vectors[:, :10], [17], 20, lambda rows: read.append(len(rows)) or vectors[rows])
    assert sum(read) < N / 4


def test_all_objects_at_one_place_and_none_with_latents():
    same = np.ones((N, 2), np.float32)
    rows, distance = nearest_objects(same, [4], 5, lambda rows: same[rows])
    assert rows.tolist() == [0, 1, 2, 3, 5]
    assert not distance.any()
    missing = np.full((6, 2), np.nan, np.float32)
    missing[2] = 0.0
    assert len(nearest_objects(missing, [2], 5, lambda rows: missing[rows])[0]) == 0
    with pytest.raises(BadConfig, match="no latents"):
        nearest_objects(missing, [0], 5)


def test_objects_nearest_to_a_point(vectors):
    rows, distance = nearest_to(vectors, vectors[[17]] + 0.01, 3)
    assert rows[0] == 17
    assert (np.diff(distance) >= 0).all()
