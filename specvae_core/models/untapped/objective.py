"""The loss of Untapped: minus Eq. 15 of Gemp et al. (2017).

The bounds of the forward direction (Eqs. 7 and 8) and of the reverse one (Eqs. 9 and 20), with a penalty for the mean
abundances of labelled spectra (Eq. 13, Kullback-Leibler) and for their mean spectra (Eq. 14, squares).

What the paper leaves open and is done here: unseen pixels have no weight; the weights of Eq. 15 hold for a number of
pixels that the setting names, and finer ones count less in proportion; q(x), a constant, is left out of the bounds.
Labels without a spectrum may have a larger weight than those with one.

The reverse direction has three forms, by the setting ``bound``:

- ``eq20``, the paper's: Eq. 9 for labelled spectra, Eq. 20 for labels without. Gradients of the made-up spectra reach
  p(x|y,z), q(y|x) and q(z|x,y).
- ``eq21``: nuisances are drawn from a network q(z|y) in both, and Eq. 22 keeps that network near the mean of q(z|x,y).
- ``decoder``, the default: made-up spectra do not train q(y|x), whose prior they would shift, and log q(y|x) itself
  takes the place of Eq. 9, whose draws of z are independent of x and drive q(z|x,y) towards the prior.

Apart from both directions, and so with M2 as well, the setting ``recompose`` trains q(y|x) by Eq. 13 on draws of
labels from the prior: their spectra are labelled ones moved by p(x|y,z) to that composition. Their residuals stay,
which in real spectra are not the independent noise of Eq. 16 and to which q(y|x) has to be robust. Images have none.
"""

import math

import torch
from torch import Tensor

from ..training_data import Batch
from .distributions import corner_fractions, divergence, inside, uniform_fractions, uniform_nuisance
from .networks import UntappedNetworks

Labelled = tuple[Tensor, Tensor, Tensor]
"""Standardised spectra (n, n_input) with their fractions (n, k), and 1 where an input was seen."""

SPECTRA = 8
"""Monte Carlo spectra that stand for the integral of Eq. 22."""


def objective(model: UntappedNetworks, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Minus Eq. 15 per object of the batch, and its parts (Eqs. 7, 8, 13, 14, 9, 20), each unweighted."""
    x, seen = model.standardised(batch["flux"]), model.seen_inputs(batch["ivar"]).float()
    with_x = seen.any(dim=1)
    with_y = torch.isfinite(batch["fractions"]).all(dim=1)
    both, only_x, only_y = with_x & with_y, with_x & ~with_y, with_y & ~with_x
    labelled = x_l, y_l, _ = x[both], inside(batch["fractions"][both]), seen[both]
    weights, n = model.setting, len(x)
    parts = {
        "forward_labelled": -forward_labelled(model, *labelled, generator),
        "forward_unlabelled": -forward_unlabelled(model, x[only_x], seen[only_x], generator),
        "fractions": divergence(y_l, model.fractions_given(x_l).mean),
        "spectra": spectrum_penalty(model, *labelled, generator),
    }
    factors = [weights.forward, weights.forward, weights.fractions, weights.spectra]
    if model.config.recompose:
        parts["recomposed"] = recomposed_penalty(model, labelled, generator)
        factors.append(weights.taught * weights.fractions)
    if model.reverse:
        parts["reverse_labelled"] = -reverse_labelled(model, x_l, y_l, generator)
        given = torch.cat([inside(batch["fractions"][only_y]), prior_fractions(model, len(x_l), generator)])
        parts["reverse_unfeatured"] = -reverse_unfeatured(model, given, generator)
        factors += [model.reverse, model.reverse * weights.unfeatured]
        if model.config.bound == "eq21":
            parts["nuisance_of_labels"] = nuisance_divergence(model, given, generator)
            factors.append(model.reverse * weights.unfeatured)
    sums = {name: value.sum() / n for name, value in parts.items()}
    return {"loss": sum(factor * value for factor, value in zip(factors, sums.values(), strict=True)), **sums}


# Forward


def forward_labelled(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 7 without its constants, (n,)."""
    z, log_q = model.nuisance_given(x, y).draw(generator)
    return model.pixel_weight * model.spectrum_given(y, z).log_prob(x, seen) - log_q


def forward_unlabelled(model: UntappedNetworks, x: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 8 without its constants, (n,)."""
    y, log_q = model.fractions_given(x).draw(generator)
    return forward_labelled(model, x, y, seen, generator) - log_q


def spectrum_penalty(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 14: squared distance of x from the mean of p(x|y,z), z from its prior, (n,)."""
    z = uniform_nuisance(len(x), model.config.n_nuisance, generator)
    return model.pixel_weight * (seen * (model.spectrum_given(y, z).mean - x).square()).sum(dim=1)


# Reverse


def reverse_labelled(model: UntappedNetworks, x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 9 without its constants, (n,); with the bound ``decoder`` log q(y|x), which Eq. 9 is a bound of."""
    log_q = model.fractions_given(x).log_prob(y)
    if model.config.bound == "decoder":
        return log_q
    z, log_prior = nuisance_draw(model, y, generator)
    return log_q + model.nuisance_given(x, y).log_prob(z) - log_prior


def reverse_unfeatured(model: UntappedNetworks, y: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 20, or 21 with the bound ``eq21``, without its constants, (n,), of labels (n, k) without spectra."""
    z, log_prior = nuisance_draw(model, y, generator)
    p_x = model.spectrum_given(y, z)
    x = p_x.sample(generator)
    fractions_given = model.fractions_given_frozen if model.config.bound == "decoder" else model.fractions_given
    recognised = fractions_given(x).log_prob(y) + model.nuisance_given(x, y).log_prob(z) - log_prior
    return recognised - model.pixel_weight * p_x.log_prob(x, torch.ones_like(x))


def nuisance_draw(model: UntappedNetworks, y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor | float]:
    """Nuisances (n, m) of labels (n, k), and their log-density (n,) up to a constant: from q(z|y) or the prior."""
    if model.config.bound == "eq21":
        return model.nuisance_of_label(y).draw(generator)
    return uniform_nuisance(len(y), model.config.n_nuisance, generator), 0.0


def nuisance_divergence(model: UntappedNetworks, y: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 22: divergence of q(z|y) from the mean of q(z|x,y) over `SPECTRA` draws from p(x|y,z), (n,)."""
    z, log_q = model.nuisance_of_label(y).draw(generator)
    densities = []
    for _ in range(SPECTRA):
        with torch.no_grad():
            x = model.spectrum_given(y, model.nuisance_of_label(y).draw(generator)[0]).sample(generator)
        densities.append(model.nuisance_given(x, y).log_prob(z))
    return log_q - torch.logsumexp(torch.stack(densities), dim=0) + math.log(SPECTRA)


# Labels from the prior


def prior_fractions(model: UntappedNetworks, n: int, generator: torch.Generator) -> Tensor:
    """(n, k) labels from the prior of y."""
    draw = corner_fractions if model.setting.discrete else uniform_fractions
    return inside(draw(n, len(model.config.names), generator))


def recomposed_penalty(model: UntappedNetworks, labelled: Labelled, generator: torch.Generator) -> Tensor:
    """Eq. 13 of labelled spectra moved to labels from the prior, of images of those drawn for such labels, (n,)."""
    prior = prior_fractions(model, len(labelled[0]), generator)
    if model.setting.discrete:
        with torch.no_grad():
            z = uniform_nuisance(len(prior), model.config.n_nuisance, generator)
            x = model.spectrum_given(prior, z).sample(generator)
    else:
        x = recomposed(model, *labelled, prior)
    return divergence(prior, model.fractions_given(x).mean)


@torch.no_grad()
def recomposed(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, other: Tensor) -> Tensor:
    """Spectra (n, n_input) moved from fractions ``y`` to the ``other`` fractions, nuisances and residuals kept."""
    z = model.nuisance_given(x, y).centre
    residual = seen * (x - model.spectrum_given(y, z).mean)
    return model.spectrum_given(other, z).mean + residual
