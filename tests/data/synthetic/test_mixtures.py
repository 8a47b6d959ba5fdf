import numpy as np

from specvae_core.data.synthetic.mixtures import MINERALS, mixtures


def test_fractions_sum_to_one_where_they_are_known() -> None:
    made = mixtures(300, 0)
    known = np.isfinite(made["labels"]).all(axis=1)
    assert 0.6 < known.mean() < 0.85
    np.testing.assert_allclose(made["labels"][known].sum(axis=1), 1.0)
    assert list(made["label_names"]) == list(MINERALS)
    np.testing.assert_array_equal(made["reflectance"], mixtures(300, 0)["reflectance"])


def test_a_pure_mineral_is_darkest_near_its_deepest_band_and_mixing_is_not_linear() -> None:
    made = mixtures(2000, 0, unlabelled=0.0)
    pure = made["labels"].max(axis=1) == 1
    pyroxene = made["reflectance"][pure & (made["labels"][:, 1] == 1)].mean(axis=0)
    infrared = made["wave_nm"] > 700
    assert abs(made["wave_nm"][infrared][pyroxene[infrared].argmin()] - 920) < 30
    ends = np.stack([made["reflectance"][pure & (made["labels"][:, k] == 1)].mean(axis=0) for k in range(4)])
    linear = made["labels"][~pure] @ ends
    assert np.mean(made["reflectance"][~pure] - linear) < -0.01  # dark grains count for more than their share
