"""The loss of Untapped: minus Eq. 15 of Gemp et al. (2017).

The bounds of the forward direction (Eqs. 7 and 8) and of the reverse one (Eqs. 9 and 20), with a penalty for the mean
abundances of labelled spectra (Eq. 13, Kullback-Leibler) and for their mean spectra (Eq. 14, squares).

What the paper leaves open and is done here: unseen pixels have no weight; the weights of Eq. 15 hold for a number of
pixels that the setting names, and finer ones count less in proportion; q(x), a constant, is left out of the bounds.
Where spectrum and label are known, the nuisance of the reverse direction integrates to 1, and log q(y|x) q(x) itself
takes the place of its bound, Eq. 9, whose draws of z are independent of x and drive q(z|x,y) towards the prior. Labels
without a spectrum may have a larger weight than those with one.

The spectra simulated in Eq. 20 for unfeatured labels train p(x|y,z) alone. q(y|x) is trained by the penalty of Eq. 13,
on draws of labels from the prior, since others would shift its prior. Their spectra are labelled ones moved by p(x|y,z)
to that composition; their residuals stay, which in real spectra are not the independent noise of Eq. 16 and to which
q(y|x) has to be robust. Images have no such residuals.
"""

import torch
from torch import Tensor

from ..training import Batch
from .distributions import corner_fractions, divergence, inside, uniform_fractions, uniform_nuisance
from .networks import UntappedNetworks

Labelled = tuple[Tensor, Tensor, Tensor]
"""Standardised spectra (n, n_pixel) with their fractions (n, k), and 1 where a pixel was seen."""


def objective(model: UntappedNetworks, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
    """Minus Eq. 15 per object of the batch, and its parts (Eqs. 7, 8, 13, 14, 9, 20), each unweighted."""
    x, seen = model.standardised(batch["flux"]), (batch["ivar"] > 0).float()
    with_x = seen.any(dim=1)
    with_y = torch.isfinite(batch["fractions"]).all(dim=1)
    both, only_x, only_y = with_x & with_y, with_x & ~with_y, with_y & ~with_x
    labelled = x_l, y_l, _ = x[both], inside(batch["fractions"][both]), seen[both]
    n, q_y = len(x), model.fractions_given(x_l)
    parts = {
        "forward_labelled": -forward_labelled(model, *labelled, generator).sum() / n,
        "forward_unlabelled": -forward_unlabelled(model, x[only_x], seen[only_x], generator).sum() / n,
        "fractions": divergence(y_l, q_y.mean).sum() / n,
        "spectra": spectrum_penalty(model, *labelled, generator).sum() / n,
    }
    weights = model.setting
    total = weights.forward * (parts["forward_labelled"] + parts["forward_unlabelled"])
    total = total + weights.fractions * parts["fractions"] + weights.spectra * parts["spectra"]
    if model.reverse:
        given = inside(batch["fractions"][only_y])
        parts["reverse_labelled"] = -q_y.log_prob(y_l).sum() / n  # what Eq. 9 bounds
        parts |= {name: value.sum() / n for name, value in simulated(model, given, labelled, generator).items()}
        bounds = parts["reverse_labelled"] + weights.unfeatured * parts["reverse_unfeatured"]
        taught = weights.taught * weights.fractions / weights.reverse * parts["reverse_fractions"]
        total = total + model.reverse * (bounds + taught)
    return {"loss": total, **parts}


def forward_labelled(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 7 without its constants, (n,)."""
    z, log_q = model.nuisance_given(x, y).draw(generator)
    return model.pixel_weight * model.spectrum_given(y, z).log_prob(x, seen) - log_q


def forward_unlabelled(model: UntappedNetworks, x: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 8 without its constants, (n,)."""
    y, log_q = model.fractions_given(x).draw(generator)
    return forward_labelled(model, x, y, seen, generator) - log_q


def simulated(
    model: UntappedNetworks, given: Tensor, labelled: Labelled, generator: torch.Generator
) -> dict[str, Tensor]:
    """Minus Eq. 20 without its constants, and Eq. 13 of spectra simulated for labels from the prior.

    The labels of Eq. 20 are those ``given`` (m, k), and as many from the prior as there are labelled spectra.
    """
    draw = corner_fractions if model.setting.discrete else uniform_fractions
    prior = inside(draw(len(labelled[0]), len(model.config.names), generator))
    y = torch.cat([given, prior])
    z = uniform_nuisance(len(y), model.config.n_nuisance, generator)
    p_x = model.spectrum_given(y, z)
    x = p_x.sample(generator)
    recognised = model.fractions_given_frozen(x).log_prob(y) + model.nuisance_given(x, y).log_prob(z)
    bound = recognised - model.pixel_weight * p_x.log_prob(x, torch.ones_like(x))
    theirs = x[len(given) :].detach() if model.setting.discrete else recomposed(model, *labelled, prior)
    taught = divergence(prior, model.fractions_given(theirs).mean)
    return {"reverse_unfeatured": -bound, "reverse_fractions": taught}


@torch.no_grad()
def recomposed(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, other: Tensor) -> Tensor:
    """Spectra (n, n_pixel) moved from fractions ``y`` to the ``other`` fractions, nuisances and residuals kept."""
    z = model.nuisance_given(x, y).mean
    residual = seen * (x - model.spectrum_given(y, z).mean)
    return model.spectrum_given(other, z).mean + residual


def spectrum_penalty(model: UntappedNetworks, x: Tensor, y: Tensor, seen: Tensor, generator: torch.Generator) -> Tensor:
    """Eq. 14: squared distance of x from the mean of p(x|y,z), z from its prior, (n,)."""
    z = uniform_nuisance(len(x), model.config.n_nuisance, generator)
    return model.pixel_weight * (seen * (model.spectrum_given(y, z).mean - x).square()).sum(dim=1)
