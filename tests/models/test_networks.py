import math

import numpy as np
import torch
from torch import nn

from specvae_core.models.networks import initialise, kl_to_standard_normal, mlp, mmd, reparameterise


def test_mlp_has_relu_between_linear_layers_and_none_at_the_end() -> None:
    kinds = [type(layer) for layer in mlp(5, 4, 3, 2)]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]


def test_initial_weights_come_from_the_generator() -> None:
    first, second = mlp(50, 40, 30), mlp(50, 40, 30)
    for net in (first, second):
        initialise(net, torch.Generator().manual_seed(5))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert first[0].weight.abs().max() <= 50**-0.5
    assert len(first[0].bias.unique()) == 40


def test_kl_of_hand_computed_gaussians() -> None:
    mean = torch.tensor([[0.0, 0.0], [1.0, 2.0]])
    log_variance = torch.tensor([[0.0, 0.0], [math.log(4.0), 0.0]])
    expected = [0.0, 0.5 * (1 + 4 - 1 - math.log(4.0)) + 0.5 * 4]
    np.testing.assert_allclose(kl_to_standard_normal(mean, log_variance).numpy(), expected, rtol=1e-6)


def test_reparameterised_draws_have_the_mean_and_variance_asked_for() -> None:
    mean, log_variance = torch.full((200_000, 1), 3.0), torch.full((200_000, 1), math.log(0.25))
    draws = reparameterise(mean, log_variance, torch.Generator().manual_seed(0))
    assert abs(draws.mean() - 3.0) < 0.01
    assert abs(draws.std() - 0.5) < 0.01


def test_mmd_of_a_hand_computed_pair() -> None:
    first, second = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[0.0, 2.0]])
    within = (2 + 2 * math.exp(-2 / 2)) / 4
    across = (math.exp(-4 / 2) + math.exp(-2 / 2)) / 2
    np.testing.assert_allclose(float(mmd(first, second)), within - 2 * across + 1, rtol=1e-5)


def test_mmd_is_small_for_equal_distributions_and_large_for_others() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(500, 3, generator=generator), torch.randn(500, 3, generator=generator)
    assert mmd(first, first) < 1e-6
    assert mmd(first, second) < 0.01
    assert mmd(first, second + 2) > 0.2
    assert mmd(first, 3 * second) > 0.1
