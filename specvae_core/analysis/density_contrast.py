"""Density contrast: how much thinner an object lies in latent space than the objects around it.

The density is a sum of Gaussian kernels, each as wide as the distance to the nearest neighbours of its object (Breiman,
Meisel & Purcell 1977, Technometrics 19, 135); an object does not count for itself. The contrast is the mean log density
of the nearest objects less that of the object, so that, as with LOF, a place is compared with its surroundings and a
rare kind that has neighbours of its own is not an outlier. Where a model knows how well it places an object, the mean
log variance of the latents is one more coordinate: an object that is placed much worse than others stands out as well.
"""

import numpy as np

from ..progress import Progress, Report, ignore
from .lof import check_finite, with_latents

WIDTH = 20
"""The mean squared distance to that many neighbours, over the number of coordinates, is the variance of a kernel."""

AROUND = 50
"""Nearest objects whose density is compared with."""

REACH = 64
"""Nearest kernels that are summed; those farther away add next to nothing."""

MOST = 100_000
"""Objects at most that get a kernel, drawn at random from larger surveys."""

_BATCH = 20_000


def density_contrast(
    latents: np.ndarray,
    log_variance: np.ndarray | None = None,
    *,
    seed: int = 0,
    report: Report = ignore,
) -> np.ndarray:
    """Contrast (n,) of every object, a difference of natural logarithms; NaN for objects without latents.

    Parameters
    ----------
    latents
        (n, k); rows of NaN throughout are objects without any.
    log_variance
        (n, k) log of the variance of the posterior of the latents; ``None`` for models without one.
    seed
        Seed of the draw of kernels.
    report
        Called several times a second.

    Raises
    ------
    BadConfig
        Some latents are not finite.

    Examples
    --------
    >>> crowd = np.random.default_rng(0).normal(size=(400, 2))
    >>> int(density_contrast(np.concatenate([crowd, [[6.0, 0.0]]])).argmax())
    400
    """
    from .nearest import PointTree  # compiled code, which takes a second to import

    known = with_latents(latents)
    places = latents[known].astype(float)
    check_finite(places)
    if log_variance is not None:
        places = np.column_stack([places, log_variance[known].mean(axis=1)])
    found = np.full(len(known), np.nan)
    if len(places) < 3:
        return found
    places = _white(places)
    chosen = np.sort(np.random.default_rng(seed).permutation(len(places))[:MOST])
    tree = PointTree(places[chosen])
    reach = min(REACH, len(chosen) - 1)
    near = tree.of(places[chosen], min(WIDTH, reach) + 1).distance[:, 1:]
    variance = np.maximum((near**2).mean(axis=1) / places.shape[1], 1e-12)

    def nearest(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows (m, reach) of the nearest kernels of others, and the log density there (m,)."""
        all_near = tree.of(some, reach + 1)
        itself = np.isclose(all_near.distance[:, :1], 0.0)
        rows = np.where(itself, all_near.rows[:, 1:], all_near.rows[:, :-1])
        distance = np.where(itself, all_near.distance[:, 1:], all_near.distance[:, :-1])
        each = -0.5 * (distance**2 / variance[rows] + places.shape[1] * np.log(variance[rows]))
        return rows, np.logaddexp.reduce(each, axis=1)

    own = np.concatenate([nearest(places[some])[1] for some in _batches(chosen)])
    values = []
    for some in _batches(np.arange(len(places))):
        report(Progress(some[0] / len(places), f"density around {some[0]:,} of {len(places):,} objects"))
        rows, density = nearest(places[some])
        values.append(own[rows[:, :AROUND]].mean(axis=1) - density)
    found[known] = np.concatenate(values)
    return found


def _white(places: np.ndarray) -> np.ndarray:
    """Coordinates (n, d) without correlations, of unit variance; those that never change are left at 0."""
    centred = places - places.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(centred.T).reshape(len(centred.T), -1))
    return centred @ (vectors / np.sqrt(np.maximum(values, 1e-9 * values.max() + 1e-300)))


def _batches(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[first : first + _BATCH] for first in range(0, len(rows), _BATCH)]
