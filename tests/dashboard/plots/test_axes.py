import pytest

from dashboard.plots.axes import axis_title, axis_unit
from specvae_core.grid import DEFAULT_GRID, BandGrid, PixelGrid


@pytest.mark.parametrize(
    ("grid", "title", "unit"),
    [
        (DEFAULT_GRID, "rest wavelength in vacuum (Å)", "Å"),
        (BandGrid(("u", "g")), "band", "Å"),
        (PixelGrid(64), "pixel", "px"),
    ],
)
def test_the_axis_says_what_pixels_of_a_grid_are(grid, title, unit):
    assert (axis_title(grid), axis_unit(grid)) == (title, unit)
