"""An InfoVAE that learns columns of the catalogue together with the spectra (Portillo et al. 2020, section 4).

The heads (`heads`) take a draw from the encoder's posterior, as the decoder does, and their loss adds to the InfoVAE's,
so that encoder and latents are shaped by both. `HeadsAfterwards` is the baseline: the same heads, trained on the
latents of a finished model.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..settings import option
from .abilities import Ability
from .base import LatentModel
from .config import GradientConfig, epoch_steps
from .heads import Heads, check_columns
from .infovae import InfoVAE, InfoVAEConfig
from .networks import initialise
from .training import GradientModel
from .training_data import Batch


@dataclass(frozen=True)
class HeadsConfig:
    """Which columns the heads learn."""

    classify: str = option(
        "",
        "catalogue columns of words that heads learn to predict, as class,subclass",
        columns="words",
        title="Predict classes",
    )
    regress: str = option(
        "",
        "catalogue columns of numbers that heads learn to predict, as teff,logg",
        columns="numbers",
        title="Predict numbers",
    )


@dataclass(frozen=True)
class MultiTaskConfig(HeadsConfig, InfoVAEConfig):
    """Settings of `MultiTask`."""

    head_weight: float = option(
        10.0,
        "weight of the heads' loss: a spectrum's is some hundred nats, a label's about one",
        0.0,
        1e6,
        title="Weight of predictions",
    )


class PredictsByHeads(ABC):
    """Predictions of a `LatentModel` with ``heads``."""

    abilities = frozenset({Ability.PREDICTS_LABELS, Ability.PREDICTS_CLASSES})
    heads: Heads

    @abstractmethod
    def head_inputs(self, spectra: SpectraSet) -> np.ndarray:
        """Inputs of the heads, (n, n_latent) float32."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """Columns of numbers that `predict_labels` gives."""
        return self.heads.numbers

    def predict_labels(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Values and 1-sigma scatter of the number columns, each (n, n_label) float64, in the catalogue's units."""
        with torch.inference_mode():
            inputs = torch.from_numpy(self.head_inputs(spectra)).to(self.device)
            values, sigma = self.heads.predict_numbers(inputs)
        return values.cpu().numpy().astype(float), sigma.cpu().numpy().astype(float)

    def predict_classes(self, spectra: SpectraSet) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The most probable class (n,) and its probability (n,), for each class column."""
        with torch.inference_mode():
            outputs = self.heads.predict_classes(torch.from_numpy(self.head_inputs(spectra)).to(self.device))
        probabilities = {column: output.cpu().numpy() for column, output in outputs.items()}
        return {
            column: (np.array(self.heads.classes[column])[values.argmax(axis=1)], values.max(axis=1))
            for column, values in probabilities.items()
        }


class MultiTask(PredictsByHeads, InfoVAE):
    """InfoVAE with heads."""

    name = "multitask"
    title = "InfoVAE that also predicts columns"
    Config = MultiTaskConfig
    abilities = (InfoVAE.abilities | PredictsByHeads.abilities) - {Ability.STREAMS}  # its targets are in memory

    config: MultiTaskConfig

    @classmethod
    def check_catalogue(cls, config: MultiTaskConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: there is a column for a head, and each can be learnt."""
        super().check_catalogue(config, table)
        check_columns(table, config.classify, config.regress)

    def __init__(self, grid, config: MultiTaskConfig) -> None:
        super().__init__(grid, config)
        self.heads = Heads(config.n_latent)

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Flux, ivar, and the targets of the heads."""
        return super().tensors(spectra) | self.heads.targets(spectra, self.config.classify, self.config.regress)

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """As `InfoVAE`, and the heads' units."""
        self.heads.to(data["flux"].device)
        self.heads.standardise(data["numbers"])
        super().prepare(data, generator)

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Parts of `InfoVAE`, and ``heads`` without its weight."""
        parts, latents = self.loss_and_latents(batch, generator)
        heads = self.heads.losses(latents, batch)
        return parts | {"loss": parts["loss"] + self.config.head_weight * heads, "heads": heads}

    def head_inputs(self, spectra: SpectraSet) -> np.ndarray:
        """Latent means of the encoder alone, which was trained with the heads; the likelihood was not."""
        return self.with_posterior("encoder").encode(spectra)


@dataclass(frozen=True)
class HeadsAfterwardsConfig(HeadsConfig, GradientConfig):
    """Settings of `HeadsAfterwards`; epochs as long as those of an InfoVAE."""

    epoch_steps: int = epoch_steps(500)


class HeadsAfterwards(PredictsByHeads, GradientModel):
    """Heads that are trained on the latents of a finished model, which stays as it is.

    Parameters
    ----------
    model
        The finished model.
    config
        Columns to learn; ``n_latent`` is that of the model.
    """

    name = "heads"
    title = "Heads trained afterwards"
    Config = HeadsAfterwardsConfig
    abilities = PredictsByHeads.abilities | {Ability.DECODES_GRADIENT}

    config: HeadsAfterwardsConfig

    @classmethod
    def check_catalogue(cls, config: HeadsAfterwardsConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: there is a column for a head, and each can be learnt."""
        super().check_catalogue(config, table)
        check_columns(table, config.classify, config.regress)

    def __init__(self, model: LatentModel, config: HeadsAfterwardsConfig) -> None:
        super().__init__(model.grid, config)
        self._model = (model,)  # in a tuple, so that its weights are not trained
        self.heads = Heads(model.n_latent)
        self.register_buffer("centre", torch.zeros(model.n_latent))
        self.register_buffer("spread", torch.ones(model.n_latent))

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Latents, and the targets of the heads."""
        latents = torch.from_numpy(self._model[0].encode(spectra))
        return {"latents": latents} | self.heads.targets(spectra, self.config.classify, self.config.regress)

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Units of latents and numbers, and new weights."""
        self.heads.to(data["latents"].device)
        self.heads.standardise(data["numbers"])
        self.centre.copy_(data["latents"].mean(dim=0))
        self.spread.copy_(data["latents"].std(dim=0).clamp(min=1e-6))
        initialise(self, generator)

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The heads' loss, as ``loss`` and nothing else."""
        return {"loss": self.heads.losses(self.standardised(batch["latents"]), batch)}

    def standardised(self, latents: Tensor) -> Tensor:
        """Latents (n, n_latent) in units of their spread."""
        return (latents - self.centre) / self.spread

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) of the model, standardised."""
        return self.standardised(self._model[0].encode_batch(flux, ivar))

    def encode(self, spectra: SpectraSet) -> np.ndarray:
        """See `LatentModel.encode`; spectra are brought to the scale of the model, which may be another."""
        return self.standardised(torch.from_numpy(self._model[0].encode(spectra))).numpy()

    def amplitude(self, spectra: SpectraSet, decoded: np.ndarray) -> np.ndarray:
        """See `LatentModel.amplitude`; that of the model."""
        return self._model[0].amplitude(spectra, decoded)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of standardised latents."""
        return self._model[0].decode_gradient(self.centre + self.spread * latents)

    def head_inputs(self, spectra: SpectraSet) -> np.ndarray:
        """Latents of the model, standardised."""
        return self.encode(spectra)
