"""DEMUD: objects in the order in which each is least like those that were shown before it.

Discovery via Eigenbasis Modelling of Uninteresting Data (Wagstaff et al. 2013, Proc. AAAI 27, 905), which Portillo et
al. (2020, section 4) propose for finding interesting spectra. The first object is the one that the principal
components of all describe worst. From then on the components are those of the objects already shown, and the next is
the one that these describe worst. So a second object of a kind comes late, where LOF ranks it as high as the first.
"""

import numpy as np

from .lof import with_latents

ORDERS = ("lof", "contrast", "chi2", "density", "demud")
"""Orders of outliers: highest LOF, strongest `density_contrast`, worst reconstructed, least dense, that of `demud`."""


def demud(latents: np.ndarray, n: int, n_components: int | None = None) -> np.ndarray:
    """Rows of the first objects, (n,) or fewer where there are fewer.

    Parameters
    ----------
    latents
        (m, k), whose units do not matter: each is divided by its spread. Rows of NaN are left out.
    n
        Number of objects.
    n_components
        Principal components of the objects shown; half of the latents by default.

    Examples
    --------
    >>> points = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), [[30, 0], [31, 0], [0, 25]]])
    >>> demud(points, 2).tolist()  # one of each kind; the second of a kind comes late
    [52, 51]
    """
    known = np.flatnonzero(with_latents(latents))
    points = latents[known].astype(float)
    points = (points - points.mean(axis=0)) / np.maximum(points.std(axis=0), 1e-30)
    n_components = n_components or max(1, latents.shape[1] // 2)
    centre, axes = np.zeros(latents.shape[1]), _axes(points, n_components)
    chosen: list[int] = []
    for _ in range(min(n, len(points))):
        away = points - centre
        error = np.square(away).sum(axis=1) - np.square(away @ axes.T).sum(axis=1)
        error[chosen] = -np.inf
        chosen.append(int(error.argmax()))
        centre = points[chosen].mean(axis=0)
        axes = _axes(points[chosen] - centre, min(n_components, len(chosen) - 1))
    return known[chosen]


def _axes(centred: np.ndarray, n: int) -> np.ndarray:
    """The first n principal axes (n, k)."""
    return np.linalg.eigh(centred.T @ centred)[1].T[::-1][:n]
