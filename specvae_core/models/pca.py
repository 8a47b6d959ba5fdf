"""Principal component analysis of spectra with errors and holes.

Components and coefficients are fitted by alternating weighted least squares, the expectation-maximisation PCA of
Bailey (2012, PASP 124, 1015): each pixel has its ivar as weight, unseen pixels 0. Where all weights are equal
this is ordinary PCA.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from .linear import LinearConfig, LinearModel
from .spectra_tensors import seen_mean


@dataclass(frozen=True)
class PCAConfig(LinearConfig):
    """Settings of `PCA`."""


class PCA(LinearModel):
    """Mean spectrum plus orthonormal components, in the order of the variance they explain."""

    name = "pca"
    title = "PCA"
    Config = PCAConfig

    def start(self, flux: Tensor, ivar: Tensor, generator: torch.Generator) -> None:
        """The mean over seen pixels, and ordinary PCA with the mean in the holes."""
        self.mean.copy_(seen_mean(flux, ivar))
        covariance = torch.zeros(self.grid.n_pixel, self.grid.n_pixel, dtype=torch.double)
        for some_flux, some_ivar in zip(flux.split(4096), ivar.split(4096), strict=True):
            residual = torch.where(some_ivar > 0, some_flux - self.mean, 0.0).double()
            covariance += residual.T @ residual
        vectors = torch.linalg.eigh(covariance).eigenvectors.flip(dims=[1])
        self.components.zero_()
        self.components[: vectors.shape[1]] = vectors[:, : self.n_latent].T.float()

    def solve(self, matrix: Tensor, right: Tensor, start: Tensor | None = None) -> Tensor:
        """Least squares with a vanishing ridge, so that undetermined coefficients are 0."""
        diagonal = matrix.diagonal(dim1=-2, dim2=-1)
        ridge = 1e-9 * diagonal.amax(dim=-1, keepdim=True) + 1e-30
        return torch.linalg.solve(matrix + torch.diag_embed(ridge.expand_as(diagonal)), right)

    def tidy(self, latents: Tensor) -> None:
        """Rotate to orthonormal components along the principal axes of the latents, each mostly positive."""
        self.mean += latents.mean(dim=0) @ self.components
        scatter = torch.linalg.qr((latents - latents.mean(dim=0)).double()).R @ self.components.double()
        components = torch.linalg.svd(scatter, full_matrices=False).Vh.float()
        sign = torch.where(components.sum(dim=1, keepdim=True) < 0, -1.0, 1.0)
        self.components[: len(components)] = sign * components
