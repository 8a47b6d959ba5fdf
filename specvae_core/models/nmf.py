"""Non-negative matrix factorisation of spectra with errors and holes.

Spectra are non-negative sums of non-negative endmembers. Both are fitted by alternating non-negative least squares,
each small problem by cyclic coordinate descent (Cichocki & Phan 2009, IEICE E92-A, 708, hierarchical ALS), with each
pixel weighted by its ivar. Unlike multiplicative updates this takes noisy flux below zero as it is: only the model is
non-negative, so faint spectra are not biased upwards by clipping.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..settings import option
from .abilities import Ability
from .linear import LinearConfig, LinearModel
from .spectra_tensors import seen_mean

SWEEPS = 500
STEPS = 10
SETTLED = 1e-7
"""Rounds of coordinate descent: at most this many from nothing, this many from a start, and when to stop earlier."""


@dataclass(frozen=True)
class NMFConfig(LinearConfig):
    """Settings of `NMF`, which settles slowly."""

    max_iterations: int = option(
        300, "stop after this many sweeps at the latest", minimum=1, maximum=100_000, title="Sweeps at most"
    )


class NMF(LinearModel):
    """Non-negative endmembers, each of mean flux 1, and their non-negative amounts."""

    name = "nmf"
    title = "NMF"
    Config = NMFConfig
    abilities = LinearModel.abilities | {Ability.HAS_ENDMEMBERS}

    @property
    def endmember_names(self) -> tuple[str, ...]:
        """Names of the endmembers: numbers, since NMF does not know what they are."""
        return tuple(f"endmember {i + 1}" for i in range(self.n_latent))

    def mixture(self, fractions: np.ndarray) -> np.ndarray:
        """Spectra (n, n_pixel) of mixtures with these abundances (n, n_latent)."""
        return self.decode(fractions)

    @property
    def endmembers(self) -> np.ndarray:
        """Spectra of the endmembers, (n_latent, n_pixel) float32, each of mean 1."""
        return self.components.numpy().copy()

    def abundances(self, spectra: SpectraSet) -> np.ndarray:
        """Share of each endmember, (n, n_latent) float32; rows sum to 1, or are 0 where no pixel is seen."""
        amounts = self.encode(spectra)
        return amounts / np.maximum(amounts.sum(axis=1, keepdims=True), np.float32(1e-30))

    def start(self, flux: Tensor, ivar: Tensor, generator: torch.Generator) -> None:
        """Spectra of the survey that lie far apart, chosen as k-means++ does, holes filled with the mean."""
        mean = seen_mean(flux, ivar).clamp(min=0)
        filled = torch.where(ivar > 0, flux, mean).clamp(min=0)
        distance = (filled - mean).square().sum(dim=1)
        for component in range(self.n_latent):
            chance = distance.double() + 1e-12
            pick = torch.rand(1, generator=generator, dtype=torch.double)
            row = torch.searchsorted(chance.cumsum(0) / chance.sum(), pick).clamp(max=len(chance) - 1)
            self.components[component] = filled[row] + 1e-3
            distance = torch.minimum(distance, (filled - filled[row]).square().sum(dim=1))

    def solve(self, matrix: Tensor, right: Tensor, start: Tensor | None = None) -> Tensor:
        """Non-negative least squares by coordinate descent, all problems at once."""
        diagonal = matrix.diagonal(dim1=-2, dim2=-1)
        step = torch.where(diagonal > 0, 1 / diagonal.clamp(min=1e-30), 0.0)
        solution = torch.zeros_like(right) if start is None else start.clone()
        for _ in range(SWEEPS if start is None else STEPS):
            before = solution.clone()
            for j in range(right.shape[1]):
                slope = right[:, j] - (matrix[:, j] * solution).sum(dim=1)
                solution[:, j] = (solution[:, j] + slope * step[:, j]).clamp(min=0)
            if (solution - before).abs().sum() <= SETTLED * solution.sum():
                break
        return solution

    def tidy(self, latents: Tensor) -> None:
        """Scale every endmember to mean flux 1, and order them by how much of the survey they make up."""
        scale = self.components.mean(dim=1, keepdim=True)
        total = latents.sum(dim=0) * scale[:, 0]
        self.components /= scale.clamp(min=1e-30)
        self.components.copy_(self.components[total.argsort(descending=True)])
