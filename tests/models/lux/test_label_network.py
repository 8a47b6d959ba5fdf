"""The network from latents to labels: curves of known shape, and its derivatives."""

import numpy as np
import torch

from specvae_core.models.lux.label_network import LabelNetwork


def _curve(inputs: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.sin(3 * inputs[:, 0]), inputs[:, 0] + inputs[:, 1]], dim=1)


def _fitted(n: int = 300, n_hidden: int = 150, noise: float = 0.05) -> tuple[LabelNetwork, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(n, 2, generator=generator) / 2**0.5
    labels = _curve(inputs) + noise * torch.randn(n, 2, generator=generator)
    weight = torch.full((n, 2), noise**-2)
    weight[::5, 1] = 0
    labels[::5, 1] = torch.nan
    network = LabelNetwork(2, 2, n_hidden)
    return network, network.fit(inputs, labels, weight, generator)


def test_a_curve_is_learnt_and_missing_labels_do_no_harm() -> None:
    network, _ = _fitted()
    inputs = torch.randn(200, 2, generator=torch.Generator().manual_seed(1)) / 2**0.5
    inputs = inputs[inputs.norm(dim=1) < 1.5]
    error = (network(inputs) - _curve(inputs)).square().mean(dim=0).sqrt()
    assert (error < 0.06).all()


def test_left_out_residuals_are_no_smaller_than_the_noise() -> None:
    _, residual = _fitted()
    assert 0.9 * 0.05 < residual[:, 0].std().item() < 1.6 * 0.05


def test_more_centres_than_objects_do_no_harm() -> None:
    network, _ = _fitted(n=40, n_hidden=64)
    assert torch.isfinite(network(torch.zeros(3, 2))).all()
    assert torch.isfinite(network(torch.full((3, 2), 100.0))).all()


def test_the_gradient_is_the_derivative() -> None:
    network, _ = _fitted()
    inputs = torch.tensor([[0.2, -0.3], [0.9, 0.4]])
    step = 1e-2
    expected = torch.stack(
        [(network(inputs + move) - network(inputs - move)) / (2 * step) for move in step * torch.eye(2)], dim=2
    )
    np.testing.assert_allclose(network.gradient(inputs).numpy(), expected.numpy(), rtol=0.02, atol=0.02)
