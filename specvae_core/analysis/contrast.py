"""How two groups of objects differ: effect sizes that outliers do not carry, their significance, false discoveries."""

from dataclasses import dataclass

import numpy as np

MOST_CATEGORIES = 100
"""Categories of a column of words at most: more of them are names of objects."""


@dataclass(frozen=True)
class Contrast:
    """One quantity in two groups.

    Parameters
    ----------
    name
        The quantity.
    effect
        -1 to 1, Cliff's delta: the chance that an object of A has the larger value, minus the chance of the opposite.
        For categories 0 to 1, Cramér's V.
    sigma
        The same in standard deviations of what random groups of these sizes give.
    p
        Chance of an effect as large in random groups.
    difference
        Median of A minus median of B, in the unit of the quantity; NaN for categories.
    median_a, median_b
        The medians; NaN for categories.
    """

    name: str
    effect: float
    sigma: float
    p: float
    difference: float = np.nan
    median_a: float = np.nan
    median_b: float = np.nan


def compare_numbers(name: str, a: np.ndarray, b: np.ndarray) -> Contrast | None:
    """Compare numbers of two groups by the rank test of Mann & Whitney (1947); missing ones are left out.

    Parameters
    ----------
    a, b
        (n_a,) and (n_b,), NaN where missing; ``None`` comes back where fewer than three of either are known, or all are
        equal.

    Examples
    --------
    >>> found = compare_numbers("x", np.arange(10.0) + 5, np.arange(10.0))
    >>> round(found.effect, 2), found.difference
    (0.75, 5.0)
    """
    from scipy.special import ndtr

    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    n_a, n_b = len(a), len(b)
    if min(n_a, n_b) < 3:
        return None
    ranks, ties = _ranks(np.concatenate([a, b]))
    n = n_a + n_b
    variance = n_a * n_b / 12 * (n + 1 - (ties**3 - ties).sum() / (n * (n - 1)))
    if variance <= 0:
        return None
    u = ranks[:n_a].sum() - n_a * (n_a + 1) / 2
    sigma = (u - n_a * n_b / 2) / np.sqrt(variance)
    effect = 2 * u / (n_a * n_b) - 1
    medians = float(np.median(a)), float(np.median(b))
    return Contrast(name, float(effect), float(sigma), float(2 * ndtr(-abs(sigma))), medians[0] - medians[1], *medians)


def _ranks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ranks (n,) from 1 on, the mean one for equal values, and how many objects share each; float64."""
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    ties = np.diff(starts, append=len(values)).astype(float)
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(starts + (ties + 1) / 2, ties.astype(int))
    return ranks, ties


def compare_categories(name: str, a: np.ndarray, b: np.ndarray) -> Contrast | None:
    """Compare words of two groups by χ² of their table of counts; rare ones, expected fewer than five times, as one.

    Parameters
    ----------
    a, b
        (n_a,) and (n_b,) of words; ``None`` comes back where all are equal, or most are unique.
    """
    from scipy.special import chdtrc, ndtri

    names, codes = np.unique(np.concatenate([a, b]).astype(str), return_inverse=True)
    n_a, n = len(a), len(codes)
    if not 2 <= len(names) <= MOST_CATEGORIES or min(n_a, n - n_a) < 3:
        return None
    counts = np.stack([np.bincount(part, minlength=len(names)) for part in (codes[:n_a], codes[n_a:])]).astype(float)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    rare = expected.min(axis=0) < 5
    if rare.any() and len(names) > 2:
        counts = np.column_stack([counts[:, ~rare], counts[:, rare].sum(axis=1)])
        counts = counts[:, counts.sum(axis=0) > 0]
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    freedom = counts.shape[1] - 1
    if freedom < 1:
        return None
    statistic = float((np.square(counts - expected) / expected).sum())
    p = float(chdtrc(freedom, statistic))
    return Contrast(name, float(np.sqrt(statistic / n)), float(-ndtri(max(p, 1e-300) / 2)), p)


def false_discovery_rates(p: np.ndarray) -> np.ndarray:
    """Share of false ones among all that are as significant, (m,), by Benjamini & Hochberg (1995).

    Examples
    --------
    >>> false_discovery_rates(np.array([0.01, 0.04, 0.03, 0.5])).round(3).tolist()
    [0.04, 0.053, 0.053, 0.5]
    """
    p = np.asarray(p, dtype=float)
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    rates = np.empty(len(p))
    rates[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return rates


def chance_variance(n_a: int, n_b: int) -> float:
    """Variance of Cliff's delta between random groups."""
    return (n_a + n_b + 1) / (3 * n_a * n_b)


@dataclass(frozen=True, eq=False)
class MedianSpectrum:
    """Median of some spectra with its bootstrap band, (n_pixel,) each; NaN where fewer than three see a pixel.

    Parameters
    ----------
    median, low, high
        The median, and the 16th and 84th percentile of medians of bootstrap samples.
    """

    median: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def sigma(self) -> np.ndarray:
        """Half the width of the band."""
        return (self.high - self.low) / 2


def median_spectrum(flux: np.ndarray) -> MedianSpectrum:
    """Median of spectra (n, n_pixel), NaN where unseen, with its bootstrap band.

    No samples are drawn: the median of a bootstrap sample is one of the sorted values, and its rank in m of them is
    normal around m/2 with variance m/4 (Efron 1979, Ann. Stat. 7, 1, section 3).
    """
    ordered = np.sort(flux, axis=0)  # NaN comes last
    seen = np.isfinite(flux).sum(axis=0)
    few = seen < 3
    ranks = [seen / 2 + shift * np.sqrt(seen) / 2 - 0.5 for shift in (0.0, -1.0, 1.0)]
    values = [_at_rank(ordered, np.clip(rank, 0, np.maximum(seen - 1, 0))) for rank in ranks]
    return MedianSpectrum(*(np.where(few, np.nan, value) for value in values))


def _at_rank(ordered: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Values between ranks, (n_pixel,), by linear interpolation along sorted columns (n, n_pixel)."""
    below = np.floor(rank).astype(int)
    above = np.minimum(below + 1, np.ceil(rank).astype(int))
    pixels = np.arange(ordered.shape[1])
    share = rank - below
    return ordered[below, pixels] * (1 - share) + ordered[above, pixels] * share
