"""An autoencoder whose spectra may have columns of the catalogue beside them (Portillo et al. 2020, section 4).

Fluxes of lines or bands, shapes, or whatever else was measured of an object stands behind the pixels, on the scale of
`input_columns`: the encoder takes it in and the decoder gives it. In training the encoder misses each value now and
then, so that it places objects that lack some, too.
"""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ..data.label_columns import label_names, read_labels
from ..data.spectra import SpectraSet
from ..data.split import Part
from ..data.spool import Spool
from ..grid import SpectralGrid
from ..progress import Report, ignore
from ..settings import option
from .abilities import Ability
from .autoencoder import Autoencoder, AutoencoderConfig
from .decoder_slopes import DecoderSlopes
from .input_columns import UNCHECKED_SCATTER, InputColumns
from .training_data import Batch

HIDDEN = 0.25
"""Share of the values of columns that the encoder does not see in a step of the training."""

MOST_HIDDEN = 1000
"""Validation objects at most on which columns are calibrated."""

PREDICTION_WIDTH = 1.0
"""Standard deviation of the prior in predictions: that of training, which says what a column is where little else does.
"""

ROUNDS = 2
"""Times that columns are calibrated: each changes the latents a little."""


@dataclass(frozen=True)
class WithColumnsConfig(AutoencoderConfig):
    """Settings of `WithColumns`."""

    inputs: str = option(
        "",
        "columns of the catalogue that stand beside the spectrum, as flux_h_alpha,u,g: learnt and predicted with it, "
        "weighed by their errors, NAME_err (empty: none)",
        columns="numbers",
        title="Columns beside spectra",
        rare=True,  # a survey may have a hundred columns to tick
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        label_names(self.inputs)


class WithColumns(Autoencoder):
    """Autoencoder with columns beside the pixels; a subclass has the `posterior` of its latents."""

    abilities = Autoencoder.abilities | {Ability.PREDICTS_COLUMNS}

    config: WithColumnsConfig

    def __init__(self, grid: SpectralGrid, config: WithColumnsConfig) -> None:
        super().__init__(grid, config)
        self.columns = InputColumns(self.column_names) if self.column_names else None

    @classmethod
    def check_catalogue(cls, config: WithColumnsConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: each column beside the spectrum is known for some objects."""
        super().check_catalogue(config, table)
        if names := label_names(config.inputs):
            read_labels(table, names, what="input")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Columns of the catalogue that stand beside the spectrum, as the catalogue spells them."""
        return label_names(self.config.inputs)

    @property
    def logarithmic_columns(self) -> np.ndarray:
        """Whether the logarithm of each column is taken, (n_column,) bool."""
        return np.zeros(0, bool) if self.columns is None else self.columns.logarithmic.cpu().numpy()

    @property
    def described_columns(self) -> list[dict[str, object]]:
        """See `LatentModel`; the scatter is in units of the spread."""
        return [] if self.columns is None else self.columns.described()

    @property
    def n_column(self) -> int:
        """See `Autoencoder`."""
        return len(self.column_names)

    def measurements(self, spectra: SpectraSet, rows: slice) -> tuple[Tensor, Tensor]:
        """Flux and ivar of some rows with the columns behind them, (n, n_pixel + n_column) each."""
        flux, ivar = super().measurements(spectra, rows)
        if self.columns is None:
            return flux, ivar
        known = (part.to(self.device) for part in self.columns.read(spectra.table.iloc[rows]))
        values, weight = (part.cpu() for part in self.columns.weighed(*known))
        return torch.cat([flux, values], dim=1), torch.cat([ivar, weight], dim=1)

    def with_columns(self, values: Tensor) -> Tensor:
        """Flux or ivar with columns, (…, n_pixel + n_column); those of pixels alone with missing columns."""
        missing = self.grid.n_pixel + self.n_column - values.shape[-1]
        return torch.nn.functional.pad(values, (0, missing)) if missing else values

    @abstractmethod
    def posterior(self, flux: Tensor, ivar: Tensor, prior_width: float) -> tuple[Tensor, Tensor]:
        """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, of `measurements`.

        The prior of latents is a Gaussian of standard deviation ``prior_width``.
        """

    def taken_in(self, flux: Tensor) -> Tensor:
        """Input of the encoder (n, n_pixel + n_column) of flux with columns behind it."""
        n_pixel = self.grid.n_pixel
        return torch.cat([self.standardised(flux[:, :n_pixel]), flux[:, n_pixel:]], dim=1)

    def predict_columns(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Columns and their 1-sigma errors (n, n_column) float64, in catalogue units, as all else predicts them.

        Each follows from the spectrum and the other columns; its own value, where there is one, is left aside.
        """
        if self.columns is None:
            return np.empty((len(spectra), 0)), np.empty((len(spectra), 0))
        mean, variance = self._columns_from_all_else(spectra)
        return self.columns.in_catalogue_units(mean, (variance + self.columns.scatter.square()).sqrt())

    def reconstruct_columns(self, spectra: SpectraSet, latents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Columns (n, n_column) float64 that latents (n, n_latent) decode to, in catalogue units, and pulls.

        A pull is the measured value less the decoded one, over the error of the catalogue and the calibrated scatter
        together, of logarithms where these were taken; NaN where nothing was measured.
        """
        if self.columns is None:
            return np.empty((len(spectra), 0)), np.empty((len(spectra), 0))
        with torch.inference_mode():
            given = torch.as_tensor(latents, dtype=torch.float32, device=self.device)
            decoded = self.decoder(given)[:, self.grid.n_pixel :]
            measured, weight = self.columns.weighed(
                *(part.to(self.device) for part in self.columns.read(spectra.table))
            )
            pulls = torch.where(weight > 0, (measured - decoded) * weight.sqrt(), torch.nan)
            values, _ = self.columns.in_catalogue_units(decoded, decoded)
        return values, pulls.cpu().numpy().astype(float)

    def _columns_from_all_else(self, spectra: SpectraSet) -> tuple[Tensor, Tensor]:
        """Mean and variance (n, n_column) of each column from all else, in units of its spread."""
        columns = []
        for place in range(self.grid.n_pixel, self.grid.n_pixel + self.n_column):
            decoder = self._decoder_of(place)

            def without(flux: Tensor, ivar: Tensor, place: int = place, decoder=decoder) -> tuple[Tensor, Tensor]:
                others = [values.clone() for values in (flux, ivar)]
                for values in others:
                    values[:, place] = 0
                mean, covariance = self.posterior(*others, PREDICTION_WIDTH)
                root = torch.linalg.cholesky_ex(covariance.double())[0].float()
                change = DecoderSlopes(decoder).differences(mean, root.transpose(1, 2))[:, :, 0]
                return decoder(mean)[:, 0], change.square().sum(dim=1)

            columns.append(self.over_chunks(without, spectra))
        means, variances = zip(*columns, strict=True)
        return tuple(torch.from_numpy(np.stack(part, axis=1)).to(self.device) for part in (means, variances))

    def _decoder_of(self, place: int) -> nn.Sequential:
        """The decoder of one output alone, with 1 column."""
        *hidden, last = self.decoder
        one = nn.Linear(last.in_features, 1, device=self.device)
        one.weight, one.bias = (nn.Parameter(values[place : place + 1]) for values in (last.weight, last.bias))
        return nn.Sequential(*hidden, one)

    def simulated_columns(self, latents: np.ndarray, table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
        """A catalogue whose known columns are those of latents (n, n_latent), with new errors and scatter."""
        if self.columns is None:
            return table
        known = (part.to(self.device) for part in self.columns.read(table))
        _, variance, there = self.columns.scaled(*known)
        with torch.inference_mode():
            decoded = self.decoder(torch.from_numpy(latents).to(self.device))[:, self.grid.n_pixel :]
        noise = torch.from_numpy(random.standard_normal(decoded.shape)).to(self.device)
        drawn = decoded + noise * (variance + self.columns.scatter.square()).sqrt()
        values, _ = self.columns.in_catalogue_units(drawn, drawn)
        values = np.where(there.cpu(), values, np.nan)
        return table.assign(**{name: values[:, j] for j, name in enumerate(self.column_names) if name in table})

    def fit(
        self, spectra: SpectraSet | Spool, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. Columns are calibrated on validation objects."""
        super().fit(spectra, report, seed=seed, checkpoint=checkpoint)
        if self.columns is not None:
            self._calibrate(spectra)
        return self

    def _calibrate(self, spectra: SpectraSet | Spool) -> None:
        """Compare columns with their predictions on validation objects; where there are none, claim no knowledge."""
        rows = np.flatnonzero(self.in_part(Part.VALIDATION, spectra.ids))
        if not len(rows):
            self.columns.scatter.fill_(UNCHECKED_SCATTER)
            return
        some = spectra.take(rows[:: -(-len(rows) // MOST_HIDDEN)])
        for _ in range(ROUNDS):
            with torch.inference_mode():
                values, errors, known = self.columns.scaled(*self.columns.read(some.table))
                mean, variance = self._columns_from_all_else(some)
                self.columns.calibrate(values - mean, variance + errors, known)

    def beside(self, table: pd.DataFrame) -> Batch:
        """Columns ``values`` and ``errors`` (n, n_column) of the catalogue; nothing where there are none."""
        if self.columns is None:
            return {}
        values, errors = self.columns.read(table, needed=True)
        return {"values": values, "errors": errors}

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """As `Autoencoder`, and the scales of columns."""
        if self.columns is not None:
            self.columns.learn(data["values"])
        super().prepare(data, generator)

    def partly_hidden(self, standardised: Tensor, values: Tensor, generator: torch.Generator) -> Tensor:
        """Input of the encoder, in which training hides some of the columns."""
        if self.training and self.columns is not None:
            values = values * (torch.rand(values.shape, generator=generator, device=values.device) > HIDDEN)
        return torch.cat([standardised, values], dim=1)
