"""Regression from the latents of one model to those of another, by whose decoder they become spectra.

An embedding has no decoder. A small network (a multilayer perceptron with one hidden layer) learns which latents of a
model with a decoder belong to its vectors, from objects of which both are known: the embedding's vectors and the
spectra that the model encodes.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..data.split import Part, Split
from .abilities import Ability
from .base import LatentModel
from .config import GradientConfig
from .networks import initialise, mlp
from .training import GradientModel
from .training_data import Batch

HIDDEN = 128


@dataclass(frozen=True)
class RegressedConfig(GradientConfig):
    """Settings of `Regressed`."""


class Regressed(GradientModel):
    """A network from the latents of an encoder to those of a decoder, each in units of their spread.

    Its loss is the mean squared error of the decoder's latents, in units of their variance over the training part.

    Parameters
    ----------
    encoder
        The model whose latents are the input; its parts of the survey are used.
    decoder
        The model whose latents are predicted, and which decodes them.
    """

    name = "regressed"
    title = "Regression to latents"
    Config = RegressedConfig
    abilities = frozenset({Ability.DECODES_GRADIENT})

    def __init__(self, encoder: LatentModel, decoder: LatentModel) -> None:
        super().__init__(encoder.grid, RegressedConfig(n_latent=encoder.n_latent))
        self._encoder, self._decoder = (encoder,), (decoder,)  # in tuples, so that their weights are not trained
        for side, n in (("input", encoder.n_latent), ("output", decoder.n_latent)):
            self.register_buffer(f"{side}_centre", torch.zeros(n))
            self.register_buffer(f"{side}_spread", torch.ones(n))
        self.network = mlp(encoder.n_latent, HIDDEN, decoder.n_latent)

    def divide(self, spectra: SpectraSet) -> Split:
        """The parts of the encoder, so that its test objects teach the regression nothing."""
        return Split(**{str(part): np.flatnonzero(self._encoder[0].in_part(part, spectra.ids)) for part in Part})

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Latents of the encoder and of the decoder, (n, n_latent) each."""
        return {name: torch.from_numpy(model.encode(spectra)) for name, model in self._sides.items()}

    @property
    def _sides(self) -> dict[str, LatentModel]:
        return {"input": self._encoder[0], "output": self._decoder[0]}

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Centre and spread of both latents over the training part, and new weights."""
        for side in self._sides:
            getattr(self, f"{side}_centre").copy_(data[side].mean(dim=0))
            getattr(self, f"{side}_spread").copy_(data[side].std(dim=0).clamp(min=1e-6))
        initialise(self.network, generator)

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Mean squared error of the decoder's latents, in units of their variance."""
        residual = (self.predict(batch["input"]) - batch["output"]) / self.output_spread
        return {"loss": residual.square().mean()}

    def predict(self, latents: Tensor) -> Tensor:
        """Latents of the decoder, (n, m), of latents (n, n_latent) of the encoder; differentiable."""
        predicted = self.network((latents - self.input_centre) / self.input_spread)
        return self.output_centre + self.output_spread * predicted

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) of the encoder."""
        return self._encoder[0].encode_batch(flux, ivar)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent) of the encoder."""
        decoder, predicted = self._decoder[0], self.predict(latents)
        if Ability.PROJECTS_CODES in decoder.abilities:
            predicted = decoder.project_codes(predicted)
        return decoder.decode_gradient(predicted)
