"""Objects most like some examples, by their latents or by vectors of which the latents are principal components."""

from collections.abc import Callable, Iterator

import numpy as np

from ..errors import BadConfig

AT_ONCE = 2**17
"""Numbers compared at a time: they stay in the cache of a processor."""

CANDIDATES, MOST_CANDIDATES = 500, 4000
"""Objects, nearest by latents, whose whole vectors are compared at first, and at a time at most."""

MARGIN = 2e-5
"""Relative error that a sum of the squares of 64 float32 stays below."""

Whole = Callable[[np.ndarray], np.ndarray]
"""Rows (m,) -> their whole vectors (m, D), which latents shorten by an orthonormal projection."""


def nearest_objects(
    latents: np.ndarray, examples: np.ndarray, top: int, whole: Whole | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Objects nearest to any of some examples, the examples left out.

    Parameters
    ----------
    latents
        (n, d); objects whose latents are not finite are never near.
    examples
        (m,) rows.
    top
        Objects to find.
    whole
        The vectors that are compared, where the latents are but their first principal components. The answer is exact:
        a distance between latents is never larger than that between vectors, so that few of these have to be read.

    Returns
    -------
    rows
        (k,) rows, the nearest first; k is smaller than ``top`` where there are not as many objects.
    distance
        (k,) Euclidean distance to the nearest example.

    Raises
    ------
    BadConfig
        ``top`` is below 1, or an example has no latents.

    Examples
    --------
    >>> rows, distance = nearest_objects(np.array([[0.0], [3.0], [1.0], [9.0]]), np.array([0]), 2)
    >>> rows.tolist(), distance.tolist()
    ([2, 1], [1.0, 3.0])
    """
    examples = np.asarray(examples, dtype=int)
    _check(latents[examples], top)
    squared = (_squared if whole is None else _lower_bounds)(latents, latents[examples])
    squared[examples] = np.inf
    k = min(top, int(np.isfinite(squared).sum()))
    if whole is None:
        return _nearest(squared, k)
    return _refined(squared, whole, whole(examples), k)


def nearest_to(latents: np.ndarray, targets: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Objects nearest to any of some points of latent space, as objects of another survey.

    Parameters
    ----------
    latents
        (n, d); objects whose latents are not finite are never near.
    targets
        (m, d) points.
    top
        Objects to find.

    Returns
    -------
    rows, distance
        As of `nearest_objects`.

    Raises
    ------
    BadConfig
        ``top`` is below 1, or a point is not finite.
    """
    _check(targets, top)
    squared = _squared(latents, targets)
    return _nearest(squared, min(top, int(np.isfinite(squared).sum())))


def _lower_bounds(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """(n,) squared distances as of `_squared`, less their error: computed in the precision of the points."""
    with np.errstate(over="ignore"):
        squared = _squared(points, targets, points.dtype).astype(float) * (1 - MARGIN)
    lost = np.flatnonzero(np.isinf(squared))  # too large for float32, or not finite
    squared[lost] = _squared(points[lost], targets)
    return squared


def _squared(points: np.ndarray, targets: np.ndarray, precision: np.typing.DTypeLike = np.float64) -> np.ndarray:
    """(n,) squared distances of points (n, d) to the nearest of some targets (m, d); infinite where not finite."""
    squared, targets = np.full(len(points), np.inf, precision), np.asarray(targets, dtype=precision)
    step = max(AT_ONCE // max(points.shape[1], 1), 1)
    for first in range(0, len(points), step):
        some = points[first : first + step]
        for target in targets:
            offset = some - target
            far = np.einsum("nd,nd->n", offset, offset)
            np.fmin(squared[first : first + step], far, out=squared[first : first + step])
    return squared


def _refined(bound: np.ndarray, whole: Whole, targets: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest by whole vectors, from lower bounds (n,) of their squared distances."""
    rows, squared = np.zeros(0, dtype=int), np.zeros(0)
    for some in _lowest_first(bound):
        if len(rows) >= k and bound[some[0]] > np.partition(squared, k - 1)[k - 1]:
            break
        some = np.sort(some)
        rows = np.concatenate([rows, some])
        squared = np.concatenate([squared, _squared(whole(some), targets)])
    rows, distance = _in_order(rows, squared)
    return rows[:k], distance[:k]


def _lowest_first(bound: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of finite bounds (n,) in some parts, the lowest first, sorted only as far as they are asked for."""
    n, size, below = int(np.isfinite(bound).sum()), MOST_CANDIDATES, -np.inf
    highest = np.max(bound, where=np.isfinite(bound), initial=-np.inf)
    while below < highest:
        limit = np.partition(bound, min(size, n) - 1)[min(size, n) - 1]
        rows = np.flatnonzero((bound > below) & (bound <= limit))
        rows = rows[np.argsort(bound[rows], kind="stable")]
        first, step = 0, CANDIDATES
        while first < len(rows):
            yield rows[first : first + step]
            first, step = first + step, min(2 * step, MOST_CANDIDATES)
        below, size = limit, 2 * size


def _check(targets: np.ndarray, top: int) -> None:
    """Refuse a number below 1 of objects similar to some points of latent space, and points that are not finite."""
    if top < 1:
        raise BadConfig(f"The {top} most similar objects were asked for: give a number of at least 1.")
    if not np.isfinite(targets).all():
        raise BadConfig("An example has no latents under this model: choose another one, or another model.")


def _nearest(squared: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of the least squared distances (n,), the nearest first."""
    rows = np.argpartition(squared, k - 1)[:k] if k else np.zeros(0, dtype=int)
    return _in_order(rows, squared[rows])


def _in_order(rows: np.ndarray, squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((rows, squared))
    return rows[order], np.sqrt(squared[order])
