"""Places and fractions in the simplex diagram."""

import numpy as np
import pytest

from dashboard.pages.endmembers.simplex_plot import build_simplex, corner_places, fractions_at, place, short_names


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_a_corner_is_a_pure_endmember(n: int) -> None:
    for i, corner in enumerate(corner_places(n)):
        np.testing.assert_allclose(fractions_at(tuple(corner), n), np.eye(n)[i], atol=1e-6)
        np.testing.assert_allclose(place(np.eye(n))[i], corner)


@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_fractions_lead_back_to_their_place(n: int) -> None:
    random = np.random.default_rng(0)
    for point in place(random.dirichlet(np.ones(n), 20)):
        fractions = fractions_at(tuple(point), n)
        assert fractions.min() >= 0
        assert fractions.sum() == pytest.approx(1)
        np.testing.assert_allclose(place(fractions[None])[0], point, atol=1e-9)


def test_three_endmembers_have_one_mixture_at_each_place() -> None:
    mixtures = np.random.default_rng(1).dirichlet(np.ones(3), 20)
    for mixture, point in zip(mixtures, place(mixtures), strict=True):
        np.testing.assert_allclose(fractions_at(tuple(point), 3), mixture, atol=1e-9)


def test_outside_counts_as_the_nearest_place_inside() -> None:
    np.testing.assert_allclose(fractions_at((0.0, 5.0), 3), [1, 0, 0], atol=1e-9)
    assert fractions_at((0.0, -5.0), 3)[0] == pytest.approx(0, abs=1e-9)


def test_the_diagram_names_its_corners() -> None:
    plot = build_simplex(["olivine", "pyroxene", "a name that is far too long for a corner"], "dark")
    assert list(plot.corners.data["name"])[:2] == ["olivine", "pyroxene"]
    assert plot.corners.data["name"][2].endswith("…")


def test_words_that_all_names_share_are_left_out() -> None:
    assert short_names(["OL modal (vol%)", "OPX modal (vol%)"]) == ["OL", "OPX"]
    assert short_names(["olivine", "olivine"]) == ["olivine", "olivine"]
