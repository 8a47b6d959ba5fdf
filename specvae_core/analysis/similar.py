"""Objects most like some examples, by their latents."""

import numpy as np

from ..errors import BadConfig

AT_ONCE = 2**22
"""Numbers compared at a time: bounds the memory."""


def nearest_objects(latents: np.ndarray, examples: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    """Objects nearest to any of some examples, the examples left out.

    Parameters
    ----------
    latents
        (n, d); objects whose latents are not finite are never near.
    examples
        (m,) rows.
    top
        Objects to find.

    Returns
    -------
    rows
        (k,) rows, the nearest first; k is smaller than ``top`` where there are not as many objects.
    distance
        (k,) Euclidean distance to the nearest example.

    Examples
    --------
    >>> rows, distance = nearest_objects(np.array([[0.0], [3.0], [1.0], [9.0]]), np.array([0]), 2)
    >>> rows.tolist(), distance.tolist()
    ([2, 1], [1.0, 3.0])
    """
    if top < 1:
        raise BadConfig(f"The {top} most similar objects were asked for: give a number of at least 1.")
    examples = np.asarray(examples, dtype=int)
    targets = latents[examples].astype(np.float64)
    squared = np.full(len(latents), np.inf)
    step = max(AT_ONCE // max(latents.shape[1], 1), 1)
    for first in range(0, len(latents), step):
        some = latents[first : first + step].astype(np.float64)
        for target in targets:
            far = np.einsum("nd,nd->n", some - target, some - target)
            np.fmin(squared[first : first + step], far, out=squared[first : first + step])
    squared[examples] = np.inf
    k = min(top, int(np.isfinite(squared).sum()))
    rows = np.argpartition(squared, k - 1)[:k] if k else np.zeros(0, dtype=int)
    rows = rows[np.lexsort((rows, squared[rows]))]
    return rows, np.sqrt(squared[rows])
