"""Spectra as tensors, and mean and scatter of what is seen of them."""

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet

CHUNK = 4096
"""Spectra that are encoded or decoded at once: bounds the memory for large surveys."""


def spectra_tensors(spectra: SpectraSet, rows: slice | np.ndarray) -> tuple[Tensor, Tensor]:
    """Flux and ivar of some rows as tensors (n, n_pixel); where unseen, the infilled flux if there is one, else NaN."""
    flux, ivar = torch.tensor(spectra.flux[rows]), torch.tensor(spectra.ivar[rows])
    guess = np.nan if spectra.infilled is None else torch.tensor(spectra.infilled[rows])
    return torch.where(ivar > 0, flux, guess), ivar


def seen_mean(flux: Tensor, ivar: Tensor, fallback: float = 1.0) -> Tensor:
    """Mean spectrum (n_pixel,) over the spectra that see each pixel; ``fallback`` where none does."""
    count, total = torch.zeros_like(flux[0], dtype=torch.int64), torch.zeros_like(flux[0])
    for some_flux, some_ivar in zip(flux.split(CHUNK), ivar.split(CHUNK), strict=True):  # not all: a GPU may be full
        seen = some_ivar > 0
        count += seen.sum(dim=0)
        total += torch.where(seen, some_flux, 0.0).sum(dim=0)
    return torch.where(count > 0, total / count.clamp(min=1), fallback)


def seen_scatter(flux: Tensor, ivar: Tensor, mean: Tensor) -> Tensor:
    """Root-mean-square distance of seen pixels (n, n_pixel) from a mean spectrum (n_pixel,); a number above 0."""
    count, squares = 0, torch.zeros_like(mean[0])
    for some_flux, some_ivar in zip(flux.split(CHUNK), ivar.split(CHUNK), strict=True):
        seen = some_ivar > 0
        count += int(seen.sum())
        squares += torch.where(seen, some_flux - mean, 0.0).square().sum()
    return (squares / max(count, 1)).sqrt().clamp(min=1e-6)
