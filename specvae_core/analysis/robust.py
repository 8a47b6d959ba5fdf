"""Robust statistics."""

import numpy as np


def nmad(values: np.ndarray) -> float:
    """Normalised median absolute deviation of values (n,), 1.4826 times that from their median.

    It is the standard deviation of a Gaussian sample, and outliers hardly change it.

    Examples
    --------
    >>> nmad(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))
    1.4826
    """
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
