"""Distributions of Untapped: fractions on a simplex, bounded nuisances, spectra, images.

Each is a small frozen value with ``log_prob``, ``mean`` and ``sample`` or, for what is kept off a border, ``draw``: the
density of a draw is known before it is moved, and that of the moved one would reward a centre far beyond the border.
Draws are reparameterised; densities are in nats per object. All of them are those of Gemp et al. (2017), section 3,
Eqs. 16-17, and its section 3.1 for digits.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

LEAST = 1e-3
"""Fractions are kept this far from 0: the logistic-normal density has no value on the simplex's border."""

NUISANCE_LIMIT = 1.5
"""Nuisances lie between minus and plus this (Eq. 2)."""

NODES = 64
"""Pairs of nodes x and -x at which the mean of a logistic-normal distribution is integrated."""

TEMPERATURE = 0.5
"""Temperature of the concrete distribution: 0 would be categorical draws, without a gradient."""


def inside(fractions: Tensor) -> Tensor:
    """Fractions (n, k) moved off the border of the simplex by `LEAST`; rows sum to 1."""
    kept = fractions.clamp(min=LEAST)
    return kept / kept.sum(dim=1, keepdim=True)


def divergence(fractions: Tensor, found: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the fractions found from the true ones, both (n, k), in nats, (n,): Eq. 13."""
    return (fractions * (fractions.log() - found.clamp(min=1e-8).log())).sum(dim=1)


@dataclass(frozen=True, eq=False)
class LogisticNormal:
    """Fractions whose log-ratios to the last one are Gaussian (Eq. 17).

    Parameters
    ----------
    location, log_sigma
        (n, k - 1) mean and log of the standard deviation of the log-ratios.
    """

    location: Tensor
    log_sigma: Tensor

    @property
    def mean(self) -> Tensor:
        """(n, k) expected fractions, which those at the centre are not where the distribution is wide.

        The integral has no closed form: it is taken over fixed low-discrepancy nodes, so that it is repeatable and
        differentiable.
        """
        nodes = _normal_nodes(self.location.shape[1]).to(self.location)
        ratios = self.location[:, None] + self.log_sigma.exp()[:, None] * nodes
        return inside(functional.pad(ratios, (0, 1)).softmax(dim=2).mean(dim=1))

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One draw for each row, (n, k), and its log-density, (n,)."""
        ratios = self.location + self.log_sigma.exp() * _normal(self.location, generator)
        logs = functional.pad(ratios, (0, 1)).log_softmax(dim=1)
        return inside(logs.exp()), gaussian_log_prob(ratios, self.location, self.log_sigma) - logs.sum(dim=1)

    def log_prob(self, fractions: Tensor) -> Tensor:
        """Log-density of fractions (n, k), (n,)."""
        logs = inside(fractions).log()
        return gaussian_log_prob(logs[:, :-1] - logs[:, -1:], self.location, self.log_sigma) - logs.sum(dim=1)


@dataclass(frozen=True, eq=False)
class Concrete:
    """Fractions that are nearly one-hot: the relaxed categorical distribution (section 3.1).

    Parameters
    ----------
    logits
        (n, k), up to a constant in each row.
    """

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        """(n, k) probabilities of the categories."""
        return self.logits.softmax(dim=1)

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One draw for each row, (n, k), and its log-density, (n,)."""
        uniform = torch.rand(self.logits.shape, generator=generator, device=self.logits.device)
        gumbel = -(-uniform.clamp(1e-9, 1 - 1e-7).log()).log()
        logs = ((self.logits + gumbel) / TEMPERATURE).log_softmax(dim=1)
        return inside(logs.exp()), self._density(logs)

    def log_prob(self, fractions: Tensor) -> Tensor:
        """Log-density of fractions (n, k), (n,)."""
        return self._density(inside(fractions).log())

    def _density(self, logs: Tensor) -> Tensor:
        k = logs.shape[1]
        score = self.logits.log_softmax(dim=1) - (TEMPERATURE + 1) * logs
        total = k * torch.logsumexp(self.logits.log_softmax(dim=1) - TEMPERATURE * logs, dim=1)
        return math.lgamma(k) + (k - 1) * math.log(TEMPERATURE) + score.sum(dim=1) - total


@dataclass(frozen=True, eq=False)
class BoundedNormal:
    """Nuisances between minus and plus `NUISANCE_LIMIT`: a Gaussian through a sigmoid.

    Parameters
    ----------
    location, log_sigma
        (n, m), before the sigmoid.
    """

    location: Tensor
    log_sigma: Tensor

    @property
    def centre(self) -> Tensor:
        """(n, m) nuisances at the centre."""
        return NUISANCE_LIMIT * (2 * self.location.sigmoid() - 1)

    def draw(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One draw for each row, (n, m), and its log-density, (n,)."""
        drawn = self.location + self.log_sigma.exp() * _normal(self.location, generator)
        slope = functional.logsigmoid(drawn) + functional.logsigmoid(-drawn) + math.log(2 * NUISANCE_LIMIT)
        density = gaussian_log_prob(drawn, self.location, self.log_sigma) - slope.sum(dim=1)
        return NUISANCE_LIMIT * (2 * drawn.sigmoid() - 1), density

    def log_prob(self, nuisance: Tensor) -> Tensor:
        """Log-density of nuisances (n, m), (n,)."""
        share = (nuisance / (2 * NUISANCE_LIMIT) + 0.5).clamp(1e-4, 1 - 1e-4)
        slope = (2 * NUISANCE_LIMIT * share * (1 - share)).log().sum(dim=1)
        return gaussian_log_prob(torch.logit(share), self.location, self.log_sigma) - slope


@dataclass(frozen=True, eq=False)
class Gaussian:
    """Spectra with a Gaussian scatter in each pixel (Eq. 16).

    Parameters
    ----------
    mean, log_sigma
        (n, n_pixel).
    """

    mean: Tensor
    log_sigma: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """One draw for each row, (n, n_pixel)."""
        return self.mean + self.log_sigma.exp() * _normal(self.mean, generator)

    def log_prob(self, flux: Tensor, seen: Tensor) -> Tensor:
        """Log-density of the seen pixels, (n,)."""
        squares = ((flux - self.mean) * (-self.log_sigma).exp()).square()
        return -(seen * (0.5 * squares + self.log_sigma + 0.5 * math.log(2 * math.pi))).sum(dim=1)


@dataclass(frozen=True, eq=False)
class Bernoulli:
    """Images whose pixels are black or white with some probability.

    Parameters
    ----------
    logits
        (n, n_pixel).
    """

    logits: Tensor

    @property
    def mean(self) -> Tensor:
        """(n, n_pixel) probabilities."""
        return self.logits.sigmoid()

    def sample(self, generator: torch.Generator) -> Tensor:
        """The probabilities themselves: draws of 0 and 1 would let no gradient through."""
        return self.mean

    def log_prob(self, flux: Tensor, seen: Tensor) -> Tensor:
        """Log-probability of the seen pixels, (n,)."""
        loss = functional.binary_cross_entropy_with_logits(self.logits, flux.clamp(0, 1), reduction="none")
        return -(seen * loss).sum(dim=1)


def gaussian_log_prob(values: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """Log-density of values (n, m) under independent Gaussians, (n,)."""
    squares = ((values - mean) * (-log_sigma).exp()).square()
    return -(0.5 * squares + log_sigma + 0.5 * math.log(2 * math.pi)).sum(dim=1)


def uniform_fractions(n: int, k: int, generator: torch.Generator) -> Tensor:
    """(n, k) draws from Dir(1), the prior of the fractions (Eq. 1)."""
    waits = -torch.rand((n, k), generator=generator, device=generator.device).clamp(min=1e-9).log()
    return waits / waits.sum(dim=1, keepdim=True)


def corner_fractions(n: int, k: int, generator: torch.Generator) -> Tensor:
    """(n, k) fractions next to the corners of the simplex, each as often as any other: the prior of categories."""
    corner = torch.randint(k, (n,), generator=generator, device=generator.device)
    amount = CORNER_SIZE * torch.rand((n, 1), generator=generator, device=generator.device)
    return (1 - amount) * functional.one_hot(corner, k) + amount * uniform_fractions(n, k, generator)


CORNER_SIZE = 0.1
"""How far from a corner, as a share of the way to the other side, `corner_fractions` may lie."""


def uniform_nuisance(n: int, m: int, generator: torch.Generator) -> Tensor:
    """(n, m) draws from the prior of the nuisances (Eq. 2)."""
    return NUISANCE_LIMIT * (2 * torch.rand((n, m), generator=generator, device=generator.device) - 1)


@cache
def _normal_nodes(m: int) -> Tensor:
    """(2 `NODES`, m) standard normal nodes, each with its mirror image: their mean is 0 and their spread 1."""
    uniform = torch.quasirandom.SobolEngine(m, scramble=True, seed=0).draw(NODES, dtype=torch.float64)
    nodes = math.sqrt(2) * torch.erfinv(2 * uniform.clamp(1e-6, 1 - 1e-6) - 1)
    return (nodes / nodes.square().mean(dim=0).sqrt()).repeat(2, 1) * torch.tensor([1.0, -1.0]).repeat_interleave(
        NODES
    )[:, None]


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device)
