"""How likely measurements are: Gaussian noise, and what the decoder misses, together.

With decoder :math:`G`, residuals of mean :math:`m`, components :math:`W` and variances :math:`\\psi` (`residuals`), a
measurement of the code :math:`z` follows

.. math:: y \\sim N(A (G(z) + m),\\; D + A W^T W A^T), \\qquad D = diag(1 / ivar + diag(A \\psi A^T))

The inverse of its covariance comes from the small matrix :math:`1 + W A^T D^{-1} A W^T` (Woodbury), so that the search
runs over codes alone while the coefficients of the residuals take their best values all along.
"""

import torch
from torch import Tensor

from .operators import LinearOperator
from .residuals import ResidualModel


class Likelihood:
    """The likelihood of n measurements.

    Parameters
    ----------
    operator
        A.
    observed, ivar
        (n, n_out) float64.
    residual
        What the decoder misses.

    Attributes
    ----------
    weight
        (n, n_out) :math:`D^{-1/2}`, 0 where unseen.
    weighted
        (n, q, n_out) :math:`W A^T D^{-1/2}`.
    factor
        (n, q, q) the Cholesky factor :math:`L` of the small matrix.
    whitened
        (n, q, n_out) :math:`L^{-1} W A^T D^{-1/2}`.
    """

    def __init__(self, operator: LinearOperator, observed: Tensor, ivar: Tensor, residual: ResidualModel) -> None:
        self.operator, self.residual = operator, residual
        self.observed, self.ivar = observed, ivar
        spread = (operator.matrix.square() * residual.variance[:, None]).sum(dim=0)
        self.weight = torch.where(ivar > 0, (spread + 1 / ivar.clamp(min=1e-30)).rsqrt(), 0.0)
        self.weighted = self.weight[:, None] * operator.forward(residual.components)
        small = torch.eye(len(residual.components), dtype=torch.double) + self.weighted @ self.weighted.mT
        self.factor = torch.linalg.cholesky(small)
        self.whitened = torch.linalg.solve_triangular(self.factor, self.weighted, upper=False)
        self.n_seen = (ivar > 0).sum(dim=1)

    def marginal_weight(self) -> Tensor:
        """(n, n_out) one over the whole standard deviation of each datum, correlations forgotten; 0 where unseen."""
        spread = (self.operator.matrix.square() * self.residual.total_variance[:, None]).sum(dim=0)
        return torch.where(self.ivar > 0, (spread + 1 / self.ivar.clamp(min=1e-30)).rsqrt(), 0.0)

    def log_determinant(self) -> Tensor:
        """(n,) natural logarithm of the determinant of the covariance of what was seen."""
        small = 2 * self.factor.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        return small - 2 * torch.where(self.weight > 0, self.weight, 1.0).log().sum(dim=1)

    def misses(self, spectra: Tensor, rows: Tensor | slice) -> Tensor:
        """D^{-1/2} (y - A (spectra + m)) (r, s, n_out) of s spectra (r, s, n_pixel) for each of the measurements."""
        expected = self.operator.forward(spectra + self.residual.mean)
        return self.weight[rows][:, None] * (self.observed[rows][:, None] - expected)

    def explained(self, missed: Tensor, rows: Tensor | slice) -> Tensor:
        """What the residuals' components explain of vectors (r, s, n_out) in units of D^{1/2}: (r, s, q)."""
        return missed @ self.whitened[rows].mT

    def chi2(self, spectra: Tensor, rows: Tensor | slice) -> Tensor:
        """χ² (r, s) of s spectra (r, s, n_pixel) for each of the measurements ``rows``."""
        missed = self.misses(spectra, rows)
        return missed.square().sum(dim=-1) - self.explained(missed, rows).square().sum(dim=-1)

    def normal_equations(self, spectra: Tensor, jacobian: Tensor, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Matrix (r, s, k, k) and right side (r, s, k) of a Gauss-Newton step.

        Parameters
        ----------
        spectra, jacobian
            (r, s, n_pixel) and (r, s, k, n_pixel), float64.
        rows
            The r measurements.
        """
        missed = self.misses(spectra, rows)
        slopes = self.weight[rows][:, None, None] * self.operator.forward(jacobian)
        hidden = self.explained(missed, rows)
        hidden_slopes = self.explained(slopes.flatten(1, 2), rows).unflatten(1, slopes.shape[1:3])
        matrix = slopes @ slopes.mT - hidden_slopes @ hidden_slopes.mT
        right = slopes @ missed[..., None] - hidden_slopes @ hidden[..., None]
        return matrix, right[..., 0]
