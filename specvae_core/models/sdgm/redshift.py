"""Redshift distributions of the skip deep generative model: PhotoVAEz (Hjortlund et al.), section 3.4.

Two estimates of p(z|x): the encoder's, marginalised over the auxiliary latent (Eqs. 20-22), and the generative model's,
by importance sampling of the joint density (Eqs. 23-25). The evidence p(x), unknown to Eq. 24, is what makes the second
integrate to 1 on the grid. All objects share the same standard normal draws, so that the answer for one does not depend
on its neighbours.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import Part

from ...grid import check_grid
from ..base import spectra_tensors
from .density import at, cumulative, normalised, pit_shape, point_estimates, reshaped
from .networks import draw, log_gaussian

N_GRID = 400
"""Number of redshifts on the grid."""

N_MARGINAL = 64
"""Draws of b in Eq. 22."""

N_IMPORTANCE = 16
"""Draws of a and b at each redshift in Eq. 24."""

STRIDE = 4
"""Eq. 24 is evaluated at every fourth redshift of the grid, and its log interpolated between."""

N_EVIDENCE = 64
"""Draws in the estimate of log p(x)."""

CALIBRATED_ON = 50
"""Labelled validation objects needed to calibrate the widths of p(z)."""

RESHAPED_ON = 200
"""Labelled validation objects needed to reshape p(z): the PIT of 50 is dominated by chance."""

CALIBRATION_SCALES = tuple(np.exp(np.linspace(-0.5, 0.7, 25)).round(3))
"""Trial factors on the widths."""

OBJECTS = 256
"""Objects that are processed at once in Eq. 22; a sixteenth of it in Eq. 24."""


OnShare = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""


def _ignore_share(share: float) -> None:
    """Do nothing with the share that is done."""


class RedshiftEstimates:
    """The part of `SDGM` that predicts redshifts; densities are given on `redshift_grid`, in units of 1 / redshift."""

    @property
    def redshift_grid(self) -> np.ndarray:
        """Redshifts (n_z,), evenly spaced from just above 0 to 1.25 times the highest that was learnt from."""
        return np.linspace(0, float(self.highest_redshift), N_GRID + 1)[1:]

    def redshift_pdf(
        self, spectra: SpectraSet, estimator: str = "marginal", on_share: OnShare = _ignore_share
    ) -> np.ndarray:
        """Densities of redshift, (n, n_z) float64 rows that integrate to 1 over `redshift_grid`.

        Parameters
        ----------
        spectra
            Photometry on the model's bands.
        estimator
            ``marginal`` (Eq. 22) or ``importance`` (Eqs. 23-25).
        on_share
            Called now and then with the share of the objects that is done.
        """
        estimate, size = {
            "marginal": (self.log_marginal, OBJECTS),
            "importance": (self.log_importance, OBJECTS // 16),
        }[estimator]
        pdf = normalised(self.redshift_grid, self._by_objects(estimate, spectra, size, on_share))
        return reshaped(self.redshift_grid, pdf, self.pit_shape.numpy()) if estimator == "marginal" else pdf

    def log_density(self, spectra: SpectraSet) -> np.ndarray:
        """log p(x) of each object, (n,) in nats, x in standardised magnitudes over its seen bands.

        The importance-weighted bound with `N_EVIDENCE` draws of z, b and a. Objects unlike those that were learnt from
        have a low one: the outliers by the joint density.
        """
        return self._by_objects(self._log_evidence, spectra, OBJECTS)

    def _by_objects(self, function, spectra: SpectraSet, size: int, on_share: OnShare = _ignore_share) -> np.ndarray:
        check_grid(self.grid, spectra.grid)
        self.eval()
        parts = []
        with torch.inference_mode():
            for start in range(0, max(len(spectra), 1), size):
                parts.append(function(*spectra_tensors(spectra, slice(start, start + size))).double())
                on_share(min(1.0, (start + size) / max(len(spectra), 1)))
        return torch.cat(parts).numpy()

    def _noise(self, n: int) -> Tensor:
        """Standard normal draws (n, n_latent), the same at each call."""
        return torch.randn(n, self.config.n_latent, generator=torch.Generator().manual_seed(0))

    def _standardised_grid(self) -> Tensor:
        """log z of the grid in the model's units, (n_z,)."""
        log_z = torch.tensor(np.log(self.redshift_grid), dtype=torch.float32)
        return (log_z - self.log_z_location) / self.log_z_scale

    def log_marginal(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """log q(z|x) on the grid by Eq. 22, (n, n_z)."""
        features = self.features(flux, ivar)
        mean, log_variance = self.q_b(features)
        b = draw(mean[:, None], log_variance[:, None], self._noise(N_MARGINAL)[:, 1 : 1 + self.n_b])
        mean, log_variance = self.q_z(features[:, None].expand(-1, N_MARGINAL, -1), b)
        log_variance = log_variance + 2 * torch.log(self.width_scale)
        log_z = self._standardised_grid()[None, :, None, None]
        log_pdf = self.log_redshift_density(log_z, mean[:, None], log_variance[:, None])
        return torch.logsumexp(log_pdf, dim=-1) - np.log(N_MARGINAL)

    def log_importance(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """log p(z|x) on the grid up to a constant for each object, by Eqs. 24 and 25, (n, n_z)."""
        x, seen, features = self.standardised(flux, ivar), ivar > 0, self.features(flux, ivar)
        grid = self._standardised_grid()
        coarse = grid[STRIDE - 1 :: STRIDE]
        shape = (len(x), len(coarse), N_IMPORTANCE)  # objects, redshifts, draws
        noise = self._noise(N_IMPORTANCE)
        q_b = [parameter[:, None, None].expand(*shape, -1) for parameter in self.q_b(features)]
        b = draw(*q_b, noise[:, 1 : 1 + self.n_b])
        log_z = coarse[None, :, None, None].expand(*shape, 1)
        q_a = self.q_a(features[:, None, None].expand(*shape, -1), b, log_z)
        a = draw(*q_a, noise[:, 1 + self.n_b :])
        joint = self.log_joint(x[:, None, None], seen[:, None, None], log_z, a, b)  # includes p(b|a, z) p(a) of Eq. 25
        log_weighted = joint - log_gaussian(a, *q_a) - log_gaussian(b, *q_b)
        return _interpolated(torch.logsumexp(log_weighted, dim=-1), coarse, grid)

    def _log_evidence(self, flux: Tensor, ivar: Tensor) -> Tensor:
        x, seen, features = self.standardised(flux, ivar), ivar > 0, self.features(flux, ivar)
        features = features[:, None].expand(-1, N_EVIDENCE, -1)
        noise = self._noise(N_EVIDENCE)
        q_b = self.q_b(features)
        b = draw(*q_b, noise[:, 1 : 1 + self.n_b])
        q_z = self.q_z(features, b)
        log_z = draw(*q_z, noise[:, :1])
        q_a = self.q_a(features, b, log_z)
        a = draw(*q_a, noise[:, 1 + self.n_b :])
        encoder = log_gaussian(a, *q_a) + log_gaussian(b, *q_b) + self.log_redshift_density(log_z, *q_z)
        log_weights = self.log_joint(x[:, None], seen[:, None], log_z, a, b) - encoder
        return torch.logsumexp(log_weights, dim=1) - np.log(N_EVIDENCE)

    def predict_redshift(self, spectra: SpectraSet) -> dict[str, np.ndarray]:
        """Columns (n,) each: point estimates of Eq. 22 and the joint density; see `point_estimates`."""
        return point_estimates(self.redshift_grid, self.redshift_pdf(spectra)) | {
            "log_density": self.log_density(spectra)
        }

    @property
    def redshift_column(self) -> str:
        """The catalogue column that holds spectroscopic redshifts."""
        return self.config.redshift

    def calibrate(self, spectra: SpectraSet) -> None:
        """Calibrate p(z|x) of Eq. 22 by the PIT of validation objects, where `CALIBRATED_ON` or more have a redshift.

        First the widths of q(z|b, x) are scaled by the factor under which the PIT is nearest to uniform: networks that
        fit their training objects closely are too sure of others. The distance is the mean one of
        quantiles, which is robust against outliers. Then the densities are reshaped by the remaining PIT, see
        `reshaped`, where there are `RESHAPED_ON` objects or more.
        """
        held_out = self.in_part(Part.VALIDATION, spectra.ids) & self.labelled(spectra)
        if held_out.sum() < CALIBRATED_ON:
            return
        spectra = spectra.take(np.flatnonzero(held_out))
        redshift = spectra.table[self.redshift_column].to_numpy(float)
        uniform = (np.arange(len(redshift)) + 0.5) / len(redshift)
        grid, found = self.redshift_grid, []
        for scale in CALIBRATION_SCALES:
            self.width_scale.fill_(scale)
            found.append(at(grid, cumulative(grid, self.redshift_pdf(spectra)), redshift))
        best = int(np.argmin([np.abs(np.sort(pit) - uniform).mean() for pit in found]))
        self.width_scale.fill_(CALIBRATION_SCALES[best])
        if len(redshift) >= RESHAPED_ON:
            self.pit_shape.copy_(torch.from_numpy(pit_shape(found[best])))


def _interpolated(values: Tensor, coarse: Tensor, fine: Tensor) -> Tensor:
    """Values (n, m) at rising places (m,) brought to places (k,) by straight lines, prolonged beyond the ends."""
    right = torch.searchsorted(coarse.contiguous(), fine).clamp(1, len(coarse) - 1)
    share = (fine - coarse[right - 1]) / (coarse[right] - coarse[right - 1])
    return values[:, right - 1] * (1 - share) + values[:, right] * share
