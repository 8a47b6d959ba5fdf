"""Objects in the order of DEMUD: kinds first, and more of a kind later."""

import numpy as np

from specvae_core.analysis.demud import demud
from specvae_core.analysis.lof import local_outlier_factor

KINDS = np.array([[40.0, 0, 0, 0], [0, 40, 0, 0], [0, 0, 40, 0], [0, 0, 0, 40]])


def planted() -> tuple[np.ndarray, np.ndarray]:
    """Latents (400 + 20, 4) of a population and of four kinds of outliers, and the kind of each, -1 for none."""
    random = np.random.default_rng(0)
    kind = np.repeat(np.arange(4), [14, 2, 2, 2])
    outliers = KINDS[kind] + random.normal(0, 0.3, (20, 4))
    return np.concatenate([random.normal(size=(400, 4)), outliers]), np.concatenate([np.full(400, -1), kind])


def test_rare_kinds_come_before_more_of_a_common_one():
    latents, kind = planted()
    first = demud(latents, 8)
    assert set(kind[first[:4]]) == {0, 1, 2, 3}
    by_lof = np.argsort(-local_outlier_factor(latents, 20).scores)[:8]
    assert (kind[first] >= 0).sum() >= 6
    assert (kind[by_lof] >= 0).all()


def test_units_do_not_matter_and_objects_without_latents_are_left_out():
    latents, _ = planted()
    expected = demud(latents, 12)
    assert demud(latents * [1, 10, 0.1, 1000] + 7, 12).tolist() == expected.tolist()
    holes = np.insert(latents, 3, np.nan, axis=0)
    assert demud(holes, 12).tolist() == (expected + (expected >= 3)).tolist()


def test_there_are_no_more_than_there_are_objects():
    latents, _ = planted()
    assert sorted(demud(latents[:5], 12).tolist()) == [0, 1, 2, 3, 4]
