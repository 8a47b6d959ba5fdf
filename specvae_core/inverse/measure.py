"""What a model and its training survey know before a measurement: codes, residuals, and how far to trust the errors."""

from dataclasses import dataclass

import numpy as np

from ..data.spectra import SpectraSet
from ..models import LatentModel
from ..progress import Progress, Report, ignore
from .posterior import Calibration
from .problem import measured_ivar
from .residuals import ResidualModel
from .solve import solve
from .words import Question, parse_problem

MOST_SPECTRA = 2000
"""Spectra that residuals are learnt from; more add little."""

CALIBRATION_SPECTRA = 60
"""Validation spectra that the bands are measured on."""

FEWEST = 5
"""With fewer validation spectra the bands are left as they are."""

FACTORS = (0.2, 20.0)
"""Limits of a calibration factor."""


@dataclass(frozen=True, eq=False)
class Prior:
    """Everything that `solve` takes besides the problem and the model.

    Parameters
    ----------
    candidates
        (m, k) codes of training spectra.
    residual
        What the decoder misses of them.
    calibration
        Of the error bands, on validation spectra.
    """

    candidates: np.ndarray
    residual: ResidualModel
    calibration: Calibration


def learn_prior(
    model: LatentModel,
    spectra: SpectraSet,
    question: Question,
    *,
    codes: np.ndarray | None = None,
    seed: int = 0,
    report: Report = ignore,
) -> Prior:
    """Learn from the survey that the model was trained on.

    The bands are measured on validation spectra with residuals of training spectra alone; the residual model that is
    returned has learnt from both.

    Parameters
    ----------
    model
        Fitted.
    spectra
        The survey, or a part of it; `MOST_SPECTRA` of them are enough.
    question
        The bands are calibrated for this problem; for one that changes nothing, on a window of a fifth.
    codes
        (n, k) latents of the spectra, where they are known already.
    seed
        Of the problems' noise and windows.
    report
        Hears a few times a second.
    """
    codes = model.encode(spectra) if codes is None else codes
    seen = spectra.seen.any(axis=1)
    spectra, codes = spectra.take(seen.nonzero()[0]), codes[seen]
    residual, ivar = spectra.flux - model.decode(codes), measured_ivar(spectra)
    validation = np.isin(spectra.ids, model.validation_ids)
    report(Progress(0.1, "learning what the model misses"))
    if FEWEST <= validation.sum() < len(spectra):
        learning = ResidualModel.fit(residual[~validation], ivar[~validation], report=report)
        report(Progress(0.5, "measuring the error bands on validation spectra"))
        rows = validation.nonzero()[0][:CALIBRATION_SPECTRA]
        calibration = calibrate(model, spectra.take(rows), question, codes[~validation], learning, seed)
    else:
        calibration = Calibration()
    report(Progress(0.9, "learning what the model misses"))
    return Prior(codes, ResidualModel.fit(residual, ivar, report=report), calibration)


def calibrate(
    model: LatentModel,
    spectra: SpectraSet,
    question: Question,
    candidates: np.ndarray,
    residual: ResidualModel,
    seed: int = 0,
) -> Calibration:
    """Factors with which the bands hold 68.3 and 95.4 % of the pixels of spectra that the model has not met."""
    if question.changes_nothing:
        question = parse_problem("inpaint:0.2", spectra.grid)
    problem, judged = question.pose(spectra, seed)
    raw = Calibration(sigma68=1.0, sigma95=1.0)
    solution = solve(problem, model, candidates=candidates, residual=residual, calibration=raw, seed=seed)
    miss = np.abs(spectra.flux - solution.spectra)[judged]
    noise = (1 / measured_ivar(spectra).clip(1e-30))[judged]
    sigma = solution.sigma[judged]
    return Calibration(
        sigma68=holding(0.683, miss, sigma, noise),
        sigma95=holding(0.954, miss, sigma, 4 * noise),
    )


def holding(share: float, miss: np.ndarray, sigma: np.ndarray, noise: np.ndarray) -> float:
    """The factor f for which this share of misses lies below sqrt(f² sigma² + noise), within `FACTORS`."""
    low, high = np.log(FACTORS)
    for _ in range(30):
        middle = 0.5 * (low + high)
        held = np.mean(miss**2 < np.exp(2 * middle) * sigma**2 + noise)
        low, high = (middle, high) if held < share else (low, middle)
    return float(np.exp(0.5 * (low + high)))
