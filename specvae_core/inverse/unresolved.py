"""Structure of a spectrum within the pixels of a grid, as an error of fits to narrower pixels.

A model decodes averages over the pixels of its grid. The curve that a fit draws between them (`observed`) is the
smoothest one with these averages; the spectrum departs from it by structure whose mean over each pixel of the grid is
zero and of which no more is known. It is taken as white noise less its means over the pixels. Its variance follows the
bend of the spectrum, since where averages change from pixel to pixel the spectrum does so within them:

.. math:: \\sigma_j^2 = s^2 b_j \\bar b, \\quad b_j^2 = \\tfrac13 \\sum_{|k - j| \\le 1} (f_{k-1} - 2 f_k + f_{k+1})^2

with :math:`\\bar b` the root mean square of the :math:`b_j`. (Of :math:`b_j^p \\bar b^{2-p}` with p from 0 to 2, the
likelihood of simulated galaxies with structure from finer pixels is highest with p near 1, and s then hardly depends on
their noise.) Averaged over pixels of a file, of widths :math:`w_i` and overlaps :math:`o_{ij}` with the pixels j of the
grid (both in pixels of the grid), it has the covariance

.. math:: C_{ii'} = \\sum_j \\sigma_j^2 (\\delta_{ii'} o_{ij} - o_{ij} o_{i'j}) / (w_i w_{i'})

which is a band about the diagonal, and vanishes for pixels of the file that are pixels of the grid. The scale s is that
of the highest likelihood of the residuals of one spectrum: 0 where they are as small as the measured errors say.
"""

from dataclasses import dataclass

import numpy as np

SCALES = (0.0, *np.geomspace(0.02, 5.0, 24))
"""Scales that are tried."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Covariance of the errors of m pixels, by its root.

    Parameters
    ----------
    root
        (b + 1, m) the diagonal of the Cholesky factor and the b diagonals below it, as LAPACK has them.
    scale
        Of the unresolved structure that the covariance contains.
    """

    root: np.ndarray
    scale: float = 0.0

    @classmethod
    def independent(cls, variance: np.ndarray) -> "Noise":
        """Measured errors alone, of variances (m,)."""
        return cls(np.sqrt(variance)[None])

    def whiten(self, values: np.ndarray) -> np.ndarray:
        """Values (r, m) divided by the root of the covariance: errors become independent, of variance 1."""
        from scipy.linalg.lapack import dtbtrs

        return dtbtrs(self.root, values.T, uplo="L")[0].T

    def cost(self, residual: np.ndarray) -> float:
        """Minus twice the logarithm of the likelihood of residuals (m,), up to a constant."""
        return float(np.square(self.whiten(residual[None])).sum() + 2 * np.log(self.root[0]).sum())


def most_likely_noise(variance: np.ndarray, covariance: np.ndarray, residual: np.ndarray) -> Noise:
    """Measured errors and as much unresolved structure as residuals show.

    Parameters
    ----------
    variance
        (m,) of the measured errors.
    covariance
        (b + 1, m) of the structure for a scale of 1, from `covariance_of_structure`.
    residual
        (m,) data less model.
    """
    from scipy.linalg import cholesky_banded

    def noise(scale: float) -> Noise:
        bands = scale**2 * covariance
        bands[0] += variance
        return Noise(cholesky_banded(bands, lower=True), scale)

    return min((noise(scale) for scale in SCALES), key=lambda one: one.cost(residual))


def covariance_of_structure(low: np.ndarray, high: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Covariance of the unresolved structure for a scale of 1: the diagonal and those below it, (b + 1, m).

    Parameters
    ----------
    low, high
        (m,) ends of the pixels of the file, in pixels of the grid, whose first one has its centre at 0.
    spectrum
        (n_pixel,) values on the grid.
    """
    from scipy.sparse import csr_array

    width, first = high - low, np.floor(low + 0.5).astype(int)
    cell = first[:, None] + np.arange(int((np.floor(high + 0.5) - first).max()) + 1)
    ends = np.maximum(low[:, None], cell - 0.5), np.minimum(high[:, None], cell + 0.5)
    share = (ends[1] - ends[0]).clip(0.0) / width[:, None]
    cell = cell.clip(0, len(spectrum) - 1)
    variance = _variance(spectrum)
    rows = np.repeat(np.arange(len(low)), cell.shape[1])
    shares = csr_array((share.ravel(), (rows, cell.ravel())), shape=(len(low), len(spectrum)))
    common = (shares.multiply(variance) @ shares.T).tocoo()
    below, column = common.row - common.col, common.col
    kept = below >= 0
    bands = np.zeros((int(below.max()) + 1, len(low)))
    bands[below[kept], column[kept]] = -common.data[kept]
    bands[0] += (share * variance[cell]).sum(axis=1) / width
    return bands


def _variance(spectrum: np.ndarray) -> np.ndarray:
    """Variance (n_pixel,) of the structure for a scale of 1."""
    squares = np.zeros(len(spectrum))
    squares[1:-1] = np.square(np.diff(spectrum, 2))
    bend = np.convolve(squares, np.ones(3) / 3, "same")
    return np.sqrt(bend * bend.mean())
