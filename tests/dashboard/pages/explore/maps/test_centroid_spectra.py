"""Groups of objects whose mean spectra are shown."""

import numpy as np
import pytest

from dashboard.pages.explore.maps import centroid_spectra
from dashboard.pages.explore.maps.centroid_spectra import Groups, centroids, group

WHOLE = slice(None)


def test_groups_leave_out_what_is_hidden(page):
    colouring = page.map_view.colouring
    visible = colouring.codes != 0
    found = group(colouring, visible, "light")
    assert set(np.unique(found.codes(WHOLE))) == {-1, 1}
    assert found.names == list(colouring.names)


def test_numbers_are_grouped_from_high_to_low(page):
    table = page.map_view.map.table
    table["teff"] = np.arange(90.0)
    table.loc[0, "teff"] = np.nan
    found = group(page.map_view.map.colouring("teff"), np.ones(90, bool), "light")
    codes = found.codes(WHOLE)
    assert codes[0] == -1
    assert codes[89] == 0
    assert (np.diff(codes[1:]) <= 0).all()
    assert set(np.bincount(codes[1:]).tolist()) == {17, 18}
    np.testing.assert_array_equal(np.r_[found.codes(slice(0, 40)), found.codes(slice(40, 90))], codes)


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_centroids_are_means(piece, monkeypatch):
    monkeypatch.setattr(centroid_spectra, "PIECE", piece)
    latents, codes = np.array([[0.0, 1], [2, 3], [10, 10], [7, 7]], np.float32), np.array([0, 0, 2, -1])
    middles, counts = centroids(latents, Groups(codes.__getitem__, ["a", "b", "c"], [""] * 3, ""))
    np.testing.assert_array_equal(middles, [[1, 2], [0, 0], [10, 10]])
    assert counts.tolist() == [2, 0, 1]
