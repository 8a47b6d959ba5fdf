"""Steps from object to object, among the selected ones where there are any, and search by id."""

import numpy as np
import pytest
from survey_of_lines import write_survey

from dashboard.widgets.stepper import Stepper, neighbour


@pytest.fixture
def stepper(session):
    """On a survey of 90 objects, lines-000 to lines-089, of which none is picked."""
    write_survey(session.workspace, "lines")
    session.state.survey_id = "lines"
    return Stepper(session)


def select(stepper: Stepper, *rows: int) -> None:
    stepper.session.state.selection = np.array(rows, np.int32)


@pytest.mark.parametrize(
    ("row", "by", "expected"),
    [(3, 1, 40), (40, 1, 41), (41, 1, 3), (3, -1, 41), (41, -1, 40), (20, 1, 40), (20, -1, 3), (0, -1, 41), (0, 1, 3),
     (60, 1, 3), (60, -1, 41), (None, 1, 3), (None, -1, 41)],
)  # fmt: skip
def test_the_neighbour_of_a_row_among_rising_rows(row: int | None, by: int, expected: int):
    assert neighbour(np.array([3, 40, 41], np.int32), row, by) == expected


def test_without_a_selection_steps_go_through_the_survey_and_round(stepper):
    seen = []
    for by in (1, 1, -1, -1, -1):
        stepper.step(by)
        seen.append(stepper.session.state.picked)
    assert seen == ["lines-000", "lines-001", "lines-000", "lines-089", "lines-088"]


def test_from_between_two_selected_objects_a_step_goes_to_the_nearer_side(stepper):
    select(stepper, 3, 40, 41)
    for button, expected in ((stepper.forth, "lines-040"), (stepper.back, "lines-003")):
        stepper.session.state.picked = "lines-020"
        button.clicks += 1
        assert stepper.session.state.picked == expected


def test_arrow_keys_step_and_others_are_left_to_the_page(stepper):
    assert stepper.key("ArrowRight")
    assert stepper.session.state.picked == "lines-000"
    assert not stepper.key("l")
    assert stepper.session.state.picked == "lines-000"


def test_the_place_is_that_among_the_selected(stepper):
    assert stepper.place() is None
    stepper.session.state.picked = "lines-040"
    assert stepper.place() == (41, 90)
    select(stepper, 3, 40, 41)
    assert stepper.place() == (2, 3)
    stepper.session.state.picked = "lines-020"
    assert stepper.place() is None


def test_an_id_is_found_and_a_part_of_several_ids_selects_them(stepper, notices):
    stepper.search.value = "lines-017"
    assert (stepper.session.state.picked, len(stepper.session.state.selection)) == ("lines-017", 0)
    stepper.search.value = "NES-01"
    assert stepper.session.state.picked == "lines-010"
    assert stepper.session.state.selection.tolist() == list(range(10, 20))
    assert "10 ids contain" in notices[-1]
    stepper.search.value = "nothing like it"
    assert "nothing like it" in notices[-1]
    assert stepper.session.state.picked == "lines-010"
    stepper.search.enter_pressed = True
    assert stepper.search.value == "nothing like it"


def test_the_field_is_cleared_after_a_hit_that_is_told_once(stepper, notices):
    stepper.search.value = "lines-01"
    stepper.search.value = "lines-01"  # as Panel sets it once more before it reports Enter
    stepper.search.enter_pressed = True
    assert stepper.search.value == ""
    assert len(notices) == 1
