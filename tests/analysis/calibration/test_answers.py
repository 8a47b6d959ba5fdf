import re

import numpy as np
import pytest

from specvae_core.analysis.calibration.answers import HELD_OUT, LEAST, SIMULATED, Answers, count, table
from specvae_core.analysis.calibration.latents import nearer_than_truth
from specvae_core.analysis.calibration.warning import warning

N = 2000


def gaussian(scale: float = 1.0, bias: float = 0.0, n: int = N, quantity: str = "log g") -> Answers:
    """Answers whose errors are quoted ``scale`` times too small."""
    random = np.random.default_rng(0)
    truth, sigma = random.normal(3, 1, n), random.uniform(0.1, 0.3, n)
    estimate = truth + sigma * (random.standard_normal(n) + bias)
    return Answers(quantity, HELD_OUT, truth, estimate, sigma / scale)


def test_calibrated_errors_are_found_calibrated() -> None:
    row = count(gaussian())
    assert row.n == N
    assert row.coverage_68 == pytest.approx(0.683, abs=0.03)
    assert row.coverage_95 == pytest.approx(0.954, abs=0.015)
    assert row.pull_mean == pytest.approx(0, abs=0.06)
    assert (row.pull_std, row.factor) == (pytest.approx(1, abs=0.05), pytest.approx(1, abs=0.05))
    assert row.within is True
    assert np.abs(np.array(row.pit) - 0.1).max() < 0.03


@pytest.mark.parametrize("scale", [0.78, 1.25])
def test_errors_wrong_by_a_fifth_are_found_out(scale: float) -> None:
    row = count(gaussian(scale))
    assert row.within is False
    assert row.factor == pytest.approx(scale, rel=0.05)


def test_a_bias_and_heavy_tails_are_found_out() -> None:
    assert count(gaussian(bias=0.4)).within is False
    honest = gaussian()
    estimate = honest.estimate.copy()
    estimate[:50] += 8 * honest.sigma[:50]  # a fortieth is far off
    row = count(Answers("log g", HELD_OUT, honest.truth, estimate, honest.sigma))
    assert row.beyond_5 == pytest.approx(0.025, abs=0.001)
    assert row.within is False


def test_draws_densities_and_errors_give_the_same_counts() -> None:
    one = gaussian()
    draws = one.estimate[:, None] + one.sigma[:, None] * np.random.default_rng(1).standard_normal((N, 2000))
    by_draws = count(Answers("log g", SIMULATED, one.truth, samples=draws))
    by_pit = count(Answers("log g", SIMULATED, one.truth, pit=one.probability))
    for other in (by_draws, by_pit):
        assert other.coverage_68 == pytest.approx(count(one).coverage_68, abs=0.02)
        assert other.pull_std == pytest.approx(count(one).pull_std, abs=0.03)


def test_pixels_without_a_truth_do_not_count() -> None:
    one = gaussian()
    truth = one.truth.reshape(100, 20).copy()
    truth[:, ::2] = np.nan
    truth[:10] = np.nan
    shape = [values.reshape(100, 20) for values in (one.estimate, one.sigma)]
    row = count(Answers("band", HELD_OUT, truth, *shape))
    assert row.n == 90
    assert row.within is True
    nothing = count(Answers("band", HELD_OUT, np.full((100, 20), np.nan), *shape))
    assert (nothing.n, nothing.within) == (0, None)


def test_subsets_are_counted_on_their_own_where_they_are_large_enough() -> None:
    one = gaussian(n=200)
    wrong = np.arange(200) < 100
    sigma = np.where(wrong, one.sigma / 3, one.sigma)
    answers = Answers("log g", HELD_OUT, one.truth, one.estimate, sigma, subsets={"tiny": np.arange(200) < LEAST - 1})
    rows = table([answers], {"S/N 0 to 5": wrong, "S/N above 5": ~wrong})
    assert [row["subset"] for row in rows] == ["all", "S/N 0 to 5", "S/N above 5"]
    assert [row["within"] for row in rows] == [False, False, True]
    assert re.search(r"are (2\.[89]|3\.[012]) times too small here", warning(rows, "log g", "S/N 0 to 5"))
    assert warning(rows, "log g", "S/N above 5") == ""


def test_what_fails_is_said_in_a_sentence() -> None:
    rows = table([gaussian(2.1), gaussian(quantity="teff"), gaussian(0.5, quantity="feh")], {})
    assert warning(rows, "log g").startswith("Errors of log g are 2.1 times too small here (1σ holds 3")
    assert "test objects, 68% expected" in warning(rows, "log g")
    assert warning(rows, "teff") == warning(rows, "unheard of") == ""
    assert "2.0 times too large" in warning(rows, "feh")


def test_a_few_far_outliers_are_not_called_errors_that_are_too_large() -> None:
    one = gaussian()
    estimate = np.where(np.arange(len(one.truth)) % 50, one.estimate, one.estimate + 9 * one.sigma)
    rows = table([Answers("log g", HELD_OUT, one.truth, estimate, 1.1 * one.sigma)], {})
    assert rows[0]["within"] is False
    assert "miss outliers: 2.0% of the truths lie beyond 5σ" in warning(rows, "log g")


@pytest.mark.parametrize(("scale", "within"), [(1.0, True), (0.5, False), (2.0, False)])
def test_draws_in_several_dimensions_pass_only_where_they_are_as_wide_as_the_errors(scale: float, within: bool) -> None:
    random = np.random.default_rng(2)
    truth = random.standard_normal((1500, 4))
    mean = truth + 0.3 * random.standard_normal(truth.shape)
    draws = mean[:, None] + scale * 0.3 * random.standard_normal((1500, 300, 4))
    share = nearer_than_truth(draws, truth, random)
    assert count(Answers("together", SIMULATED, np.zeros(1500), pit=share)).within is within
