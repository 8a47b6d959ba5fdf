"""Lux: labels and spectra from one latent (Horta et al. 2025, https://arxiv.org/abs/2502.01745).

Labels :math:`\\ell` (M) and fluxes f (n_pixel) of object n are linear in its latent z (P), with known errors:

.. math:: \\ell_n = A z_n + \\text{noise}, \\qquad f_n = B z_n + \\text{noise}   \\quad (1, 2)

with Gaussian likelihoods (3, 4), a scatter s of each pixel beside its errors, and the objective (8)

.. math:: g = \\ln p(\\ell | A, z) + \\ln p(f | B, z, s) - \\Omega \\sum_p z_p^2.

A missing label or pixel has an infinite error, that is a weight of 0. Further outputs, as photometry or parallaxes, are
linear in z as well and stand beside the fluxes. Labels are centred and scaled as for Eq. 9, and
the mean spectrum is taken off, which does what the constant element of z does there. Both agendas of Fig. 2 are solved
in closed form: at fixed z the rows of A and B are weighted least squares, at given A and B each z is. A last a-step
takes the latents that spectra alone give.

Labels are read with the level and the smooth calibration of each spectrum left free (beside Eq. 10, which takes fluxes
as they are): the mean over seen pixels, by which spectra are normalised, means another level wherever other pixels are
seen, and surveys are calibrated to some per cent. Latents for the map and the reconstruction are those of Eq. 10.

Where ``n_hidden`` is not 0, a small network from latents to labels takes the place of Eq. 1 once A, B, z and s are
found, since labels bend more than fluxes do over a wide range of stars; the paper foresees such outputs (section 3.1).
"""

from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ...data.label_columns import label_names, read_labels
from ...data.spectra import SpectraSet
from ...errors import BadConfig
from ...progress import Report
from ..abilities import Ability
from ..label_input import checked_labels, completed_labels
from ..label_model import LabelModel, LabelMoments
from ..least_squares import weighted_least_squares
from .agendas import Agendas
from .outputs import LuxOutputs
from .settings import LuxConfig

CONSISTENCY = 0.5
"""How well the labels of an emulated spectrum are its own, in units of the scatter of labels."""

CONSISTENCY_STEPS = 4
"""Gauss-Newton steps to latents that give the labels back."""

FARTHEST = 3.0
"""Standard deviations of the emulator's latents by which they are moved at most: odd labels stay as they are."""

READINGS = 2
"""Corrections of the emulator's input labels by their difference from the labels inferred from its spectrum."""


class Lux(LuxOutputs):
    """Linear outputs from one latent to labels and to spectra, and a small network in place of the first at the end."""

    name = "lux"
    title = "Lux"
    Config = LuxConfig
    abilities = LabelModel.abilities | frozenset(
        {
            Ability.DECODES_GRADIENT,
            Ability.TAKES_HOLES,
            Ability.ENCODES_UNCERTAINTY,
            Ability.ENCODES_COVARIANCE,
            Ability.SPECTRA_FROM_LABELS,
        }
    )

    @classmethod
    def check_catalogue(cls, config: LuxConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: labels and further outputs are known for some objects each."""
        super().check_catalogue(config, table)
        n_label = len(label_names(config.labels))
        if config.n_latent < n_label:
            raise BadConfig(f"The setting n_latent is {config.n_latent}, but {n_label} labels need at least {n_label}.")
        if outputs := label_names(config.outputs):
            read_labels(table, outputs, what="output")

    def learn(self, training: SpectraSet, validation: SpectraSet, report: Report, seed: int) -> None:
        """Both agendas; see `LabelModel.learn`."""
        Agendas(self, training, validation, report).run(torch.Generator().manual_seed(seed))

    @property
    def pixel_variance(self) -> Tensor:
        """See `LatentModel`."""
        return self.variance[: self.grid.n_pixel]

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Mean and log-variance of the latents, each (n, n_latent) float32."""

        mean, covariance = self.encode_covariance(spectra)
        return mean, np.log(np.einsum("nkk->nk", covariance))

    def encode_covariance(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, float32."""
        mean, covariance = self.over_chunks(lambda flux, ivar: self._latents(flux, ivar, covariance=True), spectra)
        return mean, covariance

    def further_columns(self, spectra: SpectraSet) -> dict[str, np.ndarray]:
        """Each further output as all else predicts it, ``NAME``, and its 1-sigma error, ``NAME_err``; (n,) each."""
        columns: dict[str, np.ndarray] = {}
        for j, name in enumerate(self.output_names):
            place = self.grid.n_pixel + j

            def without(flux: Tensor, ivar: Tensor, place: int = place) -> tuple[Tensor, Tensor]:
                others = ivar.clone()
                others[:, place] = 0
                return self.infer(flux, others)

            latents, covariance = (torch.from_numpy(part) for part in self.over_chunks(without, spectra))
            row, mean, scatter = (values[place].cpu() for values in (self.to_flux, self.mean, self.variance))
            variance = torch.einsum("p,npq,q->n", row, covariance, row) + scatter
            scale = float(self.output_scale[j])
            scaled = (mean + latents @ row).double().numpy()
            columns[name] = float(self.output_centre[j]) + scale * scaled
            columns[f"{name}_err"] = scale * variance.sqrt().double().numpy()
        return columns

    def unfitted(self) -> Self:
        """See `LabelModel.unfitted`; without an emulator, since it is labels that are predicted."""
        model = super().unfitted()
        model.emulator = None
        return model

    def label_moments(self, flux: Tensor, ivar: Tensor) -> LabelMoments:
        """Labels from spectra (Eqs. 10 and 1), and the variances that follow from those of the latents."""
        latents, covariance = self.infer(flux, ivar)
        labels, variance = self.scaled_labels(latents), self.label_variance(latents, covariance)
        for i, pixels in self.windows.items():
            seen, spread = self.infer(flux, ivar * pixels)
            labels[:, i] = seen @ self.to_windowed[i]
            variance[:, i] = torch.einsum("p,npq,q->n", self.to_windowed[i], spread, self.to_windowed[i])
        own = self.encode_batch(flux, ivar)
        flux, ivar = self.with_outputs(flux, ivar)
        off = torch.where(ivar > 0, flux - self.all_outputs(own), 0.0)
        chi2 = (self.weigh(ivar) * off.square()).sum(dim=1) / (ivar > 0).sum(dim=1).clamp(min=1)
        return LabelMoments(labels.double(), variance.double(), own, chi2)

    def spectra_from_labels(
        self, labels: np.ndarray, errors: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Spectra from labels and their 1-sigma errors, each (n, n_pixel) float32.

        Where there is an emulator, its latents are the prior, and those are taken that give the labels back; without
        one (Eqs. 11 and 2) the prior of latents is unit variance about the mean, as of the training objects.

        Parameters
        ----------
        labels
            (n, M) in catalogue units; NaN where unknown.
        errors
            (n, M), 1-sigma; without them only the scatter of the labels about the model counts.
        """
        labels = checked_labels(labels, self.label_names)
        with torch.inference_mode():
            emulated = self.emulator is not None and self.emulator.fitted
            latents, covariance = (self._emulated if emulated else self.latents_from_labels)(labels, errors)
            to_flux = self.to_flux[: self.grid.n_pixel]
            spread = ((to_flux @ covariance) * to_flux).sum(dim=2) + self.pixel_variance
            return self.decode_gradient(latents).numpy(), spread.sqrt().numpy()

    def latents_from_labels(self, labels: np.ndarray, errors: np.ndarray | None) -> tuple[Tensor, Tensor]:
        """Latents (n, P) of labels by Eq. 11, and their covariances (n, P, P)."""
        known = np.isfinite(labels)
        errors = np.where(known, 0.0 if errors is None else errors, np.inf)
        target, weight = self.label_targets(labels, errors)
        weight = 1 / (1 / weight + self.label_scatter.square())
        return weighted_least_squares(weight, target, self.to_labels.T, 1.0, covariance=True)

    def _emulated(self, labels: np.ndarray, errors: np.ndarray | None) -> tuple[Tensor, Tensor]:
        """Latents (n, P) near those of the emulator that give the labels back, and their covariances (n, P, P)."""
        centre, scale = self.centre.numpy(), self.scale.numpy()
        errors = None if errors is None else np.asarray(errors, dtype=float) / scale
        completed, spread = completed_labels((labels - centre) / scale, errors, self.emulator.correlation.numpy())
        target, spread = torch.from_numpy(completed).float(), torch.from_numpy(spread).float()
        prior, covariance = self.emulator.moments(target, spread)
        noise = spread + torch.diag((CONSISTENCY * self.label_scatter).square())
        aim = target
        for reading in range(READINGS):
            latents = self._with_labels(aim, noise, prior, covariance)
            if reading < READINGS - 1:
                flux = self.all_outputs(latents)
                read = self.scaled_labels(self.infer(flux, self.typical_ivar.expand_as(flux))[0])
                aim = aim + (target - read).clamp(-1, 1)
        return latents, covariance

    def _with_labels(self, labels: Tensor, noise: Tensor, prior: Tensor, covariance: Tensor) -> Tensor:
        """Latents (n, P) of highest density of prior (n, P) and labels (n, M) with errors of covariance (n, M, M)."""
        latents = prior
        for _ in range(CONSISTENCY_STEPS):
            slope = self.label_slope(latents)
            ahead = slope @ covariance
            spread = ahead @ slope.transpose(1, 2)
            off = labels[:, :, None] - self.scaled_labels(latents)[:, :, None] + slope @ (latents - prior)[:, :, None]
            pull = torch.linalg.solve(spread + noise, off)
            length = (pull.transpose(1, 2) @ spread @ pull).clamp(min=1e-12).sqrt()
            step = ahead.transpose(1, 2) @ pull * (FARTHEST / length).clamp(max=1)
            latents = prior + step[:, :, 0]
        return latents

    def label_derivatives(self) -> np.ndarray:
        """Derivative spectra (M, n_pixel) of Eq. 13, A B+: catalogue units per unit of normalised flux."""
        inverse = torch.linalg.pinv(self.to_flux[: self.grid.n_pixel].double())
        return (self.scale[:, None] * (self.to_labels.double() @ inverse)).numpy()
