"""From a spectrum's own pixels onto a grid, flux conserved."""

from dataclasses import dataclass

import numpy as np

from ..grid import SpectralGrid

MIN_PIXEL_FRACTION = 0.5
"""A grid pixel counts only where good source pixels fill at least this fraction of its width."""

GAP = 3.0
"""A step in wavelength this many times larger than the steps on both sides is a hole, not a wide pixel."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """A spectrum on the pixels of a grid.

    Parameters
    ----------
    flux
        (n_pixel,) mean flux density, in the unit that came; 0 where unseen.
    ivar
        (n_pixel,) inverse variance of ``flux``; 0 where unseen.
    covered
        (n_pixel,) bool, within the spectrum's range, whether the source pixels there are good or not.
    """

    flux: np.ndarray
    ivar: np.ndarray
    covered: np.ndarray


def resample(wavelength: np.ndarray, flux: np.ndarray, ivar: np.ndarray, grid: SpectralGrid) -> Resampled:
    """Average a spectrum over the pixels of a grid, each source pixel weighted by its overlap.

    With o_ij the width in Angstrom that source pixel i shares with grid pixel j, over good source pixels::

        f_j = sum_i o_ij f_i / sum_i o_ij        var_j = sum_i o_ij^2 / ivar_i / (sum_i o_ij)^2

    so that flux times width, summed, is conserved exactly where all pixels are good. Neighbouring grid pixels that
    share a source pixel have correlated errors, which ``ivar`` (the diagonal) does not contain. The correlation is weak
    where grid pixels are wider than source pixels; where they are narrower, several grid pixels repeat one measurement
    with its full ivar, and sums over pixels (a chi-square) count it that many times.

    Parameters
    ----------
    wavelength
        (m,) pixel centres in Angstrom, strictly rising, spacing free; see `pixel_bounds`.
    flux
        (m,) flux density per Angstrom; anything, also NaN, where ``ivar`` is 0.
    ivar
        (m,) inverse variance; 0 excludes a pixel.
    grid
        The target, in the same frame.
    """
    low, high = pixel_bounds(wavelength)
    length, source, target = _shared_segments(low, high, grid.edges)
    good = ivar > 0
    variance = np.divide(1.0, ivar, out=np.zeros(len(ivar)), where=good)
    weight = length * good[source]

    def per_pixel(values: np.ndarray) -> np.ndarray:
        return np.bincount(target, weights=values, minlength=grid.n_pixel)

    width = np.diff(grid.edges)
    total = per_pixel(weight)
    seen = total >= MIN_PIXEL_FRACTION * width
    mean = per_pixel(weight * np.where(good, flux, 0.0)[source])
    spread = per_pixel(weight**2 * variance[source])
    return Resampled(
        flux=np.divide(mean, total, out=np.zeros(grid.n_pixel), where=seen),
        ivar=np.divide(total**2, spread, out=np.zeros(grid.n_pixel), where=seen),
        covered=per_pixel(length) >= MIN_PIXEL_FRACTION * width,
    )


def pixel_bounds(wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of every pixel, (m,) each, from pixel centres.

    Edges lie halfway between neighbours. Across a hole, where pixels were left out of the file (a step more than `GAP`
    times the smallest of the three steps before it and of the three behind it), each neighbour ends half of its own
    side's step away and the hole stays empty.

    Parameters
    ----------
    wavelength
        (m,) pixel centres, strictly rising, m at least 2.
    """
    step = np.diff(wavelength)
    if step.max() <= GAP * step.min():  # as in most spectra: no hole can be there
        half = 0.5 * step
        return wavelength - np.concatenate([half[:1], half]), wavelength + np.concatenate([half, half[-1:]])
    # Smallest of three steps, centred; the centre moved by two gives the three steps before or behind a step.
    padded = np.pad(step, 3, constant_values=np.inf)
    smallest = np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    before, behind = smallest[: len(step)], smallest[4:]
    usual = np.maximum(np.where(np.isinf(before), 0.0, before), np.where(np.isinf(behind), 0.0, behind))
    gap = (usual > 0) & (step > GAP * usual)
    above = 0.5 * np.where(gap, np.minimum(before, usual), step)
    below = 0.5 * np.where(gap, np.minimum(behind, usual), step)
    low = wavelength - np.concatenate([above[:1], below])
    high = wavelength + np.concatenate([above, below[-1:]])
    return low, high


def _shared_segments(low: np.ndarray, high: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length, source pixel and grid pixel of every stretch that one source pixel shares with one grid pixel.

    All edges together cut the wavelength axis into stretches that no edge divides further; counting the lower edges
    passed so far gives the pixel that a stretch lies in. Overlaps found like this are exact to rounding, unlike
    differences of a running integral, where one wild pixel would spoil all that follow.
    """
    ends = high[np.append(high[:-1] < low[1:], True)]
    cuts = np.concatenate([low, edges, ends])
    order = np.argsort(cuts, kind="stable")[:-1]
    length = np.diff(cuts[order], append=cuts.max())
    middle = cuts[order] + 0.5 * length
    source = np.cumsum(order < len(low)) - 1
    target = np.cumsum((order >= len(low)) & (order < len(low) + len(edges))) - 1
    inside = (length > 0) & (source >= 0) & (target >= 0) & (target < len(edges) - 1) & (middle < high[source])
    return length[inside], source[inside], target[inside]
