"""The densities integrate to one and the draws follow them."""

import math

import pytest
import torch
from torch import distributions

from specvae_core.models.untapped.distributions import (
    CORNER_SIZE,
    LEAST,
    NUISANCE_LIMIT,
    Bernoulli,
    BoundedNormal,
    Concrete,
    Gaussian,
    LogisticNormal,
    corner_fractions,
    inside,
    uniform_fractions,
    uniform_nuisance,
)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    "density",
    [
        LogisticNormal(torch.tensor([[0.3, -0.4]]), torch.tensor([[-0.3, -0.6]])),
        Concrete(torch.tensor([[0.5, -0.2, 0.1]])),
    ],
)
def test_the_density_of_a_region_is_the_share_of_draws_in_it(density, generator) -> None:
    n = 200_000
    points = uniform_fractions(n, 3, generator)
    middle = (points > 0.05).all(dim=1)
    integral = float(density.log_prob(points)[middle].exp().sum()) / n / 2  # the triangle's area is 1/2
    wide = type(density)(*(value.expand(n, -1) for value in vars(density).values()))
    share = float((wide.draw(generator)[0] > 0.05).all(dim=1).float().mean())
    assert 0.2 < share < 1
    assert integral == pytest.approx(share, abs=0.01)


def test_draws_follow_the_logistic_normal(generator) -> None:
    density = LogisticNormal(torch.tensor([[0.3, -0.4]]).expand(50_000, 2), torch.full((50_000, 2), -1.0))
    draws = density.draw(generator)[0]
    ratios = (draws[:, :2] / draws[:, 2:]).log()
    assert ratios.mean(dim=0).tolist() == pytest.approx([0.3, -0.4], abs=0.01)
    assert ratios.std(dim=0).tolist() == pytest.approx([math.exp(-1)] * 2, rel=0.02)


@pytest.mark.parametrize(("location", "log_sigma"), [([0.3, -0.4], -1.0), ([2.0, -1.0], 0.3), ([0.5, 3.0], 0.0)])
def test_expected_fractions_are_the_mean_of_the_draws_and_not_those_at_the_centre(
    location, log_sigma, generator
) -> None:
    wide = LogisticNormal(torch.tensor([location]).expand(400_000, 2), torch.full((400_000, 2), log_sigma))
    drawn = wide.draw(generator)[0].mean(dim=0)
    found = LogisticNormal(wide.location[:1], wide.log_sigma[:1]).mean[0]
    centre = torch.tensor([*location, 0.0]).softmax(dim=0)
    assert float((found - drawn).abs().max()) < 0.004
    assert float((found - drawn).abs().max()) < 0.5 * float((centre - drawn).abs().max())


def test_concrete_draws_choose_as_often_as_the_probabilities_say(generator) -> None:
    density = Concrete(torch.tensor([[1.0, 0.0, -1.0]]).expand(50_000, 3))
    chosen = torch.bincount(density.draw(generator)[0].argmax(dim=1), minlength=3) / 50_000
    assert chosen.tolist() == pytest.approx(density.mean[0].tolist(), abs=0.01)


def test_the_bounded_normal_integrates_to_one_and_stays_within_its_limits(generator) -> None:
    density = BoundedNormal(torch.tensor([[0.4]]), torch.tensor([[0.2]]))
    points = torch.linspace(-NUISANCE_LIMIT, NUISANCE_LIMIT, 20_001)[1:-1, None]
    wide = BoundedNormal(density.location.expand(len(points), 1), density.log_sigma.expand(len(points), 1))
    integral = wide.log_prob(points).exp().sum() * (2 * NUISANCE_LIMIT / 20_000)
    assert float(integral) == pytest.approx(1, abs=0.002)
    assert wide.draw(generator)[0].abs().max() <= NUISANCE_LIMIT


@pytest.mark.parametrize(
    ("made", "parameters"),
    [(LogisticNormal, ([0.3, -0.4], [-0.3, -0.6])), (Concrete, ([0.5, -0.2, 0.1],)), (BoundedNormal, ([0.4], [-1.0]))],
)
def test_a_draw_comes_with_its_density(made, parameters, generator) -> None:
    density = made(*(torch.tensor([row]).expand(500, -1) for row in parameters))
    drawn, log_density = density.draw(generator)
    inner = (drawn > 2 * LEAST).all(dim=1) | torch.tensor(made is BoundedNormal)
    assert inner.sum() > 300
    torch.testing.assert_close(log_density[inner], density.log_prob(drawn)[inner], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("made", "parameters", "volume"),
    [
        (LogisticNormal, ([40.0, 35.0], [-5.0, -5.0]), 1 / 2),
        (Concrete, ([60.0, 0.0, -60.0],), 1 / 2),
        (BoundedNormal, ([30.0], [-5.0]), 2 * NUISANCE_LIMIT),
    ],
)
def test_a_centre_far_beyond_the_border_wins_no_entropy(made, parameters, volume, generator) -> None:
    density = made(*(torch.tensor([row]).expand(500, -1) for row in parameters))
    entropy = -density.draw(generator)[1].mean()
    assert float(entropy) < math.log(volume)  # nothing is wider than the uniform distribution


def test_spectra_and_images_count_seen_pixels_only() -> None:
    flux, seen = torch.tensor([[0.2, 1.0, 50.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    mean, log_sigma = torch.tensor([[0.0, 0.5, 0.0]]), torch.tensor([[0.0, -1.0, 0.0]])
    expected = distributions.Normal(mean, log_sigma.exp()).log_prob(flux)[0, :2].sum()
    assert float(Gaussian(mean, log_sigma).log_prob(flux, seen)) == pytest.approx(float(expected), rel=1e-5)
    logits = torch.tensor([[0.3, -0.2, 0.0]])
    expected = 0.2 * torch.sigmoid(logits[0, 0]).log() + 0.8 * torch.sigmoid(-logits[0, 0]).log()
    expected = expected + torch.sigmoid(logits[0, 1]).log()
    assert float(Bernoulli(logits).log_prob(flux, seen)) == pytest.approx(float(expected), rel=1e-5)


def test_fractions_sum_to_one_and_lie_where_they_should(generator) -> None:
    uniform, corners = uniform_fractions(2000, 4, generator), corner_fractions(2000, 4, generator)
    for fractions in (uniform, corners):
        torch.testing.assert_close(fractions.sum(dim=1), torch.ones(2000))
    assert uniform.mean(dim=0).tolist() == pytest.approx([0.25] * 4, abs=0.02)
    assert corners.amax(dim=1).min() > 1 - CORNER_SIZE
    assert set(corners.argmax(dim=1).tolist()) == {0, 1, 2, 3}
    edge = inside(torch.tensor([[1.0, 0.0, 0.0]]))
    assert edge.min() > 0.9 * LEAST
    assert uniform_nuisance(1000, 2, generator).abs().max() <= NUISANCE_LIMIT
