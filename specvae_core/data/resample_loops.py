"""Flux-conserving resampling of many spectra in compiled code: the sums of `resample`, bit by bit, in less time.

The compiler takes some tenths of a second to import, so that only long lists of spectra come here.
"""

import numba
import numpy as np

from .resample import MIN_PIXEL_FRACTION, Resampled, pixel_bounds

SHORT = 8
"""Terms, beside the first, that NumPy's ``add.reduceat`` takes in pairs; fewer it adds one after the other."""

LONG = 16 * SHORT
"""Terms from which on it divides them in halves."""

_DEEPEST = 256
"""Parts of a sum that wait at most: three for each time it is halved."""


def resample_compiled(wavelength: np.ndarray, flux: np.ndarray, ivar: np.ndarray, edges: np.ndarray) -> Resampled:
    """As `resample`, for n spectra and a grid of these ``edges``.

    Parameters
    ----------
    wavelength, flux, ivar
        (n, m) float64; see `resample`.
    edges
        (n_pixel + 1,) Angstrom.
    """
    shape = (len(wavelength), len(edges) - 1)
    made = Resampled(np.empty(shape), np.empty(shape), np.empty(shape, dtype=bool))
    _average(*pixel_bounds(wavelength), flux, ivar, edges, made.flux, made.ivar, made.covered)
    return made


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _average(
    low: np.ndarray,
    high: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    edges: np.ndarray,
    mean: np.ndarray,
    precision: np.ndarray,
    covered: np.ndarray,
) -> None:
    """Fill ``mean``, ``precision``, ``covered`` (n, n_pixel) from source pixels (n, m) between ``low`` and ``high``."""
    n, m = low.shape
    terms = np.empty((4, m + 1))
    for row in range(n):
        start = 0
        while start < m and low[row, start] <= edges[0]:
            start += 1
        for pixel in range(len(edges) - 1):
            # Source pixels from start - 1, which lies across the lower edge, to stop - 1 fill this grid pixel.
            begin, top, stop = edges[pixel], edges[pixel + 1], start
            while stop < m and low[row, stop] <= top:
                stop += 1
            long = stop - start >= SHORT
            length = weight = flow = spread = 0.0
            lengths = weights = flows = spreads = 0.0
            for source in range(start - 1, stop):
                end = low[row, source + 1] if source + 1 < stop else top
                length = weight = flow = spread = 0.0
                if source >= 0:
                    length = max(min(end, high[row, source]) - begin, 0.0)
                    if ivar[row, source] > 0:
                        weight, flow = length, length * flux[row, source]
                        spread = length * length * (1.0 / ivar[row, source])
                begin = end
                if long:
                    k = source + 1 - start
                    terms[0, k], terms[1, k], terms[2, k], terms[3, k] = length, weight, flow, spread
                elif source < start:
                    first = (length, weight, flow, spread)
                else:
                    lengths, weights = lengths + length, weights + weight
                    flows, spreads = flows + flow, spreads + spread
            if long:
                first, count = (terms[0, 0], terms[1, 0], terms[2, 0], terms[3, 0]), stop - start
                lengths, weights = _pairwise(terms[0], 1, count), _pairwise(terms[1], 1, count)
                flows, spreads = _pairwise(terms[2], 1, count), _pairwise(terms[3], 1, count)
            total, half = first[1] + weights, MIN_PIXEL_FRACTION * (top - edges[pixel])
            seen = total >= half
            mean[row, pixel] = (first[2] + flows) / total if seen else 0.0
            precision[row, pixel] = total * total / (first[3] + spreads) if seen else 0.0
            covered[row, pixel] = first[0] + lengths >= half
            start = stop


@numba.njit(nogil=True, cache=True)
def _pairwise(terms: np.ndarray, start: int, count: int) -> float:
    """Sum of ``count`` terms from ``start`` on, `SHORT` of them at least, as NumPy's ``pairwise_sum`` adds them."""
    if count <= LONG:
        return _in_lanes(terms, start, count)
    starts, counts, sums = np.zeros(_DEEPEST, np.int64), np.zeros(_DEEPEST, np.int64), np.zeros(_DEEPEST)
    starts[0], counts[0], waiting, done = start, count, 1, 0
    while waiting > 0:  # no recursion: the compiler does not keep recursive code on disk
        waiting -= 1
        start, count = starts[waiting], counts[waiting]
        if count == 0:  # both halves are summed
            done -= 1
            sums[done - 1] += sums[done]
        elif count <= LONG:
            sums[done] = _in_lanes(terms, start, count)
            done += 1
        else:
            half = count // 2
            half -= half % SHORT
            counts[waiting] = 0
            starts[waiting + 1], counts[waiting + 1] = start + half, count - half
            starts[waiting + 2], counts[waiting + 2] = start, half
            waiting += 3
    return sums[0]


@numba.njit(nogil=True, cache=True)
def _in_lanes(terms: np.ndarray, start: int, count: int) -> float:
    """Sum of some terms, every eighth of which are added up by themselves first."""
    sums = terms[start : start + SHORT].copy()
    whole = count - count % SHORT
    for k in range(SHORT, whole, SHORT):
        for lane in range(SHORT):
            sums[lane] += terms[start + k + lane]
    total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
    for k in range(start + whole, start + count):
        total += terms[k]
    return total
