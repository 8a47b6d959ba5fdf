"""n(z) of tomographic bins: sums of known densities."""

import numpy as np
import pytest
from scipy import stats

from specvae_core.analysis.tomography import Cells

GRID = np.linspace(0.0025, 2, 800)


def objects(n: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Densities whose widths are right, their estimates, and the truth."""
    random = np.random.default_rng(0)
    truth = random.gamma(4, 0.15, n).clip(0.05, 1.8)
    z_phot = truth + random.normal(0, 0.05, n)
    pdf = stats.norm.pdf(GRID[None], z_phot[:, None], 0.05)
    return pdf / np.trapezoid(pdf, GRID, axis=1)[:, None], z_phot, truth


def test_bins_of_equal_numbers_have_the_mean_redshift_of_their_objects() -> None:
    pdf, z_phot, truth = objects()
    cells = Cells.empty(GRID)
    for part in (slice(0, 700), slice(700, None)):
        cells.add(pdf[part], z_phot[part])
    bins = cells.bins(cells.edges(4))
    assert sum(one.n for one in bins) == 2000
    assert all(400 < one.n < 600 for one in bins)
    for one in bins:
        assert np.trapezoid(one.density, GRID) == pytest.approx(1)
        row = one.row(z_phot, truth)
        assert row["n_spec"] == pytest.approx(one.n, abs=1)
        assert abs(row["bias"]) < 4 * row["bias_error"] + 0.01
        assert row["scatter"] > 0.05
    assert [one.mean for one in bins] == sorted(one.mean for one in bins)


def test_edges_may_be_given_and_what_lies_outside_is_left_out() -> None:
    pdf, z_phot, _ = objects()
    edges = np.array([0.3, 0.5, 0.9])
    bins = (cells := Cells.empty(GRID, edges)).bins(edges)
    assert [one.n for one in bins] == [0, 0]
    cells.add(pdf, z_phot)
    found = cells.bins(edges)
    assert [one.n for one in found] == [((z_phot >= a) & (z_phot < b)).sum() for a, b in ((0.3, 0.5), (0.5, 0.9))]
    assert found[0].row(z_phot, np.full(len(z_phot), np.nan))["bias"] is None


def test_a_survey_without_objects_has_one_empty_bin() -> None:
    cells = Cells.empty(GRID)
    assert [one.n for one in cells.bins(cells.edges(5))] == [0]
