"""Likelihood of measurements under Gaussian noise and the residuals that the decoder leaves.

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
    """Likelihood of n measurements, marginalised over the residuals of the decoder.

    Parameters
    ----------
    operator
        The operator A from spectra to data.
    observed, ivar
        (n, n_out) float64.
    residual
        Model of the residuals that the decoder leaves.

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
        small = (
            torch.eye(len(residual.components), dtype=torch.double, device=ivar.device)
            + self.weighted @ self.weighted.mT
        )
        self.factor = torch.linalg.cholesky(small)
        self.whitened = torch.linalg.solve_triangular(self.factor, self.weighted, upper=False)
        self.n_seen = (ivar > 0).sum(dim=1)

    def marginal_weight(self) -> Tensor:
        """Inverse total standard deviation of each datum, (n, n_out), correlations neglected; 0 where unseen."""
        spread = (self.operator.matrix.square() * self.residual.total_variance[:, None]).sum(dim=0)
        return torch.where(self.ivar > 0, (spread + 1 / self.ivar.clamp(min=1e-30)).rsqrt(), 0.0)

    def log_determinant(self) -> Tensor:
        """Natural logarithm of the determinant of the covariance of the seen data, (n,)."""
        small = 2 * self.factor.diagonal(dim1=1, dim2=2).log().sum(dim=1)
        return small - 2 * torch.where(self.weight > 0, self.weight, 1.0).log().sum(dim=1)

    def scaled_residuals(self, spectra: Tensor, rows: Tensor | slice) -> Tensor:
        """D^{-1/2} (y - A (spectra + m)) (r, s, n_out) of s spectra (r, s, n_pixel) for each of the measurements."""
        expected = self.operator.forward(spectra + self.residual.mean)
        return self.weight[rows][:, None] * (self.observed[rows][:, None] - expected)

    def explained(self, residual: Tensor, rows: Tensor | slice) -> Tensor:
        """Projection (r, s, q) of vectors (r, s, n_out), in units of D^{1/2}, on the residual components."""
        return residual @ self.whitened[rows].mT

    def chi2(self, spectra: Tensor, rows: Tensor | slice) -> Tensor:
        """χ² (r, s) of s spectra (r, s, n_pixel) for each of the measurements ``rows``."""
        residual = self.scaled_residuals(spectra, rows)
        return residual.square().sum(dim=-1) - self.explained(residual, rows).square().sum(dim=-1)

    def normal_equations(self, spectra: Tensor, jacobian: Tensor, rows: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Matrix (r, s, k, k) and right side (r, s, k) of a Gauss-Newton step.

        Parameters
        ----------
        spectra, jacobian
            (r, s, n_pixel) and (r, s, k, n_pixel), float64.
        rows
            The r measurements.
        """
        residual = self.scaled_residuals(spectra, rows)
        slopes = self.weight[rows][:, None, None] * self.operator.forward(jacobian)
        hidden = self.explained(residual, rows)
        hidden_slopes = self.explained(slopes.flatten(1, 2), rows).unflatten(1, slopes.shape[1:3])
        matrix = slopes @ slopes.mT - hidden_slopes @ hidden_slopes.mT
        right = slopes @ residual[..., None] - hidden_slopes @ hidden[..., None]
        return matrix, right[..., 0]
