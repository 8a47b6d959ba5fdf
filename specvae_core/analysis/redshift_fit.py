"""The redshift of one object as it was found, and how redshifts of many compare with a catalogue's."""

from dataclasses import dataclass

import numpy as np

from .robust import nmad

SEPARATION = 2000.0
"""Least distance in km/s of two minima that count as different redshifts."""

OUTLIER = 0.005
"""Share of 1 + z by which a redshift may miss the catalogue's before it counts as an outlier (1500 km/s)."""


@dataclass(frozen=True, eq=False)
class RedshiftFit:
    """χ² against trial redshift for one object, and its minima.

    Parameters
    ----------
    trial_z, trial_chi2
        (n_trial,) the curve, rising in redshift.
    z, z_error, chi2
        The best minimum; the error is that of Δχ² = 1, without whatever the model cannot reproduce.
    second_z, second_chi2
        The best minimum at least `SEPARATION` away; NaN where there is none.
    n_pixel
        Seen pixels that χ² counts.
    covered
        Share of them that the model covers at the best redshift.
    flux
        (n_pixel of the grid,) float32, the model at the best redshift on the pixels of the data; NaN where it
        does not reach.
    """

    trial_z: np.ndarray
    trial_chi2: np.ndarray
    z: float
    z_error: float
    chi2: float
    second_z: float
    second_chi2: float
    n_pixel: int
    covered: float
    flux: np.ndarray


@dataclass(frozen=True)
class RedshiftSummary:
    """Statistics of redshifts against the catalogue's, as (z - z_catalogue) / (1 + z_catalogue).

    Parameters
    ----------
    n
        Objects that have both.
    bias, nmad
        Median, and 1.4826 times the median absolute deviation from it.
    outliers
        Share beyond ``outlier_limit``.
    """

    n: int
    bias: float
    nmad: float
    outliers: float
    outlier_limit: float = OUTLIER


def summarise(z: np.ndarray, z_catalogue: np.ndarray) -> RedshiftSummary:
    """Compare redshifts (n,) with the catalogue's (n,); NaN in either leaves the object out."""
    difference = (z - z_catalogue) / (1 + z_catalogue)
    difference = difference[np.isfinite(difference)]
    if not len(difference):
        return RedshiftSummary(0, float("nan"), float("nan"), float("nan"))
    bias = float(np.median(difference))
    return RedshiftSummary(len(difference), bias, nmad(difference), float((np.abs(difference) > OUTLIER).mean()))
