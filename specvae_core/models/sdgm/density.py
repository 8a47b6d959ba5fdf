"""Densities of redshift on a grid, their point estimates, and their calibration by the PIT.

The probability integral transform (PIT) of an object is F(z) of its own density at its true redshift: uniform from 0
to 1 over many objects, where their densities are right. Everywhere, ``grid`` (n_z,) holds the redshifts and ``pdf``
(n, n_z) densities that integrate to 1 over it.
"""

import numpy as np
from numpy.polynomial import legendre

PIT_DEGREE = 4
"""Degree of the polynomial that describes the logarithm of the PIT's density."""

PIT_PRIOR = 0.2
"""Prior standard deviation of its coefficients: a small sample changes little."""

_STEPS = 1000


def normalised(grid: np.ndarray, log_pdf: np.ndarray) -> np.ndarray:
    """Densities (n, n_z) that integrate to 1 over the grid (n_z,), from their logs up to a constant for each row."""
    pdf = np.exp(log_pdf - log_pdf.max(axis=1, keepdims=True))
    return pdf / np.trapezoid(pdf, grid, axis=1)[:, None]


def cumulative(grid: np.ndarray, pdf: np.ndarray) -> np.ndarray:
    """F(z) of densities (n, n_z) on the grid (n_z,), 0 at the first redshift and 1 at the last.

    >>> cumulative(np.array([0.0, 0.5, 1.0]), np.array([[1.0, 1.0, 1.0]])).tolist()
    [[0.0, 0.5, 1.0]]
    """
    steps = 0.5 * (pdf[:, 1:] + pdf[:, :-1]) * np.diff(grid)
    sums = np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))
    return sums / sums[:, -1:]


def at(grid: np.ndarray, rows: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Each row (n, n_z) read at its own redshift z (n,), by straight lines."""
    place = np.interp(z, grid, np.arange(len(grid)))
    left = np.minimum(place.astype(int), len(grid) - 2)
    share, index = place - left, np.arange(len(z))
    return rows[index, left] * (1 - share) + rows[index, left + 1] * share


def pit_shape(pit: np.ndarray) -> np.ndarray:
    """Coefficients (PIT_DEGREE,) of the density of some PIT (n,): its logarithm in Legendre polynomials from the first.

    The most probable ones under a normal prior of width `PIT_PRIOR`, by Newton's method on a concave function.
    """
    basis = legendre.legvander(np.linspace(-1, 1, _STEPS), PIT_DEGREE)[:, 1:]
    sums = legendre.legvander(2 * pit - 1, PIT_DEGREE)[:, 1:].sum(axis=0)
    shape = np.zeros(PIT_DEGREE)
    for _ in range(50):
        weight = np.exp(basis @ shape)
        weight /= weight.sum()
        mean = weight @ basis
        gradient = sums - len(pit) * mean - shape / PIT_PRIOR**2
        curvature = len(pit) * ((basis - mean).T * weight) @ (basis - mean) + np.eye(PIT_DEGREE) / PIT_PRIOR**2
        step = np.linalg.solve(curvature, gradient)
        shape += step
        if np.abs(step).max() < 1e-9:
            break
    return shape


def reshaped(grid: np.ndarray, pdf: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Densities p(z) h(F(z)), (n, n_z), whose PIT is uniform where h, of this `pit_shape`, is the density of theirs.

    After Bordoloi, Lilly and Amara (2010), who took h from a histogram.
    """
    product = pdf * np.exp(legendre.legval(2 * cumulative(grid, pdf) - 1, np.concatenate([[0.0], shape])))
    return product / np.trapezoid(product, grid, axis=1)[:, None]


def point_estimates(grid: np.ndarray, pdf: np.ndarray) -> dict[str, np.ndarray]:
    """``z_phot`` (the mean, of least expected squared error), median, mode and the 68% interval, (n,) each."""
    distribution = cumulative(grid, pdf)
    mean = np.trapezoid(pdf * grid, grid, axis=1)
    quantiles = {
        name: np.array([np.interp(level, row, grid) for row in distribution])
        for name, level in (("z_median", 0.5), ("z_low", 0.16), ("z_high", 0.84))
    }
    return {"z_phot": mean, "z_mode": grid[pdf.argmax(axis=1)]} | quantiles
