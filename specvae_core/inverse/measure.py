"""What a model and its training survey know before a measurement: codes, residuals, and how far to trust the errors.

The bands are measured on validation spectra with residuals of training spectra alone; the residual model that answers
has learnt from both.
"""

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

MOST_SPECTRA = 1000
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


@dataclass(frozen=True, eq=False)
class Misses:
    """What a model makes of its survey, whatever is asked later.

    Parameters
    ----------
    codes
        (m, k) of all spectra.
    residual
        What the decoder misses of them.
    validation
        Spectra that training has not seen; ``None`` where there are too few.
    training_codes
        (t, k) without those of validation spectra.
    training_residual
        The same without them.
    """

    codes: np.ndarray
    residual: ResidualModel
    validation: SpectraSet | None
    training_codes: np.ndarray
    training_residual: ResidualModel

    def prior(self, model: LatentModel, question: Question, *, seed: int = 0, report: Report = ignore) -> Prior:
        """With error bands that are calibrated for a question, on a window of a fifth for one that changes nothing."""
        calibration = Calibration()
        if self.validation is not None:
            told = _part(report, 0.0, 1.0, "measuring the error bands on validation spectra")
            learnt = self.training_codes, self.training_residual
            calibration = calibrate(model, self.validation, question, *learnt, seed, told)
            told(Progress(1.0))  # ends here where the search was stopped
        return Prior(self.codes, self.residual, calibration)


def learn_misses(
    model: LatentModel, spectra: SpectraSet, *, codes: np.ndarray | None = None, report: Report = ignore
) -> Misses:
    """Learn from the survey that the model was trained on, or a part of it; `MOST_SPECTRA` are enough.

    Parameters
    ----------
    model
        Fitted.
    spectra
        n of the survey.
    codes
        (n, k) latents of the spectra, where they are known already.
    report
        Hears a few times a second.
    """
    codes = model.encode(spectra) if codes is None else codes
    seen = spectra.seen.any(axis=1)
    spectra, codes = spectra.take(seen.nonzero()[0]), codes[seen]
    residual, ivar = spectra.flux - model.decode(codes), measured_ivar(spectra)
    held_out = model.held_out(spectra.ids)
    report(Progress(0.0, "learning what the model misses"))
    if not FEWEST <= held_out.sum() < len(spectra):
        everything = ResidualModel.fit(residual, ivar, report=report)
        return Misses(codes, everything, None, codes, everything)
    learning = ResidualModel.fit(residual[~held_out], ivar[~held_out], report=_part(report, 0.0, 0.7))
    everything = ResidualModel.fit(residual, ivar, start=learning, report=_part(report, 0.7, 1.0))
    validation = spectra.take(held_out.nonzero()[0][:CALIBRATION_SPECTRA])
    return Misses(codes, everything, validation, codes[~held_out], learning)


def _part(report: Report, start: float, end: float, message: str = "") -> Report:
    """A report for what lies between two fractions of the whole."""

    def told(progress: Progress) -> None:
        report(Progress(start + (end - start) * (progress.fraction or 0.0), message or progress.message))

    return told


def calibrate(
    model: LatentModel,
    spectra: SpectraSet,
    question: Question,
    candidates: np.ndarray,
    residual: ResidualModel,
    seed: int = 0,
    report: Report = ignore,
) -> Calibration:
    """Factors with which the bands hold 68.3 and 95.4 % of the pixels of spectra that the model has not met."""
    if question.changes_nothing:
        question = parse_problem("inpaint:0.2", spectra.grid)
    problem, judged = question.pose(spectra, seed)
    raw = Calibration(sigma68=1.0, sigma95=1.0)
    solution = solve(
        problem, model, candidates=candidates, residual=residual, calibration=raw, seed=seed, report=report
    )
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
