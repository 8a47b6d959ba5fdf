"""A decoder that is known, and bends: two parameters give a slope and the depth of a line whose place moves with it."""

import torch
from torch import Tensor

from specvae_core.grid import SpectralGrid
from specvae_core.models import Ability, LatentModel, ModelConfig

GRID = SpectralGrid.from_range(4000.0, 7000.0, 80)


class BentLine(LatentModel):
    """Nothing is learnt: the decoder is the truth."""

    name = "bent"
    title = "Bent line"
    Config = ModelConfig
    abilities = frozenset({Ability.DECODES_GRADIENT})
    width = 0.15
    """Of the line, in units of half the grid."""

    def __init__(self) -> None:
        super().__init__(GRID, ModelConfig(n_latent=2))
        self.register_buffer("position", torch.linspace(-1, 1, GRID.n_pixel))

    def fit(self, spectra, report=None, *, seed=0, checkpoint=None) -> "BentLine":
        return self

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        return torch.zeros(len(flux), 2)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        slope, depth = latents[:, :1], latents[:, 1:]
        line = torch.exp(-0.5 * ((self.position - 0.2 * slope) / self.width) ** 2)
        return 1 + 0.2 * slope * self.position - 0.2 * torch.tanh(depth) * line + 0.02 * slope**2 * self.position**2


class NarrowLine(BentLine):
    """The same with a line hardly wider than a pixel."""

    width = 0.03


class Comb(BentLine):
    """Twenty lines hardly wider than a pixel, at places that follow no rule, of which the depth varies in two ways."""

    def decode_gradient(self, latents: Tensor) -> Tensor:
        number = torch.arange(20.0)
        centre = -0.95 + 0.1 * number + 0.04 * torch.sin(7 * number)
        lines = torch.exp(-0.5 * ((self.position - centre[:, None]) / 0.03) ** 2)
        depth = 0.3 + 0.05 * (latents @ torch.stack([torch.cos(number), torch.sin(3 * number)]))
        return 1 - depth @ lines


class OnSphere(BentLine):
    """The same with codes on the unit circle."""

    abilities = BentLine.abilities | {Ability.PROJECTS_CODES}

    def project_codes(self, codes: Tensor) -> Tensor:
        return torch.nn.functional.normalize(codes, dim=1)
