"""Doppelgängers: stars with the same labels but for one, whose spectra differ by what that label does.

Horta et al. (2025), section 4.4 and Fig. 5, compare the spectra of pairs of stars of similar temperature, gravity and
metallicity, but of different abundance of one element.
"""

import numpy as np

SIMILAR = 0.05
"""Distance in the other labels, in units of their interquartile range, up to which two stars are alike."""

RELAXED = 4
"""Doublings of that distance that are tried where no star is as near."""


def doppelganger(labels: np.ndarray, row: int, differs: int) -> int | None:
    """Row of the star that is alike in all labels but one, and differs most in that one.

    Parameters
    ----------
    labels
        (n, M); rows that are not finite are left out.
    row
        The star whose doppelgänger is looked for.
    differs
        Index of the label that may differ.

    Returns
    -------
    row
        ``None`` where no star is alike, or the star has no labels.
    """
    known = np.isfinite(labels).all(axis=1)
    if not known[row] or known.sum() < 2:
        return None
    low, high = np.percentile(labels[known], [25, 75], axis=0)
    scaled = labels / np.where(high > low, high - low, 1.0)
    others = np.delete(scaled, differs, axis=1)
    distance = np.abs(others - others[row]).max(axis=1, initial=0.0)
    gap = np.abs(scaled[:, differs] - scaled[row, differs])
    for doubling in range(RELAXED + 1):
        alike = known & (distance < SIMILAR * 2**doubling)
        alike[row] = False
        if alike.any():
            return int(np.argmax(np.where(alike, gap, -1.0)))
    return None
