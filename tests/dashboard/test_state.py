import numpy as np
import pytest

from dashboard.state import SessionState, from_query, rows_to_text, text_to_rows, to_query


def a_state() -> SessionState:
    return SessionState(
        page="train",
        survey_id="my survey",
        model_id="infovae-6",
        shown=[0, 2, 5],
        focus=(2, 5),
        colour_by="log [N II]/Hα",
        hidden=["narrow-line AGN", "a,b&c=d"],
        picked="spec-0266-51630-0001",
        selection=np.array([3, 4, 5, 9, 40], np.int32),
        tab="selection",
    )


def test_an_address_holds_the_whole_state():
    state = a_state()
    values = from_query(to_query(state))
    np.testing.assert_array_equal(values.pop("selection"), state.selection)
    names = "page survey_id model_id axes shown focus colour_by hidden picked tab compare"
    assert values == {name: getattr(state, name) for name in names.split()}


def test_defaults_are_written_too():
    query = to_query(SessionState())
    assert query.startswith("?v=1&")
    for key in ("page=explore", "focus=0%2C1", "colour=class", "tab=spectrum"):
        assert key in query


def test_a_large_selection_stays_out_of_the_address():
    state = SessionState(selection=np.arange(0, 100_000, 2, dtype=np.int32), picked="a")
    assert len(to_query(state)) < 1000
    assert "selection" not in from_query(to_query(state))


@pytest.mark.parametrize(
    "query", ["?v=2&survey=a", "?v=&focus=1", "?focus=1,2,3&shown=a,b&selection=9-3", "?%%%&&==", ""]
)
def test_what_cannot_be_read_is_left_out(query):
    assert from_query(query) == {}


@pytest.mark.parametrize("rows", [[], [0], [7], [0, 1, 2], [1, 3, 5], [2, 3, 4, 10, 11, 500]])
def test_rows_survive_as_runs(rows):
    rows = np.array(rows, np.int32)
    back = text_to_rows(rows_to_text(rows))
    assert back.dtype == np.int32
    np.testing.assert_array_equal(back, rows)


@pytest.mark.parametrize("text", ["a", "3-", "-3", "1-2-3", "5-1", "1,,x", "0-99999999999"])
def test_malformed_rows_are_no_rows(text):
    assert len(text_to_rows(text)) == 0
