"""Structure within the pixels of a grid, against structure that is drawn."""

import numpy as np
import pytest
from scipy.linalg import cholesky_banded

from specvae_core.inverse.unresolved import Noise, covariance_of_structure, most_likely_noise

SPECTRUM = np.random.default_rng(0).normal(size=40)
PARTS = 120
"""Stretches of a pixel of the grid within which drawn structure is constant."""


def whole(bands: np.ndarray) -> np.ndarray:
    """The covariance of its bands."""
    lower = sum(np.diag(band[: bands.shape[1] - number], -number) for number, band in enumerate(bands))
    return lower + np.tril(lower, -1).T


def averages(edges: np.ndarray, n: int, random: np.random.Generator, scales: tuple[float, float]) -> np.ndarray:
    """Drawn structure of both kinds (n, m), averaged between edges (m + 1,)."""
    bend = np.zeros(len(SPECTRUM))
    bend[1:-1] = (SPECTRUM[:-2] - 2 * SPECTRUM[1:-1] + SPECTRUM[2:]) ** 2
    bend = (np.roll(bend, 1) + bend + np.roll(bend, -1)) / 3
    sigma = np.sqrt(scales[0] ** 2 * bend + scales[1] ** 2 * bend.mean())
    drawn = random.normal(size=(n, len(SPECTRUM), PARTS)) * sigma[:, None] * PARTS**0.5
    drawn -= drawn.mean(axis=2, keepdims=True)
    total = np.concatenate([np.zeros((n, 1)), drawn.reshape(n, -1).cumsum(axis=1)], axis=1) / PARTS
    places = np.arange(total.shape[1]) / PARTS - 0.5
    return np.diff([np.interp(edges, places, one) for one in total], axis=1) / np.diff(edges)


@pytest.mark.parametrize("width", [0.3, 0.45, 1.7])
@pytest.mark.parametrize("scales", [(1.0, 0.0), (0.0, 1.0)])
def test_the_covariance_is_that_of_structure_without_means_over_pixels(width, scales):
    edges = np.arange(5.1, 34.0, width)
    bands = np.tensordot(scales, covariance_of_structure(edges[:-1], edges[1:], SPECTRUM), axes=1)
    measured = np.cov(averages(edges, 6000, np.random.default_rng(1), scales).T)
    expected = whole(bands)
    size = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
    assert np.abs((measured - expected) / size).max() < 0.08


def test_pixels_of_the_grid_itself_have_no_unresolved_structure():
    edges = np.arange(4.5, 30.0)
    assert np.abs(covariance_of_structure(edges[:-1], edges[1:], SPECTRUM)).max() < 1e-12


def test_a_spectrum_without_any_bend_has_no_structure():
    edges = np.arange(5.1, 30.0, 0.3)
    assert (covariance_of_structure(edges[:-1], edges[1:], np.ones(40)) == 0).all()


@pytest.mark.parametrize("scales", [(0.4, 0.0), (0.0, 0.4), (0.5, 0.3)])
def test_the_scales_of_the_structure_are_found_and_are_zero_where_there_is_none(scales):
    random, edges = np.random.default_rng(2), np.arange(3.0, 36.0, 0.3)
    bands, error = covariance_of_structure(edges[:-1], edges[1:], SPECTRUM), 0.05
    variance = np.full(len(edges) - 1, error**2)
    structure = averages(edges, 40, random, scales)
    noise = random.normal(0, error, structure.shape)
    found = [most_likely_noise(variance, bands, one).scales for one in structure + noise]
    np.testing.assert_allclose(np.median(found, axis=0), scales, atol=0.12)
    none = [most_likely_noise(variance, bands, one).scales for one in noise]
    assert np.median(none, axis=0).max() <= 0.03


def test_whitened_errors_are_independent_and_of_variance_one():
    random, edges = np.random.default_rng(3), np.arange(3.0, 36.0, 0.3)
    bands = covariance_of_structure(edges[:-1], edges[1:], SPECTRUM)[0]
    drawn = averages(edges, 4000, random, (1.0, 0.0)) + random.normal(0, 0.5, (4000, len(edges) - 1))
    bands[0] += 0.25
    covariance = np.cov(Noise(cholesky_banded(bands, lower=True)).whiten(drawn).T)
    np.testing.assert_allclose(covariance, np.eye(len(covariance)), atol=0.1)
    independent = Noise.independent(np.full(3, 4.0)).whiten(np.array([[2.0, 4.0, 6.0]]))
    np.testing.assert_allclose(independent, [[1.0, 2.0, 3.0]])
