"""Compiled loops over points: what NumPy counts, and nothing twice or lost where many points wait to be added."""

import numpy as np
import pytest

from dashboard.plots.point_loops import WAITING, count_classes, sum_values

ENDS, SHAPE = (-1.0, 2.0, 0.0, 1.0), (300, 200)
SCALE = np.array([SHAPE[1] / 3, SHAPE[0] / 1.0])


@pytest.fixture
def points() -> tuple[np.ndarray, np.ndarray]:
    """More than may wait, most of them in few pixels; some lie outside or nowhere."""
    rng = np.random.default_rng(0)
    n = 3 * WAITING
    x, y = rng.normal(0.5, 0.02, n).astype(np.float32), rng.normal(0.5, 0.3, n).astype(np.float32)
    x[:5000], y[-100:] = rng.uniform(-2, 3, 5000), np.nan
    return x, y


def histogram(points: tuple[np.ndarray, np.ndarray], weights: np.ndarray) -> np.ndarray:
    x, y = (values.astype(float) for values in points)
    return np.histogram2d(y, x, SHAPE, [ENDS[2:], ENDS[:2]], weights=weights)[0]


def test_classes_are_counted(points):
    codes = np.random.default_rng(1).integers(0, 5, len(points[0])).astype(np.uint8)
    counts = np.zeros((*SHAPE, 5), np.uint32)
    count_classes(*points, codes, np.array(ENDS), SCALE, counts)
    for code in range(5):
        expected = histogram(points, codes == code)
        assert counts[..., code].sum() == expected.sum()
        assert np.abs(counts[..., code] - expected).sum() <= 4  # on an edge of two pixels, rounding decides


def test_numbers_are_summed_and_unknown_ones_counted_apart(points):
    values = np.random.default_rng(1).normal(5, 1, len(points[0])).astype(np.float32)
    values[::3] = np.nan
    counts, sums = np.zeros((*SHAPE, 2), np.uint32), np.zeros(SHAPE)
    sum_values(*points, values, np.array(ENDS), SCALE, counts, sums)
    known = np.isfinite(values)
    for slot, which in enumerate((known, ~known)):
        assert np.abs(counts[..., slot] - histogram(points, which)).sum() <= 4
    np.testing.assert_allclose(sums.sum(), histogram(points, np.where(known, values, 0)).sum(), rtol=1e-6)
    np.testing.assert_allclose(sums, histogram(points, np.where(known, values, 0)), atol=15)
