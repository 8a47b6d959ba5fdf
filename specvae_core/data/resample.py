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
    """Spectra on the pixels of a grid: one, or n of them with n as the first axis of each array.

    Parameters
    ----------
    flux
        (n_pixel,) or (n, n_pixel) mean flux density, in the unit that came; 0 where unseen.
    ivar
        As ``flux``, its inverse variance; 0 where unseen.
    covered
        As ``flux``, bool, within the spectrum's range, whether the source pixels there are good or not.
    """

    flux: np.ndarray
    ivar: np.ndarray
    covered: np.ndarray


def resample(wavelength: np.ndarray, flux: np.ndarray, ivar: np.ndarray, grid: SpectralGrid) -> Resampled:
    """Average spectra over the pixels of a grid, each source pixel weighted by its overlap.

    With o_ij the width in Angstrom that source pixel i shares with grid pixel j, over good source pixels::

        f_j = sum_i o_ij f_i / sum_i o_ij        var_j = sum_i o_ij^2 / ivar_i / (sum_i o_ij)^2

    so that flux times width, summed, is conserved exactly where all pixels are good. Neighbouring grid pixels that
    share a source pixel have correlated errors, which ``ivar`` (the diagonal) does not contain. The correlation is weak
    where grid pixels are wider than source pixels; where they are narrower, several grid pixels repeat one measurement
    with its full ivar, and sums over pixels (a chi-square) count it that many times.

    Parameters
    ----------
    wavelength
        (m,) or (n, m) pixel centres in Angstrom, strictly rising, spacing free; see `pixel_bounds`.
    flux
        As ``wavelength``, flux density per Angstrom; anything, also NaN, where ``ivar`` is 0.
    ivar
        As ``wavelength``, inverse variance; 0 excludes a pixel.
    grid
        The target, in the same frame.
    """
    shape = (*wavelength.shape[:-1], grid.n_pixel)
    low, high = (np.atleast_2d(bound) for bound in pixel_bounds(wavelength))
    length, source, first = _shared_stretches(low, high, grid.edges)
    good = (ivar > 0).ravel()
    variance = np.divide(1.0, ivar.ravel(), out=np.zeros(good.size), where=good)

    def of_stretches(values: np.ndarray) -> np.ndarray:
        return values.take(source, mode="clip")

    def per_pixel(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(values, first).reshape(*shape[:-1], -1)[..., :-1]

    width = np.diff(grid.edges)
    weight = length * of_stretches(good)
    total = per_pixel(weight)
    seen = total >= MIN_PIXEL_FRACTION * width
    mean = per_pixel(weight * of_stretches(np.where(good, flux.ravel(), 0.0)))
    spread = per_pixel(np.square(weight) * of_stretches(variance))
    return Resampled(
        flux=np.divide(mean, total, out=np.zeros(shape), where=seen),
        ivar=np.divide(total**2, spread, out=np.zeros(shape), where=seen),
        covered=per_pixel(length) >= MIN_PIXEL_FRACTION * width,
    )


def pixel_bounds(wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper edge of every pixel, shaped as ``wavelength``, from pixel centres.

    Edges lie halfway between neighbours. Across a hole, where pixels were left out of the file (a step more than `GAP`
    times the smallest of the three steps before it and of the three behind it), each neighbour ends half of its own
    side's step away and the hole stays empty.

    Parameters
    ----------
    wavelength
        (m,) or (n, m) pixel centres, strictly rising, m at least 2.
    """
    step = np.diff(wavelength)
    if (step.max(axis=-1) <= GAP * step.min(axis=-1)).all():  # as in most spectra: no hole can be there
        above = below = 0.5 * step
    else:
        # Smallest of three steps, centred; the centre moved by two gives the three steps before or behind a step.
        ends = np.full((*step.shape[:-1], 3), np.inf)
        padded = np.concatenate([ends, step, ends], axis=-1)
        smallest = np.minimum(np.minimum(padded[..., :-2], padded[..., 1:-1]), padded[..., 2:])
        before, behind = smallest[..., : step.shape[-1]], smallest[..., 4:]
        usual = np.maximum(np.where(np.isinf(before), 0.0, before), np.where(np.isinf(behind), 0.0, behind))
        gap = (usual > 0) & (step > GAP * usual)
        above = 0.5 * np.where(gap, np.minimum(before, usual), step)
        below = 0.5 * np.where(gap, np.minimum(behind, usual), step)
    low = wavelength - np.concatenate([above[..., :1], below], axis=-1)
    high = wavelength + np.concatenate([above, below[..., -1:]], axis=-1)
    return low, high


def _shared_stretches(
    low: np.ndarray, high: np.ndarray, edges: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretches that no edge divides: length, source pixel, and which of them begin at an edge of the grid.

    The lower edges of the m source pixels of each spectrum and all edges of the grid together, in order, cut its
    wavelength axis into stretches; those from one edge of the grid to the next share that grid pixel. Overlaps found
    like this are exact to rounding, unlike differences of a running integral, where one wild pixel would spoil all that
    follow.

    Parameters
    ----------
    low, high
        (n, m) edges of source pixels.
    edges
        (k,) of the grid.

    Returns
    -------
    length
        (n * (m + k),) of the part of a stretch that its source pixel fills; what follows on the last edge of the grid
        means nothing.
    source
        (n * (m + k),) number of that pixel, counted through all spectra.
    first
        (n * k,) the stretches that begin at an edge of the grid.
    """
    (n, m), k = low.shape, len(edges)
    before = np.array([np.searchsorted(row, edges, side="right") for row in low])
    first = (before + np.arange(k) + (m + k) * np.arange(n)[:, None]).ravel()
    is_source = np.ones(n * (m + k), dtype=bool)
    is_source[first] = False
    source = np.cumsum(is_source) - 1
    cuts = np.empty(n * (m + k) + 1)
    cuts[first], cuts[:-1][is_source], cuts[-1] = np.tile(edges, n), low.ravel(), np.inf
    length = np.minimum(cuts[1:], high.ravel().take(source, mode="clip")) - cuts[:-1]
    np.maximum(length, 0.0, out=length)
    length *= (cuts[:-1].reshape(n, -1) >= low[:, :1]).ravel()
    return length, source, first
