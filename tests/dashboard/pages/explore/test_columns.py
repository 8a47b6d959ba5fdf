"""Histograms of columns: their counts are those of the data, and a brush is a condition of the filter."""

import numpy as np
import pandas as pd

from dashboard.pages.explore.binned import BINS, OTHERS, Binned


def test_counts_are_those_of_the_data():
    values = np.append(np.random.default_rng(0).normal(size=1000), [np.nan, np.inf])
    binned = Binned.of(values)
    low, high = binned.ends
    inside = np.histogram(np.clip(values[:1000], low, high), bins=BINS, range=(low, high))[0]
    assert np.abs(np.array(binned.counts()) - inside).sum() <= 2  # rounding at the edges of bars
    rows = np.arange(100)
    assert sum(binned.counts(rows)) == 100
    assert sum(binned.counts()) == 1000


def test_rare_words_share_a_bar_and_unknown_ones_have_none():
    words = pd.Series([letter for i, letter in enumerate("abcdefghij") for _ in range(20 - i)] + [None])
    binned = Binned.of(words)
    assert binned.words == (*"abcdefgh", OTHERS)
    assert binned.counts() == [*range(20, 12, -1), 12 + 11]
    assert binned.counts(np.array([0, 1, len(words) - 1])) == [2, *[0] * 8]


def test_a_brush_filters_and_is_lifted(page, session):
    session.state.tab = "selection"
    columns = page.lower.tab("selection").columns
    columns.switch.value = True
    for name in ("component_1", "component_2"):
        columns.picker.value = name
    first, second = (page.map_view.map.latents[i] for i in range(2))
    columns.brush({"column": "component_1", "brush": [0.5, 1.0]})
    low, high = Binned.of(first).ends
    rows = np.flatnonzero(first >= (low + high) / 2)
    assert session.state.selection.tolist() == rows.tolist()
    assert page.filter.field.value == session.state.where
    shown = {item["name"]: item for item in columns.histograms.items}
    assert sum(shown["component_2"]["chosen"]) == len(rows)
    columns.brush({"column": "component_2", "brush": [0.0, 0.5]})
    low, high = Binned.of(second).ends
    assert session.state.selection.tolist() == [row for row in rows if second[row] <= (low + high) / 2]
    columns.brush({"column": "component_2", "clear": True})
    assert session.state.selection.tolist() == rows.tolist()
    columns.brush({"column": "component_1", "clear": True})
    assert (session.state.where, len(session.state.selection)) == ("", 0)
    columns.brush({"column": "component_1", "clear": True, "remove": True})
    assert "component_1" not in [item["name"] for item in columns.histograms.items]


def test_a_brush_narrows_the_filter_that_is_there(page, session):
    session.state.tab = "selection"
    columns = page.lower.tab("selection").columns
    columns.switch.value = True
    columns.picker.value = "component_1"
    page.filter.field.enter("component_2 > 0")
    columns.brush({"column": "component_1", "brush": [0.0, 0.5]})
    assert session.state.where.startswith("(component_2 > 0) and component_1 <= ")
    page.key("U")
    assert session.state.where == page.filter.field.value == "component_2 > 0"
    columns.brush({"column": "component_1", "brush": [0.0, 0.5]})
    columns.brush({"column": "component_1", "clear": True})
    assert session.state.where == "component_2 > 0"
