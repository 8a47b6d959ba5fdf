"""Numbers of objects in the pixels of panels whose axes stay the same.

The axes of the corner plot change only with the map or the window, so each latent is cut into pixels once; every other
colour, class or selection then only counts. For 15 panels and a million objects that takes a sixth of the time that
Datashader needs, which starts from the coordinates each time.
"""

import numba
import numpy as np

from dashboard.plots.shade import Ink, Pixels


def bin_values(values: np.ndarray, limits: np.ndarray, n_bins: int) -> np.ndarray:
    """(n,) uint16, the bin of each value along an axis; ``n_bins`` for what lies outside it.

    Parameters
    ----------
    values
        (n,) float32, NaN counts as outside.
    limits
        The two ends of the axis.
    n_bins
        Fewer than 65535.
    """
    bins = np.empty(len(values), np.uint16)
    _bin(values, np.float32(limits[0]), np.float32(n_bins / (limits[1] - limits[0])), n_bins, bins)
    return bins


def count_pixels(x_bins: np.ndarray, y_bins: np.ndarray, ink: Ink, shape: tuple[int, int]) -> Pixels:
    """Count objects in the pixels of one panel.

    Parameters
    ----------
    x_bins, y_bins
        (n,) uint16, as made by `bin_values`.
    ink
        Colours of the objects.
    shape
        Width and height in pixels.
    """
    frame = (shape[1] + 1, shape[0] + 1)  # one row and one column for what lies outside
    if ink.codes is not None:
        counts = np.zeros((*frame, len(ink.colours) + 1), dtype=np.uint32)
        _count(x_bins, y_bins, ink.codes, counts)
        return Pixels(counts[:-1, :-1], None)
    counts, sums = np.zeros((*frame, 2), dtype=np.uint32), np.zeros(frame)
    _sum(x_bins, y_bins, ink.values, counts, sums)
    known = counts[..., 0]
    means = np.divide(sums, known, out=np.full(frame, np.nan), where=known > 0)
    return Pixels(counts.sum(axis=-1)[:-1, :-1], means[:-1, :-1])


@numba.njit(nogil=True, cache=True)
def _bin(values, low, scale, n_bins, bins):  # pragma: no cover - compiled
    for i in range(values.size):
        place = (values[i] - low) * scale
        bins[i] = np.uint16(place) if 0 <= place < n_bins else n_bins


@numba.njit(nogil=True, cache=True)
def _count(x_bins, y_bins, codes, counts):  # pragma: no cover - compiled
    for i in range(x_bins.size):
        counts[y_bins[i], x_bins[i], codes[i]] += 1


@numba.njit(nogil=True, cache=True)
def _sum(x_bins, y_bins, values, counts, sums):  # pragma: no cover - compiled
    for i in range(x_bins.size):
        if np.isfinite(values[i]):
            counts[y_bins[i], x_bins[i], 0] += 1
            sums[y_bins[i], x_bins[i]] += values[i]
        else:
            counts[y_bins[i], x_bins[i], 1] += 1
