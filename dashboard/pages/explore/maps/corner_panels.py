"""Where the panels of the corner plot lie in the coordinates of its figure, which count panels.

Column *c* from the left and row *r* from the bottom fill the square from (*c*, *r*) to (*c* + 1, *r* + 1), less a gap.
"""

import numpy as np

from .centroid_plot import GAP

BINS = 36
"""Bins of each histogram."""


def square_of(column: float, row: float) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of a panel in the figure's coordinates."""
    return column + GAP, column + 1 - GAP, row + GAP, row + 1 - GAP


def within(values: np.ndarray, start: float, limits: np.ndarray) -> np.ndarray:
    """Coordinates of the figure for data, along the panel that begins at ``start``."""
    return start + GAP + (1 - 2 * GAP) * (values - limits[0]) / (limits[1] - limits[0])


def beyond(places: np.ndarray, start: float, limits: np.ndarray) -> np.ndarray:
    """Data for coordinates of the figure: the inverse of `within`."""
    return limits[0] + (places - start - GAP) / (1 - 2 * GAP) * (limits[1] - limits[0])


def panels(m: int) -> list[tuple[int, int]]:
    """The panels below the diagonal as pairs (x, y) of positions among the m latents shown."""
    return [(i, j) for i in range(m) for j in range(i + 1, m)]


def panel_at(x: float, y: float, m: int) -> tuple[int, int] | None:
    """The panel (as in `panels`) under a point in the figure's coordinates."""
    i, j = int(np.floor(x)), m - 1 - int(np.floor(y))
    return (i, j) if 0 <= i < j < m else None


def bar_at(x: float, y: float, m: int) -> tuple[int, int] | None:
    """Position among the m latents of the histogram under a point in the figure's coordinates, and the bin there."""
    i, j = int(np.floor(x)), m - 1 - int(np.floor(y))
    bar = int(np.floor((x - i - GAP) / (1 - 2 * GAP) * BINS))
    return (i, bar) if 0 <= i == j < m and 0 <= bar < BINS else None


def outline_of(panel: tuple[int, int] | None, m: int) -> dict[str, list[float]]:
    """The quad around one panel, or around none."""
    sides = ("left", "right", "bottom", "top")
    if panel is None:
        return {side: [] for side in sides}
    return {side: [value] for side, value in zip(sides, square_of(panel[0], m - 1 - panel[1]), strict=True)}


def ring_points(values: np.ndarray, limits: np.ndarray) -> dict[str, list[float]]:
    """One object in every panel, in the figure's coordinates; panels that it lies outside of are left out.

    Parameters
    ----------
    values
        (m,) its latents.
    limits
        (m, 2) ends of the axes.
    """
    m = len(values)
    inside = (values >= limits[:, 0]) & (values <= limits[:, 1])
    pairs = [(i, j) for i, j in panels(m) if inside[i] and inside[j]]
    return {
        "x": [float(within(values[i], i, limits[i])) for i, _ in pairs],
        "y": [float(within(values[j], m - 1 - j, limits[j])) for _, j in pairs],
    }


def panel_paths(values: np.ndarray, limits: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """A path in every panel, in the figure's coordinates; NaN beyond the axes.

    Parameters
    ----------
    values
        (n, m) latents of its steps.
    limits
        (m, 2) ends of the axes.
    """
    m = len(limits)
    inside = np.where((values >= limits[:, 0]) & (values <= limits[:, 1]), values, np.nan)
    return [
        (within(inside[:, i], i, limits[i]), within(inside[:, j], m - 1 - j, limits[j])) for i, j in panels(m)
    ]  # fmt: skip
