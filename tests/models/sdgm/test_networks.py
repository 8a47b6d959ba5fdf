"""Gaussian networks, their densities and scalings."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from specvae_core.models.sdgm.networks import log_gaussian, robust_scaling


def test_scalings_are_medians_and_do_not_look_at_what_is_missing() -> None:
    values = torch.tensor([[1.0, 7.0], [2.0, 8.0], [3.0, 9.0], [1e6, 0.0]])
    seen = torch.tensor([[True, False], [True, False], [True, False], [False, False]])
    location, scale = robust_scaling(values, seen)
    np.testing.assert_allclose(location, [2.0, 0.0])
    np.testing.assert_allclose(scale, [1.4826, 1.0])


def test_log_gaussian_is_the_sum_of_densities() -> None:
    x, mean, log_variance = torch.tensor([[0.5, 1.0]]), torch.tensor([[0.0, 2.0]]), torch.tensor([[math.log(4.0)]])
    assert float(log_gaussian(x, mean, log_variance)) == pytest.approx(stats.norm.logpdf([0.5, 1.0], [0, 2], 2).sum())
