"""Redshift, latents and amplitude of one spectrum, fitted to its own pixels in the observed frame.

A survey's grid costs something: neighbouring pixels share measurements, so that their errors are correlated, and the
rest frame presumes a redshift. Here the model goes to the data instead. With decoder f on its grid of log wavelength,
a redshift z and an amplitude a, pixel i of the file, which reaches from :math:`l_i` to :math:`h_i` Angstrom, is
expected at

.. math:: \\mu_i = \\frac{a}{h_i - l_i} \\int_{l_i}^{h_i} (f * R)(\\lambda / (1 + z))\\, d\\lambda

where R is a Gaussian of the instrument's resolution, if that is lower than the model's. Pixels of the grid are averages
as well, so that between their centres f is the curve whose averages over them are the decoded values
(`pixel_model`). Errors are those of the file and independent; where the residuals show more, the structure of the
spectrum within pixels of the grid, which no model on it knows, adds to them (`unresolved`). Levenberg-Marquardt steps
find the most likely (a, z, latents) under a prior of latents, from every start that is given. From there, and from the
covariance of Laplace's approximation, with the differences of the model across one standard deviation in place of its
derivatives, importance sampling starts: a decoder bends, and mean and covariance of the posterior are those of weighted
draws of Student's t, which is adapted to them round by round until enough of them count (Cappé et al. 2004). Where they
never do, the most likely point and Laplace's covariance stand. Where :math:`\\chi^2` per degree of freedom is above 1
even so, the model misses something that the errors do not know of, and all errors are larger by its square root.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig
from ..grid import SpectralGrid
from ..models import Ability, LatentModel, require_ability
from ..models.latent_prior import LatentPrior
from .pixel_model import PixelModel
from .unresolved import Noise, covariance_of_structure, most_likely_noise

NOISE_ROUNDS = 2
"""Searches that follow the first one, each with the noise that the residuals of the one before show."""

STEPS, SETTLED = 40, 1e-2
"""Steps at most, and the gain in χ² below which nothing more is sought."""

DIFFERENCE = 1e-2
"""Differences of latents, in standard deviations of the prior, over which derivatives are taken."""

DRAWS, ROUNDS, MOST_ROUNDS, TAILS = 400, 4, 20, 5
"""Draws of importance sampling in each of its rounds, least and most rounds, and the degrees of freedom of Student's t.
"""

ENOUGH = 50.0
"""Effective number of draws without which their mean and covariance are not taken."""

MIN_PIXELS = 20
"""Seen pixels that the model has to reach."""


@dataclass(frozen=True, eq=False)
class ObservedFit:
    """Redshift and latents of one spectrum, posterior means, and the most likely model.

    Parameters
    ----------
    z, z_error
        Redshift and its 1-sigma error.
    latents, covariance
        (k,) and (k, k), the redshift left free.
    amplitude
        Flux, in the file's unit, for which 1 stands in the model.
    chi2, n_pixel
        χ² by the errors of the file, and the number of pixels that it counts.
    inflation
        Factor on all errors, at least 1.
    flux
        (m,) the most likely model on the pixels of the file, NaN where it does not reach.
    """

    z: float
    z_error: float
    latents: np.ndarray
    covariance: np.ndarray
    amplitude: float
    chi2: float
    n_pixel: int
    inflation: float
    flux: np.ndarray


def fit_observed(
    model: LatentModel,
    wavelength: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    starts: Sequence[tuple[float, np.ndarray]],
    prior: LatentPrior,
    resolution: float | None = None,
) -> ObservedFit:
    """Fit one spectrum.

    Parameters
    ----------
    model
        A model on a wavelength grid whose decoder can be differentiated.
    wavelength
        (m,) vacuum Angstrom in the observed frame, rising.
    flux, ivar
        (m,) in any unit; ivar 0 where unseen.
    starts
        Redshifts and latents (k,) from which searches start.
    prior
        Of the latents.
    resolution
        λ / FWHM of the instrument, where it is lower than that of the spectra that the model was trained on.

    Raises
    ------
    BadConfig
        The model knows no wavelengths, or reaches too few pixels from every start.
    """
    require_ability(model, Ability.DECODES_GRADIENT)
    if not isinstance(model.grid, SpectralGrid):
        raise BadConfig("This model knows no wavelengths but bands: choose one that was trained on spectra.")
    problem = _Problem(model, wavelength, flux, ivar, prior, resolution)
    found = [problem.search(z, latents) for z, latents in starts]
    found = [end for end in found if end is not None]
    if not found:
        raise BadConfig(
            f"The model reaches fewer than {MIN_PIXELS} seen pixels of this spectrum at the redshifts tried: give "
            "another redshift, or choose a model that covers it."
        )
    point, seen, _ = min(found, key=lambda end: end[2])
    for _ in range(NOISE_ROUNDS):
        seen = problem.with_structure(point, seen)
        point, _ = problem.descend(point, seen)
    return problem.answer(point, seen)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Pixels of the file that a search counts, (m,) bool with k of them, and their errors."""

    mask: Tensor
    noise: Noise

    def __len__(self) -> int:
        return self.noise.root.shape[1]

    def whiten(self, values: Tensor) -> Tensor:
        """Values (r, m) on all pixels, as (r, k) with errors of 1."""
        return torch.from_numpy(self.noise.whiten(values[:, self.mask].numpy()))


class _Problem:
    """One spectrum. Points are those of `PixelModel`."""

    def __init__(self, model, wavelength, flux, ivar, prior, resolution) -> None:
        self.pixels = PixelModel(model, wavelength, resolution)
        self.seen = torch.from_numpy((np.asarray(ivar) > 0) & np.isfinite(flux))
        self.unit = float(np.median(np.abs(np.asarray(flux)[self.seen.numpy()]))) or 1.0
        self.flux = torch.from_numpy(np.where(self.seen, flux, 0.0).astype(float)) / self.unit
        self.ivar = torch.from_numpy(np.where(self.seen, ivar, 0.0).astype(float)) * self.unit**2
        self.prior, self.sigma = prior, prior.sigma

    def cost(self, points: Tensor, seen: _Seen) -> Tensor:
        """χ² and the penalty of the prior, (r,)."""
        whitened = seen.whiten(self.flux - self.pixels.expected(points))
        return whitened.square().sum(dim=1) + self.prior.penalty(points[:, 2:])

    def search(self, z: float, latents: np.ndarray) -> tuple[Tensor, _Seen, float] | None:
        """Where a search with the errors of the file ends, the pixels that it counted, and the cost there per pixel."""
        point = torch.tensor([1.0, np.log1p(z), *np.asarray(latents, float)], dtype=torch.double)
        mask = self.seen & self.pixels.reach(float(point[1]))
        if mask.sum() < MIN_PIXELS:
            return None
        seen = _Seen(mask, Noise.independent((1 / self.ivar[mask]).numpy()))
        flux, shape = seen.whiten(torch.stack([self.flux, self.pixels.expected(point[None])[0]]))
        point[0] = ((flux * shape).sum() / shape.square().sum().clamp(min=1e-30)).clamp(1e-6)
        point, cost = self.descend(point, seen)
        return point, seen, cost / len(seen)

    def descend(self, point: Tensor, seen: _Seen) -> tuple[Tensor, float]:
        """The most likely point that Levenberg-Marquardt steps find from a point, and the cost there."""
        scale = self._scale(point)
        damping, cost = 1e-3, float(self.cost(point[None], seen)[0])
        for _ in range(STEPS):
            change = self.pixels.changes(point, torch.diag(DIFFERENCE * scale))
            jacobian = seen.whiten(change) / DIFFERENCE  # in units of scale
            normal = jacobian @ jacobian.T + self._ridge(scale)
            right = jacobian @ seen.whiten(self.flux - self.pixels.expected(point[None]))[0]
            right[2:] += self.prior.slope(point[None, 2:])[0] * scale[2:]
            gain = 0.0
            while damping < 1e6:
                step = torch.linalg.solve(normal + damping * torch.diag(normal.diagonal()), right) * scale
                step[1] = step[1].clamp(-2 * self.pixels.per_pixel, 2 * self.pixels.per_pixel)
                new = float(self.cost((point + step)[None], seen)[0])
                if new < cost:
                    gain, point, cost, damping = cost - new, point + step, new, damping / 10
                    break
                damping *= 10
            if gain < SETTLED:
                break
        return point, cost

    def with_structure(self, point: Tensor, seen: _Seen) -> _Seen:
        """The same pixels with the noise that the residuals at a point show."""
        mask = seen.mask
        low, high = (end[mask].numpy() for end in self.pixels.ends(point[1]))
        spectrum = (point[0] * self.pixels.decoded(point[None, 2:])[0]).numpy()
        residual = (self.flux - self.pixels.expected(point[None])[0])[mask].numpy()
        covariance = covariance_of_structure(low, high, spectrum)
        return _Seen(mask, most_likely_noise((1 / self.ivar[mask]).numpy(), covariance, residual))

    def _scale(self, point: Tensor) -> Tensor:
        """Sizes (2 + k,) of steps."""
        return torch.cat([point[:1].abs(), torch.tensor([self.pixels.per_pixel]).double(), self.sigma])

    def _ridge(self, scale: Tensor) -> Tensor:
        """Precision (2 + k, 2 + k) of the prior of a point in units of ``scale``; hardly any but of latents."""
        precision = scale[2:, None] * self.prior.precision * scale[2:]
        return torch.block_diag(1e-12 * torch.eye(2, dtype=torch.double), precision)

    def answer(self, point: Tensor, seen: _Seen) -> ObservedFit:
        """The fit at its most likely point."""
        scale = self._scale(point)
        root = torch.diag(DIFFERENCE * scale)
        for _ in range(2):  # derivatives first, then differences across one standard deviation
            change = seen.whiten(self.pixels.changes(point, root))
            prior = self._ridge(scale) / scale[:, None] / scale
            information = change @ change.T + root @ prior @ root.T
            covariance = root.T @ torch.linalg.inv(information) @ root
            root = torch.linalg.cholesky(covariance).T
        expected = self.pixels.expected(point[None])[0]
        residual, n_pixel = self.flux - expected, len(seen)
        chi2 = float((self.ivar * residual.square())[seen.mask].sum())
        whitened = float(seen.whiten(residual[None]).square().sum())
        inflation = max(1.0, (whitened / max(n_pixel - len(point), 1)) ** 0.5)
        mean, covariance = self._sampled(point, covariance, seen)
        z = float(torch.expm1(mean[1]))
        return ObservedFit(
            z=z,
            z_error=float((1 + z) * covariance[1, 1].sqrt()) * inflation,
            latents=mean[2:].numpy(),
            covariance=covariance[2:, 2:].numpy() * inflation**2,
            amplitude=float(point[0]) * self.unit,
            chi2=chi2,
            n_pixel=n_pixel,
            inflation=inflation,
            flux=np.where(seen.mask, expected, np.nan) * self.unit,
        )

    def _sampled(self, point: Tensor, covariance: Tensor, seen: _Seen) -> tuple[Tensor, Tensor]:
        """Mean (2 + k,) and covariance of the posterior by draws; those that are given where too few draws count."""
        random = torch.Generator().manual_seed(0)
        scale = covariance.diagonal().sqrt()
        mean, spread, ridge = point, covariance / scale / scale[:, None], 1e-9 * torch.eye(len(point)).double()
        for number in range(MOST_ROUNDS):
            root = torch.linalg.cholesky(spread + ridge)
            normal = torch.randn(DRAWS, len(point), generator=random, dtype=torch.double)
            chi2 = torch.randn(DRAWS, TAILS, generator=random, dtype=torch.double).square().sum(dim=1)
            steps = normal * (TAILS / chi2[:, None]).sqrt()
            draws = mean + scale * (steps @ root.T)
            proposed = -0.5 * (TAILS + len(point)) * torch.log1p(steps.square().sum(dim=1) / TAILS)
            whole, weight = _tempered(-0.5 * self.cost(draws, seen) - proposed)
            mean = weight @ draws
            apart = (draws - mean) / scale
            spread = (weight * apart.T) @ apart
            if whole and number + 1 >= ROUNDS:
                break
        return (mean, spread * scale * scale[:, None]) if whole else (point, covariance)


def _tempered(log_weight: Tensor) -> tuple[bool, Tensor]:
    """Whether `ENOUGH` draws count, and their weights (n,), flattened by powers of a half until that many do."""
    for exponent in 0.5 ** torch.arange(10):
        weight = torch.softmax(exponent * log_weight, dim=0)
        if 1 / weight.square().sum() >= ENOUGH:
            break
    return bool(exponent == 1), weight
