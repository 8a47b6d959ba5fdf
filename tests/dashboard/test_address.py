"""The address of the page: every parameter comes back from it, and nothing malformed does any harm."""

import numpy as np
import pytest

from dashboard.address import ENTRIES, Reading, from_query, to_query
from dashboard.address_texts import rows_to_text, text_to_runs
from dashboard.state import SessionState

VALUES = {
    "workspace": "nights/2",
    "page": "train",
    "survey_id": "my survey",
    "model_id": "infovae-6",
    "shown": [0, 2, 5],
    "axes": "latents",
    "view": [-1.25, 2.5, 0.0, 1e-3],
    "focus": (2, 5),
    "plane": ["log10(sn)", "d4000"],
    "epoch": 11,
    "colour_by": "log [N II]/Hα",
    "first_class": 21,
    "hidden": ["narrow-line AGN", "a,b&c=d"],
    "picked": "spec-0266-51630-0001",
    "selection": np.array([3, 4, 5, 9, 40], np.int32),
    "where": 'class == "a & b" and sn > 10',
    "frame": "observed",
    "smoothing": 3,
    "physical": True,
    "trial": 0.1234,
    "place": 6564.61,
    "enlarged": True,
    "line_list": "quasars of ours",
    "pins": ["spec-0266-51630-0001", "a,b&c=d"],
    "tab": "selection",
    "compare": "object",
    "within": "@quiet",
    "compared": ["pca-2", "infovae-6"],
    "zoom": "halpha",
    "problem": "hide 4000-5000, noise 0.1 + 3%",
    "reconstruction": "pca-3-1",
    "label": "teff",
    "larger": True,
    "track": "Track-1",
    "overlay": "pca-3-other",
}
"""A value of every parameter that is not its default."""

MALFORMED = [
    *("", "x", "-1", "1.5", "9-3", "0-", "3,3", "²", "1" * 5000, "0-99999999999", "%00", "None", "[]", "1e3"),
    *("nan,1,0,1", "0,1,1,0", "0,1e99,0,1"),
]


def n_rows(survey_id: str) -> int:
    """As many objects as the surveys of these tests have."""
    return {"my survey": 41, "other": 5}.get(survey_id, 0)


def test_every_parameter_but_theme_and_author_is_in_the_table_once_and_has_a_value_here():
    parameters = set(SessionState.param) - {"name", "theme", "author"}
    assert sorted(entry.parameter for entry in ENTRIES) == sorted(parameters)
    assert len({entry.key for entry in ENTRIES}) == len(ENTRIES)
    assert set(VALUES) == parameters


@pytest.mark.parametrize("name", VALUES)
def test_a_parameter_comes_back_from_the_address(name: str):
    given = {"survey_id": "my survey", name: VALUES[name]}
    default = getattr(SessionState(), name)
    assert not np.array_equal(default, VALUES[name])
    back = SessionState(**from_query(to_query(SessionState(**given)), n_rows).values)
    np.testing.assert_array_equal(getattr(back, name), VALUES[name])
    assert type(getattr(back, name)) is type(VALUES[name])


def test_the_whole_state_comes_back_from_the_address():
    values = from_query(to_query(SessionState(**VALUES)), n_rows).values
    assert set(values) == set(VALUES)
    for name, value in VALUES.items():
        np.testing.assert_array_equal(values[name], value)
    assert values["selection"].dtype == np.int32


def test_defaults_are_written_too():
    query = to_query(SessionState())
    assert query.startswith("?v=1&")
    for key in ("page=explore", "focus=0%2C1", "colour=class", "tab=spectrum"):
        assert key in query


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize("key", [entry.key for entry in ENTRIES])
def test_any_text_under_any_key_leaves_a_state_that_can_be_made(key: str, text: str):
    SessionState(**from_query(f"?survey=other&{key}={text}", n_rows).values)


@pytest.mark.parametrize("text", [text for text in MALFORMED if text != "3,3"])
@pytest.mark.parametrize("key", ["focus", "axes", "frame", "larger", "physical", "view"])
def test_what_is_no_pair_axis_or_flag_is_left_out(key: str, text: str):
    assert from_query(f"?{key}={text}", n_rows) == Reading({}, (key,) if text else ())


@pytest.mark.parametrize(
    "query", ["?v=2&survey=a", "?v=&focus=1", "?focus=1,2,3&shown=a,b&selection=9-3", "?%%%&&==", ""]
)
def test_what_cannot_be_read_is_left_out(query: str):
    assert from_query(query, n_rows).values == {}


def test_a_large_selection_stays_out_of_the_address():
    state = SessionState(selection=np.arange(0, 100_000, 2, dtype=np.int32), survey_id="my survey")
    assert len(to_query(state)) < 1000
    assert "selection" not in from_query(to_query(state), lambda _: 100_000).values


@pytest.mark.parametrize(("survey", "kept"), [("my survey", True), ("other", False), ("nobody's", False), ("", False)])
def test_a_selection_is_one_of_rows_that_the_survey_has(survey: str, kept: bool):
    read = from_query(f"?survey={survey}&selection=0-40", n_rows)
    assert ("selection" in read.values) == kept == ("selection" not in read.left_out)


def test_a_selection_beyond_the_survey_takes_no_memory():
    for query in ("other&selection=0-9999999", "my+survey&selection=" + ",".join(["0-40"] * 10_000)):
        assert from_query(f"?survey={query}", n_rows).left_out == ("selection",)


@pytest.mark.parametrize("key", [entry.key for entry in ENTRIES if entry.key not in ("shown", "focus", "selection")])
def test_long_texts_many_texts_and_control_characters_are_left_out(key: str):
    for query in (f"{key}={'x' * 301}", f"{key}={'x' * 10_000_000}", f"{key}=x&" * 51, f"{key}=%00", f"{key}=a%0d%0ab"):
        assert from_query(f"?{query}", n_rows) == Reading({}, (key,))


def test_an_address_of_too_many_fields_is_not_read():
    assert from_query("?" + "hidden=x&" * 201, n_rows) == Reading({}, ("all of it",))


def test_a_state_beyond_the_bounds_writes_no_address_that_could_not_be_read():
    state = SessionState(picked="x" * 301, hidden=[str(i) for i in range(60)], compared=["y" * 301, "pca-2"])
    read = from_query(to_query(state), n_rows)
    assert read.left_out == ()
    assert read.values["compared"] == ["pca-2"]
    assert not {"picked", "hidden"} & set(read.values)


def test_trial_redshift_and_marked_place_belong_to_the_picked_object():
    state = SessionState(picked="a", trial=0.5, place=5000.0)
    state.survey_id = "my survey"  # which the header finds where the address has none
    assert (state.trial, state.place) == (0.5, 5000.0)
    state.param.update(picked="b", trial=0.25)
    assert (state.trial, state.place) == (0.25, None)
    state.place = 6000.0
    assert state.trial == 0.25
    state.picked = "c"
    assert (state.trial, state.place) == (None, None)


@pytest.mark.parametrize("text", ["-1", "1e9", "nan", "inf", "x"])
def test_a_place_that_is_no_wavelength_is_left_out(text: str):
    assert from_query(f"?place={text}", n_rows) == Reading({}, ("place",))


@pytest.mark.parametrize("text", ["7.1", "-0.02", "nan", "inf", "x"])
def test_a_trial_redshift_beyond_the_slider_is_left_out(text: str):
    assert from_query(f"?trial={text}", n_rows) == Reading({}, ("trial",))


@pytest.mark.parametrize("rows", [[0], [7], [0, 1, 2], [1, 3, 5], [2, 3, 4, 10, 11, 500]])
def test_rows_survive_as_runs(rows: list[int]):
    runs = text_to_runs(rows_to_text(np.array(rows, np.int32)))
    assert [row for first, last in runs for row in range(first, last + 1)] == rows


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "1-2-3", "5-1", "1,,x", "0-99999999999", "5,3", "1-4,4", "3,3"])
def test_malformed_rows_are_refused(text: str):
    with pytest.raises(ValueError, match="is not"):
        text_to_runs(text)
