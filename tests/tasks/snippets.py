"""Makes again what recipes describe: by a replay, and by their Python snippets, as a reader would."""

import json
import warnings
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

from specvae_core.tasks.figures import figure_values
from specvae_core.tasks.recipes import hash_of_ids, hashes_of_table
from specvae_core.tasks.replay import replay
from specvae_core.workspace import Workspace


def run_snippet(recipe: Mapping, workspace: Workspace, folder: Path) -> dict:
    """Run the snippet of a recipe beside its file; returns its names. It draws ``figure.html`` there."""
    names: dict = {}
    (folder / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    with chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(recipe["python"].replace("'W'", repr(str(workspace.folder))), names)
    return names


def check_figure(recipe: Mapping, workspace: Workspace, folder: Path) -> str:
    """Have a figure made again both ways, with the same table, and of the same objects; returns what was drawn."""
    found = replay(workspace, recipe)
    assert (found.n, found.same, found.changed) == (recipe["points"], True, ())
    names = run_snippet(recipe, workspace, folder)
    assert hashes_of_table(figure_values(names["table"])) == recipe["columns"]
    if "rows" in names:
        assert hash_of_ids(workspace.survey(recipe["survey"]["name"]).ids[names["rows"]]) == recipe["ids_sha256"]
    return (folder / "figure.html").read_text()
