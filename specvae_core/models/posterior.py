"""Posterior of the latents from the likelihood, which knows the noise of every pixel.

An encoder network sees a spectrum but not its errors, so that the width that it reports hardly depends on the noise
(Portillo et al. 2020, section 3.4). Here the network only gives the start. From there Gauss-Newton steps go to the
latents z that minimise

.. math:: \\frac12 \\sum_p w_p (x_p - f_p(z))^2 + \\frac{|z|^2}{2 s^2}

with decoder f, ivar w (0 where unseen) and a Gaussian prior of width s; and with the decoder's Jacobian J there, the
posterior is the Gaussian of covariance :math:`(J^T W J + s^{-2})^{-1}` (Laplace's approximation). Noise, holes and
infilled pixels thereby count for exactly what they are worth.

A decoder of rectifiers is linear in small pieces, and the slope of the piece where the search ends says little of the
slope over the width of the posterior. So J is taken twice: at the latents, and then as the differences of the decoder
across one standard deviation to either side, in directions that are independent under the first covariance.

The prior is `PRIOR_WIDTH` times as wide as the one of training. The mean of a posterior of variance v under a prior of
variance s^2 scatters, over realisations of the noise, with the variance v (1 - v / s^2) and is drawn to the centre by
v / s^2: with a wide prior reported width and scatter agree, and there is no bias, down to S/N where a latent is hardly
known at all. A spectrum without seen pixels gets the prior itself.
"""

import torch
from torch import Tensor, nn

from .networks import with_jacobian

PRIOR_WIDTH = 3.0
"""Standard deviation of the prior here; in training it is 1."""

STEPS = 4
"""Gauss-Newton steps. At high S/N the second changes little; at S/N 5 two would leave weak latents near the start."""

LENGTHS = (1.0, 0.3)
"""Shares of a step that are tried. The decoder is linear in pieces only, so that a whole step may lead uphill."""

BLOCK = 8192
"""Rows of Jacobians, n_latent for each spectrum, that are held in memory at once."""


def likelihood_posterior(
    decoder: nn.Sequential, start: Tensor, target: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of the latents, each (n, n_latent).

    Parameters
    ----------
    decoder
        Layers as `mlp` makes them.
    start
        (n, n_latent) where to begin.
    target
        (n, n_pixel) what the decoder should give; finite.
    weight
        (n, n_pixel) inverse variance of the target, 0 where unseen.
    """
    rows = max(1, BLOCK // start.shape[1])
    blocks = zip(start.split(rows), target.split(rows), weight.split(rows), strict=True)
    parts = [_posterior_of_block(decoder, *block) for block in blocks]
    means, log_variances = zip(*parts, strict=True)
    return torch.cat(means), torch.cat(log_variances)


def _posterior_of_block(decoder: nn.Sequential, latents: Tensor, target: Tensor, weight: Tensor):
    for _ in range(STEPS):
        latents = _stepped(decoder, latents, target, weight)
    _, weighted, jacobian = _weighted_jacobian(decoder, latents, weight)
    covariance, _ = torch.linalg.inv_ex(_precision(weighted, jacobian))
    covariance = _across(decoder, latents, weight, covariance)
    return latents, covariance.diagonal(dim1=1, dim2=2).log().float()


def _across(decoder: nn.Sequential, latents: Tensor, weight: Tensor, covariance: Tensor) -> Tensor:
    """The covariance (n, n_latent, n_latent) by what the decoder does across the width of the one that is given."""
    root, _ = torch.linalg.cholesky_ex(covariance)
    aside = root.transpose(1, 2).float()  # (n, directions, n_latent)
    ahead, behind = (decoder((latents[:, None] + way).flatten(0, 1)) for way in (aside, -aside))
    change = ((ahead - behind) / 2).unflatten(0, aside.shape[:2])
    information = ((change * weight[:, None]) @ change.transpose(1, 2)).double()
    information = information + root.transpose(1, 2) @ root / PRIOR_WIDTH**2
    inverse, _ = torch.linalg.inv_ex(information)
    return root @ inverse @ root.transpose(1, 2)


def _stepped(decoder: nn.Sequential, latents: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """The best of the latents and of what a Gauss-Newton step makes of them."""
    decoded, weighted, jacobian = _weighted_jacobian(decoder, latents, weight)
    downhill = (weighted @ (target - decoded)[:, :, None]).double() - latents[:, :, None] / PRIOR_WIDTH**2
    solution, _ = torch.linalg.solve_ex(_precision(weighted, jacobian), downhill)
    step = solution[:, :, 0].float()
    best, lowest = latents, _objective(decoded, latents, target, weight)
    for length in LENGTHS:
        tried = latents + length * step
        value = _objective(decoder(tried), tried, target, weight)
        best = torch.where((value < lowest)[:, None], tried, best)
        lowest = torch.minimum(value, lowest)
    return best


def _weighted_jacobian(decoder: nn.Sequential, latents: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Decoded spectra (n, n_pixel), and J^T W and J^T, each (n, n_latent, n_pixel)."""
    decoded, jacobian = with_jacobian(decoder, latents)
    return decoded, jacobian * weight[:, None], jacobian


def _precision(weighted: Tensor, jacobian: Tensor) -> Tensor:
    """Inverse covariance (n, n_latent, n_latent), double since some directions are known 10^5 times better."""
    information = (weighted @ jacobian.transpose(1, 2)).double()
    return information + torch.eye(information.shape[1], dtype=torch.float64) / PRIOR_WIDTH**2


def _objective(decoded: Tensor, latents: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Minus the log of the posterior density up to a constant, (n,)."""
    chi2 = (weight * (target - decoded).square()).sum(dim=1)
    return 0.5 * (chi2 + latents.square().sum(dim=1) / PRIOR_WIDTH**2)
