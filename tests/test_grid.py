"""Grids: wavelengths and bands."""

import json

import numpy as np
import pytest

from specvae_core.errors import BadConfig
from specvae_core.grid import DEFAULT_GRID, BandGrid, grid_from_json


@pytest.mark.parametrize("grid", [DEFAULT_GRID, BandGrid.parse("u,g,r,i,z")])
def test_a_grid_comes_back_from_its_header(grid) -> None:
    found = grid_from_json(json.loads(json.dumps(grid.to_json())))
    assert found == grid
    assert found.matches(grid)
    assert str(found) == str(grid)


def test_bands_match_in_the_same_order_only_and_never_a_wavelength_grid() -> None:
    grid = BandGrid.parse("u, g, r")
    assert not grid.matches(BandGrid.parse("g,u,r"))
    assert not grid.matches(DEFAULT_GRID)
    assert not DEFAULT_GRID.matches(grid)


def test_known_bands_lie_at_their_wavelengths_and_unknown_ones_are_numbered() -> None:
    np.testing.assert_array_equal(BandGrid.parse("u,g").wavelength, [3551, 4686])
    np.testing.assert_array_equal(BandGrid.parse("u,f410m,g").wavelength, [1, 2, 3])
    edges = BandGrid.parse("u,b,v,g,r,i,z,j,k").edges
    assert len(edges) == 10
    assert (np.diff(edges) > 0).all()


@pytest.mark.parametrize("text", ["u", "u,u", "u,,g", ""])
def test_one_band_or_a_repeated_one_is_refused(text: str) -> None:
    with pytest.raises(BadConfig, match="at least 2 bands"):
        BandGrid.parse(text)
