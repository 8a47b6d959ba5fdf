"""Recipes: what they give again, and what they say has changed; tables with units, descriptors and provenance."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse_single_table
from astropy.table import Table
from snippets import run_snippet

from specvae_core.tasks.selections import keep_selection
from specvae_core.workspace import Workspace


@pytest.fixture
def run(run, demo):
    return lambda *arguments: run(*arguments, "--workspace", demo)


def select(run, where, *more):
    return run("select", "--survey", "demo", "--where", where, *more)


def test_a_filter_gives_the_same_rows_again(run, tmp_path):
    recipe = tmp_path / "bright.json"
    n = select(run, "sn > 40 and latent_1 > 0", "--model", "infovae-6", "--out", recipe)["n"]
    assert run("replay", recipe) == {"n": n, "same": True, "changed": []}
    content = json.loads(recipe.read_text())
    assert len(content["survey"]["sha256"]) == len(content["model"]["sha256"]) == 64
    assert content["program"].startswith("SpecVAE ")


def test_a_selection_by_hand_and_its_snippet(run, demo, tmp_path):
    keep_selection(Workspace.open(demo), "demo", "by hand", np.array([5, 3, 9]))
    recipe = tmp_path / "recipe.json"
    select(run, "@by hand", "--out", recipe)
    content = json.loads(recipe.read_text())
    assert content["ids"] == ["demo-00003", "demo-00005", "demo-00009"]
    assert run("replay", recipe) == {"n": 3, "same": True, "changed": []}
    assert len(run_snippet(content, Workspace.open(demo), tmp_path)["spectra"]) == 3


def test_what_has_changed_is_said(run, demo, tmp_path):
    workspace = Workspace.open(demo)
    for row in range(3):
        workspace.annotations.change("demo", f"demo-0000{row}", "test", mark=5)
    recipe = tmp_path / "marked.json"
    assert select(run, "mark == 5", "--out", recipe)["n"] == 3
    workspace.annotations.change("demo", "demo-00001", "test", mark=0)
    workspace.annotations.change("demo", "demo-00009", "test", mark=5)
    assert run("replay", recipe) == {"n": 3, "same": False, "changed": ["1 objects are new, 1 are gone"]}
    content = json.loads(recipe.read_text())
    content["survey"]["sha256"] = "0" * 64
    recipe.write_text(json.dumps(content))
    assert "the catalogue of demo" in run("replay", recipe)["changed"]


def test_an_explanation_again(run, demo, tmp_path, capsys):
    recipe = tmp_path / "why.json"
    run("explain", "--model", "infovae-6", "--survey", "demo", "--a", "sn < 12", "--out", recipe)
    found = run("replay", recipe)
    assert (found["n"], found["same"]) == (117, True)
    content = json.loads(recipe.read_text())
    assert content["cause"] == "sn"
    run_snippet(content, Workspace.open(demo), tmp_path)
    assert "artefact of noise" in capsys.readouterr().out
    recipe.write_text(json.dumps({**content, "cause": "z"}))
    assert run("replay", recipe)["changed"] == ["cause is sn, was z"]


def test_the_groups_of_an_explanation_may_change(run, demo, tmp_path):
    workspace, recipe = Workspace.open(demo), tmp_path / "why.json"
    rows = np.flatnonzero(workspace.survey("demo").table["class"] == "broad-line AGN")
    keep_selection(workspace, "demo", "broad", rows)
    run("explain", "--model", "infovae-6", "--survey", "demo", "--a", "@broad", "--out", recipe)
    keep_selection(workspace, "demo", "broad", np.append(rows[1:], 0))
    assert "the objects of A" in run("replay", recipe)["changed"]


def test_a_table_again_and_the_column_that_has_changed(run, demo, tmp_path):
    recipe = tmp_path / "table.json"
    select(run, "sn > 60", "--model", "infovae-6", "--out", tmp_path / "table.csv", "--recipe", recipe)
    table = pd.read_csv(tmp_path / "table.csv")
    assert run("replay", recipe) == {"n": len(table), "same": True, "changed": []}
    Workspace.open(demo).annotations.change("demo", table["id"][0], "test", note="new")
    assert run("replay", recipe) == {"n": len(table), "same": False, "changed": ["values differ: note"]}
    names = run_snippet(json.loads(recipe.read_text()), Workspace.open(demo), tmp_path)
    assert names["table"]["id"].tolist() == table["id"].tolist()


@pytest.mark.parametrize("way", [("--traverse", "1"), ("--between", "demo-00001,demo-00002"), ("--auto", "all:1")])
def test_a_track_again(run, demo, tmp_path, way):
    recipe = tmp_path / "track.json"
    run("track", "--model", "infovae-6", "--survey", "demo", *way, "--steps", "5", "--out", recipe)
    assert run("replay", recipe) == {"n": 5, "same": True, "changed": []}
    content = json.loads(recipe.read_text())
    content["latents"][2][0] += 1
    recipe.write_text(json.dumps(content))
    assert run("replay", recipe)["changed"] == ["the latents of the spectra"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "is not a recipe"),
        ("no", "cannot be read as a recipe"),
        ('{"recipe": 9, "kind": "selection", "program": "SpecVAE 9"}', "newer version (SpecVAE 9)"),
        ('{"recipe": 1, "kind": "selection"}', "The recipe is damaged"),
        ('{"recipe": 1, "kind": "selection", "survey": [], "model": "x"}', "The recipe is damaged"),
    ],
)
def test_what_is_no_recipe(run, tmp_path, text, sentence):
    (tmp_path / "a.json").write_text(text)
    status, said = run("replay", tmp_path / "a.json")
    assert status == 2
    assert sentence in said


def test_tables_know_units_descriptors_and_where_they_came_from(run, tmp_path):
    names = [tmp_path / f"a{ending}" for ending in (".vot", ".fits", ".ecsv", ".parquet", ".csv")]
    for name in names:
        select(run, "sn > 60", "--model", "infovae-6", "--out", name)
    votable, csv = parse_single_table(names[0]), pd.read_csv(names[4])
    field = next(field for field in votable.fields if field.name == "ra")
    assert (str(field.unit), field.ucd, field.description) == ("deg", "pos.eq.ra;meta.main", "right ascension")
    assert list(votable.array["id"].astype(str)) == csv["id"].tolist()
    with fits.open(names[1]) as hdus:
        header, number = hdus[1].header, hdus[1].columns.names.index("ew_h_alpha") + 1
        assert (header[f"TUNIT{number}"], header[f"TUCD{number}"]) == ("Angstrom", "spect.line.eqWidth")
        assert (header["SURVEY"], header["MODEL"]) == ("demo", "infovae-6")
    ecsv = Table.read(names[2])
    assert ecsv["chi2_per_pixel"].meta["ucd"] == "stat.fit.chi2"
    assert ecsv.meta["program"].startswith("SpecVAE")
    schema = pq.read_schema(names[3])
    assert schema.field("ra").metadata[b"unit"] == b"deg"
    assert json.loads(schema.metadata[b"provenance"])["model"] == "infovae-6"
    assert pd.read_parquet(names[3])["id"].tolist() == csv["id"].tolist()
    read = Table.read(names[3])
    assert (read["ra"].unit, read["ew_h_alpha"].description) == (ecsv["ra"].unit, ecsv["ew_h_alpha"].description)
    assert (read.meta["survey"], read["id"].tolist()) == ("demo", ecsv["id"].tolist())
    for name in ("ra", "latent_1", "class", "ew_h_alpha"):
        np.testing.assert_array_equal(read[name], ecsv[name])
