"""Densities of redshift on a grid, and the numbers that stand for them."""

import numpy as np


def normalised(grid: np.ndarray, log_pdf: np.ndarray) -> np.ndarray:
    """Densities (n, n_z) that integrate to 1 over the grid (n_z,), from their logs up to a constant for each row."""
    pdf = np.exp(log_pdf - log_pdf.max(axis=1, keepdims=True))
    return pdf / np.trapezoid(pdf, grid, axis=1)[:, None]


def cumulative(grid: np.ndarray, pdf: np.ndarray) -> np.ndarray:
    """F(z) of densities (n, n_z) on the grid (n_z,), 0 at the first redshift and 1 at the last."""
    steps = 0.5 * (pdf[:, 1:] + pdf[:, :-1]) * np.diff(grid)
    sums = np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))
    return sums / sums[:, -1:]


def point_estimates(grid: np.ndarray, pdf: np.ndarray) -> dict[str, np.ndarray]:
    """``z_phot`` (the mean, which has the least expected squared error), median, mode and the 68 % interval, (n,) each.

    Parameters
    ----------
    grid
        (n_z,) redshifts.
    pdf
        (n, n_z) densities that integrate to 1.
    """
    distribution = cumulative(grid, pdf)
    mean = np.trapezoid(pdf * grid, grid, axis=1)
    quantiles = {
        name: np.array([np.interp(level, row, grid) for row in distribution])
        for name, level in (("z_median", 0.5), ("z_low", 0.16), ("z_high", 0.84))
    }
    return {"z_phot": mean, "z_mode": grid[pdf.argmax(axis=1)]} | quantiles
