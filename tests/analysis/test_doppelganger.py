"""Doppelgängers among stars whose labels are known."""

import numpy as np

from specvae_core.analysis.doppelganger import doppelganger


def test_the_star_alike_in_all_but_one_label_is_found() -> None:
    random = np.random.default_rng(0)
    labels = np.column_stack([random.uniform(4000, 6000, 200), random.uniform(1, 5, 200), random.uniform(-2, 0.5, 200)])
    labels[7] = [5000.0, 3.0, 0.3]
    labels[90] = [5004.0, 3.01, -1.9]
    labels[91] = [5002.0, 2.99, -0.5]
    assert doppelganger(labels, 7, 2) == 90
    labels[90, 0] = 4100.0
    found = doppelganger(labels, 7, 2)
    assert found != 90
    assert abs(labels[found, 0] - 5000) < 60
    assert abs(labels[found, 1] - 3) < 0.12


def test_a_star_like_no_other_has_none() -> None:
    labels = np.random.default_rng(0).normal(size=(50, 3))
    labels[3] = [40.0, -40.0, 40.0]
    labels[4, 1] = np.nan
    assert doppelganger(labels, 3, 0) is None
    assert doppelganger(labels, 4, 0) is None
