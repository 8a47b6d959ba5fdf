"""The k nearest neighbours of many points, exactly: a k-d tree walked by compiled code."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numba
import numpy as np

from ..progress import Progress, Report, ignore

LEAF = 32
"""Points in a leaf of the tree, and up to twice as many: fewer cost walking, more cost distances."""

BATCH = 4096
"""Points between two reports: about a tenth of a second in six dimensions."""

Each = Callable[[Callable[[int], None], Sequence[int]], Iterable[object]]
"""Way to do the same for each item: yields once for each that is done, in whatever order."""

_DEEPEST = 128
"""Nodes on the stack at most: two for each level of the tree."""


@numba.njit(nogil=True, cache=True, fastmath={"nnan", "nsz", "contract"})
def _box_distance(point: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Squared distance from a point (d,) to the nearest place in a box of corners low and high (d,)."""
    total = 0.0
    for axis in range(len(point)):
        outside = max(low[axis] - point[axis], 0.0) + max(point[axis] - high[axis], 0.0)
        total += outside * outside
    return total


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _distances(point: np.ndarray, columns: np.ndarray, first: int, square: np.ndarray) -> None:
    """Fill ``square`` (m,) with squared distances to the points that stand at ``first``… in the tree."""
    for row in range(len(square)):
        square[row] = 0.0
    for axis in range(len(point)):
        here, values = point[axis], columns[axis, first : first + len(square)]
        for row in range(len(square)):
            step = values[row] - here
            square[row] += step * step


@numba.njit(nogil=True, cache=True)
def _let_in(square: np.ndarray, first: int, itself: int, distance: np.ndarray, neighbour: np.ndarray) -> None:
    """Let the points of a leaf, at squared distances (m,), into the sorted list of the k nearest."""
    k = len(distance)
    for row in range(len(square)):
        total = square[row]
        if total < distance[k - 1] and first + row != itself:
            place = k - 1
            while place > 0 and distance[place - 1] > total:
                distance[place] = distance[place - 1]
                neighbour[place] = neighbour[place - 1]
                place -= 1
            distance[place] = total
            neighbour[place] = first + row


@numba.njit(nogil=True, cache=True)
def _search(
    queries: np.ndarray,
    itself: np.ndarray,
    columns: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    distance: np.ndarray,
    neighbour: np.ndarray,
) -> None:
    """Fill ``distance`` (squared) and ``neighbour``, (n, k), walking from the root to the nearer child first."""
    n_node = len(start)
    waiting, bounds, room = np.empty(_DEEPEST, np.int64), np.empty(_DEEPEST), np.empty(2 * LEAF)
    for query in range(len(queries)):
        point = queries[query]
        nearest, found = distance[query], neighbour[query]
        waiting[0], bounds[0], depth = 0, 0.0, 1
        while depth > 0:
            depth -= 1
            node = waiting[depth]
            if bounds[depth] >= nearest[-1]:
                continue
            left = 2 * node + 1
            if left >= n_node:
                square = room[: stop[node] - start[node]]
                _distances(point, columns, start[node], square)
                _let_in(square, start[node], itself[query], nearest, found)
                continue
            to_left = _box_distance(point, low[left], high[left])
            to_right = _box_distance(point, low[left + 1], high[left + 1])
            nearer, farther = (left, left + 1) if to_left <= to_right else (left + 1, left)
            waiting[depth], bounds[depth] = farther, max(to_left, to_right)
            waiting[depth + 1], bounds[depth + 1] = nearer, min(to_left, to_right)
            depth += 2


def in_turn(work: Callable[[int], None], items: Sequence[int]) -> Iterable[object]:
    """One after the other; `jobs.on_all_cores` does several at once."""
    return map(work, items)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest of n points, nearest first.

    Parameters
    ----------
    rows
        (n, k) int64, rows of the points searched among.
    distance
        (n, k) float64, Euclidean.
    """

    rows: np.ndarray
    distance: np.ndarray


class PointTree:
    """A k-d tree over points; built by scikit-learn, walked here, which takes a fifth of the time.

    Parameters
    ----------
    points
        (n, d), finite.
    each
        How batches of points are searched for: the compiled code lets other threads run.

    Examples
    --------
    >>> tree = PointTree(np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]]))
    >>> found = tree.of(np.array([[0.9, 0.0]]), 2)
    >>> found.rows.tolist(), found.distance.round(2).tolist()
    ([[1, 0]], [[0.1, 0.9]])
    """

    def __init__(self, points: np.ndarray, each: Each = in_turn) -> None:
        from sklearn.neighbors import KDTree

        points = np.ascontiguousarray(points, dtype=float)
        _, order, nodes, boxes = (np.asarray(array) for array in KDTree(points, leaf_size=LEAF).get_arrays())
        self.n, self._each = len(points), each
        self._order, self._points = order, points[order]
        self._columns = np.ascontiguousarray(self._points.T)  # a leaf's distances are found several at a time
        self._start, self._stop = nodes["idx_start"].copy(), nodes["idx_end"].copy()
        self._low, self._high = boxes.copy()

    def among_themselves(self, k: int, report: Report = ignore) -> Neighbours:
        """The k nearest of each point, itself left out; k below n."""
        found = self._nearest(self._points, np.arange(self.n), k, report)
        rows, distance = np.empty_like(found.rows), np.empty_like(found.distance)
        rows[self._order], distance[self._order] = found.rows, found.distance
        return Neighbours(rows, distance)

    def of(self, queries: np.ndarray, k: int, report: Report = ignore) -> Neighbours:
        """The k nearest points of each query (m, d); k up to n."""
        queries = np.ascontiguousarray(queries, dtype=float)
        return self._nearest(queries, np.full(len(queries), -1), k, report)

    def _nearest(self, queries: np.ndarray, itself: np.ndarray, k: int, report: Report) -> Neighbours:
        distance, place = np.full((len(queries), k), np.inf), np.empty((len(queries), k), np.int64)
        tree = self._columns, self._start, self._stop, self._low, self._high

        def search(first: int) -> None:
            rows = slice(first, first + BATCH)
            _search(queries[rows], itself[rows], *tree, distance[rows], place[rows])

        for n_batches, _ in enumerate(self._each(search, range(0, len(queries), BATCH)), 1):
            n = min(n_batches * BATCH, len(queries))
            report(Progress(n / len(queries), f"neighbours of {n:,} of {len(queries):,} points"))
        return Neighbours(self._order[place], np.sqrt(distance))
