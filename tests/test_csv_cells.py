"""No text of a catalogue becomes a formula of a spreadsheet, whichever way it leaves the program."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages.data.ingest_report import refusals_csv
from specvae_core.csv_cells import escape, unescape
from specvae_core.data.refused import append_refused, read_refused
from specvae_core.errors import Reason, Refused
from specvae_core.tasks.export import write_table

FORMULAS = [
    "=1+1",
    "a\r=1",
    "+cmd|' /C calc'!A0",
    "-1-2",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://evil")',
    "=",
    "＝1+1",
]


@pytest.mark.parametrize("text", [text for text in FORMULAS if text[0] != "a"])
def test_a_formula_becomes_text(text: str):
    assert escape(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "a", "-1", "+1.5", "-1.5e-3", "-.5", "+inf", "-nan", "1=1", "J12+03", " =1", "'", "'a"]
)
def test_numbers_and_plain_text_stay(text: str):
    assert escape(text) == text


@given(st.text(alphabet="'=+-@\t\r1a"))
def test_what_is_escaped_is_found_again(text: str):
    assert unescape(escape(text)) == text


def test_a_table_keeps_its_numbers_and_loses_its_formulas(tmp_path):
    table = pd.DataFrame(
        {"id": FORMULAS, "x": [-1.5] * len(FORMULAS), "=EVIL()": pd.Categorical(FORMULAS), "none": None}
    )
    write_table(table, tmp_path / "table.csv")
    with (tmp_path / "table.csv").open(newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    assert head == ["id", "x", "'=EVIL()", "none"]
    assert [row[0] for row in rows] == [row[2] for row in rows] == [escape(text) for text in FORMULAS]
    assert {row[1] for row in rows} == {"-1.5"}


def test_files_that_were_refused_are_listed_without_formulas(tmp_path):
    append_refused(tmp_path, [(text, Refused(Reason.UNREADABLE, text)) for text in FORMULAS])
    rows = read_refused(tmp_path)
    assert [row["source"] for row in rows] == FORMULAS
    for text in ((tmp_path / "refused.csv").read_text("utf-8"), refusals_csv(rows).decode()):
        cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))]
