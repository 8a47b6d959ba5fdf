"""Methods without a neural network that fill spectra: the benchmark compares models with these."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from ..data.infill import fit_infill
from ..data.spectra import SpectraSet
from .likelihood import Likelihood
from .posterior import completed
from .problem import InverseProblem, measured_ivar
from .question import Question
from .residuals import ResidualModel

Fill = Callable[[InverseProblem], np.ndarray]
"""Function from a problem whose operator is the identity to whole spectra (n, n_pixel)."""

COMPONENTS = (5, 10, 20, 40, 80, 120)
"""Numbers of components of probabilistic PCA, of which the validation spectra choose one."""

STIFFNESSES = tuple(10.0**power for power in range(-1, 9))
"""Weights of the curvature of a spline, of which the validation spectra choose one."""


def interpolation(problem: InverseProblem) -> np.ndarray:
    """Straight lines between seen pixels."""
    pixels = np.arange(problem.operator.n_in)
    rows = zip(problem.observed, problem.ivar > 0, strict=True)
    return np.array([np.interp(pixels, pixels[seen], flux[seen]) for flux, seen in rows])


def smoothing_spline(validation: SpectraSet, question: Question, seed: int) -> Fill:
    """A cubic smoothing spline through seen pixels, as smooth as fills validation spectra best."""
    from scipy.interpolate import make_smoothing_spline

    def filled(problem: InverseProblem, stiffness: float) -> np.ndarray:
        pixels = np.arange(float(problem.operator.n_in))
        spectra = np.empty(problem.observed.shape)
        for row, (flux, ivar) in enumerate(zip(problem.observed, problem.ivar, strict=True)):
            seen = ivar > 0
            spline = make_smoothing_spline(pixels[seen], flux[seen], w=ivar[seen] / ivar[seen].mean(), lam=stiffness)
            spectra[row] = spline(np.clip(pixels, pixels[seen][0], pixels[seen][-1]))
        return spectra

    some = validation.take(slice(0, 20))
    error = _validation_error(some, question, seed)
    stiffness = min(STIFFNESSES, key=lambda stiffness: error(lambda problem: filled(problem, stiffness)))
    return lambda problem: filled(problem, stiffness)


def iterative_pca(spectra: SpectraSet) -> Fill:
    """The infill of `data.infill`, fitted to training spectra."""
    basis = fit_infill(spectra.flux, spectra.ivar).basis
    return lambda problem: basis.apply(problem.observed, problem.ivar)


def probabilistic_pca(training: SpectraSet, validation: SpectraSet, question: Question, seed: int) -> tuple[Fill, int]:
    """Probabilistic PCA (Tipping & Bishop 1999) with the number of components that fills validation spectra best.

    Returns
    -------
    fill
        Fitted to training and validation spectra together.
    q
        Its number of components.
    """
    learning = _arrays(training)
    error = _validation_error(validation, question, seed)
    models: dict[int, ResidualModel] = {}
    for q in COMPONENTS:
        model = _ppca(*learning, q)
        models[len(model.components)] = model
        if len(model.components) < q:  # so many are not supported
            break
    q = min(models, key=lambda q: error(lambda problem: _filled(models[q], problem)))
    both = (np.concatenate(pair) for pair in zip(learning, _arrays(validation), strict=True))
    model = _ppca(*both, q)
    return lambda problem: _filled(model, problem), len(model.components)


def _validation_error(validation: SpectraSet, question: Question, seed: int) -> Callable[[Fill], float]:
    """Function from a method to its χ² on hidden pixels of validation spectra."""
    problem, compared = question.pose(validation, seed)
    weight = np.where(compared, measured_ivar(validation), 0.0)
    return lambda fill: float((weight * (fill(problem) - validation.flux) ** 2).sum())


def _arrays(spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
    return spectra.flux, measured_ivar(spectra)


def _ppca(flux: np.ndarray, ivar: np.ndarray, q: int) -> ResidualModel:
    """Mean, components and one variance for all pixels."""
    model = ResidualModel.fit(flux, ivar, components=q)
    return replace(model, variance=model.variance.mean().expand_as(model.variance))


def _filled(model: ResidualModel, problem: InverseProblem) -> np.ndarray:
    """Conditional means (n, n_pixel) of the Gaussian, given the seen data."""
    likelihood = Likelihood(problem.operator, *problem.tensors(), model)
    return completed(likelihood, torch.zeros(len(problem), problem.operator.n_in).double()).numpy()
