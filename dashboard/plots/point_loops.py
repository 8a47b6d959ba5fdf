"""Compiled loops over millions of points: count them in pixels, and find those inside a polygon.

They go through the points once, hold no temporary arrays, and let other threads run.
"""

import numba
import numpy as np

BAND, WAITING = 17, 1 << 15
"""Entries of an image, as a power of 2, that stay in a processor's cache, and points that wait until they are added."""


@numba.njit(nogil=True, cache=True)
def _pixel(x, y, ends, scale, width, height):  # pragma: no cover - compiled
    """Place in an image, row by row, of a point; -1 for what lies outside, or nowhere."""
    inside = (ends[0] <= x) & (x <= ends[1]) & (ends[2] <= y) & (y <= ends[3])  # one branch, which is foreseen mostly
    if not inside:
        return -1
    row = min(int((y - ends[2]) * scale[1]), height - 1)
    return row * width + min(int((x - ends[0]) * scale[0]), width - 1)


@numba.njit(nogil=True, cache=True)
def count_classes(x, y, codes, ends, scale, counts):  # pragma: no cover - compiled
    """Add points (n,) to ``counts`` (height, width, slots).

    An image of classes is larger than the caches of processors, and neighbours in a catalogue are none on the map. So
    points are sorted into bands of the image, and added band by band: ten times as fast.

    Parameters
    ----------
    x, y, codes
        (n,) coordinates and slot of each point.
    ends
        (4,) ends of x and of y.
    scale
        (2,) pixels per unit of x and of y.
    """
    height, width, slots = counts.shape
    flat = counts.reshape(-1)
    waiting = np.empty(((flat.size >> BAND) + 1, WAITING), np.uint32)
    filled = np.zeros(len(waiting), np.int64)
    for i in range(x.size):
        pixel = _pixel(x[i], y[i], ends, scale, width, height)
        if pixel < 0:
            continue
        place = pixel * slots + codes[i]
        band = place >> BAND
        waiting[band, filled[band]] = place
        filled[band] += 1
        if filled[band] == WAITING:
            for k in range(WAITING):
                flat[waiting[band, k]] += 1
            filled[band] = 0
    for band in range(len(waiting)):
        for k in range(filled[band]):
            flat[waiting[band, k]] += 1


@numba.njit(nogil=True, cache=True)
def _add_values(pixels, values, counts, sums):  # pragma: no cover - compiled
    for k in range(pixels.size):
        if np.isfinite(values[k]):
            counts[pixels[k], 0] += 1
            sums[pixels[k]] += values[k]
        else:
            counts[pixels[k], 1] += 1


@numba.njit(nogil=True, cache=True)
def sum_values(x, y, values, ends, scale, counts, sums):  # pragma: no cover - compiled
    """Add points to ``counts`` (height, width, 2), of known and unknown values, and known ones to ``sums``.

    Band by band, as `count_classes` does; a pixel here takes the room of four entries.
    """
    height, width = sums.shape
    flat_counts, flat_sums = counts.reshape(-1, 2), sums.reshape(-1)
    bits = BAND - 2
    waiting = np.empty(((flat_sums.size >> bits) + 1, WAITING), np.uint32)
    numbers = np.empty(waiting.shape, np.float32)
    filled = np.zeros(len(waiting), np.int64)
    for i in range(x.size):
        pixel = _pixel(x[i], y[i], ends, scale, width, height)
        if pixel < 0:
            continue
        band = pixel >> bits
        waiting[band, filled[band]], numbers[band, filled[band]] = pixel, values[i]
        filled[band] += 1
        if filled[band] == WAITING:
            _add_values(waiting[band], numbers[band], flat_counts, flat_sums)
            filled[band] = 0
    for band in range(len(waiting)):
        m = filled[band]
        _add_values(waiting[band, :m], numbers[band, :m], flat_counts, flat_sums)


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


@numba.njit(nogil=True, cache=True)
def add_members(values, codes, sums, counts):  # pragma: no cover - compiled
    """Add values (n, d) to sums (m, d) of their groups, and how many they are to ``counts`` (m,); -1 is no group."""
    for i in range(len(codes)):
        if codes[i] >= 0:
            counts[codes[i]] += 1
            for k in range(values.shape[1]):
                sums[codes[i], k] += values[i, k]
