"""Partial least squares: components of the flux that covary most with the labels (Wold; SIMPLS of de Jong 1993).

Weights R of unit scores :math:`t = (x - \\bar x) R` are found one by one, each by the leading singular vector of what
is left of the covariance of flux and labels. Labels are linear in the scores, and so is the spectrum, by the loadings
P. Holes of a spectrum are filled by the loadings that fit its seen pixels. Errors of flux and of labels do not enter:
this is the plain method of chemometrics, to compare others with.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..data.label_columns import read_labels
from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import SpectralGrid
from ..progress import Progress, Report
from ..settings import option
from .abilities import Ability
from .label_model import LabelConfig, LabelModel, LabelMoments
from .least_squares import weighted_least_squares
from .spectra_tensors import seen_mean, spectra_tensors

FILLING_PENALTY = 1e-3
"""Inverse prior variance of scores of unit variance where they fill holes, beside one for each seen pixel."""


@dataclass(frozen=True)
class PLSConfig(LabelConfig):
    """Settings of `PLS`."""

    n_latent: int = option(20, "number of components", minimum=1, maximum=512)


class PLS(LabelModel):
    """Linear components of spectra, chosen for what they say of labels.

    Attributes
    ----------
    mean
        (n_pixel,) mean spectrum.
    components
        (n_latent, n_pixel) loadings P: mean plus latents times loadings is the reconstruction.
    weights
        (n_pixel, n_latent) weights R; latents are scores of unit variance.
    to_labels
        (M, n_latent) coefficients of scaled labels.
    """

    name = "pls"
    title = "Partial least squares"
    Config = PLSConfig
    abilities = LabelModel.abilities | {Ability.DECODES_GRADIENT, Ability.DECODES_LINEARLY, Ability.TAKES_HOLES}

    config: PLSConfig

    def __init__(self, grid: SpectralGrid, config: PLSConfig) -> None:
        super().__init__(grid, config)
        m, k = len(self.label_names), config.n_latent
        self.register_buffer("mean", torch.zeros(grid.n_pixel))
        self.register_buffer("components", torch.zeros(k, grid.n_pixel))
        self.register_buffer("weights", torch.zeros(grid.n_pixel, k))
        self.register_buffer("to_labels", torch.zeros(m, k))

    def learn(self, training: SpectraSet, validation: SpectraSet, report: Report, seed: int) -> None:
        """Fit to the training objects with all labels, one component after another; see `LabelModel.learn`."""
        labels, flux, ivar = self._taught(training)
        if len(labels) < 2:
            raise BadConfig(
                f"{len(labels)} spectra for training have all of the labels {', '.join(self.label_names)}: label "
                "more objects, or learn fewer labels."
            )
        self.mean.copy_(seen_mean(flux, ivar))
        self.centre.copy_(labels.mean(dim=0))
        self.scale.copy_(labels.std(dim=0).clamp(min=1e-9))
        known = ((labels - self.centre) / self.scale, flux, ivar)
        held_out, *seen = self._taught(validation)
        self._components(*known, ((held_out - self.centre) / self.scale, *seen), report)

    def _taught(self, spectra: SpectraSet) -> tuple[Tensor, Tensor, Tensor]:
        """Labels (n, M) float64, flux and ivar (n, n_pixel) of the objects with all labels and a spectrum."""
        labels = read_labels(spectra.table, self.label_names, needed=False)
        rows = np.flatnonzero(labels.known.all(axis=1) & spectra.seen.any(axis=1))
        return torch.from_numpy(labels.values[rows]), *spectra_tensors(spectra, rows)

    def _components(self, labels: Tensor, flux: Tensor, ivar: Tensor, held_out: tuple, report: Report) -> None:
        """SIMPLS: weights, loadings and label coefficients, component by component."""
        for part in (self.components, self.weights, self.to_labels):
            part.zero_()
        x = (self._guessed(flux, ivar) - self.mean).double()
        left, basis, n = x.T @ labels, torch.zeros(0, x.shape[1], dtype=torch.double), len(x)
        for k in range(min(self.n_latent, n - 1)):
            weight = left @ torch.linalg.svd(left, full_matrices=False).Vh[0]
            score = x @ weight
            length = (score.square().mean()).sqrt()
            if length < 1e-9:  # nothing is left that says anything of labels
                break
            weight, score = weight / length, score / length
            loading = x.T @ score / n
            direction = loading - (basis @ loading) @ basis
            basis = torch.cat([basis, (direction / direction.norm())[None]])
            left = left - torch.outer(basis[-1], basis[-1] @ left)
            self.weights[:, k], self.components[k] = weight.float(), loading.float()
            self.to_labels[:, k] = (labels.T @ score / n).float()
            self._report_losses(k + 1, (labels, flux, ivar), held_out, report)
        residual = labels - self._scores(flux, ivar).double() @ self.to_labels.double().T
        self.label_scatter.copy_((residual.square().sum(dim=0) / max(n - self.n_latent - 1, 1)).sqrt())

    def _report_losses(self, number: int, known: tuple, held_out: tuple, report: Report) -> None:
        """Add the half squared error of scaled labels, mean over objects, to the history."""
        values = {"train/loss": self._loss(*known), "validation/loss": self._loss(*held_out)}
        self.history.append({"epoch": number, **values})
        message = f"component {number}: loss {values['train/loss']:.5g}"
        report(Progress(number / self.n_latent, message, number, values))

    def _loss(self, labels: Tensor, flux: Tensor, ivar: Tensor) -> float:
        residual = labels - self._scores(flux, ivar).double() @ self.to_labels.double().T
        return float(0.5 * residual.square().sum() / max(len(labels), 1))

    def _guessed(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Flux (n, n_pixel) whose holes have the infilled flux, or the mean spectrum where there is none."""
        return torch.where((ivar > 0) | flux.isfinite(), flux, self.mean)

    def _scores(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Scores (n, n_latent); holes are filled by the loadings that fit the seen pixels."""
        seen = ivar > 0
        x = torch.where(seen, flux - self.mean, 0.0)
        if not seen.all():
            fitted, _ = weighted_least_squares(seen.float(), x, self.components, FILLING_PENALTY)
            x = torch.where(seen, x, fitted @ self.components)
        return x @ self.weights

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Scores (n, n_latent)."""
        return self._scores(flux, ivar)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of scores (n, n_latent)."""
        return self.mean + latents @ self.components

    def label_moments(self, flux: Tensor, ivar: Tensor) -> LabelMoments:
        """Labels, and the variances that follow from the noise; see `LabelModel`."""
        scores = self._scores(flux, ivar)
        slope = self.weights @ self.to_labels.T
        variance = torch.where(ivar > 0, 1 / ivar, 0.0) @ slope.square()
        off = torch.where(ivar > 0, flux - self.decode_gradient(scores), 0.0)
        chi2 = (ivar * off.square()).sum(dim=1) / (ivar > 0).sum(dim=1).clamp(min=1)
        return LabelMoments((scores @ self.to_labels.T).double(), variance.double(), scores, chi2)
