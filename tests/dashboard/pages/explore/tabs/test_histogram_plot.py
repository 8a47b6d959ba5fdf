import numpy as np
import pytest

from dashboard.pages.explore.maps.ticks import round_ticks, tick_label
from dashboard.pages.explore.tabs.histogram_plot import BINS, compare_histograms, histogram_edges


@pytest.mark.parametrize(
    ("low", "high", "at_most", "expected"),
    [(-1.0, 11.0, 3, [0, 5, 10]), (0.0, 1.0, 5, [0.2, 0.4, 0.6, 0.8]), (3600.0, 7300.0, 4, [4000, 5000, 6000, 7000])],
)
def test_ticks_are_round(low, high, at_most, expected):
    assert round_ticks(low, high, at_most) == pytest.approx(expected)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1.0, 1e7])
@pytest.mark.parametrize("offset", [-3.3, 0.0, 12.7])
def test_there_are_ticks_for_any_axis(scale, offset):
    low, high = offset * scale, (offset + 1.7) * scale
    ticks = round_ticks(low, high, 3)
    assert 1 <= len(ticks) <= 3
    assert all(low < tick < high for tick in ticks)


def test_labels_have_a_minus_sign():
    assert tick_label(-2.5) == "−2.5"
    assert tick_label(10.0) == "10"


def test_both_histograms_are_shares_of_their_own_total():
    rng = np.random.default_rng(0)
    everything = np.r_[rng.normal(size=2000), np.nan, np.inf]
    plot = compare_histograms(everything, everything[:100], "S/N", "light")
    assert [histogram.name for histogram in plot.renderers] == ["all", "selected"]
    for histogram in plot.renderers:
        assert histogram.data_source.data["top"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("values", [np.array([]), np.full(5, 2.0)])
def test_bins_exist_for_any_column(values):
    edges = histogram_edges(values)
    assert len(edges) == BINS + 1
    assert (np.diff(edges) > 0).all()
