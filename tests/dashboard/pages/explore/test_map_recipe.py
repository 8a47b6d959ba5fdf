"""Recipes of the maps: what they hold, and that they make the same figure."""

import numpy as np

from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.cluster import cluster
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.figures import figure_table
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.train import train


def test_corner_and_map_have_recipes_of_what_they_show(page, session, workspace, recipes):
    session.state.param.update(shown=[0, 2], focus=(0, 2), colour_by="class", selection=np.arange(4))
    corner, focus = recipes(page.corner.card) + recipes(page.focus.card)
    assert (corner["axes"], corner["colour"], len(corner["ids"])) == (["component_1", "component_3"], "class", 4)
    assert (focus["x"], focus["y"], focus["colour"]) == ("component_1", "component_3", "class")


def test_maps_coloured_by_kept_selections_and_clusters_have_recipes(page, session, workspace, recipes, model):
    cluster(workspace, ignore, workspace.folder, model=model, survey="lines", settings={"method": "kmeans", "n": 2})
    for name, rows in (("odd", np.arange(1, 9, 2)), ("few", np.arange(3))):
        keep_selection(workspace, "lines", name, rows)
    page.poll()
    for colour in ("selections", "clusters kmeans-2"):
        assert colour in page.map_view.map.table
        session.state.colour_by = colour
        corner, focus = recipes(page.corner.card) + recipes(page.focus.card)
        assert corner["colour"] == focus["colour"] == colour
        table = figure_table(workspace, "map", "lines", model, x="component_1", y="component_2", colour=colour)
        assert table["colour"].tolist() == page.map_view.map.table[colour].tolist()
    found = figure_table(workspace, "map", "lines", model, x="component_1", y="component_2", colour="selections")[
        "colour"
    ]
    assert found[:4].tolist() == ["few", "odd + few", "few", "odd"]


def test_beside_a_single_latent_recipes_have_the_chi2(workspace, session, tmp_path, recipes, model):
    one = train(workspace, ignore, tmp_path, survey="lines", model="pca", config={"n_latent": 1})
    encode_survey(workspace, one, "lines")
    session.state.param.update(survey_id="lines", model_id=one)
    page = ExplorePage(session)
    page.view()
    corner, focus = recipes(page.corner.card) + recipes(page.focus.card)
    assert corner["axes"] == [focus["x"], focus["y"]] == ["component_1", "log10(chi2_per_pixel)"]
