"""The Cannon: every pixel is a quadratic function of the labels (Ness et al. 2015, ApJ 808, 16, Eqs. 1 to 5).

.. math:: f_{np} = \\theta_p \\cdot v(\\ell_n) + \\text{noise}, \\qquad v = (1, \\ell_i, \\ell_i \\ell_j)

with the variance of each pixel plus a scatter :math:`s_p^2` of its own. Coefficients and scatter are found in turn; the
labels of a spectrum are those whose flux fits best, by damped Gauss-Newton steps. The latents of this model are the
labels themselves, centred and in units of their spread. Objects with a missing label teach it nothing.
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
from .label_input import checked_labels, completed_labels
from .label_model import LabelConfig, LabelModel, LabelMoments
from .label_windows import HELP, label_windows
from .least_squares import pixel_scatter, weighted_least_squares
from .spectra_tensors import spectra_tensors

STEPS = 20
"""Gauss-Newton steps of the label inference."""

FARTHEST = 6.0
"""Labels stay within so many spreads of the mean of the training labels."""

BLOCK = 2e7
"""Numbers in the Jacobians that are held in memory at once."""


@dataclass(frozen=True)
class CannonConfig(LabelConfig):
    """Settings of `Cannon`."""

    n_latent: int = option(0, "always 0: there are as many latents as labels", minimum=0, maximum=0)
    max_iterations: int = option(
        10, "rounds of coefficients and scatter at most", minimum=1, maximum=1000, title="Rounds at most"
    )
    windows: str = option("", HELP, title="Wavelength windows")
    tolerance: float = option(
        1e-4, "stop when a round lowers the loss by less than this share", 1e-9, 0.5, title="Stop below a gain of"
    )


class Cannon(LabelModel):
    """Pixels as quadratic functions of labels, the labels by the best fit.

    Attributes
    ----------
    correlation
        (M, M) float64, correlations of the training labels.
    coefficients
        (n_pixel, K) float32, K = 1 + M + M (M + 1) / 2.
    variance
        (n_pixel,) squared scatter of each pixel beside its errors.
    """

    name = "cannon"
    title = "The Cannon"
    Config = CannonConfig
    abilities = LabelModel.abilities | frozenset(
        {
            Ability.DECODES_GRADIENT,
            Ability.TAKES_HOLES,
            Ability.ENCODES_UNCERTAINTY,
            Ability.SPECTRA_FROM_LABELS,
        }
    )

    config: CannonConfig

    def __init__(self, grid: SpectralGrid, config: CannonConfig) -> None:
        super().__init__(grid, config)
        m = self.n_latent
        self.register_buffer("correlation", torch.eye(m, dtype=torch.double))
        self.register_buffer("coefficients", torch.zeros(grid.n_pixel, 1 + m + m * (m + 1) // 2))
        self.register_buffer("variance", torch.zeros(grid.n_pixel))

    @property
    def pixel_variance(self) -> Tensor:
        """See `LatentModel`."""
        return self.variance

    @property
    def n_latent(self) -> int:
        """Number of labels."""
        return len(self.label_names)

    def learn(self, training: SpectraSet, validation: SpectraSet, report: Report, seed: int) -> None:
        """Fit to the training objects with all labels; see `LabelModel.learn`."""
        labels, flux, ivar = self._taught(training)
        self.centre.copy_(labels.mean(dim=0))
        self.scale.copy_(labels.std(dim=0).clamp(min=1e-9))
        scaled = (labels - self.centre) / self.scale
        self.correlation.copy_(scaled.T @ scaled / len(scaled))
        held_out, *seen = self._taught(validation, needed=False)
        self._rounds(scaled, flux, ivar, ((held_out - self.centre) / self.scale, *seen), report)

    def _taught(self, spectra: SpectraSet, needed: bool = True) -> tuple[Tensor, Tensor, Tensor]:
        """Labels (n, M) float64, flux and ivar (n, n_pixel) of the objects with all labels and a spectrum."""
        labels = read_labels(spectra.table, self.label_names, needed=False)
        used = labels.known.all(axis=1) & spectra.seen.any(axis=1)
        terms = self.coefficients.shape[1]
        if needed and used.sum() < terms:
            raise BadConfig(
                f"{used.sum()} spectra for training have all of the labels {', '.join(self.label_names)}: The Cannon "
                f"needs at least {terms}; label more objects, or learn fewer labels."
            )
        rows = np.flatnonzero(used)
        flux, ivar = spectra_tensors(spectra, rows)
        return torch.from_numpy(labels.values[rows]), torch.where(ivar > 0, flux, 0.0), ivar

    def _rounds(self, labels: Tensor, flux: Tensor, ivar: Tensor, held_out: tuple, report: Report) -> None:
        """Coefficients and scatter in turn (Eq. 4), until the loss settles."""
        terms = quadratic_terms(labels.float())
        last, n_rounds = float("inf"), self.config.max_iterations
        self.variance.zero_()
        for number in range(1, n_rounds + 1):
            self._fit_coefficients(terms, flux, self._weigh(ivar), report)
            self.variance.copy_(pixel_scatter(flux - terms @ self.coefficients.T, ivar))
            losses = (self._loss(labels, flux, ivar), self._loss(*held_out))
            values = dict(zip(("train/loss", "validation/loss"), losses, strict=True))
            self.history.append({"epoch": number, **values})
            report(Progress(number / n_rounds, f"round {number}: loss {losses[0]:.5g}", number, values))
            if abs(last - losses[0]) < self.config.tolerance * abs(losses[0]):
                break
            last = losses[0]

    def _fit_coefficients(self, terms: Tensor, flux: Tensor, weight: Tensor, report: Report) -> None:
        """Coefficients at given scatter; terms of a label are 0 outside of its windows (Casey et al. 2016, section 2).

        Pixels that allow the same terms are solved together.
        """
        windows = label_windows(self.config.windows, self.label_names, self.grid.wavelength)
        closed = quadratic_terms(torch.from_numpy(~windows).float()).abs()
        m = self.n_latent
        first, second = torch.triu_indices(m, m)
        closed[:, 0] = 0
        closed[:, 1 + m :] = closed[:, 1 + first] + closed[:, 1 + second]
        self.coefficients.zero_()
        for pattern in (closed == 0).unique(dim=0):
            pixels = ((closed == 0) == pattern).all(dim=1)
            found, _ = weighted_least_squares(
                weight.T[pixels].contiguous(),
                flux.T[pixels].contiguous(),
                terms.T[pattern].contiguous(),
                pulse=lambda: report(Progress(None, "least squares")),
            )
            part = torch.zeros(len(found), terms.shape[1])
            part[:, pattern] = found
            self.coefficients[pixels] = part

    def _loss(self, labels: Tensor, flux: Tensor, ivar: Tensor) -> float:
        """Minus the log-likelihood of flux under catalogue labels, without its constants, mean over objects."""
        squares = self._weigh(ivar) * (flux - self.decode_gradient(labels.float())).square()
        total = squares.sum(dtype=torch.double) + torch.log1p(ivar * self.variance).sum(dtype=torch.double)
        return float(0.5 * total / max(len(flux), 1))

    def _weigh(self, ivar: Tensor) -> Tensor:
        """Inverse variances (n, n_pixel) with the scatter of each pixel added to its errors."""
        return ivar / (1 + ivar * self.variance)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of scaled labels (n, M)."""
        return quadratic_terms(latents) @ self.coefficients.T

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Scaled labels (n, M) of spectra."""
        return self._posterior(flux, ivar)[0]

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of scaled labels, each (n, M) float32."""

        def moments(flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
            latents, covariance = self._posterior(flux, ivar)
            return latents, covariance.diagonal(dim1=1, dim2=2).log()

        return self.over_chunks(moments, spectra)

    def label_moments(self, flux: Tensor, ivar: Tensor) -> LabelMoments:
        """Labels, and the variances that follow from the noise; see `LabelModel`."""
        latents, covariance = self._posterior(flux, ivar)
        clean = torch.where(ivar > 0, flux, 0.0)
        chi2 = self._chi2(clean, self._weigh(ivar), latents) / (ivar > 0).sum(dim=1).clamp(min=1)
        return LabelMoments(latents.double(), covariance.diagonal(dim1=1, dim2=2).double(), latents, chi2)

    def _posterior(self, flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
        """Scaled labels (n, M) and their covariances (n, M, M), a block of spectra at a time."""
        flux = torch.where(ivar > 0, flux, 0.0)
        weight, m = self._weigh(ivar), self.n_latent
        rows = max(1, int(BLOCK / (max(m, 1) * self.grid.n_pixel)))
        found = [self._best(*block) for block in zip(flux.split(rows), weight.split(rows), strict=True)]
        if not found:
            return flux.new_zeros(0, m), flux.new_zeros(0, m, m)
        return tuple(torch.cat(part) for part in zip(*found, strict=True))

    def _best(self, flux: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The better of two searches: from the mean label, and from the terms fitted as if they were independent."""
        terms, _ = weighted_least_squares(weight, flux, self.coefficients.T, 1e-2)
        first = terms[:, 1 : 1 + self.n_latent].clamp(-3, 3)
        one, other = (self._search(flux, weight, start) for start in (torch.zeros_like(first), first))
        better = other[1] < one[1]
        labels = torch.where(better[:, None], other[0], one[0])
        return labels, torch.linalg.inv(self._step(flux, weight, labels)[0]).float()

    def _search(self, flux: Tensor, weight: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Labels (n, M) by damped Gauss-Newton steps, and their χ² (n,)."""
        damping = torch.full((len(flux),), 1e-3, dtype=torch.double)
        chi2 = self._chi2(flux, weight, labels)
        for _ in range(STEPS):
            curvature, downhill = self._step(flux, weight, labels)
            curvature.diagonal(dim1=1, dim2=2).mul_(1 + damping[:, None])
            step = torch.linalg.solve(curvature, downhill[:, :, None])[:, :, 0]
            trial = (labels + step.float()).clamp(-FARTHEST, FARTHEST)
            value = self._chi2(flux, weight, trial)
            better = value < chi2
            labels, chi2 = torch.where(better[:, None], trial, labels), torch.minimum(value, chi2)
            damping = torch.where(better, damping / 5, damping * 10).clamp(1e-9, 1e9)
        return labels, chi2

    def _step(self, flux: Tensor, weight: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Fisher information (n, M, M), with a vanishing ridge, and the downhill gradient (n, M), float64."""
        slope = self.slopes(labels)
        weighted = weight[:, None] * slope
        curvature = (weighted @ slope.transpose(1, 2)).double()
        curvature.diagonal(dim1=1, dim2=2).add_(1 / FARTHEST**2)
        residual = flux - self.decode_gradient(labels)
        return curvature, (weighted @ residual[:, :, None])[:, :, 0].double()

    def _chi2(self, flux: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        return (weight * (flux - self.decode_gradient(labels)).square()).sum(dim=1)

    def slopes(self, labels: Tensor) -> Tensor:
        """Derivatives (n, M, n_pixel) of spectra with respect to scaled labels (n, M)."""
        m = labels.shape[1]
        first, second = torch.triu_indices(m, m)
        unit = torch.eye(m)
        products = unit[first] * labels[:, second, None] + unit[second] * labels[:, first, None]
        linear, square = self.coefficients[:, 1 : 1 + m], self.coefficients[:, 1 + m :]
        return linear.T + products.transpose(1, 2) @ square.T

    def spectra_from_labels(
        self, labels: np.ndarray, errors: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Spectra of labels and their 1-sigma errors, each (n, n_pixel) float32.

        A label that is not known is the one expected beside the others, with the scatter that is left to it.

        Parameters
        ----------
        labels
            (n, M) in catalogue units; NaN where unknown.
        errors
            (n, M), 1-sigma; 0 without them.
        """
        centre, scale = self.centre.numpy(), self.scale.numpy()
        scaled = (checked_labels(labels, self.label_names) - centre) / scale
        errors = None if errors is None else np.asarray(errors, dtype=float) / scale
        scaled, covariance = completed_labels(scaled, errors, self.correlation.numpy())
        with torch.inference_mode():
            latents = torch.from_numpy(scaled).float()
            slope = self.slopes(latents)
            spread = torch.einsum("nip,nij,njp->np", slope, torch.from_numpy(covariance).float(), slope)
            return self.decode_gradient(latents).numpy(), (spread + self.variance).sqrt().numpy()

    def label_derivatives(self) -> np.ndarray:
        """Derivatives (M, n_pixel) of labels with respect to flux, at the mean label: catalogue units per unit."""
        slope = self.slopes(torch.zeros(1, self.n_latent))[0].double()
        return (self.scale[:, None] * torch.linalg.pinv(slope.T)).numpy()


def quadratic_terms(labels: Tensor) -> Tensor:
    """1, all labels, and all their products, (n, K), of labels (n, M)."""
    first, second = torch.triu_indices(labels.shape[1], labels.shape[1])
    return torch.cat([torch.ones(len(labels), 1), labels, labels[:, first] * labels[:, second]], dim=1)
