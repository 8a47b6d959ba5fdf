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
from ..devices import over_rows
from ..spectra_tensors import spectra_tensors
from .density import at, cumulative, normalised, pit_shape, point_estimates, reshaped
from .networks import draw, log_gaussian

N_GRID = 800
"""Number of redshifts on the grid."""

FINE_BELOW = 0.1
"""Redshift below which the steps of the grid are about even; above, they grow in proportion to it."""

N_MARGINAL = 64
"""Draws of b in Eq. 22."""

N_IMPORTANCE = 16
"""Draws of a and b at each redshift in Eq. 24."""

STRIDE = 8
"""Eq. 24 is evaluated at every eighth redshift of the grid, and its log interpolated between."""

N_EVIDENCE = 64
"""Draws in the estimate of log p(x)."""

CALIBRATED_ON = 50
"""Labelled validation objects needed to calibrate the widths of p(z)."""

RESHAPED_ON = 200
"""Labelled validation objects needed to reshape p(z): the PIT of 50 is dominated by chance."""

CALIBRATION_SCALES = tuple(np.exp(np.linspace(-0.5, 0.7, 25)).round(3))
"""Trial factors on the widths."""

OBJECTS = 128
"""Objects that are processed at once in Eq. 22; an eighth of it in Eq. 24."""


OnShare = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""


def _ignore_share(share: float) -> None:
    """Do nothing with the share that is done."""


class RedshiftEstimates:
    """The part of `SDGM` that predicts redshifts; densities are given on `redshift_grid`, in units of 1 / redshift."""

    @property
    def redshift_grid(self) -> np.ndarray:
        """Redshifts (n_z,) from just above 0 to 1.25 times the highest that was learnt from.

        They are even in log(z + `FINE_BELOW`): at 0.02 the steps are a few 1e-4, even where the highest is 5, since
        errors of low redshifts are small.
        """
        ends = np.log([FINE_BELOW, FINE_BELOW + float(self.highest_redshift)])
        return (np.exp(np.linspace(*ends, N_GRID + 1)) - FINE_BELOW)[1:]

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
        size, shape = {
            "marginal": (OBJECTS, self.pit_shape),
            "importance": (OBJECTS // 8, self.importance_shape),
        }[estimator]
        grid, members = self.redshift_grid, self.ensemble
        pdf = np.zeros((len(spectra), len(grid)))
        for number, member in enumerate(members):

            def on_part(share: float, number: int = number) -> None:
                on_share((number + share) / len(members))

            estimate = {"marginal": member.log_marginal, "importance": member.log_importance}[estimator]
            pdf += normalised(grid, member._by_objects(estimate, spectra, size, on_part)) / len(members)
        return reshaped(grid, pdf, shape.cpu().numpy())

    def log_density(self, spectra: SpectraSet) -> np.ndarray:
        """log p(x) of each object, (n,) in nats, x in standardised magnitudes over its seen bands.

        The importance-weighted bound with `N_EVIDENCE` draws of z, b and a. Objects unlike those that were learnt from
        have a low one: the outliers by the joint density.
        """
        return self._by_objects(self._log_evidence, spectra, OBJECTS)

    def _by_objects(self, function, spectra: SpectraSet, size: int, on_share: OnShare = _ignore_share) -> np.ndarray:
        check_grid(self.grid, spectra.grid)
        self.eval()

        def apply(rows: slice) -> Tensor:
            found = function(*(values.to(self.device) for values in spectra_tensors(spectra, rows))).double().cpu()
            on_share(rows.stop / max(len(spectra), 1))
            return found

        with torch.inference_mode():
            return torch.cat(over_rows(apply, len(spectra), size)).numpy()

    def _noise(self, n: int) -> Tensor:
        """Standard normal draws (n, n_latent), the same at each call."""
        return torch.randn(n, self.config.n_latent, generator=torch.Generator().manual_seed(0)).to(self.device)

    def _standardised_grid(self) -> Tensor:
        """log z of the grid in the model's units, (n_z,)."""
        log_z = torch.tensor(np.log(self.redshift_grid), dtype=torch.float32, device=self.device)
        return (log_z - self.log_z_location) / self.log_z_scale

    def log_marginal(self, flux: Tensor, ivar: Tensor) -> Tensor:
        """log q(z|x) on the grid by Eq. 22, (n, n_z)."""
        features = self.features(*self._sampled(flux, ivar))
        b = draw(*self.q_b(features), self._noise(N_MARGINAL)[:, 1 : 1 + self.n_b])
        mean, log_variance = self.q_z(features.expand(-1, N_MARGINAL, -1), b)
        log_variance = log_variance + 2 * torch.log(self.width_scale)
        log_z = self._standardised_grid()[None, :, None, None]
        log_pdf = self.log_redshift_density(log_z, mean[:, None], log_variance[:, None])
        return torch.logsumexp(log_pdf, dim=-1) - np.log(N_MARGINAL)

    def _sampled(self, flux: Tensor, ivar: Tensor) -> tuple[Tensor, Tensor]:
        """Magnitudes and ivar (n, n_draw, n_band): drawn again within their errors for each draw, where that is set."""
        flux, ivar = flux[:, None], ivar[:, None]
        scale = self.config.resample_estimate
        if not scale:
            return flux, ivar
        noise = torch.randn(N_MARGINAL, flux.shape[-1], generator=torch.Generator().manual_seed(1)).to(flux.device)
        return flux + scale * torch.where(ivar > 0, ivar, torch.inf).rsqrt() * noise, ivar.expand(-1, N_MARGINAL, -1)

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
        """Calibrate p(z|x) by the PIT of validation objects, where `CALIBRATED_ON` or more have a redshift.

        First the widths of q(z|b, x) of Eq. 22 are scaled by the factor under which the PIT is nearest to uniform:
        networks that fit their training objects closely are too sure of others. The distance is the mean one of
        quantiles, which is robust against outliers. Then the densities of both estimators are reshaped by their
        remaining PIT, see `reshaped`, where there are `RESHAPED_ON` objects or more.
        """
        validation = self.in_part(Part.VALIDATION, spectra.ids) & self.labelled(spectra)
        if validation.sum() < CALIBRATED_ON:
            return
        spectra = spectra.take(np.flatnonzero(validation))
        redshift = spectra.table[self.redshift_column].to_numpy(float)
        uniform = (np.arange(len(redshift)) + 0.5) / len(redshift)
        found = []
        for scale in CALIBRATION_SCALES:
            self._scale_widths(scale)
            found.append(self._pit(spectra, redshift, "marginal"))
        best = int(np.argmin([np.abs(np.sort(pit) - uniform).mean() for pit in found]))
        self._scale_widths(CALIBRATION_SCALES[best])
        if len(redshift) >= RESHAPED_ON:
            importance = self._pit(spectra, redshift, "importance")
            self.pit_shape.copy_(torch.from_numpy(pit_shape(found[best])))
            self.importance_shape.copy_(torch.from_numpy(pit_shape(importance)))

    def _scale_widths(self, scale: float) -> None:
        for member in self.ensemble:
            member.width_scale.fill_(scale)

    def _pit(self, spectra: SpectraSet, redshift: np.ndarray, estimator: str) -> np.ndarray:
        grid = self.redshift_grid
        return at(grid, cumulative(grid, self.redshift_pdf(spectra, estimator)), redshift)


def _interpolated(values: Tensor, coarse: Tensor, fine: Tensor) -> Tensor:
    """Values (n, m) at rising places (m,) brought to places (k,) by straight lines, prolonged beyond the ends."""
    right = torch.searchsorted(coarse.contiguous(), fine).clamp(1, len(coarse) - 1)
    share = (fine - coarse[right - 1]) / (coarse[right] - coarse[right - 1])
    return values[:, right - 1] * (1 - share) + values[:, right] * share
