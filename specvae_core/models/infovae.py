"""InfoVAE of spectra: Portillo et al. (2020), Eqs. 6-13, after Zhao et al. (2019).

The encoder gives each spectrum a Gaussian in latent space (Eqs. 6-7), a draw from it (Eq. 8) is decoded (Eq. 9), and
the loss is Eq. 12 with :math:`\\alpha = 0`, the mean over spectra of

.. math:: L(x, x') + D_{KL}(q(z|x) || p(z)) + (\\lambda - 1) k\\, D_{MMD}(q(z) || p(z))

All three are in nats per spectrum:

- :math:`L = \\frac12 \\sum_p w_p (x_p - x'_p)^2` is the negative Gaussian log-likelihood up to a constant; the
  weight :math:`w` is the ivar, 0 where unseen. It is a sum, not a mean, over pixels: only so do the first two terms add
  up to the evidence bound (Eq. 10), and the posterior has the right width.
- :math:`D_{KL}` (Eq. 11) is summed over the k latents.
- :math:`D_{MMD}` (Eq. 13) lies between 0 and 2 for any k, so it is multiplied by k, as the published code does, to
  keep pace with the KL term. It compares one draw for each spectrum of the batch with as many from the prior.

The encoder is trained in this way on flux alone. Its latents are used as they are, or as the start of a search with the
likelihood, which accounts for the noise of each pixel as well: see `posterior`. The second is the default.

Columns of the catalogue, as fluxes of lines or bands, may stand beside the pixels (section 4), see `with_columns`:
their likelihood adds to that of the pixels.
"""

from copy import copy
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..settings import option
from .abilities import Ability
from .networks import kl_to_standard_normal, mmd, reparameterise
from .posterior import PRIOR_WIDTH, likelihood_posterior
from .posterior_search import best_amplitude
from .training_data import Batch
from .with_columns import WithColumns, WithColumnsConfig

LOG_VARIANCE = (-16.0, 4.0)
"""Limits of the posterior's log-variance, far outside those of data: they keep a stray first step finite."""

MANY_HOLES = 0.1
"""Share of unseen pixels from which on the posterior is searched for a second time, from holes that it has filled."""


@dataclass(frozen=True)
class InfoVAEConfig(WithColumnsConfig):
    """Settings of `InfoVAE`; :math:`\\alpha` is 0 as Zhao et al. recommend, so it is not a setting."""

    mmd_lambda: float = option(
        0.0, "λ, at least 1: how strongly all latents together must follow the prior (0: 10)", minimum=0.0, maximum=1e6
    )
    posterior: str = option(
        "likelihood",
        "what places a spectrum in latent space: the encoder alone, or the encoder and then the likelihood, which "
        "knows the noise of each pixel",
        choices=("likelihood", "encoder"),
        title="Latents placed by",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.mmd_lambda < 1:
            raise BadConfig(f"The setting mmd_lambda is {self.mmd_lambda:g}, but 0 or at least 1 was expected.")


class InfoVAE(WithColumns):
    """Variational autoencoder whose latents together follow a standard normal prior."""

    name = "infovae"
    title = "InfoVAE"
    Config = InfoVAEConfig
    abilities = WithColumns.abilities | {
        Ability.ENCODES_UNCERTAINTY,
        Ability.ENCODES_COVARIANCE,
        Ability.CHOOSES_POSTERIOR,
        Ability.TAKES_HOLES,
    }
    outputs_per_latent = 2

    config: InfoVAEConfig

    @property
    def mmd_lambda(self) -> float:
        """Weight λ: the setting ``mmd_lambda``, or 10 where that is 0."""
        return self.config.mmd_lambda or 10.0

    def encoder_posterior(self, standardised: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance that the network gives, each (n, n_latent), Eqs. 6-7."""
        mean, log_variance = self.encoder(standardised).chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE)

    def posterior(self, flux: Tensor, ivar: Tensor, prior_width: float = PRIOR_WIDTH) -> tuple[Tensor, Tensor]:
        """Mean (n, n_latent) and covariance (n, n_latent, n_latent) of the latents, as ``posterior`` says.

        Flux and ivar are `measurements`; without columns, these are taken as missing. The prior is that of the search.
        """
        flux, ivar = self.with_columns(flux), self.with_columns(ivar)
        mean, log_variance = self.encoder_posterior(self.taken_in(flux))
        if self.config.posterior == "encoder":
            return mean, torch.diag_embed(log_variance.exp())
        mean, covariance, objective = self._search(mean, flux, ivar, prior_width)
        holed = (ivar[:, : self.grid.n_pixel] > 0).float().mean(dim=1) < 1 - MANY_HOLES
        if self.free_amplitude and holed.any():
            again, width, value = self._search_refilled(mean[holed], flux[holed], ivar[holed], prior_width)
            better = (value < objective[holed])[:, None]
            mean[holed] = torch.where(better, again, mean[holed])
            covariance[holed] = torch.where(better[:, :, None], width, covariance[holed])
        return mean, covariance

    def _search(self, start: Tensor, flux: Tensor, ivar: Tensor, prior_width: float) -> tuple[Tensor, Tensor, Tensor]:
        """The posterior under the likelihood, see `likelihood_posterior`, from a start (n, n_latent)."""
        pixel = torch.arange(flux.shape[1], device=flux.device) < self.grid.n_pixel
        unit = torch.where(pixel, self.scatter, 1.0)
        return likelihood_posterior(
            self.decoder,
            start,
            torch.nan_to_num(flux) / unit,
            ivar * unit.square(),
            self.with_columns(self.mean) / unit,
            free_amplitude=self.free_amplitude,
            n_column=self.n_column,
            prior_width=prior_width,
        )

    def _search_refilled(
        self, found: Tensor, flux: Tensor, ivar: Tensor, prior_width: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The same from where the encoder places spectra whose holes and scale are those of the latents found.

        Where a survey shows nothing of a range, its infill there is a guess, and the first start may lie far off.
        """
        decoded, n_pixel = self.decode_gradient(found), self.grid.n_pixel
        pixels, weight = flux[:, :n_pixel], ivar[:, :n_pixel]
        amplitude = best_amplitude(torch.nan_to_num(pixels), weight, decoded)[:, None]
        refilled = torch.cat([torch.where(weight > 0, pixels / amplitude, decoded), flux[:, n_pixel:]], dim=1)
        return self._search(self.encoder_posterior(self.taken_in(refilled))[0], flux, ivar, prior_width)

    @property
    def free_amplitude(self) -> bool:
        """Whether the posterior leaves the amplitude of a spectrum open.

        Models of version 0.1, whose spectra were divided by the mean of what was seen, keep the amplitude 1.
        """
        return self.config.posterior == "likelihood" and self.flux_scale == "mean"

    def amplitude(self, spectra: SpectraSet, decoded: np.ndarray) -> np.ndarray:
        """See `LatentModel.amplitude`; where the amplitude is free, that of the likelihood."""
        if not self.free_amplitude:
            return super().amplitude(spectra, decoded)
        divisor = spectra.divisor(self.flux_scale)
        target = torch.from_numpy(np.nan_to_num(spectra.flux / divisor[:, None]))
        weight = torch.from_numpy(spectra.ivar * divisor[:, None] ** 2)
        return divisor * best_amplitude(target, weight, torch.from_numpy(decoded)).numpy()

    def encode_batch(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """Posterior means (n, n_latent)."""
        return self.posterior(flux, ivar)[0]

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean and log-variance of spectra, each (n, n_latent) float32."""
        mean, covariance = self.encode_covariance(spectra)
        return mean, np.log(np.einsum("nkk->nk", covariance))

    def encode_covariance(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean (n, n_latent) and covariance (n, n_latent, n_latent) of spectra, float32."""
        mean, covariance = self.over_chunks(self.posterior, spectra)
        return mean, covariance

    def with_posterior(self, posterior: str) -> Self:
        """The same weights under another setting ``posterior``."""
        other = copy(self)
        other.config = replace(self.config, posterior=posterior)
        return other

    def loss(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Eq. 12 and its parts, ``mmd`` already multiplied by k."""
        return self.loss_and_latents(batch, generator)[0]

    def loss_and_latents(self, batch: Batch, generator: torch.Generator) -> tuple[dict[str, Tensor], Tensor]:
        """`loss`, and the draws from the posterior (n, n_latent) that it was computed with."""
        standardised = self.standardised(batch["flux"])
        values = weight = standardised[:, :0]
        if self.columns is not None:
            values, weight = self.columns.weighed(batch["values"], batch["errors"])
        mean, log_variance = self.encoder_posterior(self.partly_hidden(standardised, values, generator))
        latents = reparameterise(mean, log_variance, generator)
        prior = torch.randn(latents.shape, generator=generator, device=latents.device)
        decoded, columns = self.decoder(latents).tensor_split((self.grid.n_pixel,), dim=1)
        reconstruction = self.half_chi2(standardised, batch["ivar"], decoded)
        kl = kl_to_standard_normal(mean, log_variance).mean()
        discrepancy = self.n_latent * mmd(latents, prior)
        total = reconstruction + kl + (self.mmd_lambda - 1) * discrepancy
        parts = {"loss": total, "reconstruction": reconstruction, "kl": kl, "mmd": discrepancy}
        if self.columns is not None:
            parts["columns"] = 0.5 * (weight * (values - columns).square()).sum() / len(values)
            parts["loss"] = total + parts["columns"]
        return parts, latents
