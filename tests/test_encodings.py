"""Encodings on disk, those of older versions included."""

from dataclasses import replace

import numpy as np
import pytest

from specvae_core.analysis.latent_errors import LatentErrors
from specvae_core.encodings import Encoding, read_encoding, write_encoding


@pytest.fixture
def encoding() -> Encoding:
    random = np.random.default_rng(0)
    roots = random.normal(size=(20, 3, 3))
    errors = LatentErrors.from_covariance(roots @ roots.mT)
    numbers = random.random(20).astype(np.float32)
    return Encoding(
        random.normal(size=(20, 3)).astype(np.float32), errors.log_variance, numbers, numbers, np.ones(20, np.int32),
        correlation_factor=errors.factor,
    )  # fmt: skip


def test_correlations_are_kept(encoding, tmp_path):
    write_encoding(tmp_path / "e.npz", encoding)
    read = read_encoding(tmp_path / "e.npz")
    assert read.errors.correlated
    np.testing.assert_array_equal(read.errors.covariance(slice(None)), encoding.errors.covariance(slice(None)))


def test_an_encoding_without_correlations_opens_with_independent_latents(encoding, tmp_path):
    write_encoding(tmp_path / "e.npz", replace(encoding, correlation_factor=None))
    read = read_encoding(tmp_path / "e.npz")
    assert not read.errors.correlated
    np.testing.assert_allclose(
        read.errors.covariance(slice(None)), np.exp(encoding.log_variance)[:, None] * np.eye(3), rtol=1e-5
    )
