"""Labels of objects with their errors, and flags for what is odd about them."""

from dataclasses import dataclass
from enum import IntFlag

import numpy as np


class LabelFlag(IntFlag):
    """What is odd about a spectrum or its labels; they add up, as the bits of a mask of a survey do."""

    POOR_FIT = 1
    OUTSIDE = 2
    BEYOND_LABELS = 4
    NO_SPECTRUM = 8


FLAG_WORDS: dict[LabelFlag, str] = {
    LabelFlag.POOR_FIT: "poor fit",
    LabelFlag.OUTSIDE: "outside the training set",
    LabelFlag.BEYOND_LABELS: "labels beyond those of training",
    LabelFlag.NO_SPECTRUM: "no spectrum",
}
"""Flags in words. The first two mean: more so than 99% of the objects like those of training."""


@dataclass(frozen=True, eq=False)
class LabelPrediction:
    """Labels of n objects and how far they can be trusted, in catalogue units.

    Parameters
    ----------
    values
        (n, M) labels.
    errors, errors_95
        (n, M) half widths of the 68.3 and the 95.4% intervals. Errors have heavy tails, so that the second is more
        than twice the first.
    freedom
        (M,) degrees of freedom of Student's t distribution, whose intervals these are; infinite for Gaussian errors.
    correlation
        (M, M) of the errors; `covariance` has the products.
    chi2
        (n,) χ² of the fit of each spectrum, 1 for a typical one.
    flags
        (n,) int32, sums of `LabelFlag`.
    """

    values: np.ndarray
    errors: np.ndarray
    errors_95: np.ndarray
    freedom: np.ndarray
    correlation: np.ndarray
    chi2: np.ndarray
    flags: np.ndarray

    @property
    def covariance(self) -> np.ndarray:
        """(n, M, M) covariances of the labels."""
        return self.errors[:, :, None] * self.correlation * self.errors[:, None, :]
