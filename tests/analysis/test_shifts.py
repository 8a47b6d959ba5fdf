"""Sums over shifted templates against sums written out."""

import numpy as np
import pytest

from specvae_core.analysis.shifts import ShiftedSums, half_shifted

N = 40


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(3, N)), random.normal(size=N)


@pytest.mark.parametrize("shift", [-7.0, -0.5, 0.0, 0.5, 3.0, 11.5])
def test_every_sum_is_the_sum_over_covered_pixels(arrays: tuple[np.ndarray, np.ndarray], shift: float) -> None:
    templates, data = arrays
    whole = int(np.floor(shift))
    moved = templates if shift == whole else half_shifted(templates)
    last = N if shift == whole else N - 1
    pairs = [(p, p + whole) for p in range(N) if 0 <= p + whole < last]
    mine, other = np.array(pairs).T
    sums = ShiftedSums(templates, products=True)
    shifts = np.array([shift, 0.0])
    assert sums.covered(data, shifts)[0] == pytest.approx(data[mine].sum())
    np.testing.assert_allclose(sums.with_template(data, shifts)[:, 0], moved[:, other] @ data[mine], atol=1e-10)
    expected = (moved[:, other] * data[mine]) @ moved[:, other].T
    np.testing.assert_allclose(sums.with_products(data, shifts)[0], expected, atol=1e-10)
    squares = ShiftedSums(templates, products=False).squared(data, shifts)[:, 0]
    np.testing.assert_allclose(squares, expected.diagonal(), atol=1e-10)


def test_half_a_pixel_further_is_exact_for_a_cubic() -> None:
    x = np.arange(N, dtype=float)
    cubic = 0.001 * x**3 - 0.1 * x**2 + x
    between = 0.001 * (x + 0.5) ** 3 - 0.1 * (x + 0.5) ** 2 + x + 0.5
    np.testing.assert_allclose(half_shifted(cubic[None])[0, 1:-2], between[1:-2])
