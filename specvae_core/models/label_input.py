"""Labels as an input: checked, scaled, and completed where some are not known."""

from collections.abc import Sequence

import numpy as np

from ..errors import BadConfig


def checked_labels(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Labels as a new array (n, M) float64.

    Raises
    ------
    BadConfig
        They have another shape.
    """
    labels = np.array(labels, dtype=float)  # a copy, since PyTorch takes no array that cannot be written
    if labels.ndim != 2 or labels.shape[1] != len(names):
        raise BadConfig(
            f"Labels of shape {labels.shape} were given: this model takes (n, {len(names)}), that is "
            f"{', '.join(names)}."
        )
    return labels


def completed_labels(
    labels: np.ndarray, errors: np.ndarray | None, correlation: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scaled labels without gaps, and their covariances: a missing label has the value that the known ones suggest.

    Training labels are taken as a Gaussian of mean 0 and the given correlation; a missing label has its conditional
    mean and covariance, and with all of them missing 0 and the correlation itself.

    Parameters
    ----------
    labels
        (n, M) in units of their spread about their centre, NaN where unknown.
    errors
        (n, M), 1-sigma, in the same units; 0 without them.
    correlation
        (M, M) of the training labels.

    Returns
    -------
    labels, covariance
        (n, M) and (n, M, M) float64.
    """
    known = np.isfinite(labels)
    filled = np.where(known, labels, 0.0)
    errors = np.zeros_like(filled) if errors is None else np.where(known, errors, 0.0)
    covariance = np.einsum("ni,ij->nij", errors**2, np.eye(labels.shape[1]))
    for pattern in np.unique(known, axis=0):
        missing = ~pattern
        if not missing.any():
            continue
        rows = np.flatnonzero((known == pattern).all(axis=1))
        inner = correlation[np.ix_(pattern, pattern)] + 1e-9 * np.eye(pattern.sum())
        slope = np.linalg.solve(inner, correlation[np.ix_(pattern, missing)]).T
        filled[np.ix_(rows, missing)] = filled[np.ix_(rows, pattern)] @ slope.T
        rest = correlation[np.ix_(missing, missing)] - slope @ correlation[np.ix_(pattern, missing)]
        whole = np.zeros((labels.shape[1], labels.shape[1]))
        whole[np.ix_(missing, missing)] = rest
        covariance[rows] += whole
    return filled, covariance
