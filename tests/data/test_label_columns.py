"""Label columns of a catalogue, and how they go from one survey to another."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.label_columns import label_names, lend_labels, read_labels
from specvae_core.errors import NotFound


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        {"id": ["a", "b", "c"], "teff": [5000.0, np.nan, 6000.0], "teff_err": [50.0, -1.0, np.nan], "age": [1, 2, 3]}
    )


def test_names_are_read_from_a_list() -> None:
    assert label_names(" teff, logg ,") == ("teff", "logg")
    assert label_names("") == ()


def test_what_is_missing_has_an_infinite_error_and_what_has_none_has_nan() -> None:
    labels = read_labels(_table(), ["teff", "age"])
    np.testing.assert_array_equal(labels.values, [[5000, 1], [np.nan, 2], [6000, 3]])
    np.testing.assert_array_equal(labels.errors, [[50, np.nan], [np.inf, np.nan], [np.nan, np.nan]])
    assert labels.known.sum() == 5  # the negative error of a label that is not there does not matter


def test_labels_are_lent_by_id_with_their_errors() -> None:
    borrower = pd.DataFrame({"id": ["c", "x", "a"], "teff": [1.0, 2.0, 3.0], "sn": [9.0, 8.0, 7.0]})
    table = lend_labels(borrower, _table(), ["teff"])
    np.testing.assert_array_equal(table["teff"], [6000, np.nan, 5000])
    np.testing.assert_array_equal(table["teff_err"], [np.nan, np.nan, 50])
    np.testing.assert_array_equal(table["sn"], borrower["sn"])


def test_surveys_without_a_common_object_are_told_so() -> None:
    with pytest.raises(NotFound, match="share no object"):
        lend_labels(pd.DataFrame({"id": ["x"]}), _table(), ["teff"])
