"""Select on the command line: counts as pandas has them, names, lists of ids, mistakes in a sentence."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.errors import UserError
from specvae_core.tasks.select import at_positions, choose, pasted
from specvae_core.tasks.selections import find_selection, keep_selection, rows_of
from specvae_core.workspace import Workspace

SURVEY = ("--survey", "demo")


@pytest.fixture
def select(run, demo):
    return lambda where, *more: run("select", *SURVEY, "--where", where, *more, "--workspace", demo)


def test_the_count_is_that_of_pandas(select, demo):
    table = Workspace.open(demo).survey("demo").table
    found = select('class == "quiescent" and sn > 10 and ew_h_alpha < -0.5')
    expected = (table["class"] == "quiescent") & (table["sn"] > 10) & (table["ew_h_alpha"] < -0.5)
    assert found == {"n": int(expected.sum()), "selection": None}
    assert 0 < found["n"] < 4000


def test_a_named_selection_is_kept_and_used_again(select, demo, tmp_path):
    first = select("sn > 40", "--name", "bright ones", "--out", tmp_path / "bright.parquet")
    assert select(f"@{first['selection']}")["n"] == select("@bright ones")["n"] == first["n"]
    table = pd.read_parquet(tmp_path / "bright.parquet")
    assert len(table) == first["n"]
    assert (table["sn"] > 40).all()
    (tmp_path / "ids.txt").write_text("\n".join([*table["id"], "not-there"]))
    by_file = select(f"@{tmp_path / 'ids.txt'}")
    assert (by_file["n"], by_file["not_found"], by_file["first_not_found"]) == (first["n"], 1, "not-there")
    workspace = Workspace.open(demo)
    kept = find_selection(workspace, "demo", "bright ones")
    again = keep_selection(workspace, "demo", "bright ones", [3, 1, 1])
    assert again == kept.id
    other = keep_selection(workspace, "demo", "other", [5])
    colours = {workspace.results.load("selections", one).header["colour"] for one in (again, other)}
    assert len(colours) == 2
    assert rows_of(find_selection(workspace, "demo", "bright ones"), workspace.survey("demo")).tolist() == [1, 3]


def test_columns_of_a_model_and_of_annotations(select, demo):
    workspace = Workspace.open(demo)
    workspace.annotations.change("demo", "demo-00007", "test", mark=3)
    assert select("mark == 3")["n"] == 1
    encoding = workspace.encoding("infovae-6", "demo")
    expected = int((encoding.latents[:, 0] > 1).sum())
    assert select("latent_1 > 1", "--model", "infovae-6")["n"] == expected > 0


def test_a_pasted_list(demo):
    chosen = pasted(Workspace.open(demo).survey("demo"), "demo-00002, demo-00000\nnothing;demo-00002")
    assert (chosen.rows.tolist(), chosen.missing) == ([0, 2], ("nothing",))


def test_positions_are_matched_from_a_paste_and_from_a_table(demo, tmp_path):
    workspace = Workspace.open(demo)
    survey = workspace.survey("demo")
    places = survey.table[["ra", "dec"]].iloc[[5, 3]].to_numpy(copy=True)
    places[:, 1] += 1 / 3600  # an arcsecond to the north
    words = " ".join(f"{ra} {dec}" for ra, dec in places)
    chosen = pasted(survey, f"ra dec\n{words} 12.5 -89")
    assert (chosen.rows.tolist(), chosen.missing) == ([3, 5], ("12.5 -89",))
    assert at_positions(survey, places, radius=0.5).rows.tolist() == []
    table = tmp_path / "theirs.csv"
    table.write_text("name,RA,Dec\n" + "\n".join(f"x,{ra},{dec}" for ra, dec in places))
    assert choose(workspace, "demo", f"@{table}").rows.tolist() == [3, 5]
    with pytest.raises(UserError, match="pairs of degrees"):
        pasted(survey, "ra dec 12.5")


def test_kept_selections_are_combined_in_an_expression(demo):
    workspace = Workspace.open(demo)
    keep_selection(workspace, "demo", "low noise", np.arange(10))
    keep_selection(workspace, "demo", "odd", np.arange(1, 20, 2))
    assert choose(workspace, "demo", "@odd and not @`low noise`").rows.tolist() == [11, 13, 15, 17, 19]
    assert choose(workspace, "demo", "(@odd or @`low noise`) and sn > 0").rows.tolist() == [
        *range(10),
        *range(11, 20, 2),
    ]
    with pytest.raises(UserError, match="@odd"):
        choose(workspace, "demo", "@od and sn > 0")


def test_every_object_and_none(demo):
    workspace = Workspace.open(demo)
    assert len(choose(workspace, "demo", "sn > 0").rows) == 4000
    assert len(choose(workspace, "demo", "sn < 0").rows) == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--where", "clas == 1"), "did you mean class"),
        (("--where", "@nothing"), "neither a file of ids nor a selection"),
        (("--where", "latent_1 > 0"), "no column latent_1"),
        (("--where", "sn > 1", "--name", " "), "needs a name"),
        (("--where", "sn > 1", "--out", "a.xyz"), "no known ending"),
        (("--where", "sn > 1", "--model", "nothing"), "not encoded by nothing"),
    ],
)
def test_mistakes(run, demo, arguments, sentence):
    status, said = run("select", *SURVEY, *arguments, "--workspace", demo)
    assert status == 2
    assert sentence in said


def test_the_spectra_of_a_filter_are_written(select, run, demo, tmp_path):
    from astropy.table import Table

    n = select("sn > 60")["n"]
    asked = ("export", *SURVEY, "--out", tmp_path / "bright.fits", "--workspace", demo)
    assert run(*asked, "--where", "sn > 60")["n"] == n > 0
    assert len(set(Table.read(tmp_path / "bright.fits")["id"])) == n
    assert "no spectrum to write" in run(*asked, "--where", "sn > 1e9")[1]
