import numpy as np
import pytest

from specvae_core.analysis.support import EXTRAPOLATION, Support, nearest_rows


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(3000, 3))


def test_the_middle_is_denser_than_almost_all_and_the_outside_is_extrapolation(cloud):
    middle, edge, outside = Support(cloud).percentile(np.array([[0.0, 0, 0], [2.5, 0, 0], [9.0, 0, 0]]))
    assert middle > 80
    assert EXTRAPOLATION < edge < 40
    assert outside == 0 < EXTRAPOLATION


def test_training_spectra_themselves_spread_over_all_percentiles(cloud):
    own = Support(cloud).percentile(cloud + 1e-9)
    assert np.percentile(own, [10, 50, 90]) == pytest.approx([10, 50, 90], abs=6)


def test_rows_without_latents_do_not_matter(cloud):
    place = np.array([[0.5, 0.5, 0.5]])
    with_holes = np.vstack([cloud, np.full((5, 3), np.nan)])
    assert Support(with_holes).percentile(place) == Support(cloud).percentile(place)


def test_a_survey_of_one_supports_nothing_knowable():
    assert np.isnan(Support(np.zeros((1, 2))).percentile(np.zeros((3, 2)))).all()


def test_nearest_rows_are_those_of_all_distances(cloud):
    places = cloud[:4] + 0.01
    distance = np.linalg.norm(cloud[None] - places[:, None], axis=2)
    np.testing.assert_array_equal(nearest_rows(cloud, places, 5), np.argsort(distance, axis=1)[:, :5])
    assert nearest_rows(cloud[:3], places, 5).shape == (4, 3)
