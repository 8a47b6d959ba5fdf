"""Redshift distributions n(z) of tomographic bins: sums of the densities of the objects whose z_phot lies in each bin.

Densities are summed once in narrow *cells* of z_phot; bins are made of whole cells, so that other bins need no other
pass over the survey.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

STRIDE = 8
"""Width of a cell, in steps of the redshift grid."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Sums of densities by z_phot.

    Parameters
    ----------
    grid
        (n_z,) redshifts.
    borders
        (n_cell + 1,) rising, of z_phot.
    sums
        (n_cell, n_z) of the densities of the objects in each cell; each integrates to the number of them.
    """

    grid: np.ndarray
    borders: np.ndarray
    sums: np.ndarray

    @classmethod
    def empty(cls, grid: np.ndarray, borders: np.ndarray | None = None) -> "Cells":
        """Sums without any object yet; by default cells of `STRIDE` steps of the grid."""
        if borders is None:
            borders = np.append(np.concatenate([[0.0], grid[STRIDE - 1 : -1 : STRIDE]]), grid[-1])
        return cls(grid, borders, np.zeros((len(borders) - 1, len(grid))))

    def add(self, pdf: np.ndarray, z_phot: np.ndarray) -> None:
        """Add objects with densities (n, n_z) and estimates (n,); those outside of the borders are left out."""
        cell = np.searchsorted(self.borders, z_phot, side="right") - 1
        inside = (cell >= 0) & (cell < len(self.sums))
        np.add.at(self.sums, cell[inside], pdf[inside])

    @property
    def counts(self) -> np.ndarray:
        """Number of objects in each cell, (n_cell,)."""
        return np.trapezoid(self.sums, self.grid, axis=1)

    def edges(self, n_bin: int) -> np.ndarray:
        """Borders of bins with about as many objects each, (n_bin + 1,) or fewer where cells hold too many."""
        total = np.concatenate([[0.0], np.cumsum(self.counts)])
        filled = np.flatnonzero(self.counts > 0.5)
        if not len(filled):
            return self.borders[[0, -1]]
        inner = np.interp(np.linspace(0, total[-1], n_bin + 1)[1:-1], total, np.arange(len(total)))
        ends = [filled[0], *np.round(inner).astype(int), filled[-1] + 1]
        return self.borders[np.unique(ends)]

    def bins(self, edges: np.ndarray) -> "list[Bin]":
        """The n(z) of bins between these edges (k + 1,), which have to be borders of cells."""
        place = np.searchsorted(self.borders, edges - 1e-9)
        found = []
        for i, (start, stop) in enumerate(pairwise(place)):
            total = self.sums[start:stop].sum(axis=0)
            n = np.trapezoid(total, self.grid)
            density = total / max(n, 1e-300)
            found.append(Bin(float(edges[i]), float(edges[i + 1]), round(float(n)), density, self.grid))
        return found


@dataclass(frozen=True, eq=False)
class Bin:
    """One tomographic bin.

    Parameters
    ----------
    low, high
        Its ends in z_phot.
    n
        Number of objects.
    density
        (n_z,) n(z), which integrates to 1.
    grid
        (n_z,) redshifts.
    """

    low: float
    high: float
    n: int
    density: np.ndarray
    grid: np.ndarray

    @property
    def mean(self) -> float:
        """Mean redshift of n(z)."""
        return float(np.trapezoid(self.density * self.grid, self.grid))

    @property
    def scatter(self) -> float:
        """Standard deviation of n(z)."""
        return float(np.sqrt(np.trapezoid(self.density * (self.grid - self.mean) ** 2, self.grid)))

    def row(self, z_phot: np.ndarray, z_spec: np.ndarray) -> dict[str, float | int | None]:
        """Its numbers beside the truth of objects (n,) with a spectroscopic redshift; ``None`` without any.

        ``bias`` is the mean of n(z) less the mean spectroscopic redshift, over one plus that; ``bias_error`` the
        standard error of that mean, from the scatter of the spectroscopic redshifts.
        """
        inside = (z_phot >= self.low) & (z_phot < self.high) & np.isfinite(z_spec)
        row: dict[str, float | int | None] = {"low": self.low, "high": self.high, "n": self.n, "mean": self.mean}
        row |= {
            "scatter": self.scatter,
            "n_spec": int(inside.sum()),
            "mean_spec": None,
            "bias": None,
            "bias_error": None,
        }
        if inside.sum() > 1:
            truth = z_spec[inside]
            scale = 1 + truth.mean()
            row["mean_spec"], row["bias"] = float(truth.mean()), float((self.mean - truth.mean()) / scale)
            row["bias_error"] = float(truth.std(ddof=1) / np.sqrt(len(truth)) / scale)
        return row
