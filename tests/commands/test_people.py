"""``specvae annotate`` and ``specvae people``: my z and marks of several people, merged and handed out."""

import pandas as pd
import pytest


@pytest.fixture
def annotated(run, demo):
    """Marks and redshifts by two people; a function that selects by a filter."""
    place = ("--workspace", str(demo), "--survey", "demo")
    run("annotate", *place, "--ids", "demo-00001,demo-00002", "--mark", "3", "--author", "anna")
    run("annotate", *place, "--ids", "demo-00001", "--mark", "3", "--z", "0.25", "--quality", "4", "--author", "ben")
    run("annotate", *place, "--ids", "demo-00002", "--mark", "0", "--tags", "star, blend", "--author", "ben")
    return place


def test_two_people_agree_on_one_of_two(run, annotated):
    found = run("people", *annotated)
    assert found["people"] == [{"author": "anna", "n": 2}, {"author": "ben", "n": 2}]
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["n"], pair["equal"]) == ("anna", "ben", 2, 0.5)
    assert (found["objects"], found["several"], found["disagree"]) == (2, 2, 1)


def test_my_z_is_a_column_of_filters_and_never_the_surveys_own(run, annotated, tmp_path):
    out = tmp_path / "found.csv"
    found = run("select", *annotated, "--where", "my_z > 0.2 and my_z_quality == 4", "--out", str(out))
    assert found["n"] == 1
    row = pd.read_csv(out).iloc[0]
    assert (row["id"], row["my_z"], row["people"]) == ("demo-00001", 0.25, 2)
    assert row["z"] != 0.25


def test_everything_goes_out_and_comes_back(run, annotated, tmp_path):
    out, merged = tmp_path / "all.csv", tmp_path / "merged.ecsv"
    run("people", *annotated, "--out", str(out), "--merged", str(merged))
    table = pd.read_csv(out)
    assert table["author"].tolist() == ["anna", "ben"] * 2
    assert merged.exists()
    again = tmp_path / "again.csv"
    table[table["author"] == "ben"].to_csv(again, index=False)
    assert run("annotate", *annotated, "--table", str(again), "--author", "caro")["n"] == 2
    assert run("people", *annotated)["people"][2] == {"author": "caro", "n": 2}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ids", "demo-00001"), "Nothing is said"),
        (("--ids", "demo-00001", "--mark", "9"), "from 0 to 5"),
        (("--ids", "demo-00001", "--z", "far"), "a number was expected"),
        (("--ids", "nobody-here", "--mark", "1"), "nobody-here"),
        (("--ids", "demo-00001", "--mark", "1", "--author", "a\nb"), "is not a name of a person"),
    ],
)
def test_what_cannot_be_said_is_refused_in_a_sentence(run, demo, options, words):
    status, sentence = run("annotate", "--workspace", demo, "--survey", "demo", *options)
    assert status == 2
    assert words in sentence
