"""Inverse problems with learned priors: y = A x + η (Rissaki et al. 2020)."""

from .instrument_operators import Bands, Blur, Redshift
from .measure import Prior, SurveyResiduals, calibrate, learn_residuals
from .operators import Compose, Downsample, Identity, LinearOperator, Mask, Subset
from .posterior import Calibration
from .problem import InverseProblem, measured_ivar
from .question import PROBLEM_PARTS, Question, parse_problem, problem_in_words
from .redshift import RedshiftPosterior, fit_redshift, observed_grid
from .residuals import ResidualModel
from .scaled import Scaled
from .solution import Solution, Step
from .solve import METHODS, solve

__all__ = [
    "METHODS",
    "PROBLEM_PARTS",
    "Bands",
    "Blur",
    "Calibration",
    "Compose",
    "Downsample",
    "Identity",
    "InverseProblem",
    "LinearOperator",
    "Mask",
    "Prior",
    "Question",
    "Redshift",
    "RedshiftPosterior",
    "ResidualModel",
    "Scaled",
    "Solution",
    "Step",
    "Subset",
    "SurveyResiduals",
    "calibrate",
    "fit_redshift",
    "learn_residuals",
    "measured_ivar",
    "observed_grid",
    "parse_problem",
    "problem_in_words",
    "solve",
]
