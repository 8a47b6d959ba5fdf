"""The search on a decoder whose codes are known."""

import importlib

import numpy as np
import pytest
import torch
from bent_line import GRID, BentLine, OnSphere

from specvae_core.errors import BadConfig, Cancelled, GridMismatch
from specvae_core.inverse import Downsample, Identity, InverseProblem, ResidualModel, solve
from specvae_core.models.density import LatentDensity

P = GRID.n_pixel


def sample(n, seed=0):
    """Codes (n, 2) from the prior and their noiseless spectra."""
    codes = np.random.default_rng(seed).normal(size=(n, 2)).clip(-1.5, 1.5)
    return codes, BentLine().decode(codes).astype(float)


def with_window(ivar, n, seed=0):
    """(n, P) ivar with a window of 40% unseen in each row."""
    ivar = np.full((n, P), float(ivar))
    for row, first in enumerate(np.random.default_rng(seed).integers(0, P - 32, n)):
        ivar[row, first : first + 32] = 0
    return ivar


@pytest.mark.parametrize("method", ["projected", "regularised"])
def test_finds_the_codes_of_noiseless_data(method):
    codes, flux = sample(20)
    candidates, _ = sample(50, seed=1)
    ivar = with_window(1e8, 20)
    solution = solve(
        InverseProblem(Identity(P), np.where(ivar > 0, flux, -9), ivar),
        BentLine(),
        method=method,
        candidates=np.concatenate([candidates, 2 * candidates]),
    )
    assert solution.converged.all()
    np.testing.assert_allclose(solution.latents, codes, atol=0.02)
    np.testing.assert_allclose(solution.spectra, flux, atol=0.002)
    assert solution.trace.shape == (solution.n_steps + 1, 20)
    assert (np.diff(solution.trace[:, 0]) <= 1e-6 * solution.trace[0, 0]).all()
    np.testing.assert_array_equal(solution.path[-1], solution.latents)


def test_projected_codes_stay_on_the_model_s_own_set():
    angles = np.linspace(0, 5, 12)
    codes = np.column_stack([np.cos(angles), np.sin(angles)])
    flux = BentLine().decode(codes).astype(float)
    solution = solve(InverseProblem(Identity(P), flux, np.full(flux.shape, 1e6)), OnSphere(), method="projected")
    np.testing.assert_allclose(np.linalg.norm(solution.latents, axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(solution.latents, codes, atol=0.01)


def test_solves_through_another_operator():
    _, flux = sample(10)
    operator = Downsample(P, 4)
    observed = operator.forward(torch.from_numpy(flux)).numpy()
    problem = InverseProblem(operator, observed, np.full(observed.shape, 1e7))
    np.testing.assert_allclose(solve(problem, BentLine()).spectra, flux, atol=0.005)


def noisy_with_misses(n: int = 250):
    """Spectra that the model misses by two components and scatter: truth, noisy with a window, ivar, what is known."""
    _, flux = sample(n)
    random = np.random.default_rng(2)
    components = 0.03 * np.stack([np.sin(np.arange(P) / 9), np.cos(np.arange(P) / 5)])
    truth = flux + random.normal(size=(n, 2)) @ components + random.normal(0, 0.01, flux.shape)
    residual = ResidualModel(torch.zeros(P).double(), torch.from_numpy(components), torch.full((P,), 1e-4).double())
    ivar = with_window(1 / 0.03**2, n)
    observed = truth + random.normal(0, 0.03, truth.shape)
    return truth, observed, ivar, residual


def test_bands_hold_what_they_promise_with_noise_and_misses():
    truth, observed, ivar, residual = noisy_with_misses()
    solution = solve(InverseProblem(Identity(P), observed, ivar), BentLine(), residual=residual)
    inside = (truth > solution.band68[:, 0]) & (truth < solution.band68[:, 1])
    assert 0.65 < inside[ivar == 0].mean() < 0.72
    assert 0.65 < inside[ivar > 0].mean() < 0.72
    inside = (truth > solution.band95[:, 0]) & (truth < solution.band95[:, 1])
    assert 0.93 < inside[ivar == 0].mean() < 0.97
    assert 0.8 < np.median(solution.misfit) < 1.2


def test_draws_have_the_errors_of_pixels_and_of_their_means():
    truth, observed, ivar, residual = noisy_with_misses()
    solution = solve(InverseProblem(Identity(P), observed, ivar), BentLine(), residual=residual, draws=200)
    np.testing.assert_allclose(solution.draws.std(axis=1).mean(axis=0), solution.sigma.mean(axis=0), rtol=0.03)
    hidden = ivar == 0
    of_draws = np.where(hidden[:, None], solution.draws, 0).sum(axis=2)
    of_truth = np.where(hidden, truth, 0).sum(axis=1)
    low, high = np.percentile(of_draws, [15.87, 84.13], axis=1)
    assert 0.6 < np.mean((of_truth > low) & (of_truth < high)) < 0.76  # 0.3 were pixels' errors independent


def test_two_codes_that_fit_as_well_are_both_told():
    class Mirrored(BentLine):
        def decode_gradient(self, latents):
            return super().decode_gradient(torch.stack([latents[:, 0].square() - 1, latents[:, 1]], dim=1))

    candidates = np.array([[1.2, 0.1], [-1.2, 0.1]])
    flux = Mirrored().decode(candidates[:1]).astype(float)
    solution = solve(InverseProblem(Identity(P), flux, np.full(flux.shape, 1e4)), Mirrored(), candidates=candidates)
    found = solution.alternatives[0, np.isfinite(solution.alternatives_misfit[0])]
    np.testing.assert_allclose(found[0], solution.latents[0] * [-1, 1], atol=0.02)


def test_a_stopped_search_gives_its_best_so_far():
    _, flux = sample(5)
    steps = []

    def report(progress):
        steps.append(progress)
        if progress.step == 2:
            raise Cancelled("enough")

    solution = solve(InverseProblem(Identity(P), flux, np.full(flux.shape, 1e8)), BentLine(), starts=1, report=report)
    assert solution.n_steps == 2
    assert not solution.converged.any()
    assert (solution.trace[-1] < solution.trace[0]).all()
    assert steps[-1].values["misfit"] == pytest.approx(np.median(solution.misfit))


def test_same_seed_same_answer():
    _, flux = sample(5)
    problem = InverseProblem(Identity(P), flux, np.full(flux.shape, 100.0))
    first, second = (solve(problem, BentLine(), seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.spectra, second.spectra)


def test_more_than_one_batch(monkeypatch):
    monkeypatch.setattr(importlib.import_module("specvae_core.inverse.solve"), "BATCH", 4)
    codes, flux = sample(10)
    solution = solve(InverseProblem(Identity(P), flux, np.full(flux.shape, 1e7)), BentLine())
    np.testing.assert_allclose(solution.latents, codes, atol=0.02)
    np.testing.assert_allclose(solution.path[-1], solution.latents)


class Stepwise(BentLine):
    def decode_gradient(self, latents):
        return torch.from_numpy(super().decode_gradient(latents).detach().numpy().round(1))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"ivar": 0.0}, BadConfig, "Nothing is left to see of 3 of 3"),
        ({"flux": np.nan}, BadConfig, "not numbers"),
        ({"ivar": -1.0}, BadConfig, "negative"),
        ({"operator": Identity(P + 1)}, BadConfig, "calls for"),
        ({"operator": Downsample(2 * P, 2)}, GridMismatch, "pose it on the model's grid"),
        ({"method": "guess"}, BadConfig, "no method 'guess'"),
        ({"starts": 0}, BadConfig, "at least 1"),
        ({"weight": 0.0}, BadConfig, "weight λ of the prior is 0"),
        ({"method": "density"}, BadConfig, "needs the density"),
        ({"candidates": np.zeros((5, 3))}, BadConfig, "do not fit"),
        ({"model": Stepwise()}, BadConfig, "cannot be differentiated"),
    ],
)
def test_what_cannot_be_solved_is_told_in_a_sentence(change, error, words):
    with pytest.raises(error, match=words):
        attempt(**change)


def attempt(flux=1.0, ivar=1.0, operator=None, model=None, **settings):
    """A search that is spoilt by one of its arguments."""
    _, spectra = sample(3)
    problem = InverseProblem(operator or Identity(P), flux * spectra, np.full(spectra.shape, ivar))
    solve(problem, model or BentLine(), **settings)


def bent_codes(n, seed):
    """Codes (n, 2) on a narrow bend, which no Gaussian describes."""
    random = np.random.default_rng(seed)
    slope = random.uniform(-1.5, 1.5, n)
    return np.column_stack([slope, slope**2 - 1 + random.normal(0, 0.1, n)])


def test_a_flow_as_prior_tells_a_hidden_line_from_the_slope_where_one_gaussian_cannot():
    codes, training = bent_codes(60, 0), bent_codes(1500, 1)
    random = np.random.default_rng(2)
    flux = BentLine().decode(codes) + random.normal(0, 0.02, (60, P))
    ivar = np.full((60, P), 0.02**-2)
    ivar[:, 25:] = 0  # the line
    problem = InverseProblem(Identity(P), np.where(ivar > 0, flux, 0), ivar)
    density = LatentDensity.fit(training[:1200], training[1200:1350], training[1350:])
    error = {}
    for method in ("regularised", "density"):
        found = solve(problem, BentLine(), method=method, candidates=training, density=density, starts=6)
        error[method] = np.sqrt(np.mean((found.latents[:, 1] - codes[:, 1]) ** 2))
    assert error["regularised"] > 0.45
    assert error["density"] < 0.25


def test_the_weight_of_the_prior_draws_codes_towards_its_mean():
    flux = sample(20)[1]
    random = np.random.default_rng(3)
    problem = InverseProblem(Identity(P), flux + random.normal(0, 0.2, flux.shape), np.full(flux.shape, 25.0))
    training, _ = sample(500, seed=1)
    away = [
        np.abs(solve(problem, BentLine(), candidates=training, weight=weight).latents - training.mean(axis=0)).mean()
        for weight in (0.01, 1, 10, 1000)
    ]
    assert away[0] > away[1] > away[2] > away[3]
    assert away[3] < 0.05
