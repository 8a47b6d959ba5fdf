"""The table: one page at a time, sorted as a whole, ticked and opened by id."""

import numpy as np
import pandas as pd
import pytest

from dashboard.widgets.table import PAGE_SIZE, Column, Table, plain_table


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def table(opened) -> Table:
    """Ninety rows with a falling number, the third of which is unknown."""
    table = Table(opened.append, ticks=True)
    numbers = np.arange(90.0)[::-1]
    numbers[2] = np.nan
    table.fill(pd.DataFrame({"id": [f"x-{i}" for i in range(90)], "number": numbers}))
    return table


def test_one_page_is_sent_and_the_whole_is_sorted(table) -> None:
    assert len(table.cells) == PAGE_SIZE
    table.turn(1)
    assert table.ids == [f"x-{i}" for i in range(50, 90)]
    table.sort("number")
    assert table.ids[0] == "x-89"
    table.sort("number")
    assert table.ids[0] == "x-0"


def test_unknown_numbers_come_last_whichever_way_the_table_is_sorted(table) -> None:
    for _ in range(2):
        table.sort("number")
        table.turn(1)
        assert table.ids[-1] == "x-2"
        assert table.cells[-1] == ["x-2", "–"]


def test_names_sort_by_the_numbers_in_them(table) -> None:
    table.sort("id")
    assert table.ids[:3] == ["x-0", "x-1", "x-2"]
    assert table.ids[10] == "x-10"


def test_a_row_of_this_page_is_opened(table, opened) -> None:
    table.open("x-7")
    table.open("x-70")
    assert opened == ["x-7"]


def test_the_page_of_a_revealed_row_is_turned_to_and_neighbours_follow_the_order(table) -> None:
    table.reveal("x-70")
    assert (table.page, table.active) == (1, "x-70")
    assert table.beside("x-70", 1) == "x-71"
    assert table.beside("nobody", -1) == "x-89"


def test_ticks_of_rows_that_are_gone_are_dropped(table) -> None:
    table.ticked = ["x-3", "x-80"]
    table.fill(table.rows.iloc[:10])
    assert table.ticked == ["x-3"]


def test_columns_say_how_their_numbers_are_written() -> None:
    table = Table(print, [Column("id"), Column("mse", "MSE", ".2e")])
    table.fill(pd.DataFrame({"id": ["a"], "mse": [-0.00123], "other": [1]}))
    assert table.cells == [["a", "−1.23e−03"]]
    assert [head["title"] for head in table.heads] == ["id", "MSE"]


def test_a_plain_table_marks_a_row_and_aligns_numbers() -> None:
    text = plain_table(("label", "bias"), [("Teff", "1"), ("log g", "2")], marked=1)
    assert text.count('class="number"') == 3
    assert "<tr class=active><td>log g" in text
