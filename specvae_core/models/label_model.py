"""Models that learn labels from spectra: how they are fitted, and what they predict beside the labels themselves."""

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ..data.label_columns import label_names, read_labels
from ..data.spectra import SpectraSet
from ..data.split import object_names, split_objects
from ..grid import SpectralGrid, check_grid
from ..progress import Progress, Report, ignore
from ..settings import option
from .abilities import Ability
from .base import LatentModel
from .config import ModelConfig
from .label_errors import LEAST_OBJECTS, MOST_OBJECTS, LabelErrors
from .label_prediction import LabelFlag, LabelPrediction

FOLDS = 5
"""Parts of the survey that are predicted by a model that was fitted to the others, to learn the errors."""


@dataclass(frozen=True)
class LabelConfig(ModelConfig):
    """Settings of models that learn labels."""

    labels: str = option("", "labels to learn, by the names of catalogue columns, as teff,logg,feh", columns="numbers")


class LabelMoments(NamedTuple):
    """Labels of n spectra before their errors are calibrated.

    Attributes
    ----------
    labels, variance
        (n, M) scaled labels, and the variances that follow from the noise of the spectra.
    latents
        (n, k) latents, which say how usual a spectrum is.
    chi2
        (n,) χ² of the fit per seen pixel, 0 where there is none.
    """

    labels: Tensor
    variance: Tensor
    latents: Tensor
    chi2: Tensor


class LabelModel(LatentModel):
    """A model whose errors of labels are those of objects that it did not know.

    Attributes
    ----------
    centre, scale
        (M,) float64, zero point and unit of scaled labels, in catalogue units.
    label_scatter
        (M,) scatter of scaled labels beside all errors, where `label_errors` has learnt nothing.
    label_errors
        `LabelErrors`.
    """

    abilities = frozenset({Ability.PREDICTS_LABELS, Ability.EXPLAINS_LABELS})
    config: LabelConfig

    def __init__(self, grid: SpectralGrid, config: LabelConfig) -> None:
        super().__init__(grid, config)
        m = len(self.label_names)
        self.register_buffer("label_scatter", torch.zeros(m))
        self.register_buffer("centre", torch.zeros(m, dtype=torch.double))
        self.register_buffer("scale", torch.ones(m, dtype=torch.double))
        self.label_errors = LabelErrors(m, self.n_latent)

    @classmethod
    def check_catalogue(cls, config: LabelConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: each label is known for some objects."""
        super().check_catalogue(config, table)
        read_labels(table, label_names(config.labels))

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, as the catalogue spells them."""
        return label_names(self.config.labels)

    @property
    def errors_with_catalogue(self) -> tuple[bool, ...]:
        """For each label, whether errors of the catalogue are in those quoted: they are where it states none."""
        return tuple(not bool(states) for states in self.label_errors.states_errors)

    @abstractmethod
    def learn(self, training: SpectraSet, validation: SpectraSet, report: Report, seed: int) -> None:
        """Fit to training objects; validation objects only serve for the losses in the history."""

    @abstractmethod
    def label_moments(self, flux: Tensor, ivar: Tensor) -> LabelMoments:
        """Labels of spectra (n, n_pixel)."""

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. Then the errors of labels are learnt; there are no checkpoints.

        Raises
        ------
        NotFound, BadConfig
            When the catalogue lacks a label, or too few objects have labels.
        """
        check_grid(self.grid, spectra.grid)
        self.flux_scale = spectra.scale
        self.check_catalogue(self.config, spectra.table)
        split, self.history = self.divide(spectra), []
        training = spectra.take(split.training)
        with torch.inference_mode():
            self.learn(training, spectra.take(split.validation), report, seed)
            labels = torch.from_numpy(read_labels(training.table, self.label_names, needed=False).values)
            latents = torch.from_numpy(self.encode(training.take(training.seen.any(axis=1))))
            self.label_errors.learn_training_set(latents, (labels - self.centre) / self.scale)
            self._learn_errors(spectra.take(np.sort(np.concatenate([split.training, split.validation]))), report, seed)
        return self.eval()

    def _learn_errors(self, known: SpectraSet, report: Report, seed: int) -> None:
        """Learn the errors from objects of training and validation part, each predicted by a model without it."""
        labels = read_labels(known.table, self.label_names, needed=False)
        rows = np.flatnonzero(labels.known.any(axis=1) & known.seen.any(axis=1))
        if len(rows) < LEAST_OBJECTS:
            return
        known = known.take(np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_OBJECTS]))
        names, parts = object_names(known.table, self.config.group), []
        for fold in range(FOLDS):
            split = split_objects(names, 0.0, 1 / FOLDS, fold)

            def pulse(progress: Progress, fold: int = fold) -> None:
                report(Progress(None, f"errors of labels, part {fold + 1} of {FOLDS}"))

            model = self.unfitted()
            training, new = known.take(split.training), known.take(split.test)
            model.learn(training, training.take(slice(0, 0)), pulse, seed)
            model.label_errors.learn_training_set(torch.from_numpy(model.encode(training)), model.centre[None])
            parts.append(model.differences(new))
        self.label_errors.learn(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def unfitted(self) -> Self:
        """A new model of the same settings, to predict the labels of objects that this one knows."""
        model = type(self)(self.grid, self.config)
        model.flux_scale = self.flux_scale
        return model

    def differences(self, spectra: SpectraSet) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Arguments of `LabelErrors.learn` for spectra that the model does not know."""
        found = read_labels(spectra.table, self.label_names, needed=False)
        moments = LabelMoments(*(torch.from_numpy(part) for part in self.over_chunks(self.label_moments, spectra)))
        off = moments.labels - (torch.from_numpy(found.values) - self.centre) / self.scale
        stated = np.where(np.isfinite(found.errors), found.errors, 0.0) / self.scale.numpy()
        distance = self.label_errors.distance(moments.latents)
        return off, moments.variance.double(), torch.from_numpy(stated**2), moments.chi2, distance

    def further_columns(self, spectra: SpectraSet) -> dict[str, np.ndarray]:
        """Columns (n,) that a model predicts beside labels; none by default."""
        return {}

    def predict_labels(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Labels and their errors, half widths of 68% intervals, each (n, M) float64, in catalogue units."""
        found = self.label_prediction(spectra)
        return found.values, found.errors

    def label_prediction(self, spectra: SpectraSet) -> LabelPrediction:
        """Labels with errors, 95% intervals, correlations, χ² of the fit and flags."""
        moments = LabelMoments(*(torch.from_numpy(part) for part in self.over_chunks(self.label_moments, spectra)))
        learnt = self.label_errors
        scale = learnt.scale(moments.variance.double(), moments.chi2)
        if not learnt.n_used:
            scale = (scale.square() + self.label_scatter.double().square()).sqrt()
        labels, seen = moments.labels.double(), torch.from_numpy(spectra.seen.any(axis=1))
        beyond = ((labels < learnt.lowest) | (labels > learnt.highest)).any(dim=1)
        marks = {
            LabelFlag.POOR_FIT: moments.chi2 > learnt.reference * learnt.limit,
            LabelFlag.OUTSIDE: learnt.distance(moments.latents) > learnt.farthest,
            LabelFlag.BEYOND_LABELS: beyond,
            LabelFlag.NO_SPECTRUM: ~seen,
        }
        return LabelPrediction(
            values=(self.centre + self.scale * labels).numpy(),
            errors=(self.scale * learnt.factor_68 * scale).numpy(),
            errors_95=(self.scale * learnt.factor_95 * scale).numpy(),
            freedom=learnt.freedom.numpy(),
            correlation=learnt.correlation.numpy(),
            chi2=(moments.chi2 / learnt.reference).numpy().astype(float),
            flags=sum(int(flag) * mark.numpy().astype(np.int32) for flag, mark in marks.items()),
        )
