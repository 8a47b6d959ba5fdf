"""Rows of points under a tap, and inside a lasso or box."""

from typing import Any

import numpy as np
import shapely


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
    distance = np.square((x - np.float32(at[0])) * np.float32(scale[0]))
    distance += np.square((y - np.float32(at[1])) * np.float32(scale[1]))
    if not len(distance) or not np.isfinite(distance).any():
        return None
    row = int(np.nanargmin(distance))
    return row if distance[row] <= reach**2 else None


def inside_polygon(x: np.ndarray, y: np.ndarray, corners_x: np.ndarray, corners_y: np.ndarray) -> np.ndarray:
    """(m,) int32, rising rows of the points inside a polygon that may cross itself.

    Only points in its bounding box are tested one by one.
    """
    corners = np.column_stack([corners_x, corners_y]).astype(float)
    if len(corners) < 3:
        return np.empty(0, np.int32)
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])).astype(np.int32)
    polygon = shapely.make_valid(shapely.Polygon(corners))
    shapely.prepare(polygon)
    return near[shapely.contains_xy(polygon, x[near], y[near])]


def inside_box(x: np.ndarray, y: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float]) -> np.ndarray:
    """(m,) int32, rising rows of the points inside a rectangle."""
    inside = (x >= x_range[0]) & (x <= x_range[1]) & (y >= y_range[0]) & (y <= y_range[1])
    return np.flatnonzero(inside).astype(np.int32)


def inside_geometry(x: np.ndarray, y: np.ndarray, geometry: dict[str, Any]) -> np.ndarray | None:
    """(m,) int32, rising rows of the points inside a lasso or box of Bokeh; ``None`` for other gestures."""
    if geometry["type"] == "poly":
        return inside_polygon(x, y, np.asarray(geometry["x"]), np.asarray(geometry["y"]))
    if geometry["type"] == "rect":
        x_range, y_range = (sorted((geometry[f"{axis}0"], geometry[f"{axis}1"])) for axis in "xy")
        return inside_box(x, y, tuple(x_range), tuple(y_range))
    return None
