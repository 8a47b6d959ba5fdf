"""A plain autoencoder of spectra: Portillo et al. (2020), section 2, Eqs. 1-5.

Two hidden layers each way with ReLU, linear latents and a linear reconstruction. What the paper leaves open and is
done here: spectra enter the network, and leave it, in units of how much the survey's pixels scatter about its mean
spectrum, so that the network starts from the mean spectrum and its inputs have the same scale for every survey; holes
that are not infilled are given the mean spectrum, and have no weight in the loss, as all unseen pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..grid import SpectralGrid
from ..settings import option
from .abilities import Ability
from .config import GradientConfig, epoch_steps
from .networks import initialise, mlp
from .precision import takes_half
from .spectra_tensors import seen_mean, seen_scatter
from .training import GradientModel
from .training_data import Batch

HINGES = 2.0
"""Range of the first biases of the decoder's first layer. With few latents its rectifiers bend space along lines; small
biases would let all of them pass near the origin, and the sheet of spectra could fold nowhere else."""


@dataclass(frozen=True)
class AutoencoderConfig(GradientConfig):
    """Settings of `Autoencoder`."""

    # The published surveys had some thousand steps an epoch; with 100 the first plateau ends trainings too early.
    epoch_steps: int = epoch_steps(500)
    precision: str = option(
        "auto",
        "of the training: half (bfloat16) where the processor or GPU is faster with it, or always float32",
        choices=("auto", "float32"),
        title="Arithmetic",
    )
    hidden_outer: int = option(
        0, "width of the hidden layers next to the spectrum (0: automatic)", 0, 8192, title="Hidden units, outer"
    )
    hidden_inner: int = option(
        0, "width of the hidden layers next to the latents (0: automatic)", 0, 8192, title="Hidden units, inner"
    )


class Autoencoder(GradientModel):
    """Encoder and decoder with two hidden layers each; the latents are free of any prior."""

    name = "ae"
    title = "Autoencoder"
    Config = AutoencoderConfig
    abilities = frozenset(
        {
            Ability.DECODES_GRADIENT,
            Ability.STREAMS,
            Ability.KEEPS_EPOCHS,
            Ability.STARTS_FROM,
            Ability.COMPUTES_ON_GPU,
        }
    )
    outputs_per_latent = 1

    config: AutoencoderConfig

    def __init__(self, grid: SpectralGrid, config: AutoencoderConfig) -> None:
        super().__init__(grid, config)
        outer, inner = hidden_sizes(grid.n_pixel, config)
        width = grid.n_pixel + self.n_column
        self.encoder = mlp(width, outer, inner, self.outputs_per_latent * config.n_latent)
        self.decoder = mlp(config.n_latent, inner, outer, width)
        self.register_buffer("mean", torch.ones(grid.n_pixel))
        self.register_buffer("scatter", torch.ones(()))

    @property
    def n_column(self) -> int:
        """Columns of the catalogue that stand behind the pixels, as inputs and outputs of the networks."""
        return 0

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Mean spectrum and scatter of the training spectra, and new weights."""
        flux, ivar = data["flux"], data["ivar"]
        self.mean.copy_(seen_mean(flux, ivar))
        self.scatter.copy_(seen_scatter(flux, ivar, self.mean))
        initialise(self, generator)
        nn.init.uniform_(self.decoder[0].bias, -HINGES, HINGES, generator=generator)

    @property
    def repeats_kernels(self) -> bool:
        """See `GradientModel`."""
        return True

    def half_precision(self, device: torch.device) -> bool:
        """See `GradientModel`."""
        return self.config.precision == "auto" and takes_half(device, self.grid.n_pixel)

    def standardised(self, flux: Tensor) -> Tensor:
        """Input of the network (n, n_pixel): flux minus the mean spectrum, in units of the scatter; 0 in holes."""
        return torch.nan_to_num((flux - self.mean) / self.scatter)

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent)."""
        return self.encoder(self.standardised(flux))

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent)."""
        return self.mean + self.scatter * self.decoder(latents)[:, : self.grid.n_pixel]

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Half of chi-squared, as ``loss`` and nothing else."""
        standardised = self.standardised(batch["flux"])
        return {"loss": self.half_chi2(standardised, batch["ivar"], self.decoder(self.encoder(standardised)))}

    def half_chi2(self, standardised: Tensor, ivar: Tensor, decoded: Tensor) -> Tensor:
        """Half of chi-squared of decoded spectra over seen pixels, the mean over the batch's spectra (a number).

        Parameters
        ----------
        standardised, decoded
            (n, n_pixel) input and output of the networks.
        ivar
            (n, n_pixel) inverse variance of the flux.
        """
        squares = (standardised - decoded).square()
        return 0.5 * self.scatter.square() * (ivar * squares).sum() / len(ivar)


def hidden_sizes(n_pixel: int, config: AutoencoderConfig) -> tuple[int, int]:
    """Widths of the hidden layers next to the spectrum and next to the latents."""
    return config.hidden_outer or max(32, n_pixel // 2), config.hidden_inner or 64
