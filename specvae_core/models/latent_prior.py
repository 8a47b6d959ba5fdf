"""Priors of latents in fits of redshifts: one Gaussian, or the density that a normalising flow has learnt.

Both are used by Gauss-Newton steps, which need a penalty :math:`-2 \\ln p(z)` beside χ², its slope and its curvature.
"""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from .density import LatentDensity

PRIORS = ("gaussian", "density")
"""Names of `GaussianPrior` and `FlowPrior`."""


class LatentPrior(Protocol):
    """What a fit needs of a prior; all tensors are float64.

    Attributes
    ----------
    mean, sigma
        (k,) mean and standard deviation of the latents: where searches may start, and the unit of their steps.
    precision
        (k, k) curvature of the penalty, half its matrix of second derivatives: of the Gaussian of the same covariance.
    """

    mean: Tensor
    sigma: Tensor
    precision: Tensor

    def penalty(self, latents: Tensor) -> Tensor:
        """Minus twice the logarithm of the density at latents (n, k), (n,), up to a constant."""

    def slope(self, latents: Tensor) -> Tensor:
        """Derivatives (n, k) of the logarithm of the density."""


class GaussianPrior:
    """Independent Gaussians, one for each latent.

    Parameters
    ----------
    mean, sigma
        (k,) mean and standard deviation.
    """

    def __init__(self, mean: np.ndarray, sigma: np.ndarray) -> None:
        self.mean, self.sigma = (torch.from_numpy(np.asarray(value, float)) for value in (mean, sigma))
        self.precision = torch.diag(self.sigma**-2)

    @classmethod
    def of(cls, latents: np.ndarray) -> "GaussianPrior":
        """The prior that describes latents (n, k); rows that are not finite are left out."""
        latents = latents[np.isfinite(latents).all(axis=1)].astype(float)
        return cls(latents.mean(axis=0), np.maximum(latents.std(axis=0), 1e-6))

    def penalty(self, latents: Tensor) -> Tensor:
        """See `LatentPrior`."""
        return ((latents - self.mean) / self.sigma).square().sum(dim=1)

    def slope(self, latents: Tensor) -> Tensor:
        """See `LatentPrior`."""
        return (self.mean - latents) / self.sigma**2


class FlowPrior:
    """The density of a survey's latents.

    Parameters
    ----------
    density
        As fitted to latents of training objects.
    """

    def __init__(self, density: LatentDensity) -> None:
        self._density = density
        self.mean, self.precision = density.centre.double(), density.precision
        self.sigma = torch.linalg.inv(self.precision).diagonal().sqrt()

    def penalty(self, latents: Tensor) -> Tensor:
        """See `LatentPrior`."""
        with torch.no_grad():
            return -2 * self._density.log_prob(latents.float()).double()

    def slope(self, latents: Tensor) -> Tensor:
        """See `LatentPrior`."""
        with torch.enable_grad():
            places = latents.detach().float().requires_grad_()
            return torch.autograd.grad(self._density.log_prob(places).sum(), places)[0].double()
