"""The flow on latents against a density that is known."""

import numpy as np
import pytest

from specvae_core.errors import BadConfig
from specvae_core.models.density import LatentDensity


def bananas(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) on a bent cloud, and their true log densities."""
    x, y = np.random.default_rng(seed).normal(size=(2, n))
    log_density = -0.5 * (x**2 + y**2) - np.log(2 * np.pi) - np.log(0.3)
    return np.column_stack([x, 0.3 * y + x**2]).astype(np.float32), log_density


@pytest.fixture(scope="module")
def density() -> LatentDensity:
    return LatentDensity.fit(bananas(2500, 1)[0], bananas(600, 2)[0], bananas(600, 4)[0], seed=0)


def test_the_density_is_that_of_the_objects(density):
    points, truth = bananas(1000, 3)
    found = density.log_density(points)
    assert abs(np.mean(found - truth)) < 0.2
    assert np.median(np.abs(found - truth)) < 0.2
    assert found.mean() > density.gaussian(points).mean() + 0.5


def test_percentiles_are_uniform_over_objects_that_it_did_not_see(density):
    percentile = density.percentile(bananas(2000, 4)[0])
    np.testing.assert_allclose(np.percentile(percentile, [10, 50, 90]), [10, 50, 90], atol=5)
    assert density.percentile(np.array([[0.0, -3.0]], np.float32))[0] < 1
    assert np.isnan(density.percentile(np.array([[np.nan, 0.0]], np.float32))).all()


def test_new_objects_lie_where_objects_lie(density):
    drawn = density.draw(3000, np.random.default_rng(5))
    bend = drawn[:, 1] - drawn[:, 0] ** 2
    assert bend.std() == pytest.approx(0.3, rel=0.25)
    assert drawn[:, 0].std() == pytest.approx(1.0, rel=0.1)


def test_what_was_learnt_comes_back_from_its_arrays(density):
    points, _ = bananas(50, 6)
    again = LatentDensity.from_arrays(density.arrays())
    np.testing.assert_array_equal(again.log_density(points), density.log_density(points))


def test_too_few_objects_are_refused():
    with pytest.raises(BadConfig, match="at least 300 objects"):
        LatentDensity.fit(np.zeros((20, 2)), np.zeros((5, 2)), np.zeros((5, 2)))
