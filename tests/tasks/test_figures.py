"""Figures as tables: what a map and a spectrum draw, their recipes, and what a replay says has changed."""

import json
import shutil

import numpy as np
import pytest
from snippets import check_figure, run_snippet

from specvae_core.assets import asset
from specvae_core.errors import BadConfig, NotFound
from specvae_core.tasks.figures import figure_recipe, figure_values, map_table, spectrum_table
from specvae_core.tasks.replay import replay
from specvae_core.workspace import Workspace

WHERE = ("demo", "infovae-6")
NONE = np.empty(0, np.int32)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Folder of a copy of the demo."""
    return shutil.copytree(asset("demo"), tmp_path_factory.mktemp("figures") / "workspace")


@pytest.fixture
def workspace(demo):
    return Workspace.open(demo)


def kept(recipe):
    """As a file holds it."""
    return json.loads(json.dumps(recipe))


def test_a_map_draws_expressions_and_a_column_of_every_object(workspace):
    table, survey = map_table(workspace, *WHERE, "component_1", "log10(sn)", "class"), workspace.survey("demo")
    assert table["id"].tolist() == survey.ids.tolist()
    np.testing.assert_allclose(table["y"], np.log10(survey.table["sn"]), rtol=1e-6)
    assert table["colour"].tolist() == survey.table["class"].tolist()
    with pytest.raises(NotFound, match="nothing"):
        map_table(workspace, *WHERE, "nothing", "z")
    with pytest.raises(BadConfig, match="colour by"):
        map_table(workspace, *WHERE, "sn", "z", "nothing")


def map_recipe(workspace, x, y, colour="", **selected):
    return kept(figure_recipe(workspace, "map", *WHERE, x=x, y=y, colour=colour, **selected))


def test_a_map_again_and_what_has_changed(workspace, tmp_path):
    rows = np.flatnonzero(workspace.survey("demo").table["sn"] > 60)
    recipe = map_recipe(workspace, "component_1", "z", "class", rows=rows, where="sn > 60")
    assert (recipe["n"], recipe["points"]) == (len(rows), 4000)
    assert "component_1" in check_figure(recipe, workspace, tmp_path)
    assert len(run_snippet(recipe, workspace, tmp_path)["selected"]) == len(rows)
    by_hand = map_recipe(workspace, "sn", "z", "mg_b", rows=rows[:5])
    check_figure(by_hand, workspace, tmp_path)
    assert by_hand["ids"] == workspace.survey("demo").ids[rows[:5]].tolist()
    assert replay(workspace, {**recipe, "y": "sn"}).changed == ("values differ: y",)
    assert replay(workspace, {**recipe, "where": "sn > 61"}).changed[0].endswith("are gone")


def test_a_spectrum_again(workspace, tmp_path):
    recipe = kept(figure_recipe(workspace, "spectrum", *WHERE, object="demo-00003"))
    table, survey = spectrum_table(workspace, *WHERE, "demo-00003"), workspace.survey("demo")
    seen = survey.row(3).seen[0]
    np.testing.assert_array_equal(table["flux"][seen], survey.row(3).flux[0][seen])
    assert table["error"][~seen].isna().all()
    assert "reconstruction" in check_figure(recipe, workspace, tmp_path)
    assert not replay(workspace, {**recipe, "object": "demo-00004"}).same


def test_the_last_digits_of_another_machine_are_no_change(workspace):
    table = spectrum_table(workspace, *WHERE, "demo-00003")[["reconstruction"]]
    nudged = table.astype(float) + 1e-9
    assert (figure_values(table) == figure_values(nudged)).to_numpy().mean() > 0.999


def test_of_no_selection_a_map_knows_none(workspace, tmp_path):
    recipe = map_recipe(workspace, "sn", "z", rows=NONE)
    assert (recipe["ids"], "colour" in map_table(workspace, *WHERE, "sn", "z")) == ([], False)
    check_figure(recipe, workspace, tmp_path)
