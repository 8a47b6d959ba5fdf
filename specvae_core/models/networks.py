"""Building blocks of the neural models."""

from itertools import pairwise

import torch
from torch import Tensor, nn


class FloatOutput(nn.Sequential):
    """Layers whose output is float32 in whatever precision they compute."""

    def forward(self, values: Tensor) -> Tensor:
        """See `nn.Sequential`."""
        return super().forward(values).float()


def mlp(*sizes: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers with an activation between them, ReLU in Portillo et al. (2020), section 3; the last is linear."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), activation()]
    return FloatOutput(*layers[:-1])


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights and biases of the linear layers from ``generator``.

    Uniform within one over the square root of the number of inputs, biases as well: with biases of 0 every kink of a
    decoder from two latents would run through the origin.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)


def reparameterise(mean: Tensor, log_variance: Tensor, generator: torch.Generator) -> Tensor:
    """A draw from the Gaussian of each row (Portillo et al. 2020, Eq. 8), differentiable in both arguments."""
    noise = torch.randn(mean.shape, generator=generator, device=mean.device)
    return mean + noise * torch.exp(0.5 * log_variance)


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence from N(0, 1) of each row's Gaussian (Eq. 11), summed over latents, (n,) in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)


def mmd(first: Tensor, second: Tensor) -> Tensor:
    """Squared maximum mean discrepancy between two samples (m, k) and (n, k) (Eq. 13), a number from 0 to 2.

    The kernel is the squared exponential :math:`\\exp(-|u - v|^2 / k)`: its width grows with the typical distance
    between points, so that it is neither blind nor flat in any number of dimensions.
    """
    k = first.shape[1]

    @torch.autocast(first.device.type, enabled=False)  # small differences of large numbers
    def kernel(u: Tensor, v: Tensor) -> Tensor:
        squared = u.square().sum(dim=1)[:, None] + v.square().sum(dim=1)[None] - 2 * u @ v.T
        return torch.exp(-squared.clamp(min=0) / k)

    return kernel(first, first).mean() - 2 * kernel(first, second).mean() + kernel(second, second).mean()
