"""Numbers of objects in the bins of panels whose axes stay the same, counted piece by piece.

Each latent of a piece is cut into bins once, for all panels that it is an axis of; nothing is kept for each object.
"""

from typing import Self

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
    _bin(values, np.float32(limits[0]), np.float32(n_bins / (limits[1] - limits[0])), np.float32(n_bins), bins)
    return bins


class Tally:
    """Objects counted in the pixels of one panel.

    Parameters
    ----------
    ink
        Colours of the objects.
    shape
        Width and height in pixels.
    """

    def __init__(self, ink: Ink, shape: tuple[int, int]) -> None:
        frame = (shape[1] + 1, shape[0] + 1)  # one row and one column for what lies outside
        slots = 2 if ink.codes is None else len(ink.colours) + 1
        self._counts = np.zeros((*frame, slots), np.uint32)
        self._sums = np.zeros(frame) if ink.codes is None else None

    def add(self, x_bins: np.ndarray, y_bins: np.ndarray, ink: Ink, rows: slice) -> None:
        """Add some objects, whose bins are (m,) uint16 as made by `bin_values`."""
        if self._sums is None:
            _count(x_bins, y_bins, ink.codes[rows], self._counts)
        else:
            _sum(x_bins, y_bins, ink.values[rows], self._counts, self._sums)

    def merge(self, other: Self) -> None:
        """Add what another one has counted."""
        self._counts += other._counts
        if self._sums is not None:
            self._sums += other._sums

    @property
    def pixels(self) -> Pixels:
        """What was counted, without what lies outside."""
        counts = self._counts[:-1, :-1]
        if self._sums is None:
            return Pixels(counts, None)
        known, sums = counts[..., 0], self._sums[:-1, :-1]
        return Pixels(counts.sum(axis=-1), np.divide(sums, known, out=np.full(known.shape, np.nan), where=known > 0))


@numba.njit(nogil=True, cache=True)
def _bin(values, low, scale, n_bins, bins):  # pragma: no cover - compiled
    for i in range(values.size):  # without branches, so that several are done at once
        place = (values[i] - low) * scale
        place = place if place >= 0 else n_bins  # NaN as well
        bins[i] = np.int32(place if place < n_bins else n_bins)


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
