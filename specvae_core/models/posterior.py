"""Posterior of the latents from the likelihood, which knows the noise of every pixel.

An encoder network sees a spectrum but not its errors, so that the width that it reports hardly depends on the noise
(Portillo et al. 2020, section 3.4). Here the network only gives the start. From there Gauss-Newton steps go to the
latents z that minimise

.. math:: \\frac12 \\sum_p w_p (x_p - a f_p(z))^2 + \\frac{(a - 1)^2}{2 v} + \\frac{|z|^2}{2 s^2}

with decoder f, ivar w (0 where unseen), a Gaussian prior of width s of the latents, and an amplitude a with a broad
prior of variance v about 1. The flux by which a spectrum was divided depends on the pixels that were seen; a free
amplitude makes latents independent of it. With the decoder's Jacobian J there, the posterior is the Gaussian of
covariance :math:`(a^2 J^T (W - W f f^T W / (v^{-1} + f^T W f)) J + s^{-2})^{-1}` (Laplace's approximation, amplitude
marginalised). Noise, holes and infilled pixels thereby count for exactly what they are worth. With v = 0 the amplitude
is 1.

A decoder of rectifiers is linear in small pieces, and the slope of the piece where the search ends says little of the
slope over the width of the posterior. So J is taken twice: at the latents, and then as the differences of the decoder
across one standard deviation to either side, in directions that are independent under the first covariance.

The prior is `PRIOR_WIDTH` times as wide as the one of training. The mean of a posterior of variance v under a prior of
variance s^2 scatters, over realisations of the noise, with the variance v (1 - v / s^2) and is drawn to the centre by
v / s^2: with a wide prior reported width and scatter agree, and there is no bias, down to S/N where a latent is hardly
known at all. A spectrum without seen pixels gets the prior itself.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .networks import with_jacobian

PRIOR_WIDTH = 3.0
"""Standard deviation of the prior here; in training it is 1."""

STEPS = 4
"""Gauss-Newton steps. At high S/N the second changes little; at S/N 5 two would leave weak latents near the start."""

LENGTHS = (1.0, 0.3)
"""Shares of a step that are tried. The decoder is linear in pieces only, so that a whole step may lead uphill."""

AMPLITUDE_VARIANCE = 1.0
"""Prior variance v of a free amplitude: spectra that lost half of the range are off by some 0.3."""

BLOCK = 8192
"""Rows of Jacobians, n_latent for each spectrum, that are held in memory at once."""


def likelihood_posterior(
    decoder: nn.Sequential, start: Tensor, target: Tensor, weight: Tensor, mean: Tensor, *, free_amplitude: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and log-variance of the latents, each (n, n_latent), and minus the log of the density there, (n,).

    Parameters
    ----------
    decoder
        Layers as `mlp` makes them.
    start
        (n, n_latent) where to begin.
    target
        (n, n_pixel) spectra in units of the decoder's output, mean spectrum included; finite.
    weight
        (n, n_pixel) inverse variance of the target, 0 where unseen.
    mean
        (n_pixel,) what is added to the decoder's output.
    free_amplitude
        Whether spectra are known up to a factor only.
    """
    rows = max(1, BLOCK // start.shape[1])
    blocks = zip(start.split(rows), target.split(rows), weight.split(rows), strict=True)
    variance = AMPLITUDE_VARIANCE if free_amplitude else 0.0
    parts = [_Likelihood(decoder, mean, variance, *block).posterior(latents) for latents, *block in blocks]
    means, log_variances, objectives = zip(*parts, strict=True)
    return torch.cat(means), torch.cat(log_variances), torch.cat(objectives)


def best_amplitude(target: Tensor, weight: Tensor, shape: Tensor, variance: float = AMPLITUDE_VARIANCE) -> Tensor:
    """Amplitudes (n,) of highest posterior density of targets (n, n_pixel) for spectra ``shape`` (n, n_pixel)."""
    weighted = weight * shape
    return (1 + variance * _dot(weighted, target)) / (1 + variance * _dot(weighted, shape))


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """Some spectra and their decoder: arguments as those of `likelihood_posterior`."""

    decoder: nn.Sequential
    mean: Tensor
    variance: float
    target: Tensor
    weight: Tensor

    def posterior(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `likelihood_posterior`; from a start (n, n_latent)."""
        for _ in range(STEPS):
            latents = self._stepped(latents)
        decoded, jacobian = with_jacobian(self.decoder, latents)
        amplitude, residual = self._fitted(decoded)
        information, _ = self._information(jacobian, decoded, amplitude)
        covariance, _ = torch.linalg.inv_ex(information + _prior(latents))
        covariance = self._across(latents, covariance, decoded, amplitude)
        log_variance = covariance.diagonal(dim1=1, dim2=2).log().float()
        return latents, log_variance, self._objective(latents, amplitude, residual)

    def _across(self, latents: Tensor, covariance: Tensor, decoded: Tensor, amplitude: Tensor) -> Tensor:
        """Covariance (n, n_latent, n_latent) from differences of the decoder across the width of the one given."""
        root, _ = torch.linalg.cholesky_ex(covariance)
        aside = root.transpose(1, 2).float()  # (n, directions, n_latent)
        ahead, behind = (self.decoder((latents[:, None] + way).flatten(0, 1)) for way in (aside, -aside))
        change = ((ahead - behind) / 2).unflatten(0, aside.shape[:2])
        information, _ = self._information(change, decoded, amplitude)
        information = information + root.transpose(1, 2) @ root / PRIOR_WIDTH**2
        inverse, _ = torch.linalg.inv_ex(information)
        return root @ inverse @ root.transpose(1, 2)

    def _stepped(self, latents: Tensor) -> Tensor:
        """Latents after a Gauss-Newton step, where that raises the posterior density."""
        decoded, jacobian = with_jacobian(self.decoder, latents)
        amplitude, residual = self._fitted(decoded)
        information, weighted = self._information(jacobian, decoded, amplitude)
        downhill = (weighted @ residual[:, :, None]).double() - latents[:, :, None] / PRIOR_WIDTH**2
        solution, _ = torch.linalg.solve_ex(information + _prior(latents), downhill)
        step = solution[:, :, 0].float()
        best, lowest = latents, self._objective(latents, amplitude, residual)
        for length in LENGTHS:
            tried = latents + length * step
            value = self._objective(tried, *self._fitted(self.decoder(tried)))
            best = torch.where((value < lowest)[:, None], tried, best)
            lowest = torch.minimum(value, lowest)
        return best

    def _information(self, change: Tensor, decoded: Tensor, amplitude: Tensor) -> tuple[Tensor, Tensor]:
        """Fisher information (n, k, k) in k directions, amplitude marginalised, and a J^T W (n, k, n_pixel).

        ``change`` (n, k, n_pixel) is what the directions do to decoded spectra. The information is double since some
        directions are known 10^5 times better than others.
        """
        weighted = change * (amplitude[:, None] * self.weight)[:, None]
        information = (weighted @ change.transpose(1, 2)).double() * amplitude[:, None, None]
        if self.variance == 0:
            return information, weighted
        shape = decoded + self.mean
        shared = (weighted @ shape[:, :, None]).double()
        known = 1 / self.variance + _dot(self.weight * shape, shape).double()
        return information - shared @ shared.transpose(1, 2) / known[:, None, None], weighted

    def _fitted(self, decoded: Tensor) -> tuple[Tensor, Tensor]:
        """The best amplitudes (n,) of decoded spectra, and what they leave of the target, (n, n_pixel)."""
        shape = decoded + self.mean
        if self.variance == 0:
            return torch.ones(len(shape)), self.target - shape
        amplitude = best_amplitude(self.target, self.weight, shape, self.variance)
        return amplitude, torch.addcmul(self.target, amplitude[:, None], shape, value=-1)

    def _objective(self, latents: Tensor, amplitude: Tensor, residual: Tensor) -> Tensor:
        """Minus the log of the posterior density up to a constant, (n,)."""
        penalty = latents.square().sum(dim=1) / PRIOR_WIDTH**2
        if self.variance > 0:
            penalty = penalty + (amplitude - 1).square() / self.variance
        return 0.5 * (_dot(self.weight * residual, residual) + penalty)


def _prior(latents: Tensor) -> Tensor:
    """Inverse covariance (n_latent, n_latent) of the latents' prior."""
    return torch.eye(latents.shape[1], dtype=torch.float64) / PRIOR_WIDTH**2


def _dot(one: Tensor, other: Tensor) -> Tensor:
    """Products of rows, (n,)."""
    return torch.linalg.vecdot(one, other)
