"""Errors of the latents of the skip deep generative model.

The widths of q(b|x), q(z|b, x) and q(a|x, b, z) are no errors: each is that of one latent given those before it, by
default one width for all components, and the decoder does not tell apart what q has left wide. So errors are measured
on validation objects. The decoder's magnitudes of their latents get noise of the size of their own and are encoded
again; where a latent that comes back differs from the one that went in by :math:`\\delta_i` and has the width
:math:`\\sigma_i`, the covariance of an object is

.. math:: \\sigma_i \\sigma_j \\langle \\delta_i \\delta_j / (\\sigma_i \\sigma_j) \\rangle
"""

from dataclasses import replace

import numpy as np
import torch

from ...data.spectra import SpectraSet
from ...data.split import Part

CALIBRATED_ON = 50
"""Validation objects needed to calibrate the errors of latents."""

FARTHEST = 5.0
"""Largest pull that counts as what it is, in units of that below which 68% lie: a few far ones say nothing of others.
"""


class LatentErrors:
    """The part of `SDGM` that says how large the errors of its latents are, and how they are correlated."""

    def encode_uncertainty(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Posterior means and log-variances of (log z, b, a), each (n, n_latent) float32."""
        mean, log_variance = self.over_chunks(self.posterior, spectra)
        return mean, log_variance + torch.log(self.pull_covariance.diagonal()).numpy(force=True)

    def encode_covariance(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Posterior means (n, n_latent) and covariances (n, n_latent, n_latent) float32."""
        mean, log_variance = self.over_chunks(self.posterior, spectra)
        width = np.exp(0.5 * log_variance)
        return mean, width[:, :, None] * self.pull_covariance.numpy(force=True) * width[:, None]

    def calibrate_latents(self, spectra: SpectraSet) -> None:
        """Measure the covariance of the pulls of simulated validation objects, if there are `CALIBRATED_ON` of them."""
        spectra = spectra.take(np.flatnonzero(self.in_part(Part.VALIDATION, spectra.ids)))
        if len(spectra) < CALIBRATED_ON:
            return
        truth = self.encode(spectra)
        error = np.where(spectra.seen, spectra.ivar, np.inf) ** -0.5
        noise = error * np.random.default_rng(0).standard_normal(error.shape)
        flux = np.where(spectra.seen, self.decode(truth) + noise, 0.0).astype(np.float32)
        found, log_variance = self.over_chunks(self.posterior, replace(spectra, flux=flux))
        pulls = (truth - found) * np.exp(-0.5 * log_variance)
        limit = FARTHEST * np.quantile(np.abs(pulls), 0.6827, axis=0)
        pulls = pulls.clip(-limit, limit)
        self.pull_covariance.copy_(torch.from_numpy(pulls.T @ pulls / len(pulls)))
