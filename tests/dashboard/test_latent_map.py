import numpy as np
import pandas as pd
import pytest

from dashboard.latent_map import LatentMap, robust_limits


def test_a_wild_object_does_not_squeeze_the_axis():
    values = np.r_[np.random.default_rng(0).normal(size=5000), 1e6].astype(np.float32)
    low, high = robust_limits(values)
    assert -6 < low < -3
    assert 3 < high < 6


def test_ordinary_data_are_shown_whole():
    values = np.linspace(0, 10, 500)
    low, high = robust_limits(values)
    assert low < 0
    assert high > 10
    assert high - low < 12


@pytest.mark.parametrize("values", [np.array([]), np.full(4, np.nan), np.full(4, 2.0)])
def test_limits_of_an_axis_always_differ(values):
    low, high = robust_limits(values)
    assert high > low


@pytest.mark.parametrize("piece", [700, 1 << 18])
def test_objects_are_found_by_id_and_counted_outside(piece, monkeypatch):
    monkeypatch.setattr("dashboard.latent_map.PIECE", piece)
    latents = np.zeros((2, 3000), np.float32)
    latents[0] = np.linspace(-1, 1, 3000)
    latents[0, [7, 2900]] = 1e5
    latents[1, [7, 900]] = -1e5, np.nan
    table = pd.DataFrame({"id": [f"obj-{i}" for i in range(3000)]})
    here = LatentMap("s", "m", table, latents, None, ("VAE 1", "VAE 2"))
    assert here.index.row_of("obj-42") == 42
    assert here.index.row_of("nobody") is None
    assert here.index.matching("obj-42").tolist() == [42]
    assert here.index.matching("bj-299")[:2].tolist() == [299, 2990]
    assert here.index.matching("(").tolist() == []
    assert here.outside([0, 1]) == 2
    assert here.outside([1]) == 1
