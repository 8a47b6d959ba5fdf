"""Lux: labels and spectra from one latent (Horta et al. 2025, https://arxiv.org/abs/2502.01745).

Labels :math:`\\ell` (M) and fluxes f (n_pixel) of object n are linear in its latent z (P), with known errors:

.. math:: \\ell_n = A z_n + \\text{noise}, \\qquad f_n = B z_n + \\text{noise}   \\quad (1, 2)

with Gaussian likelihoods (3, 4), a scatter s of each pixel beside its errors, and the objective (8)

.. math:: g = \\ln p(\\ell | A, z) + \\ln p(f | B, z, s) - \\Omega \\sum_p z_p^2.

A missing label or pixel has an infinite error, that is a weight of 0. Labels are centred and scaled as for Eq. 9, and
the mean spectrum is taken off, which does what the constant element of z does there. Both agendas of Fig. 2 are solved
in closed form: at fixed z the rows of A and B are weighted least squares, at given A and B each z is. A last a-step
takes the latents that spectra alone give.

Labels are read with the level and the smooth calibration of each spectrum left free (beside Eq. 10, which takes fluxes
as they are): the mean over seen pixels, by which spectra are normalised, means another level wherever other pixels are
seen, and surveys are calibrated to some per cent. Latents for the map and the reconstruction are those of Eq. 10.

Where ``n_hidden`` is not 0, a small network from latents to labels takes the place of Eq. 1 once A, B, z and s are
found, since labels bend more than fluxes do over a wide range of stars; the paper foresees such outputs (section 3.1).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from specvae_core.data.label_columns import label_names, read_labels
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig
from specvae_core.grid import SpectralGrid
from specvae_core.progress import Report, ignore

from ...grid import check_grid
from ..base import LatentModel, split_by_id
from ..config import ModelConfig, option
from ..least_squares import weighted_least_squares
from .agendas import Agendas, scaled_labels
from .label_network import LabelNetwork

CALIBRATION_DEGREE = 10
"""Of the polynomials in log wavelength that make up a calibration error."""

CALIBRATION_LIMITS = (0.2, 5.0)
"""Of level times calibration, so that noise without a spectrum does no harm."""

FIRST_PIXELS = 500
"""Pixels that suffice to find a calibration to begin with."""

LEVEL_ERROR = 1.0
"""Prior error of the level of a spectrum, as a share: as good as free."""


@dataclass(frozen=True)
class LuxConfig(ModelConfig):
    """Settings of `Lux`."""

    n_latent: int = option(32, "number of latent components, at least the number of labels", minimum=1, maximum=512)
    labels: str = option("", "labels to learn, by the names of catalogue columns, as teff,logg,feh")
    regularisation: float = option(1.0, "strength of the L2 penalty on latents (Omega)", minimum=0.0, maximum=1e9)
    max_iterations: int = option(5, "passes of the first agenda (A, B, z in turn)", minimum=1, maximum=1000)
    label_error: float = option(
        0.3, "error of labels that come without one, as a share of the label's spread", minimum=0.001, maximum=10.0
    )
    calibration: float = option(
        -1.0,
        "smooth errors of flux calibrations that labels must not follow, as a share of the flux (-1: 0 or 0.05, "
        "whichever serves the labels of the training spectra better)",
        minimum=-1.0,
        maximum=1.0,
    )
    n_hidden: int = option(
        512,
        "hidden units of the non-linear label output (0: labels are linear in the latents)",
        minimum=0,
        maximum=4096,
    )


class Lux(LatentModel):
    """Linear outputs from one latent to labels and to spectra, and a small network in place of the first at the end."""

    name = "lux"
    title = "Lux"
    Config = LuxConfig
    config: LuxConfig

    def __init__(self, grid: SpectralGrid, config: LuxConfig) -> None:
        super().__init__(grid, config)
        m, p = len(self.label_names), config.n_latent
        self.register_buffer("mean", torch.ones(grid.n_pixel))
        self.register_buffer("centre", torch.zeros(m, dtype=torch.double))
        self.register_buffer("scale", torch.ones(m, dtype=torch.double))
        self.register_buffer("to_labels", torch.zeros(m, p))
        self.register_buffer("to_flux", torch.zeros(grid.n_pixel, p))
        self.register_buffer("variance", torch.zeros(grid.n_pixel))
        self.register_buffer("label_scatter", torch.zeros(m))
        self.register_buffer("calibration_error", torch.zeros(()))
        self.network = LabelNetwork(p, m, config.n_hidden) if config.n_hidden else None

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels, as the catalogue spells them."""
        return label_names(self.config.labels)

    @property
    def penalty(self) -> float:
        """Curvature of the L2 term of Eq. 8."""
        return 2 * self.config.regularisation

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. A few passes suffice, so there are no checkpoints.

        Raises
        ------
        NotFound, BadConfig
            When the catalogue lacks a label, or what it holds cannot be one.
        """
        check_grid(self.grid, spectra.grid)
        n_label = len(read_labels(spectra.table, self.label_names).names)
        if self.n_latent < n_label:
            raise BadConfig(f"The setting n_latent is {self.n_latent}, but {n_label} labels need at least {n_label}.")
        training, validation = split_by_id(spectra.ids, self.config.validation_fraction)
        self.validation_ids = tuple(spectra.ids[validation])
        self.history = []
        with torch.inference_mode():
            agendas = Agendas(self, spectra.take(training), spectra.take(validation), report)
            agendas.run(torch.Generator().manual_seed(seed))
        return self.eval()

    def weigh(self, ivar: Tensor, pixels: slice = slice(None)) -> Tensor:
        """Inverse variances (n, n_pixel) with the scatter of each pixel added to its errors (Eq. 4)."""
        return ivar / (1 + ivar * self.variance[pixels])

    def infer(self, flux: Tensor, ivar: Tensor, pulse=lambda: None) -> tuple[Tensor, Tensor]:
        """Latents (n, P) of spectra alone, and their covariances (n, P, P): Eq. 10, with the penalty of Eq. 8.

        The level of each spectrum is left free, and its calibration within ``calibration_error``; both are
        marginalised.
        """
        p, factors = self.config.n_latent, self._calibration()
        basis = torch.cat([self.to_flux.T, self.mean * factors])
        errors = torch.tensor([LEVEL_ERROR] + [float(self.calibration_error)] * (len(factors) - 1), dtype=torch.double)
        penalty = torch.cat([torch.full((p,), self.penalty), errors**-2])

        def solve(factor: Tensor, pixels: slice, covariance: bool) -> tuple[Tensor, Tensor | None]:
            """A step of Gauss and Newton from a level and calibration (n, n_pixel), by some of the pixels."""
            seen, factor, mean = ivar[:, pixels], factor[:, pixels], self.mean[pixels]
            target = torch.where(seen > 0, flux[:, pixels] / factor + mean * (factor - 2), 0.0)
            weight = self.weigh(seen * factor.square(), pixels)
            return weighted_least_squares(weight, target, basis[:, pixels], penalty, covariance=covariance, pulse=pulse)

        thin = slice(None, None, max(1, len(self.mean) // FIRST_PIXELS))
        found, _ = solve(torch.ones_like(self.mean)[None], thin, covariance=False)
        factor = (1 + found[:, p:] @ factors).clamp(*CALIBRATION_LIMITS)
        found, covariance = solve(factor, slice(None), covariance=True)
        return found[:, :p], covariance[:, :p, :p]

    def _calibration(self) -> Tensor:
        """Chebyshev polynomials in log wavelength, (n, n_pixel): the constant, and more where errors are expected."""
        orders = torch.arange(1 + CALIBRATION_DEGREE if self.calibration_error else 1)
        return torch.cos(orders[:, None] * torch.linspace(-1, 1, len(self.mean)).arccos())

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Latents (n, n_latent) of spectra alone (Eq. 10)."""
        return self._latents(flux, ivar)[0]

    def _latents(self, flux: Tensor, ivar: Tensor, covariance: bool = False) -> tuple[Tensor, Tensor | None]:
        """Eq. 10 at the level that the spectra have: these latents are to give the spectra back."""
        target = torch.where(ivar > 0, flux - self.mean, 0.0)
        return weighted_least_squares(self.weigh(ivar), target, self.to_flux.T, self.penalty, covariance=covariance)

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of the latents, each (n, n_latent) float32."""

        def moments(flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
            latents, covariance = self._latents(flux, ivar, covariance=True)
            return latents, covariance.diagonal(dim1=1, dim2=2).log()

        return self.over_chunks(moments, spectra)

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Spectra (n, n_pixel) of latents (n, n_latent), Eq. 2."""
        return self.mean + latents @ self.to_flux.T

    # Labels

    def inputs(self, latents: Tensor) -> Tensor:
        """What the network takes, (n, P): latents by the root of the flux that they explain, of unit mean square."""
        return latents * self._input_scale

    @property
    def _input_scale(self) -> Tensor:
        explained = self.to_flux.square().sum(dim=0).sqrt()
        return (explained / explained.sum().clamp(min=1e-30)).sqrt()

    def scaled_labels(self, latents: Tensor) -> Tensor:
        """Labels (n, M) of latents in units of their scale: by the network where there is one, else Eq. 1."""
        return latents @ self.to_labels.T if self.network is None else self.network(self.inputs(latents))

    def label_variance(self, latents: Tensor, covariance: Tensor) -> Tensor:
        """Variances (n, M) of the scaled labels that those of the latents bring, without the labels' own scatter."""
        slope = self.to_labels.expand(len(latents), -1, -1)
        if self.network is not None:
            slope = self.network.gradient(self.inputs(latents)) * self._input_scale
        return ((slope @ covariance) * slope).sum(dim=2)

    def predict_labels(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Labels from spectra (Eqs. 10 and 1) and their 1-sigma errors, each (n, M) float64, in catalogue units."""

        def predict(flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
            latents, covariance = self.infer(flux, ivar)
            variance = self.label_variance(latents, covariance) + self.label_scatter.square()
            labels = self.centre + self.scale * self.scaled_labels(latents).double()
            return labels, self.scale * variance.double().sqrt()

        return self.over_chunks(predict, spectra)

    def spectra_from_labels(
        self, labels: np.ndarray, errors: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Spectra from labels (Eqs. 11 and 2) and their 1-sigma errors, each (n, n_pixel) float32.

        What the labels leave open of the latents is filled by their prior: unit variance about the mean, as the
        latents of the training objects have it.

        Parameters
        ----------
        labels
            (n, M) in catalogue units; NaN where unknown.
        errors
            (n, M), 1-sigma; without them only the scatter of the labels about the model counts.
        """
        labels = np.array(labels, dtype=float)  # a copy, since PyTorch takes no array that cannot be written
        if labels.ndim != 2 or labels.shape[1] != len(self.label_names):
            raise BadConfig(
                f"Labels of shape {labels.shape} were given: this model takes (n, {len(self.label_names)}), that is "
                f"{', '.join(self.label_names)}."
            )
        known = np.isfinite(labels)
        errors = np.where(known, 0.0 if errors is None else errors, np.inf)
        target, weight = scaled_labels(self, labels, errors)
        weight = 1 / (1 / weight + self.label_scatter.square())
        with torch.inference_mode():
            latents, covariance = weighted_least_squares(weight, target, self.to_labels.T, 1.0, covariance=True)
            spread = ((self.to_flux @ covariance) * self.to_flux).sum(dim=2) + self.variance
            return self.decode_gradient(latents).numpy(), spread.sqrt().numpy()

    def label_derivatives(self) -> np.ndarray:
        """Derivative spectra (M, n_pixel) of Eq. 13, A B+: catalogue units per unit of normalised flux."""
        inverse = torch.linalg.pinv(self.to_flux.double())
        return (self.scale[:, None] * (self.to_labels.double() @ inverse)).numpy()
