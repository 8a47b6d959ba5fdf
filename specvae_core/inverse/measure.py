"""Prior of an inverse problem: codes of training spectra, residuals of the decoder, calibration of the error bands.

The bands are calibrated on validation spectra with residuals of training spectra alone; the residual model of the
prior is fitted to both.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..data.spectra import SpectraSet
from ..data.split import Part
from ..models import LatentModel
from ..models.density import LatentDensity
from ..progress import Progress, Report, ignore
from .coverage import factors_holding, squared_error
from .operators import Identity
from .posterior import Calibration
from .problem import measured_ivar
from .question import Question
from .residuals import ResidualModel
from .solve import solve

MOST_SPECTRA = 1000
"""Spectra at most to which the residual model is fitted; more add little."""

CALIBRATION_SPECTRA = 200
"""Validation spectra at most on which the bands are calibrated; where there are fewer, each serves several times."""

MOST_REPEATS = 4
"""Times at most that a validation spectrum serves, with other windows and noise."""

MIN_VALIDATION = 5
"""Validation spectra without which the bands are not calibrated."""

HIDDEN = 0.2
"""Share of the pixels that is hidden to calibrate the bands of unseen pixels."""


RAW = Calibration(hidden68=1.0, seen68=1.0)
"""Bands before they are calibrated: the errors of the posterior as they are."""


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
    weight, density
        As those of `solve`.
    """

    candidates: np.ndarray
    residual: ResidualModel
    calibration: Calibration
    weight: float = 1.0
    density: LatentDensity | None = None


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

    def prior(
        self,
        model: LatentModel,
        question: Question,
        *,
        weight: float = 1.0,
        density: LatentDensity | None = None,
        seed: int = 0,
        report: Report = ignore,
    ) -> Prior:
        """Prior whose error bands are calibrated for a question, see `calibrate`; ``density`` for that method alone."""
        calibration = Calibration()
        if self.validation is not None:
            step = _part(report, 0.0, 1.0, "measuring the error bands on validation spectra")
            learnt = Prior(self.training_codes, self.training_residual, RAW, weight, density)
            calibration = calibrate(model, self.validation, question, learnt, seed, step)
            step(Progress(1.0))  # ends here where the search was stopped
        return Prior(self.codes, self.residual, calibration, weight, density)


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
    learnt: Prior,
    seed: int = 0,
    report: Report = ignore,
) -> Calibration:
    """Factors with which the bands hold 68.3 and 95.4% of the pixels of spectra that the model did not learn from.

    Where the question hides nothing of spectra, a window of `HIDDEN` is hidden besides, so that there are factors for
    unseen pixels as well, which are not below those of seen ones; behind an operator there is one pair for all pixels.
    """
    pixels = isinstance(question.operator, Identity)
    if pixels and not (question.window or question.scattered or question.ranges):
        question = replace(question, window=HIDDEN)
    method = "regularised" if learnt.density is None else "density"
    repeats = min(MOST_REPEATS, max(1, CALIBRATION_SPECTRA // len(spectra)))
    parts = []
    for repeat in range(repeats):
        step = _part(report, repeat / repeats, (repeat + 1) / repeats)
        problem, _ = question.pose(spectra, seed + repeat)
        solution = solve(problem, model, method=method, **vars(learnt), seed=seed, report=step)
        shown = problem.ivar > 0 if pixels else np.ones(solution.spectra.shape, dtype=bool)
        parts.append([*(part / solution.sigma**2 for part in squared_error(solution, spectra)), shown])
    squares, noise, shown = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    seen = np.tile(spectra.seen, (repeats, 1))
    seen68, seen95 = factors_holding(squares, noise, seen & shown)
    if not (seen & ~shown).any():
        return Calibration(seen68, seen95, seen68, seen95)
    hidden68, hidden95 = factors_holding(squares, noise, seen & ~shown)  # fewer pixels: where noise rules, less certain
    return Calibration(max(hidden68, seen68), max(hidden95, seen95), seen68, seen95)
