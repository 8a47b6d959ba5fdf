"""The local outlier factor of Breunig et al. (2000, Proc. ACM SIGMOD 29, 93), exactly.

With the k nearest neighbours N(p) of a point p and the distance d_k(p) to the k-th of them::

    reach(p, o) = max(d_k(o), |p - o|)                                         definition 5
    density(p)  = 1 / mean over o in N(p) of reach(p, o)                       definition 6
    LOF(p)      = mean over o in N(p) of density(o) / density(p)               definition 7

LOF is near 1 inside a population of any density, and large for a point in a sparser place than its neighbours.
Portillo et al. (2020, section 3.3) use it with k = 20 on the latents of galaxies.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import BadConfig
from ..progress import Report, ignore

if TYPE_CHECKING:
    from .nearest import Each, Neighbours, PointTree

NEIGHBOURS = 20
"""Number of neighbours k of Portillo et al. (2020)."""

FOREIGN = 1.5
"""Largest LOF of a member of the population: LOF is near 1 inside any population, so one threshold serves all."""

_SMALLEST = 1e-10  # added to a mean distance, so that points which coincide have a density


@dataclass(frozen=True, eq=False)
class LocalOutlierFactor:
    """Local outlier factor of n points, and of other points against them.

    Parameters
    ----------
    k
        Number of neighbours.
    scores
        (n,) float64, LOF of each point within the set; NaN for points without coordinates.
    """

    k: int
    scores: np.ndarray
    _tree: "PointTree"
    _density: np.ndarray
    _reach: np.ndarray  # (n,) distance of each point to its k-th neighbour

    def newcomers(self, points: np.ndarray, report: Report = ignore) -> np.ndarray:
        """LOF of points (m, d) that were not in the set, as (m,): novelty detection."""
        check_finite(points)
        found = self._tree.of(points, self.k, report)
        return self._density[found.rows].mean(axis=1) / _local_density(found, self._reach)


def local_outlier_factor(
    points: np.ndarray, k: int = NEIGHBOURS, report: Report = ignore, each: "Each | None" = None
) -> LocalOutlierFactor:
    """Local outlier factor of every point.

    Parameters
    ----------
    points
        (n, d) latents; rows of NaN throughout are objects without any, as those that an embedding lacks.
    k
        Number of neighbours, 1 to n - 1, of the objects with latents.
    report
        Called several times a second.
    each
        How batches of points are searched for neighbours; one after the other by default.

    Raises
    ------
    BadConfig
        k is outside its range, or some latents are not finite.

    Examples
    --------
    >>> grid = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2)
    >>> points = np.concatenate([grid, [[20.0, 20.0]]])
    >>> lof = local_outlier_factor(points, k=5)
    >>> int(lof.scores.argmax()), bool(lof.scores[:-1].max() < FOREIGN)
    (36, True)
    >>> (lof.newcomers(np.array([[2.5, 2.5], [-9.0, 3.0]])) > FOREIGN).tolist()
    [False, True]
    """
    from .nearest import PointTree, in_turn  # compiled code, which takes a second to import

    known = with_latents(points)
    points, n = points[known], int(known.sum())
    if not 1 <= k < n:
        raise BadConfig(
            f"LOF with k = {k} neighbours needs more than {max(k, 1)} objects and a k of at least 1, but the survey "
            f"has {n}: choose k from 1 to {max(n - 1, 1)}."
        )
    check_finite(points)
    tree = PointTree(points, each or in_turn)
    found = tree.among_themselves(k, report)
    reach = found.distance[:, -1].copy()
    density = _local_density(found, reach)
    scores = np.full(len(known), np.nan)
    scores[known] = density[found.rows].mean(axis=1) / density
    return LocalOutlierFactor(k, scores, tree, density, reach)


def _local_density(found: "Neighbours", reach: np.ndarray) -> np.ndarray:
    """Inverse mean reachability distance, (n,)."""
    return 1 / (np.maximum(found.distance, reach[found.rows]).mean(axis=1) + _SMALLEST)


def with_latents(points: np.ndarray) -> np.ndarray:
    """Mask (n,) bool of the rows of (n, d) that are not NaN throughout."""
    return ~np.isnan(points).all(axis=1)


def check_finite(points: np.ndarray) -> None:
    """Raise `BadConfig` unless all latents (n, d) are numbers."""
    bad = int((~np.isfinite(points).all(axis=1)).sum())
    if bad:
        raise BadConfig(f"{bad} of {len(points)} objects have latents that are not finite: train the model again.")
