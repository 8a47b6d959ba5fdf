"""Compiled loops over millions of points: count them in pixels, and find those inside a polygon.

They go through the points once, hold no temporary arrays, and let other threads run.
"""

import numba
import numpy as np


@numba.njit(nogil=True, cache=True)
def _pixel(x, y, ends, scale, width, height):  # pragma: no cover - compiled
    """Column and row of a point; -1 for what lies outside, or nowhere."""
    if not (ends[0] <= x <= ends[1] and ends[2] <= y <= ends[3]):
        return -1, -1
    return min(int((x - ends[0]) * scale[0]), width - 1), min(int((y - ends[2]) * scale[1]), height - 1)


@numba.njit(nogil=True, cache=True)
def count_classes(x, y, codes, ends, scale, counts):  # pragma: no cover - compiled
    """Add points (n,) to ``counts`` (height, width, slots).

    Parameters
    ----------
    x, y, codes
        (n,) coordinates and slot of each point.
    ends
        (4,) ends of x and of y.
    scale
        (2,) pixels per unit of x and of y.
    """
    height, width = counts.shape[:2]
    for i in range(x.size):
        u, v = _pixel(x[i], y[i], ends, scale, width, height)
        if u >= 0:
            counts[v, u, codes[i]] += 1


@numba.njit(nogil=True, cache=True)
def sum_values(x, y, values, ends, scale, counts, sums):  # pragma: no cover - compiled
    """Add points to ``counts`` (height, width, 2), of known and unknown values, and known ones to ``sums``."""
    height, width = sums.shape
    for i in range(x.size):
        u, v = _pixel(x[i], y[i], ends, scale, width, height)
        if u >= 0 and np.isfinite(values[i]):
            counts[v, u, 0] += 1
            sums[v, u] += values[i]
        elif u >= 0:
            counts[v, u, 1] += 1


@numba.njit(nogil=True, cache=True)
def mark_inside(x, y, box, band, first, edges, inside):  # pragma: no cover - compiled
    """Set ``inside`` (n,) for points within a polygon: a ray from there crosses its edges an odd number of times.

    Parameters
    ----------
    x, y
        (n,) coordinates.
    box
        (4,) ends of x and of y of the polygon.
    band
        Bands per unit of y; in each only the edges that reach into it are looked at.
    first
        (n_band + 1,) place in ``edges`` of the first edge of each band.
    edges
        (m, 4) x, y of both ends of the edges, band by band.
    """
    for i in range(x.size):
        if not (box[0] <= x[i] <= box[1] and box[2] <= y[i] <= box[3]):
            continue
        which = min(int((y[i] - box[2]) * band), first.size - 2)
        odd = False
        for k in range(first[which], first[which + 1]):
            if (edges[k, 1] > y[i]) != (edges[k, 3] > y[i]):
                across = edges[k, 0] + (y[i] - edges[k, 1]) * (edges[k, 2] - edges[k, 0]) / (edges[k, 3] - edges[k, 1])
                if x[i] < across:
                    odd = not odd
        inside[i] = odd
