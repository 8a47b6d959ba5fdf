"""Scale and redshift, found together with the code."""

import numpy as np
import pandas as pd
import pytest
import torch
from bent_line import GRID, BentLine

from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig
from specvae_core.inverse import (
    Calibration,
    Identity,
    InverseProblem,
    Prior,
    Redshift,
    ResidualModel,
    Scaled,
    fit_redshift,
    observed_grid,
    solve,
)

P = GRID.n_pixel
CODES = np.random.default_rng(0).normal(size=(300, 2))


def test_a_spectrum_of_another_scale_is_found_with_its_scale():
    scaled = Scaled(BentLine())
    codes = CODES[:8].clip(-1.5, 1.5)
    flux = 1.3 * BentLine().decode(codes).astype(float)
    problem = InverseProblem(Identity(P), flux, np.full(flux.shape, 1e6))
    solution = solve(problem, scaled, candidates=scaled.candidates(CODES))
    np.testing.assert_allclose(np.exp(solution.latents[:, 2]), 1.3, rtol=0.01)
    np.testing.assert_allclose(solution.latents[:, :2], codes, atol=0.05)


def test_redshift_is_found_to_a_fraction_of_a_pixel():
    truth, noise = 0.1234, 0.003
    grid = observed_grid(GRID, 0.0, 0.3)
    rest = torch.from_numpy(BentLine().decode(np.array([[0.5, 2.0]])).astype(float))
    operator = Redshift(GRID, grid, truth)
    flux = operator.forward(rest)[0].numpy() + noise * np.random.default_rng(1).normal(size=grid.n_pixel)
    ivar = np.where(operator.covered.numpy(), noise**-2, 0)
    spectra = SpectraSet(grid, flux[None], ivar[None], pd.DataFrame({"id": ["one"]}))
    zero = torch.zeros(P).double()
    residual = ResidualModel(zero, torch.zeros(0, P).double(), zero + 1e-6)
    fit = fit_redshift(spectra, BentLine(), Prior(CODES, residual, Calibration()), (0.0, 0.3))
    assert fit.redshift == pytest.approx(truth, abs=0.3 * (10**GRID.log10_step - 1))
    assert abs(fit.redshift - truth) < 4 * fit.sigma
    assert (np.diff(fit.tried) >= 0).all()
    assert fit.log_likelihood.max() == 0


def test_impossible_limits_are_told_in_a_sentence():
    with pytest.raises(BadConfig, match=r"between -0\.5 and 20"):
        observed_grid(GRID, 0.4, 0.1)
