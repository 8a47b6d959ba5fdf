"""Many small weighted least-squares problems that share a basis: two matrix products and a batch of Cholesky factors.

Each row :math:`m` of weights and targets has the coefficients that minimise

.. math:: \\tfrac12 \\sum_p w_{mp} (t_{mp} - \\sum_k c_{mk} v_{kp})^2 + \\tfrac12 \\sum_k \\lambda_k c_{mk}^2.

All matrices of the normal equations come out of one product of the weights with the k (k + 1) / 2 distinct products of
basis vectors. Single precision suffices because the basis is whitened first, under the mean weights.
"""

from collections.abc import Callable

import torch
from torch import Tensor

PIXELS_AT_ONCE = 64
ROWS_AT_ONCE = 1024
RIDGE = 1e-5
"""Share of a row's largest curvature that is added to all, so that undetermined coefficients are 0."""


def weighted_least_squares(
    weight: Tensor,
    target: Tensor,
    basis: Tensor,
    penalty: float | Tensor = 0.0,
    *,
    covariance: bool = False,
    pulse: Callable[[], None] = lambda: None,
) -> tuple[Tensor, Tensor | None]:
    """Coefficients of every row, and their covariances if asked for.

    Parameters
    ----------
    weight, target
        (m, p) float32; a weight of 0 is a hole. Targets are finite everywhere.
    basis
        (k, p) float32.
    penalty
        :math:`\\lambda`, one for all coefficients or (k,).
    covariance
        Whether to return the inverse of each row's matrix.
    pulse
        Called about every thousand rows; may raise to stop.

    Returns
    -------
    coefficients, covariances
        (m, k), and (m, k, k) or ``None``.
    """
    k = len(basis)
    lower = _mean_curvature(weight, basis, penalty)
    white = torch.linalg.solve_triangular(lower, basis.double(), upper=False).float()
    first, second = torch.triu_indices(k, k)
    place = torch.empty(k, k, dtype=torch.long)
    place[first, second] = place[second, first] = torch.arange(len(first))
    products = white[first] * white[second]
    inverse = torch.linalg.solve_triangular(lower, torch.eye(k, dtype=torch.double), upper=False)
    prior = (inverse * penalty @ inverse.T).float()
    coefficients, covariances = [], []
    for some_weight, some_target in zip(weight.split(ROWS_AT_ONCE), target.split(ROWS_AT_ONCE), strict=True):
        pulse()
        matrix = (some_weight @ products.T).index_select(1, place.flatten()).view(-1, k, k) + prior
        diagonal = matrix.diagonal(dim1=1, dim2=2)
        diagonal += RIDGE * diagonal.amax(dim=1, keepdim=True) + 1e-6
        right = (some_weight * some_target) @ white.T
        factor = torch.linalg.cholesky(matrix)
        coefficients.append(torch.cholesky_solve(right[..., None], factor)[..., 0] @ inverse.float())
        if covariance:
            covariances.append(inverse.T.float() @ torch.cholesky_inverse(factor) @ inverse.float())
    if not coefficients:
        return target.new_zeros(0, k), target.new_zeros(0, k, k) if covariance else None
    return torch.cat(coefficients), torch.cat(covariances) if covariance else None


def _mean_curvature(weight: Tensor, basis: Tensor, penalty: float | Tensor) -> Tensor:
    """Lower Cholesky factor (k, k) float64 of the normal matrix under the mean weights of all rows."""
    mean = weight.mean(dim=0).double() if len(weight) else weight.new_ones(weight.shape[1]).double()
    curvature = (basis.double() * mean) @ basis.double().T
    diagonal = curvature.diagonal()
    diagonal += penalty + 1e-10 * diagonal.sum() + 1e-20
    return torch.linalg.cholesky(curvature)


def pixel_scatter(residual: Tensor, ivar: Tensor, n_steps: int = 12) -> Tensor:
    """Variance of each pixel beyond its errors, (n_pixel,), by Fisher scoring of the Gaussian likelihood.

    Parameters
    ----------
    residual, ivar
        (n, n_pixel); ivar 0 is a hole.
    n_steps
        Steps, each :math:`s^2 \\leftarrow s^2 + \\sum (w^2 r^2 - w) / \\sum w^2` with :math:`w = 1/(\\sigma^2 + s^2)`.
    """
    pieces = zip(residual.split(PIXELS_AT_ONCE, dim=1), ivar.split(PIXELS_AT_ONCE, dim=1), strict=True)
    return torch.cat([_scatter(some.square(), weight.contiguous(), n_steps) for some, weight in pieces])


def _scatter(squared: Tensor, ivar: Tensor, n_steps: int) -> Tensor:
    """`pixel_scatter` of squared residuals, of so few pixels that they stay in the processor's cache."""
    variance = torch.zeros(ivar.shape[1])
    for _ in range(n_steps):
        weight = ivar / (1 + ivar * variance)
        curvature = weight.square().sum(dim=0)
        slope = (weight.square() * squared - weight).sum(dim=0)
        variance = (variance + slope / curvature.clamp(min=1e-30)).clamp(min=0.0)
    return torch.where(ivar.amax(dim=0) > 0, variance, 0.0)
