"""Magnitudes, asinh magnitudes and fluxes, and Galactic extinction.

Fluxes here are in units of the flux of magnitude 0. An asinh magnitude (Lupton, Gunn & Szalay 1999) is

.. math:: m = -\\frac{2.5}{\\ln 10} \\left[ \\mathrm{asinh}\\frac{F}{2b} + \\ln b \\right]

with the *softening* b, given as the magnitude :math:`-2.5 \\log_{10} b`. It equals the usual magnitude for
:math:`F \\gg b`, and has a value and a finite error where a flux is zero or below: an object that was looked for and
not seen is a measurement of 0 with the error of the sky.
"""

import numpy as np

POGSON = 2.5 / np.log(10)
"""Magnitudes per unit of natural logarithm of flux."""

EXTINCTION = {
    **{"u": 4.239, "g": 3.303, "r": 2.285, "i": 1.698, "z": 1.263},
    **{"b": 3.626, "v": 2.742, "y": 1.088, "j": 0.709, "h": 0.449, "k": 0.302, "ks": 0.302},
    **{"w1": 0.184, "w2": 0.113},
}
"""Extinction in magnitudes for E(B-V) = 1 of the map of Schlegel et al. (1998), recalibrated: Schlafly & Finkbeiner
(2011), Table 6, R_V = 3.1: SDSS ugriz, Landolt B and V, LSST y, UKIRT JHK; WISE: Yuan, Liu & Xiang (2013)."""


def flux_of(magnitude: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes and their errors of magnitudes with errors, (n,) each.

    >>> flux, sigma = flux_of(np.array([2.5]), np.array([0.1]))
    >>> flux.round(3).tolist(), sigma.round(4).tolist()
    ([0.1], [0.0092])
    """
    flux = 10 ** (-0.4 * np.asarray(magnitude, float))
    return flux, flux * error / POGSON


def magnitude_of(flux: np.ndarray, sigma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes and their errors of fluxes above 0, (n,) each."""
    return -2.5 * np.log10(flux), POGSON * sigma / flux


def asinh_magnitude_of(flux: np.ndarray, sigma: np.ndarray, softening: float) -> tuple[np.ndarray, np.ndarray]:
    """Asinh magnitudes and their errors of fluxes of either sign, (n,) each; ``softening`` in magnitudes.

    >>> magnitude, error = asinh_magnitude_of(np.array([0.0, 0.01]), np.array([1e-10, 1e-10]), 25.0)
    >>> magnitude.round(4).tolist(), error.round(4).tolist()
    ([25.0, 5.0], [0.5429, 0.0])
    """
    b = 10 ** (-0.4 * softening)
    magnitude = -POGSON * (np.arcsinh(flux / (2 * b)) + np.log(b))
    return magnitude, POGSON * sigma / np.sqrt(flux**2 + 4 * b**2)


def one_sigma_limit(flux: np.ndarray, sigma: np.ndarray) -> float:
    """Magnitude of a source as bright as the error of the sky: the median of σ among the faintest quarter.

    Parameters
    ----------
    flux, sigma
        (n,), n ≥ 1.
    """
    faint = np.argsort(flux)[: max(len(flux) // 4, 1)]
    return float(-2.5 * np.log10(np.median(sigma[faint])))
