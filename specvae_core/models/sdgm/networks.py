"""Building blocks of the skip deep generative model: Gaussians whose parameters are networks, and their densities."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

LOG_VARIANCE = (-14.0, 6.0)
"""Limits of log-variances of standardised variables: they keep an early stray step finite."""

LOG_2_PI = math.log(2 * math.pi)


class Gaussian(nn.Module):
    """A Gaussian with independent components, whose means and widths are outputs of a network.

    Hidden layers, then :math:`D + 1` outputs without activation: the mean and the one log-variance of all components
    (PhotoVAEz, section 3.2, Eqs. 12-16); or 2 D, a log-variance for each. The rectifier of the hidden layers is smooth
    (SiLU), so that p(z) is, too.

    Parameters
    ----------
    n_in
        Number of inputs, all conditions together.
    n_out
        Number of components.
    hidden
        Neurons of the hidden layers, one by one.
    each
        Whether each component has a width of its own.
    """

    def __init__(self, n_in: int, n_out: int, hidden: Sequence[int], each: bool = False) -> None:
        super().__init__()
        self.n_out = n_out
        layers: list[nn.Module] = []
        for size_in, size_out in pairwise((n_in, *hidden)):
            layers += [nn.Linear(size_in, size_out), nn.SiLU()]
        self.network = nn.Sequential(*layers, nn.Linear(hidden[-1], n_out + (n_out if each else 1)))

    def forward(self, *conditions: Tensor) -> tuple[Tensor, Tensor]:
        """Mean (…, n_out) and log-variance (…, 1) or (…, n_out) under conditions (…, any)."""
        output = self.network(torch.cat(conditions, dim=-1))
        return output[..., : self.n_out], output[..., self.n_out :].clamp(*LOG_VARIANCE)


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
