"""Redshift of a spectrum fitted together with its code: the operator of the problem depends on it."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import SpectralGrid
from ..models import LatentModel
from ..progress import Report, ignore
from .instrument_operators import Redshift
from .likelihood import Likelihood
from .measure import Prior
from .operators import Identity
from .problem import InverseProblem, measured_ivar
from .scaled import Scaled
from .solve import solve

STARTS = 3
"""Searches at each redshift."""

FINE = 8
"""Redshifts for each pixel's shift around the best whole one."""


@dataclass(frozen=True, eq=False)
class RedshiftPosterior:
    """Posterior of the redshift of one spectrum.

    Parameters
    ----------
    redshift, sigma
        Mean and standard deviation of the posterior under a flat prior.
    tried, log_likelihood
        (m,) trial redshifts, and the natural logarithm of their likelihood, 0 for the best.
    """

    redshift: float
    sigma: float
    tried: np.ndarray
    log_likelihood: np.ndarray


def observed_grid(rest: SpectralGrid, lowest: float, highest: float) -> SpectralGrid:
    """Grid, of the same step, on which spectra of the grid ``rest`` are observed at redshifts between two limits."""
    if not -0.5 <= lowest < highest <= 20:
        raise BadConfig(f"Redshifts from {lowest:g} to {highest:g} were asked for: give two between -0.5 and 20.")
    low, high = math.log10(1 + lowest), math.log10(1 + highest)
    n = rest.n_pixel + math.ceil((high - low) / rest.log10_step)
    return SpectralGrid(rest.log10_start + low, rest.log10_step, n)


def fit_redshift(
    observed: SpectraSet,
    model: LatentModel,
    prior: Prior,
    limits: tuple[float, float],
    *,
    seed: int = 0,
    report: Report = ignore,
) -> RedshiftPosterior:
    """Try all shifts by whole pixels, then finer ones around the best.

    A shift leaves some pixels outside of the model's grid. Under every shift these count as drawn from a broad
    Gaussian, so that all shifts account for the same data.

    Parameters
    ----------
    observed
        One spectrum on `observed_grid`, in the observed frame.
    model, prior
        The model, and the prior of its spectra at rest.
    limits
        Lowest and highest redshift.
    seed
        Seed of the random starts.
    report
        Called after every step.
    """
    step, first = observed.grid.log10_step, math.log10(1 + limits[0])
    n_pixel = model.grid.n_pixel
    shifts = np.arange(observed.grid.n_pixel - n_pixel + 1)
    flux, ivar = observed.flux[0].astype(float), measured_ivar(observed)[0]
    seen = ivar > 0
    spread = flux[seen].var() + np.divide(1.0, ivar, out=np.zeros_like(ivar), where=seen)
    broad = np.where(seen, -0.5 * ((flux - 1) ** 2 / spread + np.log(spread)), 0.0)

    windows = shifts[:, None] + np.arange(n_pixel)
    usable = seen[windows].any(axis=1)
    problem = InverseProblem(Identity(n_pixel), flux[windows[usable]], ivar[windows[usable]])
    coarse = np.full(len(shifts), -np.inf)
    coarse[usable] = _log_likelihood(problem, model, prior, seed, report)
    coarse[usable] += broad.sum() - broad[windows[usable]].sum(axis=1)

    places = shifts[coarse.argmax()] + np.arange(-FINE, FINE + 1) / FINE
    redshifts = 10 ** (first + step * places.clip(0, shifts[-1])) - 1
    fine = np.empty(len(redshifts))
    for number, redshift in enumerate(redshifts):
        operator = Redshift(model.grid, observed.grid, redshift)
        inside = operator.covered.numpy()
        problem = InverseProblem(operator, flux[None], np.where(inside, ivar, 0.0)[None])
        fine[number] = _log_likelihood(problem, model, prior, seed, report)[0] + broad[~inside].sum()
    return _summary(np.concatenate([10 ** (first + step * shifts) - 1, redshifts]), np.concatenate([coarse, fine]))


def _log_likelihood(problem: InverseProblem, model: LatentModel, prior: Prior, seed: int, report: Report) -> np.ndarray:
    """Natural logarithm (n,) of the likelihood of measurements at the best code of each, up to a constant."""
    scaled = Scaled(model)
    candidates = scaled.candidates(prior.candidates, seed)
    solution = solve(
        problem, scaled, starts=STARTS, candidates=candidates, residual=prior.residual, seed=seed, report=report
    )
    likelihood = Likelihood(problem.operator, *problem.tensors(), prior.residual)
    chi2 = torch.from_numpy(solution.misfit) * likelihood.n_seen
    return -0.5 * (chi2 + likelihood.log_determinant()).numpy()


def _summary(tried: np.ndarray, log_likelihood: np.ndarray) -> RedshiftPosterior:
    order = np.argsort(tried, kind="stable")
    tried, log_likelihood = tried[order], log_likelihood[order] - log_likelihood.max()
    weight = np.exp(log_likelihood) * np.gradient(tried).clip(0)
    mean = float(np.average(tried, weights=weight))
    sigma = float(np.sqrt(np.average((tried - mean) ** 2, weights=weight)))
    return RedshiftPosterior(mean, sigma, tried, log_likelihood)
