"""A linear Gaussian model of the residuals that a decoder leaves on training spectra.

A factor analysis: the residual of a spectrum is :math:`r = m + c W + \\epsilon` with :math:`c \\sim N(0, 1)` and
:math:`\\epsilon_p \\sim N(0, \\psi_p)`; measurements of it have known noise besides. Given the seen pixels, the
unseen ones follow. Where all variances are equal this is the probabilistic PCA of Tipping & Bishop (1999).
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..progress import Progress, Report, ignore

COMPONENTS = 80
"""Components at most."""

NOISY_COMPONENTS = 20
"""Components at most where spectra have holes or noise: they are found by iteration, and few are significant."""

SPECTRA_PER_COMPONENT = 6
"""Spectra that the fit of one component needs."""

SWEEPS, MORE_SWEEPS = 8, 2
"""Steps of expectation and maximisation, from principal components and from a model of most of the same spectra; the
likelihood rises little after the first few."""

FLOOR = 1e-7
"""Smallest variance of a pixel, in units of the mean flux squared."""


@dataclass(frozen=True, eq=False)
class ResidualModel:
    """A linear Gaussian model of residuals.

    Parameters
    ----------
    mean
        (n_pixel,) float64, m.
    components
        (q, n_pixel) float64, W.
    variance
        (n_pixel,) float64, ψ.
    """

    mean: Tensor
    components: Tensor
    variance: Tensor

    @property
    def total_variance(self) -> Tensor:
        """(n_pixel,) variance of residuals, that of the components included."""
        return self.variance + self.components.square().sum(dim=0)

    def to(self, device: torch.device) -> Self:
        """The same model, for spectra on another device."""
        return type(self)(self.mean.to(device), self.components.to(device), self.variance.to(device))

    @classmethod
    def fit(
        cls,
        residual: np.ndarray,
        ivar: np.ndarray,
        *,
        components: int = 0,
        start: "ResidualModel | None" = None,
        report: Report = ignore,
    ) -> "ResidualModel":
        """Fit the model to residuals of spectra.

        Parameters
        ----------
        residual, ivar
            (n, n_pixel) data minus decoded, and its inverse variance; 0 where unseen.
        components
            Number of components; 0 takes as many as the spectra support. Noisy spectra get `NOISY_COMPONENTS` at most.
        start
            A model of most of the same spectra, from which the iteration starts.
        report
            Called after every sweep.
        """
        residual, ivar = torch.as_tensor(residual).double(), torch.as_tensor(ivar).double()
        q = components or min(COMPONENTS, len(residual) // SPECTRA_PER_COMPONENT)
        model, finished = _start(residual, ivar, q)
        sweeps = SWEEPS
        if start is not None and not finished:
            model, sweeps = start, MORE_SWEEPS
        for sweep in range(0 if finished else sweeps):
            report(Progress(sweep / sweeps, f"fitting residuals, sweep {sweep + 1} of {sweeps}"))
            model = _sweep(model, residual, ivar)
        never = ~(ivar > 0).any(dim=0)  # nothing is known of a pixel that nobody saw but that it is like the others
        return replace(model, variance=torch.where(never, model.total_variance.max(), model.variance))


def _start(residual: Tensor, ivar: Tensor, q: int) -> tuple[ResidualModel, bool]:
    """Principal components of what is seen, and whether that is all there is to do: no holes and hardly any noise."""
    seen = ivar > 0
    count = seen.sum(dim=0).clamp(min=1)
    mean = torch.where(seen, residual, 0.0).sum(dim=0) / count
    centred = torch.where(seen, residual - mean, 0.0)
    noise = float(torch.where(seen, 1 / ivar.clamp(min=1e-30), 0.0).sum() / seen.sum().clamp(min=1))
    scatter = float(centred.square().sum() / seen.sum().clamp(min=1))
    quiet = bool(seen.all()) and noise < 0.1 * scatter
    n, n_pixel = residual.shape
    q = max(0, min(q if quiet else min(q, NOISY_COMPONENTS), n - 1, n_pixel // 2))
    _, singular, vectors = torch.linalg.svd(centred, full_matrices=False)
    noise = 0.0 if quiet else noise
    variance = (singular[:q].square() / max(n, 1) - noise).clamp(min=FLOOR)
    rest = (centred - (centred @ vectors[:q].T) @ vectors[:q]).square().sum(dim=0) / count
    lost = n / max(n - q, 1)  # q components take the scatter of q spectra with them
    psi = (lost * rest - noise).clamp(min=FLOOR)
    return ResidualModel(mean, variance.sqrt()[:, None] * vectors[:q], psi), quiet


def _expect(model: ResidualModel, residual: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weights (n, n_pixel), the mean of c (n, q) and the Cholesky factor of its precision (n, q, q)."""
    weight = torch.where(ivar > 0, 1 / (model.variance + 1 / ivar.clamp(min=1e-30)), 0.0)
    q = len(model.components)
    products = (model.components[:, None] * model.components).flatten(0, 1)
    precision = torch.eye(q, dtype=torch.double) + (weight @ products.T).reshape(len(residual), q, q)
    factor = torch.linalg.cholesky(precision)
    right = (weight * (residual - model.mean)) @ model.components.T
    mean = torch.cholesky_solve(right[:, :, None], factor)[:, :, 0]
    return weight, mean, factor


def _sweep(model: ResidualModel, residual: Tensor, ivar: Tensor) -> ResidualModel:
    """One step of expectation and maximisation; the variances by moments."""
    weight, mean, factor = _expect(model, residual, ivar)
    n, q = mean.shape
    covariance = torch.cholesky_inverse(factor)
    squares = (mean[:, :, None] * mean[:, None] + covariance).reshape(n, q * q)
    centred = torch.where(ivar > 0, residual - model.mean, 0.0)
    matrix = (weight.T @ squares).reshape(residual.shape[1], q, q) + 1e-6 * torch.eye(q, dtype=torch.double)
    components = torch.linalg.solve(matrix, (weight * centred).T @ mean).T
    left = torch.where(ivar > 0, centred - mean @ components, 0.0)
    spread = torch.einsum("np,np->p", weight.square(), left.square() - torch.where(ivar > 0, 1 / ivar, 0.0))
    products = (components[:, None] * components).flatten(0, 1)
    spread += torch.einsum("np,np->p", weight.square(), covariance.reshape(n, q * q) @ products)
    variance = (spread / weight.square().sum(dim=0).clamp(min=1e-30)).clamp(min=FLOOR)
    shift = torch.einsum("np,np->p", weight, left) / weight.sum(dim=0).clamp(min=1e-30)
    # Coefficients whose scatter is not 1 pass it on to the components: far fewer sweeps are needed so (PX-EM).
    scatter = torch.linalg.cholesky(squares.mean(dim=0).reshape(q, q))
    return ResidualModel(model.mean + shift, scatter.T @ components, variance)
