"""Building blocks of the skip deep generative model: Gaussians whose parameters are networks, and their densities."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

LOG_VARIANCE = (-14.0, 6.0)
"""Limits of log-variances of standardised variables: they keep an early stray step finite."""

LOG_2_PI = math.log(2 * math.pi)


class Gaussian(nn.Module):
    """A Gaussian with independent components and one shared width, both outputs of a network.

    Three hidden layers, then :math:`D + 1` outputs without activation: the mean and the log-variance (PhotoVAEz,
    section 3.2, Eqs. 12-16). The rectifier of the hidden layers is smooth (SiLU), so that p(z) is, too.

    Parameters
    ----------
    n_in
        Number of inputs, all conditions together.
    n_out
        Number of components.
    width
        Neurons of each hidden layer.
    """

    def __init__(self, n_in: int, n_out: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise((n_in, width, width, width)):
            layers += [nn.Linear(size_in, size_out), nn.SiLU()]
        self.network = nn.Sequential(*layers, nn.Linear(width, n_out + 1))

    def forward(self, *conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (…, n_out) and log-variance (…, 1) under conditions (…, any)."""
        output = self.network(torch.cat(conditions, dim=-1))
        return output[..., :-1], output[..., -1:].clamp(*LOG_VARIANCE)


def log_gaussian(x: Tensor, mean: Tensor, log_variance: Tensor, seen: Tensor | None = None) -> Tensor:
    """Log density of independent Gaussians, summed over the last axis: (…,) in nats.

    Parameters
    ----------
    x, mean, log_variance
        Arrays that can be broadcast to (…, d).
    seen
        (…, d), which components count; the others are marginalised, which for independent ones leaves them out.
    """
    terms = -0.5 * (LOG_2_PI + log_variance + (x - mean).square() * torch.exp(-log_variance))
    return (terms if seen is None else torch.where(seen, terms, 0.0)).sum(dim=-1)


def draw(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A draw from a Gaussian, made of standard normal ``noise``, differentiable in mean and log-variance."""
    return mean + noise * torch.exp(0.5 * log_variance)


def robust_scaling(values: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Median and robust scatter (1.4826 MAD) of each column over seen values; 0 and 1 where there are none.

    Parameters
    ----------
    values
        (n, d).
    seen
        (n, d) bool.
    """
    masked = torch.where(seen, values, torch.nan)
    location = masked.nanmedian(dim=0).values
    scatter = 1.4826 * (masked - location).abs().nanmedian(dim=0).values
    known = torch.isfinite(location)
    return torch.where(known, location, 0.0), torch.where(known & (scatter > 1e-6), scatter, 1.0)
