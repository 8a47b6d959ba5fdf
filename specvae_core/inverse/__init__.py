"""Inverse problems with learned priors: y = A x + η (Rissaki et al. 2020)."""

from .measure import Misses, Prior, calibrate, learn_misses
from .operators import Bands, Blur, Compose, Downsample, Identity, LinearOperator, Mask, Redshift, Subset
from .posterior import Calibration
from .problem import InverseProblem, measured_ivar
from .redshift import RedshiftFit, fit_redshift, observed_grid
from .residuals import ResidualModel
from .scaled import Scaled
from .solution import Solution, Step
from .solve import METHODS, solve
from .words import WORDS, Question, parse_problem

__all__ = [
    "METHODS",
    "WORDS",
    "Bands",
    "Blur",
    "Calibration",
    "Compose",
    "Downsample",
    "Identity",
    "InverseProblem",
    "LinearOperator",
    "Mask",
    "Misses",
    "Prior",
    "Question",
    "Redshift",
    "RedshiftFit",
    "ResidualModel",
    "Scaled",
    "Solution",
    "Step",
    "Subset",
    "calibrate",
    "fit_redshift",
    "learn_misses",
    "measured_ivar",
    "observed_grid",
    "parse_problem",
    "solve",
]
