"""Calibration of the error bands of inverse problems on spectra that the model did not learn from."""

from collections.abc import Iterator

import numpy as np

from ...inverse import learn_residuals, parse_problem
from ...inverse.coverage import squared_error
from ...inverse.solve import solve
from ...progress import Report
from .answers import HELD_OUT, Answers
from .case import Case

PROBLEMS = ("inpaint:0.4", "random:0.4", "denoise:0.1")
MOST = 60
"""Spectra at most whose problems are solved."""


def bands(case: Case, report: Report) -> Iterator[Answers]:
    """Bands over hidden or noisy pixels; noise of the data counts where no estimate has followed it."""
    model, n = case.model, len(case.spectra)
    spectra = case.spectra.on_scale(model.flux_scale).take(slice(0, MOST))
    residuals = learn_residuals(model, case.learning.on_scale(model.flux_scale), report=report)
    for text in PROBLEMS:
        question = parse_problem(text, spectra.grid)
        problem, compared = question.pose(spectra, case.seed + 1)
        prior = residuals.prior(model, question, seed=case.seed, report=report)
        found = solve(problem, model, seed=case.seed, report=report, **vars(prior))
        squares, noise = squared_error(found, spectra)
        low68, high68 = np.moveaxis(found.band68, 1, 0)
        low95, high95 = np.moveaxis(found.band95, 1, 0)
        wide = (high68 - low68) / 2, (high95 - low95) / 2
        inside = tuple(squares < half**2 + k * noise for half, k in zip(wide, (1, 4), strict=True))
        sigma = np.sqrt((wide[0] ** 2 + noise).clip(min=1e-20))
        truth = np.where(compared, spectra.flux, np.nan)
        yield Answers(
            f"band of {text}",
            HELD_OUT,
            _padded(truth, n, np.nan),
            _padded(found.spectra, n, 0.0),
            _padded(sigma, n, 1.0),
            inside=(_padded(inside[0], n, False), _padded(inside[1], n, False)),
            note="noise of the data added",
        )


def _padded(values: np.ndarray, n: int, filler: float) -> np.ndarray:
    """Values (m, p) with rows of a filler behind, (n, p): spectra that were not asked about."""
    rest = np.full((n - len(values), values.shape[1]), filler, dtype=values.dtype)
    return np.concatenate([values, rest])
