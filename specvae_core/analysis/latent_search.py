"""One search for latents for every decoder, so that decoders are compared and not their encoders.

From the latents that the encoder gives, Levenberg-Marquardt steps go to those that minimise
:math:`\\frac12 \\sum_p w_p (x_p - f_p(z))^2`, with decoder f and ivar w, without a prior and at the amplitude that the
decoder has. Linear models are there already: theirs is this least-squares problem.
"""

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..models import Ability, LatentModel
from ..models.spectra_tensors import spectra_tensors
from ..progress import Progress, Report, ignore

STEPS = 30
BLOCK = 256
"""Spectra that are searched at once."""

SETTLED = 1e-4
"""Share of χ² by which a step has to lower it for the search to go on."""


DIFFERENCE = 0.01
"""Length of differences that stand for derivatives, in standard deviations of the latents of the survey."""


def needs_search(model: LatentModel) -> bool:
    """Whether the encoder of a model may leave χ² above its minimum in the latents."""
    exact = {Ability.DECODES_LINEARLY, Ability.PROJECTS_CODES}  # these search, or solve, when they encode
    return Ability.DECODES_GRADIENT in model.abilities and not exact & model.abilities


def search_latents(model: LatentModel, spectra: SpectraSet, start: np.ndarray, report: Report = ignore) -> np.ndarray:
    """Latents (n, n_latent) float32 of least χ², from a start of the same shape."""
    spectra = spectra.on_scale(model.flux_scale)
    model.eval()
    found = np.array(start, dtype=np.float32)
    lengths = torch.tensor(DIFFERENCE * np.maximum(found.std(axis=0), 1e-3))
    for first in range(0, len(spectra), BLOCK):
        report(Progress(first / len(spectra), "searching for latents"))
        rows = slice(first, first + BLOCK)
        flux, ivar = spectra_tensors(spectra, rows)
        found[rows] = _descend(
            model, torch.tensor(found[rows]), torch.where(ivar > 0, flux, 0.0), ivar, lengths
        ).numpy()
    return found


def _descend(model: LatentModel, latents: Tensor, flux: Tensor, ivar: Tensor, lengths: Tensor) -> Tensor:
    damping = torch.full((len(latents),), 1e-2)
    with torch.no_grad():
        decoded = model.decode_gradient(latents)
        value = _chi2(decoded, flux, ivar)
        for _ in range(STEPS):
            jacobian = _jacobian(model, latents, lengths)  # (n, k, n_pixel)
            weighted = jacobian * ivar[:, None]
            matrix = (weighted @ jacobian.transpose(1, 2)).double()
            slope = (weighted @ (flux - decoded)[:, :, None]).double()
            ridge = damping.double()[:, None] * matrix.diagonal(dim1=1, dim2=2) + 1e-12
            step, _ = torch.linalg.solve_ex(matrix + torch.diag_embed(ridge), slope)
            tried = latents + step[:, :, 0].float()
            there = model.decode_gradient(tried)
            lower = _chi2(there, flux, ivar)
            better = lower < value
            settled = not (value - lower > SETTLED * value)[better].any()
            latents = torch.where(better[:, None], tried, latents)
            decoded = torch.where(better[:, None], there, decoded)
            value = torch.where(better, lower, value)
            damping = torch.where(better, damping / 5, damping * 5).clamp(1e-6, 1e6)
            if settled and (damping > 1e3).sum() + better.sum() == len(better):
                break
    return latents


def _jacobian(model: LatentModel, latents: Tensor, lengths: Tensor) -> Tensor:
    """Derivatives (n, k, n_pixel) of the decoder, as differences over ``lengths`` (k,) to either side."""
    columns = [
        (model.decode_gradient(latents + way) - model.decode_gradient(latents - way)) / (2 * length)
        for way, length in zip(torch.diag(lengths), lengths, strict=True)
    ]
    return torch.stack(columns, dim=1)


def _chi2(decoded: Tensor, flux: Tensor, ivar: Tensor) -> Tensor:
    return (ivar * (flux - decoded).square()).sum(dim=1)
