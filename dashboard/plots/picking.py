"""Rows of points under a tap, and inside a lasso or box."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from specvae_core.jobs import on_all_cores

from .point_loops import mark_inside

Found = TypeVar("Found")

PIECE = 1 << 18
"""Points looked at by one thread at once: what is compared of them stays in its cache."""

BANDS = 256
"""Bands of y into which the edges of a lasso are sorted."""


def nearest(
    x: np.ndarray, y: np.ndarray, at: tuple[float, float], scale: tuple[float, float], reach: float
) -> int | None:
    """The row nearest to a point on the screen.

    Parameters
    ----------
    x, y
        (n,) coordinates.
    at
        The point.
    scale
        Screen pixels per unit of x and of y.
    reach
        Pixels beyond which nothing counts as hit; ``None`` is returned then.
    """
    scaled = np.float32(at[0]), np.float32(at[1]), np.float32(scale[0]), np.float32(scale[1])

    def look(start: int) -> tuple[np.float32, int]:
        some = slice(start, start + PIECE)
        distance = np.square((x[some] - scaled[0]) * scaled[2])
        distance += np.square((y[some] - scaled[1]) * scaled[3])
        distance[np.isnan(distance)] = np.inf
        row = int(distance.argmin())
        return distance[row], start + row

    distance, row = min(_in_pieces(look, len(x)), default=(np.inf, 0))
    return row if distance <= reach**2 else None


def inside_polygon(x: np.ndarray, y: np.ndarray, corners_x: np.ndarray, corners_y: np.ndarray) -> np.ndarray:
    """(m,) int32, rising rows of the points inside a polygon that may cross itself.

    Where it does, a part that it goes around twice is outside, as on the screen.
    """
    corners = np.column_stack([corners_x, corners_y]).astype(float)
    if len(corners) < 3:
        return np.empty(0, np.int32)
    box = np.stack([corners.min(axis=0), corners.max(axis=0)], axis=1).ravel()
    band = BANDS / max(box[3] - box[2], np.finfo(float).tiny)
    first, edges = _by_band(np.hstack([corners, np.roll(corners, -1, axis=0)]), box[2], band)

    def look(start: int) -> np.ndarray:
        some = slice(start, start + PIECE)
        inside = np.zeros(len(x[some]), dtype=bool)
        mark_inside(x[some], y[some], box, band, first, edges, inside)
        return (start + np.flatnonzero(inside)).astype(np.int32)

    return np.concatenate([np.empty(0, np.int32), *_in_pieces(look, len(x))])


def _by_band(edges: np.ndarray, bottom: float, band: float) -> tuple[np.ndarray, np.ndarray]:
    """Edges (m, 4) sorted into bands of y, into several where they reach through several; see `mark_inside`."""
    ends = np.sort(edges[:, [1, 3]], axis=1)
    low, high = np.clip((ends - bottom) * band, 0, BANDS - 1).astype(int).T
    which = np.concatenate([np.arange(a, b + 1) for a, b in zip(low, high, strict=True)])
    order = np.argsort(which, kind="stable")
    first = np.searchsorted(which[order], np.arange(BANDS + 1))
    return first, np.repeat(edges, high - low + 1, axis=0)[order]


def inside_box(x: np.ndarray, y: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float]) -> np.ndarray:
    """(m,) int32, rising rows of the points inside a rectangle."""

    def look(start: int) -> np.ndarray:
        some_x, some_y = x[start : start + PIECE], y[start : start + PIECE]
        inside = (some_x >= x_range[0]) & (some_x <= x_range[1]) & (some_y >= y_range[0]) & (some_y <= y_range[1])
        return (start + np.flatnonzero(inside)).astype(np.int32)

    return np.concatenate([np.empty(0, np.int32), *_in_pieces(look, len(x))])


def _in_pieces(look: Callable[[int], Found], n: int) -> list[Found]:
    """What ``look`` finds in the pieces of n points, given their first rows, in order; many pieces on all cores."""
    starts = range(0, n, PIECE)
    found = dict(on_all_cores(look, starts)) if len(starts) > 1 else {start: look(start) for start in starts}
    return [found[start] for start in starts]


def inside_geometry(x: np.ndarray, y: np.ndarray, geometry: dict[str, Any]) -> np.ndarray | None:
    """(m,) int32, rising rows of the points inside a lasso or box of Bokeh; ``None`` for other gestures."""
    if geometry["type"] == "poly":
        return inside_polygon(x, y, np.asarray(geometry["x"]), np.asarray(geometry["y"]))
    if geometry["type"] == "rect":
        x_range, y_range = (sorted((geometry[f"{axis}0"], geometry[f"{axis}1"])) for axis in "xy")
        return inside_box(x, y, tuple(x_range), tuple(y_range))
    return None
