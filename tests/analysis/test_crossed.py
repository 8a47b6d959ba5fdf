"""The interval of a mean over folds and seeds covers the truth as often as it promises."""

import numpy as np
import pytest

from specvae_core.analysis.crossed import crossed_mean


@pytest.mark.parametrize(("fold", "seed", "rest"), [(1.0, 0.0, 0.3), (0.3, 1.0, 1.0), (0.0, 0.0, 1.0)])
def test_the_interval_covers_the_true_mean(fold: float, seed: float, rest: float) -> None:
    random, inside, naive = np.random.default_rng(0), [], []
    for _ in range(600):
        values = (
            2.0
            + fold * random.standard_normal((4, 1))
            + seed * random.standard_normal((1, 8))
            + rest * random.standard_normal((4, 8))
        )
        found = crossed_mean(values)
        inside.append(found.low < 2 < found.high)
        naive.append(abs(values.mean() - 2) < 2 * values.std(ddof=1) / np.sqrt(values.size))
    assert 0.9 < np.mean(inside) <= 1
    if fold == 1:
        assert np.mean(naive) < 0.7  # 32 pairs that are taken as independent


def test_equal_values_have_no_error() -> None:
    found = crossed_mean(np.full((3, 2), 0.5))
    assert found.mean == 0.5
    assert found.error < 1e-9
