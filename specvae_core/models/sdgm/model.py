"""The skip deep generative model of photometry and redshift: PhotoVAEz (Hjortlund et al.), after Maaloe et al. (2016).

An object has magnitudes x, a redshift z that may be unknown, a latent a and an auxiliary latent b:

.. math:: p(x, z, a, b) = p(x|a, b, z)\\, p(b|a, z)\\, p(a)\\, p(z)                                (Eq. 1)

with the encoder :math:`q(b|x)\\, q(z|b, x)\\, q(a|x, b, z)`. Redshifts are log-normal (Eqs. 11, 13), all else is
Gaussian with one width for all components (Eqs. 10, 12, 14-16), each with a network of three hidden layers. What is
minimised is Eq. 9: :math:`\\mathcal S` (Eq. 4) and :math:`\\alpha` times Eq. 8's predictive term for objects with a
redshift, :math:`\\mathcal P` (Eq. 7) for those without.

What the paper leaves open and is done here: networks see the magnitudes, neighbouring colours and log errors of a
catalogue, each divided by its robust scatter, and which bands were measured; a missing band is left out of the
likelihood, which marginalises it exactly. Further measurements, as radii, enter as magnitudes do, without colours. The
decoder describes the standardised magnitudes. Redshifts of zero or below are those of no galaxy and count as unknown.
With several ``members``, networks are trained from different seeds and their densities of redshift averaged; latents
are those of the first.
"""

from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from ...data.spectra import SpectraSet
from ...errors import BadConfig, UserError
from ...grid import BandGrid, Grid
from ...progress import Report, ignore, sub_report
from ..abilities import Ability
from ..networks import initialise
from ..training import GradientModel
from ..training_data import Batch
from .density import PIT_DEGREE
from .labelled import numbers_of, usable
from .latents import LatentErrors
from .networks import Gaussian, draw, log_gaussian, robust_scaling
from .redshift import RedshiftEstimates
from .settings import SDGMConfig

SEEDS = 100_003
"""Distance between the seeds of two members of an ensemble."""

LIMIT = 6.0
"""Limit of the absolute value of standardised inputs: a magnitude of 35 means no more than "very faint"."""


class SDGM(RedshiftEstimates, LatentErrors, GradientModel):
    """Photometric redshifts from objects with and without spectroscopic ones."""

    name = "sdgm"
    title = "Photo-z (SDGM)"
    Config = SDGMConfig
    abilities = frozenset(
        {
            Ability.DECODES_GRADIENT,
            Ability.TAKES_HOLES,
            Ability.ENCODES_UNCERTAINTY,
            Ability.ENCODES_COVARIANCE,
            Ability.PREDICTS_REDSHIFT,
            Ability.STARTS_FROM,
            Ability.COMPUTES_ON_GPU,
        }
    )

    config: SDGMConfig

    def __init__(self, grid: Grid, config: SDGMConfig) -> None:
        super().__init__(grid, config)
        n, self.n_band = grid.n_pixel, len(grid.bands) if isinstance(grid, BandGrid) else grid.n_pixel
        self.n_b = config.n_latent // 2
        self.n_a = config.n_latent - 1 - self.n_b
        n_features = 3 * n + self.n_band - 1
        layers = config.hidden_layers, config.widths == "each"
        self.q_b = Gaussian(n_features, self.n_b, *layers)
        self.q_z = Gaussian(n_features + self.n_b, 1, *layers)
        self.q_a = Gaussian(n_features + self.n_b + 1, self.n_a, *layers)
        self.p_b = Gaussian(self.n_a + 1, self.n_b, *layers)
        self.p_x = Gaussian(self.n_a + self.n_b + 1, n, *layers)
        self.prior_mean, self.prior_log_variance = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        for name, size in (("magnitude", n), ("colour", self.n_band - 1), ("error", n), ("log_z", 1)):
            self.register_buffer(f"{name}_location", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))
        self.register_buffer("alpha", torch.ones(()))
        self.register_buffer("highest_redshift", torch.ones(()))
        self.register_buffer("width_scale", torch.ones(()))
        self.register_buffer("pit_shape", torch.zeros(PIT_DEGREE))
        self.register_buffer("importance_shape", torch.zeros(PIT_DEGREE))
        self.register_buffer("pull_covariance", torch.eye(config.n_latent))
        if config.members > 1:
            others = (SDGM(grid, replace(config, members=1)) for _ in range(config.members - 1))
            self.others = nn.ModuleList(others)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *arguments: object) -> None:
        """Read weights of earlier versions, which left importance sampling and errors of latents as they were."""
        state_dict.setdefault(f"{prefix}importance_shape", torch.zeros(PIT_DEGREE))
        state_dict.setdefault(f"{prefix}pull_covariance", torch.eye(self.config.n_latent))
        super()._load_from_state_dict(state_dict, prefix, *arguments)

    @property
    def max_gradient(self) -> float:
        """Norm of the gradient above which a step is skipped (section 3.3, after Child 2021)."""
        return self.config.max_gradient

    # Data

    @classmethod
    def check_catalogue(cls, config: SDGMConfig, table: pd.DataFrame) -> None:
        """See `LatentModel.check_catalogue`: some objects have a redshift that may be used."""
        super().check_catalogue(config, table)
        if not usable(config, table).any():
            raise BadConfig(
                f"No object of this survey has a redshift above 0 in column {config.redshift} that may be used: "
                "at least one labelled object is needed, look at the settings redshift and labelled."
            )

    def labelled(self, spectra: SpectraSet) -> np.ndarray:
        """Which objects have a redshift that the model may use, (n,) bool; see the settings redshift and labelled."""
        return usable(self.config, spectra.table)

    def tensors(self, spectra: SpectraSet) -> Batch:
        """Magnitudes, ivar, and log redshift (n, 1) where it may be used, else NaN."""
        redshift = numbers_of(spectra.table, self.config.redshift, "redshift")
        redshift = np.where(self.labelled(spectra), redshift, np.nan)
        return super().tensors(spectra) | {"log_z": torch.tensor(np.log(redshift)[:, None], dtype=torch.float32)}

    def prepare(self, data: Batch, generator: torch.Generator) -> None:
        """Scalings, α and the range of redshifts from the training objects, and new weights."""
        flux, ivar, log_z = data["flux"], data["ivar"], data["log_z"]
        seen, known = ivar > 0, torch.isfinite(log_z)
        for name, values, valid in (
            ("magnitude", flux, seen),
            ("colour", *self._colours(flux, seen)),
            ("error", -0.5 * torch.log(ivar), seen),
        ):
            location, scale = robust_scaling(values, valid)
            getattr(self, f"{name}_location").copy_(location)
            getattr(self, f"{name}_scale").copy_(scale)
        if not known.any():
            raise UserError(
                "No object with a redshift is in the training part: lower validation_fraction or test_fraction."
            )
        self.log_z_location.copy_(log_z[known].mean())
        self.log_z_scale.copy_(log_z[known].std(correction=0).clamp(min=1e-3))
        self.alpha.fill_(self.config.alpha or len(log_z) / float(known.sum()))
        self.highest_redshift.copy_(1.25 * log_z[known].max().exp())
        self.width_scale.fill_(1.0)
        self.pit_shape.zero_()
        self.importance_shape.zero_()
        self.pull_covariance.copy_(torch.eye(self.config.n_latent))
        initialise(self, generator)

    def standardised(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Magnitudes in units of the survey's scatter about its median, (…, n_band); 0 where missing."""
        scaled = (flux - self.magnitude_location) / self.magnitude_scale
        return torch.where(ivar > 0, scaled, 0.0).clamp(-LIMIT, LIMIT)

    def _colours(self, flux: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Colours of neighbouring bands (…, n_band - 1), and which were measured; none of further measurements."""
        flux, seen = flux[..., : self.n_band], seen[..., : self.n_band]
        return flux[..., :-1] - flux[..., 1:], seen[..., :-1] & seen[..., 1:]

    def features(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Inputs of the encoder, (…, any): magnitudes, colours, log errors and which bands are missing."""
        seen = ivar > 0
        colour, known = self._colours(flux, seen)
        colour = (colour - self.colour_location) / self.colour_scale
        colour = torch.where(known, colour, 0.0).clamp(-LIMIT, LIMIT)
        error = (-0.5 * torch.log(ivar) - self.error_location) / self.error_scale
        error = torch.where(seen, error, 0.0).clamp(-LIMIT, LIMIT)
        return torch.cat([self.standardised(flux, ivar), colour, error, seen.float() - 1], dim=-1)

    # Loss

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Eq. 9 divided by the number of objects, and its parts; all in nats per object.

        ``labelled`` and ``unlabelled`` are the sums of S and of P, ``predictive`` that of Eq. 8's term without α.
        """
        batch = {name: values.repeat_interleave(self.config.n_mc, dim=0) for name, values in batch.items()}
        flux, ivar = batch["flux"], batch["ivar"]
        if self.training:
            flux = resampled(flux, ivar, self.config.resample, generator)
            hidden = torch.rand(ivar.shape, generator=generator, device=ivar.device) < self.config.hide
            ivar = torch.where(hidden, 0.0, ivar)
        known = torch.isfinite(batch["log_z"][:, 0])
        log_z = (batch["log_z"] - self.log_z_location) / self.log_z_scale
        bound, predictive = self.terms(flux, ivar, log_z, known, generator)
        n = len(flux)
        labelled = -torch.where(known, bound, 0.0).sum() / n
        unlabelled = -torch.where(known, 0.0, bound).sum() / n
        predictive = -torch.where(known, predictive, 0.0).sum() / n
        total = labelled + unlabelled + self.alpha * predictive
        return {"loss": total, "labelled": labelled, "unlabelled": unlabelled, "predictive": predictive}

    def terms(self, flux, ivar, log_z: Tensor, known: Tensor, generator) -> tuple[Tensor, Tensor]:
        """One draw of -S (Eq. 3) or -P (Eq. 6), and log q(z|b, x) of Eq. 8, each (n,).

        Parameters
        ----------
        flux, ivar
            (n, n_band).
        log_z
            (n, 1) standardised; NaN where unknown.
        known
            (n,) bool.
        """
        x, seen, features = self.standardised(flux, ivar), ivar > 0, self.features(flux, ivar)
        noise = torch.randn(len(x), self.config.n_latent, generator=generator, device=x.device)
        q_b = self.q_b(features)
        b = draw(*q_b, noise[:, 1 : 1 + self.n_b])
        q_z = self.q_z(features, b)
        log_z = torch.where(known[:, None], log_z, draw(*q_z, noise[:, :1]))
        q_a = self.q_a(features, b, log_z)
        a = draw(*q_a, noise[:, 1 + self.n_b :])
        predictive = self.log_redshift_density(log_z, *q_z)
        bound = self.log_joint(x, seen, log_z, a, b) - log_gaussian(b, *q_b) - log_gaussian(a, *q_a)
        return bound - torch.where(known, 0.0, predictive), predictive

    def log_joint(self, x: Tensor, seen: Tensor, log_z: Tensor, a: Tensor, b: Tensor) -> Tensor:
        """log p(x, z, a, b) (Eq. 1), (…,): x in standardised magnitudes over seen bands, z in redshift."""
        return (
            log_gaussian(x, *self.p_x(a, b, log_z), seen)
            + log_gaussian(b, *self.p_b(a, log_z))
            + log_gaussian(a, torch.zeros_like(a), torch.zeros_like(a))
            + self.log_redshift_density(log_z, self.prior_mean, self.prior_log_variance)
        )

    def log_redshift_density(self, log_z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Log of a log-normal density in redshift (Eqs. 11, 13), (…,), all arguments in standardised log z (…, 1)."""
        jacobian = log_z * self.log_z_scale + self.log_z_location + torch.log(self.log_z_scale)  # log dz / d log_z
        return log_gaussian(log_z, mean, log_variance) - jacobian[..., 0]

    # Latents

    def posterior(self, flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log-variances of log z, b and a, each (n, n_latent); each at the means of those before it."""
        features = self.features(flux, ivar)
        b, b_width = self.q_b(features)
        log_z, z_width = self.q_z(features, b)
        a, a_width = self.q_a(features, b, log_z)
        widths = torch.cat([z_width, b_width.expand_as(b), a_width.expand_as(a)], dim=1)
        return torch.cat([log_z, b, a], dim=1), widths

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Posterior means (n, n_latent): standardised log z, b, a."""
        return self.posterior(flux, ivar)[0]

    def decode_gradient(self, latents: Tensor) -> Tensor:
        """Magnitudes (n, n_band) of latents (n, n_latent)."""
        log_z, b, a = latents.split([1, self.n_b, self.n_a], dim=1)
        return self.magnitude_location + self.magnitude_scale * self.p_x(a, b, log_z)[0]

    @property
    def ensemble(self) -> tuple["SDGM", ...]:
        """All members, this model first."""
        return (self, *(self.others if self.config.members > 1 else ()))

    def fit(
        self, spectra: SpectraSet, report: Report = ignore, *, seed: int = 0, checkpoint: Path | None = None
    ) -> Self:
        """Learn from a survey; see `LatentModel.fit`. Densities and errors are calibrated on the validation part."""
        share = 1 / self.config.members
        first = report if share == 1 else sub_report(report, 0.0, share, "member 1")
        super().fit(spectra, first, seed=seed, checkpoint=checkpoint)
        for number, member in enumerate(self.ensemble[1:], start=1):
            part = sub_report(report, number * share, share, f"member {number + 1}")
            own = None if checkpoint is None else checkpoint.with_name(f"{checkpoint.name}-{number + 1}")
            GradientModel.fit(member, spectra, part, seed=seed + SEEDS * number, checkpoint=own)
        self.calibrate(spectra)
        self.calibrate_latents(spectra)
        return self


def resampled(flux: Tensor, ivar: Tensor, scale: float, generator: torch.Generator) -> Tensor:
    """Magnitudes drawn from N(x, Σ) with the errors of the catalogue times ``scale`` (section 3.3)."""
    error = torch.where(ivar > 0, ivar, torch.inf).rsqrt()
    return flux + scale * error * torch.randn(flux.shape, generator=generator, device=flux.device)
