import numpy as np
import pandas as pd
import pytest

from dashboard.colouring import EVERYTHING, MOST_CLASSES, UNCLASSIFIED, colour_columns, colouring_of, scale_limits
from dashboard.theme import CLASS_COLOURS, class_colours

NOTHING = np.empty(0, np.int32)


def test_classes_are_ordered_by_frequency_and_the_unclassified_come_last():
    table = pd.DataFrame({"class": ["b", "a", "", "a", None, "", "a", "b", "", ""]})
    colouring = colouring_of(table, "class")
    assert colouring.names == ("a", "b", UNCLASSIFIED)
    assert colouring.counts == (3, 2, 5)
    assert [colouring.names[code] for code in colouring.codes[:3]] == ["b", "a", UNCLASSIFIED]


def test_rare_classes_share_the_last_colour():
    table = pd.DataFrame({"type": [f"t{i:02d}" for i in range(40) for _ in range(50 - i)]})
    colouring = colouring_of(table, "type")
    assert len(colouring.names) == MOST_CLASSES
    assert colouring.names[-1] == f"other ({40 - MOST_CLASSES + 1} classes)"
    assert sum(colouring.counts) == len(table)


def test_other_can_be_opened_until_every_class_has_had_a_colour():
    table = pd.DataFrame({"type": [f"t{i:02d}" for i in range(30) for _ in range(50 - i)]})
    first, named = 0, []
    for _ in range(2):
        colouring = colouring_of(table, "type", first)
        own = colouring.names[:-1]
        named += own
        counts = dict(zip(colouring.names, colouring.counts, strict=True))
        assert [counts[name] for name in own] == [(table["type"] == name).sum() for name in own]
        assert counts[f"other ({30 - len(own)} classes)"] == len(table) - sum(counts[name] for name in own)
        first = colouring.following
    assert first == 0, "after the rarest come the most frequent again"
    assert sorted(named) == sorted(table["type"].unique())


def test_classes_of_one_colour_differ_in_shape():
    table = pd.DataFrame({"type": [f"t{i:02d}" for i in range(30) for _ in range(50 - i)]})
    colouring = colouring_of(table, "type")
    looks = list(zip((colouring.colours[name] for name in colouring.names), colouring.shapes, strict=True))
    assert len(set(looks)) == len(looks) == MOST_CLASSES
    assert set(colouring_of(table[table["type"] < "t10"], "type").shapes) == {"circle"}


def test_a_place_beyond_all_classes_is_the_first():
    table = pd.DataFrame({"type": [f"t{i:02d}" for i in range(30)]})
    assert colouring_of(table, "type", 4000).names == colouring_of(table, "type").names


def test_without_the_column_everything_has_one_colour():
    colouring = colouring_of(pd.DataFrame({"id": ["a", "b"]}), "class")
    assert colouring.names == (EVERYTHING,)
    assert colouring.counts == (2,)


def test_numbers_get_robust_limits():
    values = np.r_[np.arange(1000.0), 1e9, np.nan]
    colouring = colouring_of(pd.DataFrame({"teff": values}), "teff")
    assert colouring.numeric
    assert colouring.limits[1] < 1001
    assert np.isnan(colouring.values[-1])


@pytest.mark.parametrize("values", [[], [np.nan], [3.0, 3.0]])
def test_limits_always_differ(values):
    low, high = scale_limits(np.array(values, np.float32))
    assert high > low


def test_hidden_and_unselected_are_not_in_colour():
    colouring = colouring_of(pd.DataFrame({"class": ["a", "a", "b", "b"]}), "class")
    np.testing.assert_array_equal(colouring.visible([], NOTHING), [True] * 4)
    np.testing.assert_array_equal(colouring.visible(["a"], NOTHING), [False, False, True, True])
    np.testing.assert_array_equal(colouring.visible(["a"], np.array([0, 2])), [False, False, True, False])


def test_columns_worth_colouring_by():
    table = pd.DataFrame(
        {
            "id": ["1", "2", "3"],
            "z": [0.1, 0.2, np.nan],
            "constant": [1.0, 1.0, 1.0],
            "empty": [np.nan] * 3,
            "kind": ["x", "y", "x"],
            "same": ["x", "x", "x"],
            "class": ["p", "q", ""],
        }
    )
    assert colour_columns(table) == ["class", "kind", "z"]


def test_what_files_say_of_objects_comes_before_how_spectra_were_prepared():
    numbers = np.arange(3.0)
    table = pd.DataFrame({"mean_flux": numbers, "seen_fraction": numbers, "teff": numbers, "sn": numbers})
    assert colour_columns(table) == ["teff", "sn", "mean_flux", "seen_fraction"]


def test_a_class_keeps_its_colour_in_every_survey_and_no_two_share_one():
    alone, among = class_colours(["quiescent"]), class_colours(["GALAXY", "quiescent", "QSO", "other"])
    assert alone["quiescent"] == among["quiescent"] == CLASS_COLOURS["quiescent"]
    assert len(set(among.values())) == 4
