"""Density contrast finds what lies alone beside a crowd, and what is placed worse than its surroundings."""

import numpy as np
import pytest

from specvae_core.analysis import density_contrast as module
from specvae_core.analysis.density_contrast import density_contrast
from specvae_core.errors import BadConfig


def crowds(random: np.random.Generator) -> np.ndarray:
    """A dense crowd and a sparse one, (900, 3)."""
    return np.concatenate([random.normal(size=(600, 3)), 10 + 4 * random.normal(size=(300, 3))])


def test_a_place_near_a_dense_crowd_stands_out_and_a_sparse_crowd_does_not():
    beside = np.array([[4.5, 0.0, 0.0], [0.0, -4.5, 0.0], [0.0, 0.0, -4.5]])
    found = density_contrast(np.concatenate([crowds(np.random.default_rng(0)), beside]))
    assert set(np.argsort(-found)[:3]) == {900, 901, 902}
    assert abs(np.median(found[:600]) - np.median(found[600:900])) < 1.0


def test_an_object_that_is_placed_much_worse_than_its_surroundings_stands_out():
    random = np.random.default_rng(1)
    latents, log_variance = random.normal(size=(500, 3)), random.normal(-5.0, 0.2, (500, 3))
    log_variance[7] = 0.0
    assert density_contrast(latents, log_variance).argmax() == 7
    assert density_contrast(latents).argmax() != 7


def test_kernels_of_a_part_of_a_large_survey_rank_alike(monkeypatch):
    latents = crowds(np.random.default_rng(2))
    of_all = density_contrast(latents)
    monkeypatch.setattr(module, "MOST", 450)
    monkeypatch.setattr(module, "_BATCH", 128)
    assert np.corrcoef(of_all, density_contrast(latents))[0, 1] > 0.8


def test_units_do_not_matter_and_objects_without_latents_have_no_contrast():
    latents = crowds(np.random.default_rng(3))
    expected = density_contrast(latents)
    holes = np.insert(latents * [1.0, 100.0, 0.01] + 5.0, 3, np.nan, axis=0)
    found = density_contrast(holes)
    assert np.isnan(found[3])
    np.testing.assert_allclose(np.delete(found, 3), expected, rtol=1e-6)
    assert np.isnan(density_contrast(latents[:2])).all()
    with pytest.raises(BadConfig, match="not finite"):
        density_contrast(np.where(np.arange(9)[:, None] == 4, [[np.inf, 0.0, 0.0]], latents[:9]))
