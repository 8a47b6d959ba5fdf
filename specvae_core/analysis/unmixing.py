"""Errors of endmembers and abundances against known ones."""

import numpy as np

from ..data.spectra import SpectraSet

PURE = 0.99
"""Least fraction of a pure spectrum of an endmember."""

LEAST = 1e-3
"""Least fraction in the divergence, which keeps it finite."""


def abundance_errors(predicted: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Root mean square error and mean KL(true || predicted) of abundances (n, k), in nats.

    Rows with a fraction that is not known are left out; both are NaN where no row is left.
    """
    known = np.isfinite(true).all(axis=1)
    predicted, true = _inside(predicted[known]), _inside(true[known])
    if not known.any():
        return {"abundance_rmse": float("nan"), "abundance_kl": float("nan")}
    rmse = np.sqrt(np.mean((predicted - true) ** 2))
    return {
        "abundance_rmse": float(rmse),
        "abundance_kl": float(np.mean((true * np.log(true / predicted)).sum(axis=1))),
    }


def pure_spectra(spectra: SpectraSet, fractions: np.ndarray) -> np.ndarray:
    """Mean spectrum of the pure objects of each endmember, (k, n_pixel); NaN where there is none, or no pixel is seen.

    Parameters
    ----------
    spectra
        n objects.
    fractions
        (n, k), NaN where unknown.
    """
    found = np.full((fractions.shape[1], spectra.grid.n_pixel), np.nan)
    for k in range(fractions.shape[1]):
        rows = np.flatnonzero(fractions[:, k] > PURE)
        seen = spectra.seen[rows]
        with np.errstate(invalid="ignore"):
            found[k] = np.where(seen, spectra.flux[rows], 0).sum(axis=0) / seen.sum(axis=0)
    return found


def endmember_errors(endmembers: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Root of the summed squares of endmembers minus true ones (k, n_pixel), (k,): Gemp et al. (2017), Fig. 5.

    Pixels where the true one is NaN are left out; NaN for an endmember without any.
    """
    squares = (endmembers - true) ** 2
    return np.where(np.isfinite(true).any(axis=1), np.sqrt(np.nansum(squares, axis=1)), np.nan)


def spectral_angles(endmembers: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Angle between spectra (k, n_pixel) taken as vectors, radians, (k,).

    >>> spectral_angles(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(4).tolist()
    [0.7854]
    """
    cosine = (endmembers * true).sum(axis=1) / np.linalg.norm(endmembers, axis=1) / np.linalg.norm(true, axis=1)
    return np.arccos(np.clip(cosine, -1, 1))


def _inside(fractions: np.ndarray) -> np.ndarray:
    kept = np.clip(fractions, LEAST, None)
    return kept / kept.sum(axis=1, keepdims=True)
