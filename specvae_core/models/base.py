"""The contract of all models: from spectra to latents and back."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..data.column_names import check_column
from ..data.spectra import SpectraSet
from ..data.split import Part, Split, Unseen, object_names, split_objects
from ..data.spool import Spool
from ..errors import BadConfig
from ..grid import Grid, check_grid
from ..progress import Report, ignore
from .abilities import Ability
from .config import ModelConfig
from .devices import chosen_device, over_rows
from .spectra_tensors import CHUNK, spectra_tensors


class LatentModel(nn.Module, ABC):
    """Turns spectra into latents and back.

    A model is built from a grid and a config and filled by `fit` or from a file. After that the latents of a spectrum
    do not depend on the other spectra of a batch. Everything that was learnt is a parameter or a buffer.

    A subclass declares its ``name`` on the command line, its ``title`` on the pages, its ``Config`` and its
    ``abilities``; storage, forms, commands and the tests of the contract follow from these.

    Parameters
    ----------
    grid
        Grid of the spectra; those on another grid are refused.
    config
        Settings of the model's own ``Config``.

    Attributes
    ----------
    history
        One ``{"epoch": 1, "train/loss": …, "validation/loss": …}`` for each pass over the survey.
    part_ids
        Ids of the objects of each `Part` of the survey that it was fitted to. Models of version 0.1 know those of the
        validation part alone.
    flux_scale
        One of `data.spectra.SCALES`: that of the spectra it has learnt, in which it encodes and decodes. Spectra on
        another scale are converted.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    abilities: ClassVar[frozenset[Ability]]
    Config: ClassVar[type[ModelConfig]]
    CHECKED_AS_READ: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Names of large files that a model checks as it reads them, and of the file of the checksums for that."""

    def __init__(self, grid: Grid, config: ModelConfig) -> None:
        super().__init__()
        self.grid = grid
        self.config = config
        self.history: list[dict[str, float]] = []
        self.part_ids: dict[Part, np.ndarray] = {}
        self.flux_scale = "mean"
        self.borrowed: LatentModel | None = None
        """Another model within this one, by which it decodes; saved with it."""
        self.started_from = ""
        """Id of the model whose weights this one started from; empty where its weights were drawn."""

    @property
    def n_latent(self) -> int:
        """Number of latent components."""
        return self.config.n_latent

    @property
    def device(self) -> torch.device:
        """Where the model lies and computes, see `devices`; the processor, if nothing was learnt."""
        return next((tensor.device for tensor in chain(self.parameters(), self.buffers())), torch.device("cpu"))

    def on(self, wish: str) -> Self:
        """The model on the device that is wished for: itself where it lies there, else a copy, since others may use it.

        Parameters
        ----------
        wish
            ``auto``, ``cpu`` or ``cuda``; see `chosen_device`.

        Raises
        ------
        BadConfig
            ``cuda`` is wished for, and there is no GPU, or the model has no use for one.
        """
        device = chosen_device(wish)
        if Ability.COMPUTES_ON_GPU not in self.abilities:
            if wish == "cuda":
                raise BadConfig(f"Models of the kind {self.name} compute on the processor alone: leave --device away.")
            return self
        if device == self.device:
            return self
        shared = {id(value): value for value in (self.part_ids, self.history)}  # may be large, and are not changed
        return copy.deepcopy(self, shared).to(device)

    def divide(self, spectra: SpectraSet | Spool) -> Split:
        """Divide a survey by the settings of the model, and remember which object is in which part."""
        config = self.config
        names = object_names(spectra.table, config.group)
        split = split_objects(names, config.validation_fraction, config.test_fraction, config.fold)
        self.part_ids = {part: spectra.ids[getattr(split, part)] for part in Part}
        return split

    def in_part(self, part: Part, ids: np.ndarray) -> np.ndarray:
        """Mask (n,) bool of the objects of one part of the survey that the model was fitted to.

        Parameters
        ----------
        part
            Which part.
        ids
            (n,) object ids of any survey.
        """
        return np.isin(np.asarray(ids, dtype=str), np.asarray(self.part_ids.get(part, ()), dtype=str))

    def learnt(self, ids: np.ndarray) -> np.ndarray:
        """Mask (n,) bool of the objects that the model was fitted to: the training part.

        A model of version 0.1 does not know its training part: then all but its validation part.
        """
        if Part.TRAINING in self.part_ids:
            return self.in_part(Part.TRAINING, ids)
        return ~self.in_part(Part.VALIDATION, ids)

    def unseen(self, ids: np.ndarray, known: np.ndarray | None = None) -> Unseen:
        """Objects from which figures about the model may come: those that neither taught nor chose it.

        Parameters
        ----------
        ids
            (n,) object ids of any survey.
        known
            Ids of the survey that the model was fitted to, for one of version 0.1, which does not know them itself.
        """
        ids = np.asarray(ids, dtype=str)
        validation = self.in_part(Part.VALIDATION, ids)
        if Part.TRAINING in self.part_ids:
            mask = ~(self.in_part(Part.TRAINING, ids) | validation)
            part = "test" if self.in_part(Part.TEST, ids).any() else "other"
        else:
            mask = ~np.isin(ids, np.asarray(() if known is None else known, dtype=str)) & ~validation.any()
            part = "other"
        if mask.any():
            return Unseen(mask, part)
        return Unseen(validation, "validation" if validation.any() else "none")

    @classmethod
    def check_catalogue(cls, config: ModelConfig, table: pd.DataFrame) -> None:
        """Refuse a catalogue that lacks what a training by these settings learns from, before any spectrum is read.

        A model that learns labels, redshifts or fractions extends it; forms ask before a training is started.

        Parameters
        ----------
        config
            Settings of this kind of model.
        table
            Catalogue of the survey, n rows.

        Raises
        ------
        NotFound, BadConfig
            A column is missing, or holds nothing to learn from.
        """
        if config.group:
            check_column(config.group, table, "to group spectra by")

    @abstractmethod
    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey.

        Parameters
        ----------
        spectra
            The whole survey; the model itself keeps validation and test part out, see `divide`.
        report
            Called after every epoch, and more often, so that it can raise `Cancelled`; the best weights are kept.
        seed
            Seed of all random numbers: the same seed gives the same model.
        checkpoint
            File that is written every epoch and, where it exists already, resumed from. Models that fit in moments
            do not write it.
        """

    @abstractmethod
    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) of flux and ivar (n, n_pixel); where ivar is 0, flux is infilled or NaN."""

    @abstractmethod
    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent), differentiable in the latents."""

    @property
    def pixel_variance(self) -> Tensor | float:
        """(n_pixel,) variance of flux about the decoder that the model assumes beside the errors of spectra."""
        return 0.0

    @property
    def described_columns(self) -> list[dict[str, object]]:
        """Columns of the catalogue beside the spectra, each by ``column, scale, centre, spread, scatter``; or none."""
        return []

    def borrow(self, decoder: "LatentModel") -> None:
        """Decode by the decoder of another model.

        Raises
        ------
        BadConfig
            The model has a decoder of its own, as all but embeddings have.
        """
        raise BadConfig(f"A model of the kind {self.name} has a decoder of its own and takes no other.")

    def write_files(self, folder: Path) -> None:
        """Write what a model keeps beside its weights into its folder."""

    def read_files(self, folder: Path) -> None:
        """Read what `write_files` wrote."""

    def encode(self, spectra: SpectraSet) -> np.ndarray:
        """Latents of spectra, (n, n_latent) float32.

        Raises
        ------
        GridMismatch
            When the spectra lie on another grid.
        """
        return self.over_chunks(self.encode_batch, spectra)[0]

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Spectra of latents (n, n_latent), as (n, n_pixel) float32, on the scale `flux_scale`."""
        latents = np.asarray(latents, dtype=np.float32)
        if latents.ndim != 2 or latents.shape[1] != self.n_latent:
            raise BadConfig(
                f"Latents of shape {latents.shape} cannot be decoded: this model takes (n, {self.n_latent})."
            )
        self.eval()
        decoded = np.empty((len(latents), self.grid.n_pixel), dtype=np.float32)

        def decode(rows: slice) -> None:
            decoded[rows] = self.decode_gradient(torch.tensor(latents[rows]).to(self.device)).cpu().numpy()

        with torch.inference_mode():
            over_rows(decode, len(latents), CHUNK)
        return decoded

    def reconstruct(self, spectra: SpectraSet) -> np.ndarray:
        """Reconstructions of spectra, (n, n_pixel) float32: encoded and decoded, on the scale of the spectra."""
        return self.decode_like(spectra, self.encode(spectra))

    def decode_like(self, spectra: SpectraSet, latents: np.ndarray) -> np.ndarray:
        """Spectra of latents (n, n_latent), as (n, n_pixel) float32, on the scale of the spectra they belong to."""
        decoded = self.decode(latents)
        return decoded * self.amplitude(spectra, decoded)[:, None]

    def amplitude(self, spectra: SpectraSet, decoded: np.ndarray) -> np.ndarray:
        """Factors (n,) float32 from decoded spectra (n, n_pixel) to those that they stand for."""
        return spectra.divisor(self.flux_scale)

    def measurements(self, spectra: SpectraSet, rows: slice) -> tuple[Tensor, Tensor]:
        """Flux and ivar of some rows, (n, n_pixel) each, and whatever else a model takes in beside them."""
        return spectra_tensors(spectra, rows)

    def over_chunks(self, function, spectra: SpectraSet) -> tuple[np.ndarray, ...]:
        """Apply a function of tensors (flux, ivar) to spectra, a chunk at a time, without gradients.

        Parameters
        ----------
        function
            Takes the two `measurements`, where the model lies, and returns one tensor or several with n rows.
        spectra
            On the model's grid.
        """
        check_grid(self.grid, spectra.grid)
        spectra = spectra.on_scale(self.flux_scale)
        self.eval()

        def apply(rows: slice) -> tuple[Tensor, ...]:
            result = function(*(values.to(self.device) for values in self.measurements(spectra, rows)))
            return tuple(values.cpu() for values in (result if isinstance(result, tuple) else (result,)))

        with torch.inference_mode():
            parts = over_rows(apply, len(spectra), CHUNK)
        return tuple(torch.cat(columns).numpy() for columns in zip(*parts, strict=True))
