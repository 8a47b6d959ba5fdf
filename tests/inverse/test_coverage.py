"""Calibrated bands against the true flux, where the data show it with noise that the estimate has seen."""

import numpy as np
import pandas as pd
import pytest
import torch
from bent_line import GRID, BentLine

from specvae_core.data.spectra import SpectraSet
from specvae_core.inverse import Prior, ResidualModel, calibrate, parse_problem, solve
from specvae_core.inverse.coverage import factors_holding
from specvae_core.inverse.measure import RAW

P = GRID.n_pixel
PROBLEMS = ("inpaint:0.4", "random:0.4", "denoise:0.02", "denoise:0.2", "blur:30", "as-is")


def survey(n: int, noise: float, seed: int) -> tuple[np.ndarray, SpectraSet, np.ndarray]:
    """True flux, which scatters by 2 per cent about the model, noisy spectra of it, and codes."""
    random = np.random.default_rng(seed)
    codes = random.normal(size=(n, 2)).clip(-1.5, 1.5)
    truth = BentLine().decode(codes).astype(float) + random.normal(0, 0.02, (n, P))
    flux = (truth + random.normal(0, noise, truth.shape)).astype(np.float32)
    table = pd.DataFrame({"id": [f"s{seed}-{i}" for i in range(n)]})
    return truth, SpectraSet(GRID, flux, np.full(flux.shape, noise**-2, np.float32), table), codes


@pytest.mark.parametrize("noise", [0.02, 0.04])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_bands_hold_the_true_flux_although_the_residual_model_is_too_sure(problem, noise):
    question = parse_problem(problem, GRID)
    told = torch.full((P,), 1e-4).double()  # half of the scatter that there is
    residual = ResidualModel(torch.zeros(P).double(), torch.zeros(0, P).double(), told)
    _, validation, codes = survey(600, noise, seed=1)
    calibration = calibrate(BentLine(), validation, question, Prior(codes, residual, RAW))
    truth, test, _ = survey(400, noise, seed=2)
    posed, compared = question.pose(test, seed=5)
    solution = solve(posed, BentLine(), candidates=codes, residual=residual, calibration=calibration)
    inside = (truth > solution.band68[:, 0]) & (truth < solution.band68[:, 1])
    share = inside[compared].mean() if compared.any() else inside.mean()
    assert 0.63 < share < 0.73  # a band that is too narrow by a fifth holds 58%
    narrow = np.abs(truth - solution.spectra) < 0.8 * solution.sigma
    assert (narrow[compared].mean() if compared.any() else narrow.mean()) < 0.63


def test_a_few_spectra_that_the_model_misses_do_not_widen_the_bands_of_the_others():
    random = np.random.default_rng(0)
    error = random.normal(size=(400, 300))
    error[:12] *= 8
    noise = np.full(error.shape, 9.0)
    squares = (error + 3 * random.normal(size=error.shape)) ** 2
    factor68, _ = factors_holding(squares, noise, np.ones(error.shape, bool))
    assert factor68 == pytest.approx(np.quantile(np.abs(error), 0.683), rel=0.1)


def test_where_noise_hides_errors_factors_stay_near_the_claim_and_where_it_does_not_they_follow_the_errors():
    random = np.random.default_rng(3)
    everywhere = np.ones((100, 300), bool)
    found = {1.0: [], 30.0: []}
    for _ in range(8):
        error = random.normal(size=everywhere.shape)
        for noise in found:
            squares = (error + noise * random.normal(size=error.shape)) ** 2
            found[noise].append(factors_holding(squares, np.full(error.shape, noise**2), everywhere)[0])
    assert found[1.0] == pytest.approx([1.0] * 8, abs=0.05)
    assert np.std(found[30.0]) < 0.12  # unweighed, these scatter from 0.2 to 3
    assert np.mean(found[30.0]) == pytest.approx(1.0, abs=0.15)
