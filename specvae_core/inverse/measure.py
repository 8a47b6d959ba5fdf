"""Prior of an inverse problem: codes of training spectra, residuals of the decoder, calibration of the error bands.

The bands are calibrated on validation spectra with residuals of training spectra alone; the residual model of the
prior is fitted to both.
"""

from dataclasses import dataclass

import numpy as np

from ..data.spectra import SpectraSet
from ..data.split import Part
from ..models import LatentModel
from ..progress import Progress, Report, ignore
from .posterior import Calibration
from .problem import measured_ivar
from .question import Question, parse_problem
from .residuals import ResidualModel
from .solve import solve

MOST_SPECTRA = 1000
"""Spectra at most to which the residual model is fitted; more add little."""

CALIBRATION_SPECTRA = 60
"""Validation spectra at most on which the bands are calibrated."""

MIN_VALIDATION = 5
"""Validation spectra without which the bands are not calibrated."""

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
        Model of the residuals that the decoder leaves of them.
    calibration
        Calibration of the error bands, from validation spectra.
    """

    candidates: np.ndarray
    residual: ResidualModel
    calibration: Calibration


@dataclass(frozen=True, eq=False)
class SurveyResiduals:
    """Codes and residuals of a survey under a model, the same for every problem.

    Parameters
    ----------
    codes
        (m, k) codes of all spectra but those of the test part.
    residual
        Model of their residuals.
    validation
        Spectra of the validation part; ``None`` where there are too few.
    training_codes
        (t, k) codes of the other spectra.
    training_residual
        Model of the residuals of those alone.
    """

    codes: np.ndarray
    residual: ResidualModel
    validation: SpectraSet | None
    training_codes: np.ndarray
    training_residual: ResidualModel

    def prior(self, model: LatentModel, question: Question, *, seed: int = 0, report: Report = ignore) -> Prior:
        """Prior whose error bands are calibrated for a question; for one that hides nothing, on a hidden fifth."""
        calibration = Calibration()
        if self.validation is not None:
            step = _part(report, 0.0, 1.0, "measuring the error bands on validation spectra")
            learnt = self.training_codes, self.training_residual
            calibration = calibrate(model, self.validation, question, *learnt, seed, step)
            step(Progress(1.0))  # ends here where the search was stopped
        return Prior(self.codes, self.residual, calibration)


def learn_residuals(
    model: LatentModel, spectra: SpectraSet, *, codes: np.ndarray | None = None, report: Report = ignore
) -> SurveyResiduals:
    """Fit the residuals of the survey that the model was trained on, or of a part of it; `MOST_SPECTRA` are enough.

    Parameters
    ----------
    model
        A fitted model.
    spectra
        n spectra of the survey.
    codes
        (n, k) latents of the spectra, where they are known already.
    report
        Called a few times a second.
    """
    codes = model.encode(spectra) if codes is None else codes
    usable = spectra.seen.any(axis=1) & ~model.in_part(Part.TEST, spectra.ids)  # a prior that knows the test is no test
    spectra, codes = spectra.take(usable.nonzero()[0]), codes[usable]
    residual, ivar = spectra.flux - model.decode(codes), measured_ivar(spectra)
    held_out = model.in_part(Part.VALIDATION, spectra.ids)
    report(Progress(0.0, "fitting the residuals of the model"))
    if not MIN_VALIDATION <= held_out.sum() < len(spectra):
        everything = ResidualModel.fit(residual, ivar, report=report)
        return SurveyResiduals(codes, everything, None, codes, everything)
    learning = ResidualModel.fit(residual[~held_out], ivar[~held_out], report=_part(report, 0.0, 0.7))
    everything = ResidualModel.fit(residual, ivar, start=learning, report=_part(report, 0.7, 1.0))
    validation = spectra.take(held_out.nonzero()[0][:CALIBRATION_SPECTRA])
    return SurveyResiduals(codes, everything, validation, codes[~held_out], learning)


def _part(report: Report, start: float, end: float, message: str = "") -> Report:
    """A report that maps its fractions to those between ``start`` and ``end``."""

    def part(progress: Progress) -> None:
        report(Progress(start + (end - start) * (progress.fraction or 0.0), message or progress.message))

    return part


def calibrate(
    model: LatentModel,
    spectra: SpectraSet,
    question: Question,
    candidates: np.ndarray,
    residual: ResidualModel,
    seed: int = 0,
    report: Report = ignore,
) -> Calibration:
    """Factors with which the bands hold 68.3 and 95.4 % of the pixels of spectra that the model did not learn from."""
    if question.changes_nothing:
        question = parse_problem("inpaint:0.2", spectra.grid)
    problem, compared = question.pose(spectra, seed)
    raw = Calibration(sigma68=1.0, sigma95=1.0)
    solution = solve(
        problem, model, candidates=candidates, residual=residual, calibration=raw, seed=seed, report=report
    )
    error = np.abs(spectra.flux - solution.spectra)[compared]
    noise = (1 / measured_ivar(spectra).clip(1e-30))[compared]
    sigma = solution.sigma[compared]
    return Calibration(
        sigma68=factor_holding(0.683, error, sigma, noise),
        sigma95=factor_holding(0.954, error, sigma, 4 * noise),
    )


def factor_holding(share: float, error: np.ndarray, sigma: np.ndarray, noise: np.ndarray) -> float:
    """Factor f for which a share of the absolute errors lies below sqrt(f² sigma² + noise), within `FACTORS`."""
    low, high = np.log(FACTORS)
    for _ in range(30):
        middle = 0.5 * (low + high)
        held = np.mean(error**2 < np.exp(2 * middle) * sigma**2 + noise)
        low, high = (middle, high) if held < share else (low, middle)
    return float(np.exp(0.5 * (low + high)))
