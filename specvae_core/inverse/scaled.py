"""A model with a free scale, for measurements whose mean flux is not that of the whole spectrum."""

import numpy as np
import torch
from torch import Tensor, nn

from ..models import Ability, LatentModel

SCATTER = 0.2
"""Prior standard deviation of the natural logarithm of the scale."""


class Scaled(nn.Module):
    """A model with one code more, the natural logarithm of the scale of a spectrum.

    Spectra of a survey are divided by their mean over the whole grid, which is not known from a spectrum alone where
    pixels are missing.

    Parameters
    ----------
    model
        The model of all other codes.
    """

    def __init__(self, model: LatentModel) -> None:
        super().__init__()
        self.model = model
        self.grid, self.n_latent, self.device = model.grid, model.n_latent + 1, model.device
        self.abilities = model.abilities & {Ability.DECODES_GRADIENT, Ability.PROJECTS_CODES}

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of codes (n, k + 1)."""
        return torch.exp(latents[:, -1:]) * self.model.decode_gradient(latents[:, :-1])

    def project_codes(self, codes: Tensor) -> Tensor:
        """Codes (n, k + 1) whose first k lie on the set of the model, for models that have one."""
        return torch.cat([self.model.project_codes(codes[:, :-1]), codes[:, -1:]], dim=1)

    def candidates(self, codes: np.ndarray, seed: int = 0) -> np.ndarray:
        """Codes (m, k) with scales drawn at random, (m, k + 1)."""
        scales = np.random.default_rng(seed).normal(0, SCATTER, (len(codes), 1))
        return np.concatenate([codes, scales], axis=1)
