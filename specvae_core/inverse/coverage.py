"""How wide error bands must be to hold the true flux, measured on noisy data that the estimates have seen.

With a datum y = x + η of variance v, and an estimate :math:`\\hat x` that follows its noise with the derivative S,

.. math:: \\langle(\\hat x - y)^2\\rangle = \\langle(\\hat x - x)^2\\rangle + v (1 - 2 S)

(Stein 1981), so that the error on the true flux follows although only noisy flux is known. A quantile of the errors
follows likewise where all are drawn from one Gaussian. Where the noise is larger than the errors, and some spectra or
pixels are reproduced much worse than they claim while others are not, that quantile is biased. The bias is found by
simulation of errors whose sizes are those measured, of spectra that stand out and of pixels with like claims, and
divided out.

Where the noise is several times as large as the errors, what is measured is uncertain all the same: of 120 spectra with
noise five times as large as their errors, factors scatter by 15%. What the posterior claims is right within some
per cent there, since it is noise that it counts. So the logarithm of a factor gets a Gaussian prior around the claim,
of standard deviation `CLAIM`, and is weighed by its uncertainty, unless it rules the claim out.
"""

import numpy as np

from ..data.spectra import SpectraSet
from .problem import measured_ivar
from .solution import Solution

SHARES = {1: 68.3, 2: 95.4}
"""Per cent of a Gaussian within 1 and 2 standard deviations."""

FACTORS = (0.2, 20.0)
"""Limits of a factor on the errors."""

CLAIM = 0.1
"""Standard deviation of the natural logarithm of factors about the posterior's own claim, before they are measured."""

DOUBT = 0.75
"""Uncertainty of the logarithm of a factor, in units of that of the logarithm of the mean squared error: simulated."""

RULED_OUT = 3.0
"""Distance of the mean squared error from the claim, in units of its uncertainty, from which on it counts alone."""

FAR = 4.0
"""Distance from the median, in standard deviations, from which on a spectrum counts as one that the model misses."""

LIKE = 3
"""Groups of pixels by their noise, of which the mean squared errors are taken."""


def squared_error(solution: Solution, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances of estimates from noisy data, and what the noise adds to their mean, each (n, n_pixel)."""
    variance = 1 / measured_ivar(spectra).clip(1e-30)
    return (spectra.flux - solution.spectra) ** 2, variance * (1 - 2 * solution.response)


def factors_holding(squares: np.ndarray, noise: np.ndarray, compared: np.ndarray) -> tuple[float, float]:
    """Factors on the errors of estimates with which they hold 68.3 and 95.4% of the true flux, within `FACTORS`.

    The less the noise lets see of the errors, the nearer they are to 1 and 2.

    Parameters
    ----------
    squares, noise
        (n, n_pixel) as `squared_error` gives them, in units of the variance that the estimate claims.
    compared
        (n, n_pixel) bool, pixels that count; at least one.
    """
    rows = compared.any(axis=1)
    squares, noise, compared = squares[rows], noise[rows], compared[rows]
    size = _sizes(squares, noise, compared)[compared]
    squares, noise = squares[compared], noise[compared]
    normal = np.random.default_rng(0).standard_normal(len(squares)) ** 2
    simulated = normal * (size + noise).clip(min=0)
    spread = np.sqrt(2 * np.square((size + noise).clip(min=0)).sum())
    ruled_out = abs(size.sum() - len(size)) > RULED_OUT * spread
    weight = 1.0 if ruled_out else CLAIM**2 / (CLAIM**2 + (DOUBT * spread / len(size)) ** 2)
    found = []
    for n_sigma, share in SHARES.items():
        measured, biased = (_quantile(some - n_sigma**2 * noise, share) for some in (squares, simulated))
        factor = measured * _quantile(normal * size, share) / biased
        apart = np.log(factor / n_sigma)
        found.append(float(np.clip(n_sigma * np.exp(weight * apart), *FACTORS)))
    return found[0], found[1]


def _quantile(squares: np.ndarray, share: float) -> float:
    return float(np.sqrt(np.percentile(squares, share).clip(min=FACTORS[0] ** 2)))


def _sizes(squares: np.ndarray, noise: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """Mean squared errors (n, n_pixel): of a spectrum, where noise cannot explain how much it differs; else of `LIKE`.

    That is, of the pixels of all other spectra with about as much noise.
    """
    count = compared.sum(axis=1)
    size = np.where(compared, squares - noise, 0.0).sum(axis=1) / count
    middle = max(float(np.median(size)), FACTORS[0] ** 2)
    by_noise = 2 * np.where(compared, (noise + middle) ** 2, 0.0).sum(axis=1) / count**2
    far = np.abs(size - middle) > FAR * np.sqrt(by_noise)
    sizes = np.broadcast_to(size[:, None], compared.shape).copy()
    ordinary = compared & ~far[:, None]
    if ordinary.any():
        edges = np.quantile(noise[ordinary], np.linspace(0, 1, LIKE + 1)[1:-1])
        group = np.searchsorted(edges, noise[ordinary])
        n = np.bincount(group, minlength=LIKE).clip(min=1)
        mean = np.bincount(group, (squares - noise)[ordinary], minlength=LIKE) / n
        sizes[ordinary] = mean[group]
    return sizes.clip(min=0.05 * middle)
