"""Two descriptions of the same objects compared: do they have the same neighbours, and what does each one know?"""

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 20
"""Nearest objects that are counted, and that predict."""

MOST_CLASSES = 50
"""Classes of a column of words at most: more of them are names."""

AT_ONCE = 512
"""Objects whose distances to all others are held at a time."""

FEWEST = 10
"""Objects with a value from which is learnt, and that are predicted, at least."""


def neighbours(latents: np.ndarray, queries: np.ndarray | None = None, k: int = NEIGHBOURS) -> np.ndarray:
    """Rows of the nearest objects (m, k), Euclidean, nearest first.

    Parameters
    ----------
    latents
        (n, d), finite; n above k.
    queries
        (m, d); the objects themselves by default, each left out of its own neighbours.
    """
    points = np.asarray(latents, dtype=float) - np.mean(latents, axis=0, dtype=float)  # less is lost to rounding
    asked = points if queries is None else np.asarray(queries, dtype=float) - np.mean(latents, axis=0, dtype=float)
    length = np.square(points).sum(axis=1)
    found = np.empty((len(asked), k), dtype=np.int64)
    for first in range(0, len(asked), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        distance = length - 2 * asked[some] @ points.T
        if queries is None:
            rows = np.arange(len(distance))
            distance[rows, first + rows] = np.inf
        near = np.argpartition(distance, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distance, near, axis=1), axis=1)
        found[some] = np.take_along_axis(near, order, axis=1)
    return found


def shared_neighbours(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Share of the nearest objects that two descriptions have in common, (n,).

    Parameters
    ----------
    a, b
        (n, k) rows of the nearest, as `neighbours` gives them.

    Examples
    --------
    >>> shared_neighbours(np.array([[1, 2], [0, 2]]), np.array([[2, 1], [3, 2]])).tolist()
    [1.0, 0.5]
    """
    both = np.sort(np.concatenate([a, b], axis=1), axis=1)
    return (both[:, 1:] == both[:, :-1]).sum(axis=1) / a.shape[1]


@dataclass(frozen=True)
class Known:
    """How well the neighbours of an object predict a column of the catalogue.

    Parameters
    ----------
    kind
        ``number`` or ``class``.
    n
        Objects that were predicted.
    score
        1 where all are predicted rightly, 0 where no better than by the mean (R²), or by the most frequent class.
    """

    kind: str
    n: int
    score: float


def known_of(values: np.ndarray, learnt_from: np.ndarray, predicted: np.ndarray, nearest: np.ndarray) -> Known | None:
    """Predict a column by the mean, or the most frequent class, of the nearest objects that have a value.

    Parameters
    ----------
    values
        (n,) numbers or words; NaN and empty words are missing. Numbers beyond the 1st and 99th percentile of those that
        are learnt from count as these, so that a few wild ones do not decide.
    learnt_from, predicted
        Rows.
    nearest
        (len(predicted), k) places among ``learnt_from``.

    Returns
    -------
    known
        ``None`` where fewer than `FEWEST` objects of either have a value, all are equal, or words are names.
    """
    if values.dtype.kind in "fiub":
        return _known_number(values.astype(float), learnt_from, predicted, nearest)
    words = values.astype(str)
    names, codes = np.unique(words, return_inverse=True)
    missing = names == ""
    if not 2 <= (~missing).sum() <= MOST_CLASSES:
        return None
    truth, learnt = codes[predicted], codes[learnt_from]
    tested, usable = ~missing[truth], ~missing[learnt]
    if min(tested.sum(), usable.sum()) < FEWEST:
        return None
    votes = np.stack([(learnt[nearest] == code).sum(axis=1) for code in range(len(names))], axis=1)
    votes[:, missing] = -1
    right = (votes.argmax(axis=1) == truth)[tested].mean()
    counts = np.bincount(learnt[usable], minlength=len(names))
    guessed = (truth[tested] == counts.argmax()).mean()
    return Known("class", int(tested.sum()), float((right - guessed) / (1 - guessed))) if guessed < 1 else None


def _known_number(
    values: np.ndarray, learnt_from: np.ndarray, predicted: np.ndarray, nearest: np.ndarray
) -> Known | None:
    learnt, truth = values[learnt_from], values[predicted]
    usable = np.isfinite(learnt)
    if usable.sum() < FEWEST:
        return None
    low, high = np.percentile(learnt[usable], [1, 99])
    learnt, truth = np.clip(learnt, low, high), np.clip(truth, low, high)
    near = learnt[nearest]
    with_some = np.isfinite(near).any(axis=1) & np.isfinite(truth)
    if with_some.sum() < FEWEST or low == high:
        return None
    error = np.square(truth - np.nanmean(np.where(with_some[:, None], near, 0.0), axis=1))[with_some].sum()
    spread = np.square(truth[with_some] - learnt[usable].mean()).sum()
    return Known("number", int(with_some.sum()), float(1 - error / spread)) if spread > 0 else None
