"""Priors of latents: penalties with the slopes that belong to them."""

import argparse

import numpy as np
import pytest
import torch

from specvae_core.commands.options import prior_of_latents
from specvae_core.models.density import LatentDensity
from specvae_core.models.latent_prior import PRIORS, FlowPrior, GaussianPrior


def banana(n: int, seed: int) -> np.ndarray:
    """Latents (n, 2) on a bent line."""
    random = np.random.default_rng(seed)
    x = random.normal(size=n)
    return np.stack([x, x**2 + 0.2 * random.normal(size=n)], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def flow() -> FlowPrior:
    return FlowPrior(LatentDensity.fit(banana(1500, 0), banana(200, 1), banana(200, 2)))


@pytest.mark.parametrize("kind", PRIORS)
def test_the_slope_is_that_of_the_penalty(kind, flow):
    prior = flow if kind == "density" else GaussianPrior.of(banana(1500, 0))
    places, step = torch.from_numpy(banana(5, 3)).double(), 1e-2
    for axis in range(2):
        aside = step * torch.eye(2, dtype=torch.double)[axis]
        change = (prior.penalty(places + aside) - prior.penalty(places - aside)) / (2 * step)
        torch.testing.assert_close(-0.5 * change, prior.slope(places)[:, axis], rtol=0.05, atol=0.05)


def test_both_have_mean_spread_and_curvature_of_the_latents(flow):
    latents = banana(1500, 0)
    for prior in (flow, GaussianPrior.of(np.concatenate([latents, [[np.nan, np.nan]]]))):
        np.testing.assert_allclose(prior.mean, latents.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(prior.sigma, latents.std(axis=0), rtol=1e-2)
        np.testing.assert_allclose(torch.linalg.inv(prior.precision).diagonal(), prior.sigma**2, rtol=1e-3)


def test_the_flow_prefers_the_line_where_the_gaussian_sees_none(flow):
    on, off = torch.tensor([[1.5, 2.25]]).double(), torch.tensor([[1.5, -0.5]]).double()
    gaussian = GaussianPrior.of(banana(1500, 0))
    assert float(flow.penalty(off) - flow.penalty(on)) > 10 + float(gaussian.penalty(off) - gaussian.penalty(on))


def test_the_command_line_knows_the_same_names():
    parser = argparse.ArgumentParser()
    prior_of_latents(parser)
    assert [parser.parse_args(["--prior", name]).prior for name in PRIORS] == list(PRIORS)
