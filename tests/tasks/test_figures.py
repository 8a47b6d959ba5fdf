"""Figures as tables: what a map and a spectrum draw, their recipes, and what a replay says has changed."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from specvae_core.assets import asset
from specvae_core.errors import BadConfig, NotFound
from specvae_core.tasks.figures import figure_recipe, figure_values, map_recipe, map_table, spectrum_table
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


def drawn(recipe, demo, tmp_path):
    """Run the snippet of a recipe."""
    code = recipe["python"].replace("'W'", repr(str(demo)))
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True, timeout=120)
    return (tmp_path / "figure.html").read_text()


def test_a_map_draws_expressions_and_a_column_of_every_object(workspace):
    table, survey = map_table(workspace, *WHERE, "component_1", "log10(sn)", "class"), workspace.survey("demo")
    assert table["id"].tolist() == survey.ids.tolist()
    np.testing.assert_allclose(table["y"], np.log10(survey.table["sn"]), rtol=1e-6)
    assert table["colour"].tolist() == survey.table["class"].tolist()
    with pytest.raises(NotFound, match="nothing"):
        map_table(workspace, *WHERE, "nothing", "z")
    with pytest.raises(BadConfig, match="colour by"):
        map_table(workspace, *WHERE, "sn", "z", "nothing")


def test_a_map_again_and_what_has_changed(workspace, demo, tmp_path):
    rows = np.flatnonzero(workspace.survey("demo").table["sn"] > 60)
    recipe = kept(map_recipe(workspace, *WHERE, "component_1", "z", "class", rows=rows, where="sn > 60"))
    found = replay(workspace, recipe)
    assert (found.n, found.same, found.changed) == (4000, True, ())
    assert "component_1" in drawn(recipe, demo, tmp_path)
    assert replay(workspace, {**recipe, "y": "sn"}).changed == ("values differ: y",)
    assert replay(workspace, {**recipe, "where": "sn > 61"}).changed[0].endswith("are gone")


def test_a_spectrum_again(workspace, demo, tmp_path):
    recipe = kept(figure_recipe(workspace, "spectrum", *WHERE, object="demo-00003"))
    table, survey = spectrum_table(workspace, *WHERE, "demo-00003"), workspace.survey("demo")
    seen = survey.row(3).seen[0]
    np.testing.assert_array_equal(table["flux"][seen], survey.row(3).flux[0][seen])
    assert table["error"][~seen].isna().all()
    assert replay(workspace, recipe).same
    assert "reconstruction" in drawn(recipe, demo, tmp_path)
    assert not replay(workspace, {**recipe, "object": "demo-00004"}).same


def test_the_last_digits_of_another_machine_are_no_change(workspace):
    table = spectrum_table(workspace, *WHERE, "demo-00003")[["reconstruction"]]
    nudged = table.astype(float) + 1e-9
    assert (figure_values(table) == figure_values(nudged)).to_numpy().mean() > 0.999


def test_of_no_selection_a_map_knows_none(workspace):
    recipe = kept(map_recipe(workspace, *WHERE, "sn", "z", rows=NONE))
    assert (recipe["ids"], "colour" in map_table(workspace, *WHERE, "sn", "z")) == ([], False)
    assert replay(workspace, recipe).same
