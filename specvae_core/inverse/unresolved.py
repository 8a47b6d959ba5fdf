"""Structure of a spectrum within the pixels of a grid, as an error of fits to narrower pixels.

A model decodes averages over the pixels of its grid. The curve that a fit draws between them (`observed`) is the
smoothest one with these averages; the spectrum departs from it by structure whose mean over each pixel of the grid is
zero and of which no more is known. It is taken as white noise less its means over the pixels, of two kinds. One follows
the bend of the spectrum, since where averages change from pixel to pixel the spectrum does so within them; the other is
the same everywhere:

.. math:: \\sigma_j^2 = s^2 b_j^2 + t^2 \\overline{b^2},
          \\quad b_j^2 = \\tfrac13 \\sum_{|k - j| \\le 1} (f_{k-1} - 2 f_k + f_{k+1})^2

(One kind between the two, of variance :math:`b_j \\bar b`, has too little at the lines, on which a redshift hangs: its
errors were a quarter to a third too small for most sets of galaxies.) Averaged over pixels of a file, of widths
:math:`w_i` and overlaps :math:`o_{ij}` with the pixels j of the grid (both in pixels of the grid), it has the
covariance

.. math:: C_{ii'} = \\sum_j \\sigma_j^2 (\\delta_{ii'} o_{ij} - o_{ij} o_{i'j}) / (w_i w_{i'})

which is a band about the diagonal, and vanishes for pixels of the file that are pixels of the grid. The scales s and t
are those of the highest likelihood of the residuals of one spectrum: 0 where they are as small as the measured errors
say.
"""

from dataclasses import dataclass

import numpy as np

SCALES = (0.0, *np.geomspace(0.02, 5.0, 24))
"""Scales that are tried, of either kind."""

TURNS = 4
"""How often the scale of each kind is sought with that of the other as it was."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Covariance of the errors of m pixels, by its root.

    Parameters
    ----------
    root
        (b + 1, m) the diagonal of the Cholesky factor and the b diagonals below it, as LAPACK has them.
    scales
        Of the two kinds of unresolved structure that the covariance contains: s and t.
    """

    root: np.ndarray
    scales: tuple[float, float] = (0.0, 0.0)

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
        (2, b + 1, m) of the kinds of structure for scales of 1, from `covariance_of_structure`.
    residual
        (m,) data less model.
    """
    from scipy.linalg import cholesky_banded

    def noise(scales: tuple[float, float]) -> Noise:
        bands = np.tensordot(np.square(scales), covariance, axes=1)
        bands[0] += variance
        return Noise(cholesky_banded(bands, lower=True), scales)

    best = noise((0.0, 0.0))
    for turn in range(2 * TURNS):
        s, t = best.scales
        tried = [(scale, t) if turn % 2 else (s, scale) for scale in SCALES]
        best = min((noise(scales) for scales in tried), key=lambda one: one.cost(residual))
    return best


def covariance_of_structure(low: np.ndarray, high: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Covariances of both kinds of structure for scales of 1: diagonals and those below them, (2, b + 1, m).

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
    rows = np.repeat(np.arange(len(low)), cell.shape[1])
    shares = csr_array((share.ravel(), (rows, cell.ravel())), shape=(len(low), len(spectrum)))
    common = (shares @ shares.T).tocoo()  # pixels of the file that share one of the grid
    below = common.row >= common.col
    row, column = common.row[below], common.col[below]
    bands = np.zeros((2, int((row - column).max()) + 1, len(low)))
    for kind, variance in zip(bands, _variances(spectrum), strict=True):
        kind[row - column, column] = -(shares.multiply(variance) @ shares.T).tocsr()[row, column]
        kind[0] += (share * variance[cell]).sum(axis=1) / width
    return bands


def _variances(spectrum: np.ndarray) -> np.ndarray:
    """Variances (2, n_pixel) of both kinds of structure for scales of 1."""
    squares = np.zeros(len(spectrum))
    squares[1:-1] = np.square(np.diff(spectrum, 2))
    bend = np.convolve(squares, np.ones(3) / 3, "same")
    return np.stack([bend, np.full_like(bend, bend.mean())])
