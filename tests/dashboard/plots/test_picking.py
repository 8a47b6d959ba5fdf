import numpy as np
import pytest

from dashboard.plots.picking import inside_box, inside_geometry, inside_polygon, nearest


@pytest.fixture
def plane() -> tuple[np.ndarray, np.ndarray]:
    """A grid of 21 x 21 points, 0 to 20 each way, row by row."""
    y, x = np.mgrid[0:21, 0:21].astype(np.float32)
    return x.ravel(), y.ravel()


def test_the_nearest_is_nearest_on_the_screen(plane):
    x, y = plane
    # A unit of x is 1 pixel, a unit of y 100: (5, 5.4) is closer to the eye than (5.9, 5).
    assert nearest(x, y, (8.4, 5.2), (1.0, 100.0), 40.0) == 5 * 21 + 8
    points = np.array([0.0, 30.0], np.float32), np.array([1.0, 0.0], np.float32)
    assert nearest(*points, (0.0, 0.0), (1.0, 100.0), 200.0) == 1
    assert nearest(*points, (0.0, 0.0), (1.0, 1.0), 200.0) == 0


def test_nothing_is_hit_beyond_reach_or_where_there_is_nothing(plane):
    x, y = plane
    assert nearest(x, y, (100.0, 100.0), (1.0, 1.0), 40.0) is None
    assert nearest(x[:0], y[:0], (0.0, 0.0), (1.0, 1.0), 40.0) is None
    assert nearest(np.array([np.nan]), np.array([0.0]), (0.0, 0.0), (1.0, 1.0), 40.0) is None


def test_inside_a_triangle(plane):
    x, y = plane
    rows = inside_polygon(x, y, np.array([-0.5, 10.5, -0.5]), np.array([-0.5, -0.5, 10.5]))
    np.testing.assert_array_equal(rows, np.flatnonzero((x + y) < 10))
    assert rows.dtype == np.int32


def test_a_lasso_may_cross_itself(plane):
    x, y = plane
    rows = inside_polygon(x, y, np.array([0.5, 10.5, 0.5, 10.5]), np.array([0.5, 0.5, 8.5, 8.5]))
    picked = set(zip(x[rows], y[rows], strict=True))
    assert (5.0, 1.0) in picked
    assert (5.0, 8.0) in picked
    assert (1.0, 4.0) not in picked


def test_a_lasso_of_two_points_selects_nothing(plane):
    assert len(inside_polygon(*plane, np.array([0.0, 5.0]), np.array([0.0, 5.0]))) == 0


def test_inside_a_box(plane):
    x, y = plane
    np.testing.assert_array_equal(inside_box(x, y, (1.5, 3.5), (0.5, 2.5)), [21 + 2, 21 + 3, 42 + 2, 42 + 3])


def test_a_box_holds_the_same_whichever_corner_it_was_drawn_from():
    x, y = (values.ravel() for values in np.meshgrid(np.arange(21.0), np.arange(21.0)))
    drawn = {"type": "rect", "x0": 3.5, "x1": 1.5, "y0": 0.5, "y1": 2.5}
    np.testing.assert_array_equal(inside_geometry(x, y, drawn), inside_box(x, y, (1.5, 3.5), (0.5, 2.5)))


def test_a_lasso_is_a_polygon_and_a_tap_selects_nothing():
    x, y = (values.ravel() for values in np.meshgrid(np.arange(21.0), np.arange(21.0)))
    corners = [-0.5, 10.5, -0.5], [-0.5, -0.5, 10.5]
    lasso = {"type": "poly", "x": corners[0], "y": corners[1]}
    np.testing.assert_array_equal(inside_geometry(x, y, lasso), inside_polygon(x, y, *map(np.array, corners)))
    assert inside_geometry(x, y, {"type": "point", "x": 1, "y": 1}) is None


def test_all_pieces_of_many_points_are_looked_at(plane, monkeypatch):
    expected = inside_box(*plane, (3.5, 9.0), (2.0, 18.0)), nearest(*plane, (15.2, 18.1), (1.0, 1.0), 5.0)
    polygon = np.array([2.5, 15.5, 2.5]), np.array([0.5, 0.5, 19.5])
    lasso = inside_polygon(*plane, *polygon)
    monkeypatch.setattr("dashboard.plots.picking.PIECE", 50)
    np.testing.assert_array_equal(inside_box(*plane, (3.5, 9.0), (2.0, 18.0)), expected[0])
    assert nearest(*plane, (15.2, 18.1), (1.0, 1.0), 5.0) == expected[1] == 18 * 21 + 15
    np.testing.assert_array_equal(inside_polygon(*plane, *polygon), lasso)
