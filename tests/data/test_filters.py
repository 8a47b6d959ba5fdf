"""Filters: what they select, how they treat what is missing, what they say of mistakes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specvae_core.data.filters import Filter
from specvae_core.errors import UserError

TABLE = pd.DataFrame(
    {
        "id": ["a-1", "a-2", "b-3", "00042"],
        "class": ["quiescent", "emission-line", "", "quiescent"],
        "sn": [5.0, 20.0, np.nan, 30.0],
        "n_obs": [1, 2, 3, 4],
        "good": [True, False, True, True],
        "ew_h_beta": [1.0, 2.0, -1.0, 4.0],
        "ew_oiii_5007": [10.0, 2.0, 1.0, np.nan],
        "my column": [1.0, 2.0, 3.0, 4.0],
        "ra": [180.0, 180.01, 0.0, 359.999],
        "dec": [10.0, 10.0, 89.0, 0.0],
    }
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('class == "quiescent"', [0, 3]),
        ("class = 'quiescent' and sn > 10", [3]),
        ('class == "quiescent" or sn > 10', [0, 1, 3]),
        ("10 < sn <= 20", [1]),
        ("not sn > 10", [0]),
        ("sn != 5", [1, 3]),
        ("sn > 10 or n_obs == 3", [1, 2, 3]),
        ("missing(sn)", [2]),
        ("missing(class)", [2]),
        ("known(sn) and not good", [1]),
        ("good == true", [0, 2, 3]),
        ('class in ["quiescent", "emission-line"]', [0, 1, 3]),
        ('class not in ("quiescent",) and known(class)', [1]),
        ("n_obs in [1, -3, 4]", [0, 3]),
        ('id in ["00042", "a-1"]', [0, 3]),
        ("log10(oiii_5007 / h_beta) > 0.5", [0]),
        ("`my column` * 2 - 1 >= 5", [2, 3]),
        ("-n_obs + 2 ** 2 == 1", [2]),
        ("-2 ** 2 + n_obs == 0", [3]),
        ("n_obs % 2 == 0 && !(n_obs == 4)", [1]),
        ("max(n_obs, ew_h_beta) == 2", [1]),
        ('contains(class, "LINE")', [1]),
        ('startswith(id, "a-")', [0, 1]),
        ("SN > 10", [1, 3]),
        ("cone(180, 10, 1)", [0]),
        ("cone(180, 10, 36.1)", [0, 1]),
        ("cone(0.001, 0, 8)", [3]),
        ("n_obs > 0 and (n_obs < 2 or (n_obs > 3))", [0, 3]),
    ],
)
def test_what_is_selected(text, rows):
    assert np.flatnonzero(Filter.of(text).mask(TABLE)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("clas == 3", "did you mean class"),
        ("snr > 3", "did you mean sn"),
        ("class == quiescent", "A text needs quotes"),
        ("sn >", "at its end: expected a column"),
        ("sn > 3 sn", "character 8, 'sn': expected and, or, or the end"),
        ("class > 3", "class holds words"),
        ('class > "a"', "which > cannot compare"),
        ("id == 42", 'put it into quotes, as in "42"'),
        ('sn == "5"', "leave off the quotes"),
        ("sn in [1, 'a']", "leave off the quotes"),
        ("class in [1]", "write its values in quotes"),
        ("sn", "is not a condition"),
        ("sn and good", "sn beside and is not a condition"),
        ("logg10(sn) > 1", "did you mean log10"),
        ("log10(sn, 2) > 1", "takes 1 argument"),
        ('"abc', "does not end"),
        ("sn $ 3", "means nothing here"),
        ("", "The filter is empty"),
        ("1 > 0", "plain numbers"),
        ("((sn > 1)", "expected )"),
        ("(" * 500 + "sn > 1" + ")" * 500, "64 levels"),
        ("not " * 500 + "good", "64 levels"),
        ("sn > " + "1" * 200_000, "too long"),
        ("__import__('os')", "no function __import__"),
        ("sn.__class__ == 3", "no column sn.__class__"),
        ("sn in n_obs", "expected a list"),
        ("cone(sn, 1, 2)", "takes a position"),
    ],
)
def test_what_is_said_of_a_mistake(text, sentence):
    with pytest.raises(UserError, match=sentence.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")):
        Filter.of(text).mask(TABLE)


def test_numbers_of_an_expression():
    assert Filter.of("log10(sn / 5)").numbers(TABLE).round(2).tolist()[:2] == [0.0, 0.6]
    assert np.isnan(Filter.of("log10(sn)").numbers(TABLE)[2])
    assert np.isnan(Filter.of("1 / (n_obs - 1)").numbers(TABLE)[0])  # an infinity is not a number
    assert Filter.of("3").numbers(TABLE).tolist() == [3.0] * 4
    assert Filter.of("sn > 10").numbers(TABLE).tolist()[:2] == [0.0, 1.0]
    with pytest.raises(UserError, match="holds words"):
        Filter.of("class").numbers(TABLE)


def test_a_missing_value_follows_three_valued_logic():
    both = Filter.of("sn > 10").mask(TABLE) | Filter.of("not sn > 10").mask(TABLE)
    assert both.tolist() == [True, True, False, True]
    assert Filter.of("sn > 10 or not sn > 10 or missing(sn)").mask(TABLE).all()


@given(st.text(max_size=60))
def test_any_text_gives_a_mask_or_a_sentence(text):
    try:
        mask = Filter.of(text).mask(TABLE)
    except UserError:
        return
    assert mask.shape == (4,)
