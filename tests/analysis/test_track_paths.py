"""Paths through a latent space of two arms whose shape is known."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.analysis.basis import principal_basis
from specvae_core.analysis.track_paths import Automatic, Between, Points, Traverse, resampled
from specvae_core.analysis.track_space import Space, combination
from specvae_core.errors import BadConfig, NotFound


@pytest.fixture(scope="module")
def space() -> Space:
    """Class ``arc`` follows x, x²/8, 0; class ``spur`` goes up the third axis from the origin."""
    rng = np.random.default_rng(0)
    x, z = rng.uniform(-6, 6, 900), rng.uniform(0, 3, 300)
    arc = np.column_stack([x, x**2 / 8, 0 * x])
    spur = np.column_stack([0 * z, 0 * z, z])
    latents = np.vstack([arc, spur]) + rng.normal(0, 0.05, (1200, 3))
    table = pd.DataFrame({"id": [f"o{i}" for i in range(1200)], "class": ["arc"] * 900 + ["spur"] * 300})
    table["height"] = np.r_[np.full(900, np.nan), z]
    return Space(latents, principal_basis(latents, None), table)


def test_an_automatic_track_follows_the_centroids_of_its_classes(space):
    path = Automatic(("arc",), "1", bins=12).latents(space)
    assert len(path) == 12
    np.testing.assert_allclose(path[:, 1], path[:, 0] ** 2 / 8, atol=0.1)
    assert np.abs(path[:, 2]).max() < 0.1


def test_an_automatic_track_follows_kept_selections(space):
    spur = (space.table["class"] == "spur").to_numpy()
    kept = Space(space.values, space.basis, space.table, {"up": spur})
    np.testing.assert_allclose(
        Automatic(("@up",), "height").latents(kept), Automatic(("spur",), "height").latents(space)
    )
    assert kept.members(("arc", "@up")).all()
    with pytest.raises(NotFound, match=r"no selection 'down' of this survey: it has up"):
        kept.members(("@down",))


def test_a_catalogue_column_bins_as_well_and_leaves_out_what_has_no_value(space):
    path = Automatic((), "height").latents(space)
    np.testing.assert_allclose(path[:, :2], 0, atol=0.1)
    assert (np.diff(path[:, 2]) > 0).all()


def test_bins_with_few_members_are_joined():
    latents = np.r_[np.linspace(0, 1, 40), 10.0, 10.1][:, None]
    table = pd.DataFrame({"id": [str(i) for i in range(42)]})
    path = Automatic((), "1", low=0, high=100, bins=10).latents(Space(latents, principal_basis(latents, None), table))
    assert len(path) == 1
    with pytest.raises(BadConfig, match="two different points"):
        resampled(path, 5)


def test_a_traverse_changes_one_component_about_the_centroid(space):
    components = space.basis.components(Traverse("2").latents(space))
    np.testing.assert_allclose(components[:, [0, 2]], 0, atol=1e-5)
    assert components[0, 1] == pytest.approx(-components[1, 1])


def test_between_joins_two_objects(space):
    np.testing.assert_allclose(Between("o3", "o1000").latents(space), space.values[[3, 1000]])
    with pytest.raises(NotFound, match="'nobody'"):
        Between("o3", "nobody").latents(space)


def test_a_drawn_path_is_completed_by_the_local_centroid_or_held(space):
    drawn = np.column_stack([np.linspace(-5, 5, 30)])
    local = Points(drawn, (0,), "latents", ("arc",)).latents(space)
    np.testing.assert_allclose(local[:, 1], local[:, 0] ** 2 / 8, atol=0.15)
    held = Points(drawn, (0,), "latents", ("arc",), "centroid").latents(space)
    np.testing.assert_allclose(held[:, 1:], space.values[:900, 1:].mean(axis=0) * np.ones((len(held), 1)))


def test_points_in_all_components_stay_where_they_are(space):
    drawn = np.array([[0.0, 0.5, 0.2], [1.0, 0.0, 0.0]])
    path = Points(drawn[:, [2, 0, 1]], (2, 0, 1)).latents(space)
    np.testing.assert_allclose(space.basis.components(path), drawn, atol=1e-5)


def test_steps_are_equal_along_the_whole_path():
    corner = np.array([[0.0, 0], [3, 0], [3, 0], [3, 1]])
    steps = resampled(corner, 5)
    np.testing.assert_allclose(steps, [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]])


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("2", [0, 1, 0]),
        ("VAE 2", [0, 1, 0]),
        ("-3", [0, 0, -1]),
        ("1+0.5*2", [1, 0.5, 0]),
        ("2*1 - .5*3", [2, 0, -0.5]),
    ],
)
def test_combinations_read_as_they_are_written(text, weights):
    np.testing.assert_allclose(combination(text, 3), weights)


def test_what_is_no_combination_is_none_and_what_cannot_be_is_told():
    assert combination("d4000", 3) is None
    assert combination("1+", 3) is None
    with pytest.raises(BadConfig, match="no component 999"):
        combination("9" * 5000, 3)
    for text, message in (("4", "no component 4"), ("0", "no component 0"), ("1-1", "zero")):
        with pytest.raises(BadConfig, match=message):
            combination(text, 3)


@pytest.mark.parametrize(
    ("way", "message"),
    [
        (Automatic(("quasar",), "1"), "'quasar'.*arc, spur"),
        (Automatic(("arc",), "9"), "no component 9"),
        (Automatic(("arc",), "id"), "'id' is neither"),
        (Automatic(("arc",), "height"), "Only 0 objects"),
        (Traverse("height"), "'height' is not a component"),
        (Points(np.array([[50.0, 50.0], [60.0, 60.0]]), (0, 1)), "outside the map"),
    ],
)
def test_a_path_that_cannot_be_is_told_in_a_sentence(space, way, message):
    with pytest.raises((BadConfig, NotFound), match=message):
        way.latents(space)


@pytest.mark.parametrize("n", [0, 1, 201])
def test_steps_have_limits(n):
    with pytest.raises(BadConfig, match="2 to 200 steps"):
        resampled(np.eye(2), n)


def test_one_point_is_no_track():
    with pytest.raises(BadConfig, match="two different points"):
        resampled(np.array([[1.0, 2.0], [1.0, 2.0]]), 5)
