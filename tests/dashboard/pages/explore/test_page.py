"""The Explore page on a small real workspace, without a browser."""

import numpy as np
import pytest
from survey_of_lines import wait, write_survey

from dashboard.address import to_query
from dashboard.header import Header
from dashboard.pages.explore.maps.centroid_spectra import centroids, group
from dashboard.pages.explore.maps.legend import Legend
from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.cluster import cluster
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.figures import figure_table
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.train import train


def test_the_state_is_filled_from_the_map(page, session):
    state = session.state
    assert state.shown == [0, 1, 2]
    assert state.focus == (0, 1)
    assert state.picked == "lines-000"
    assert len(page.corner.plot.images.data["image"]) == 3


def test_a_survey_without_a_model_says_what_to_do(workspace, session, notices):
    write_survey(workspace, "lines")
    session.state.survey_id = "lines"
    page = ExplorePage(session)
    page.view()
    assert not page.encoded.ready
    assert "Train one on lines" in page.encoded.empty.text
    page.encoded.empty.button.clicks += 1
    assert session.state.page == "train"


def test_an_empty_workspace_leads_to_the_data_page(session, notices):
    page = ExplorePage(session)
    page.view()
    page.encoded.empty.button.clicks += 1
    assert session.state.page == "data"


def test_what_a_map_does_not_have_is_dropped_from_the_state(model, session, notices):
    session.state.param.update(
        survey_id="lines", model_id=model, shown=[0, 2, 9], focus=(0, 9), colour_by="teff", hidden=["x"],
        picked="nobody", selection=np.array([5, 10_000], np.int32),
    )  # fmt: skip
    ExplorePage(session).view()
    state = session.state
    assert state.shown == [0, 2]
    assert state.focus == (0, 2)
    assert state.colour_by == "class"
    assert state.hidden == []
    assert len(state.selection) == 0
    assert any("nobody" in text for text in notices)


def test_stepping_goes_round_and_stays_in_the_selection(page, session):
    page.key("ArrowLeft")
    assert session.state.picked == "lines-089"
    page.key("ArrowRight")
    assert session.state.picked == "lines-000"
    session.state.selection = np.array([3, 40, 41], np.int32)
    seen = []
    for _ in range(4):
        page.key("ArrowRight")
        seen.append(session.state.picked)
    assert seen == ["lines-003", "lines-040", "lines-041", "lines-003"]
    page.key("ArrowLeft")
    assert session.state.picked == "lines-041"


def test_from_between_two_selected_rows_stepping_goes_to_its_neighbours(page, session):
    session.state.param.update(selection=np.array([3, 40, 41], np.int32), picked="lines-020")
    page.key("ArrowRight")
    assert session.state.picked == "lines-040"
    session.state.picked = "lines-020"
    page.key("ArrowLeft")
    assert session.state.picked == "lines-003"


def test_the_picked_object_is_ringed_and_drawn(page, session, workspace):
    session.state.picked = "lines-017"
    encoding = workspace.encoding(session.state.model_id, "lines")
    latents = encoding.basis.components(encoding.latents)[17]
    ring = page.focus.map.plot.ring.data
    assert (ring["x"][0], ring["y"][0]) == pytest.approx((latents[0], latents[1]))
    assert len(page.corner.plot.rings.data["x"]) == 3
    pixels = page.lower.tab("spectrum").plot.pixels.data
    one = workspace.survey("lines").row(17)
    np.testing.assert_array_equal(np.isnan(pixels["observed"]), one.ivar[0] == 0)
    reconstruction = workspace.model(session.state.model_id).reconstruct(one)[0]
    np.testing.assert_allclose(pixels["reconstruction"], reconstruction, rtol=1e-4)


def test_the_zoom_stays_while_stepping(page, session):
    plot = page.lower.tab("spectrum").plot
    plot.flux.x_range.update(start=5000.0, end=6000.0)
    page.key("ArrowRight")
    assert (plot.flux.x_range.start, plot.flux.x_range.end) == (5000.0, 6000.0)


def test_the_zoom_of_the_map_is_in_the_address_and_opens_again(page, session):
    page.focus.map.zoom(((-1.0, 0.5), (-0.25, 0.75)))
    assert "view=-1%2C0.5%2C-0.25%2C0.75" in to_query(session.state)
    again = ExplorePage(session)
    again.view()
    assert again.focus.map.ranges == ((-1.0, 0.5), (-0.25, 0.75))
    session.state.focus = session.state.focus[::-1]  # other axes are shown whole
    assert session.state.view == []
    assert not again.focus.map.zoomed


def test_hiding_a_class_greys_it_and_says_so(page, session):
    session.state.hidden = ["red"]
    n_blue = int((session.workspace.survey("lines").table["class"] == "blue").sum())
    assert page.map_view.visible.sum() == n_blue
    assert f"<b>{n_blue}</b> of 90 in colour" in page.corner.card.head


def test_another_theme_reaches_the_points(page, session):
    session.state.hidden = ["red"]
    light = page.map_view.ink.context
    session.state.theme = "dark"
    assert (page.map_view.ink.context != light).any()


def test_text_from_a_file_is_escaped(model, session, workspace, notices):
    table = workspace.survey("lines").table
    table.loc[4, "class"], table.loc[4, "id"] = "<img src=x onerror=alert(1)>", "<b>bold</b>"
    session.state.param.update(survey_id="lines", model_id=model, picked="<b>bold</b>")
    page = ExplorePage(session)
    page.view()
    card = page.object
    assert "&lt;b&gt;bold" in card.card.head
    assert "<b>bold" not in card.card.head
    assert "&lt;img" in card.body.object
    assert "<img" not in card.body.object


def test_search_finds_parts_of_ids(page, session, notices):
    card = page.object
    card.stepper.search.value = "lines-01"
    assert session.state.selection.tolist() == list(range(10, 20))
    assert session.state.picked == "lines-010"
    card.stepper.search.value = "nothing like it"
    assert "nothing like it" in notices[-1]


def test_the_header_offers_only_models_of_the_same_grid(model, session, notices):
    header = Header(session, {"explore": "Explore", "train": "Train"})
    assert (session.state.survey_id, session.state.model_id) == ("lines", model)
    assert list(header.model.options.values()) == [model]
    session.state.model_id = "gone"
    assert session.state.model_id == model
    assert sum("gone" in text for text in notices) == 1


def test_an_empty_state_is_filled_with_what_there_is(model, session, notices):
    Header(session, {"explore": "Explore"})
    session.state.param.update(survey_id="", model_id="")
    assert (session.state.survey_id, session.state.model_id) == ("lines", model)
    assert not notices


def test_groups_leave_out_what_is_hidden(page):
    colouring = page.map_view.colouring
    visible = colouring.codes != 0
    found = group(colouring, visible, "light")
    assert set(np.unique(found.codes)) == {-1, 1}
    assert found.names == list(colouring.names)


def test_numbers_are_grouped_from_high_to_low(page):
    table = page.map_view.map.table
    table["teff"] = np.arange(90.0)
    table.loc[0, "teff"] = np.nan
    found = group(page.map_view.map.colouring("teff"), np.ones(90, bool), "light")
    assert found.codes[0] == -1
    assert found.codes[89] == 0
    assert (np.diff(found.codes[1:]) <= 0).all()
    assert set(np.bincount(found.codes[1:]).tolist()) == {17, 18}


def test_centroids_are_means():
    latents = np.array([[0.0, 1], [2, 3], [10, 10], [7, 7]])
    middles, counts = centroids(latents, np.array([0, 0, 2, -1]), 3)
    np.testing.assert_array_equal(middles, [[1, 2], [0, 0], [10, 10]])
    assert counts.tolist() == [2, 0, 1]


def test_raw_latents_are_shown_by_choice(page, session, workspace):
    encoding = workspace.encoding(session.state.model_id, "lines")
    session.state.picked = "lines-017"
    session.state.axes = "latents"
    ring = page.focus.map.plot.ring.data
    assert (ring["x"][0], ring["y"][0]) == pytest.approx(tuple(encoding.latents[17, :2]))
    assert page.focus.map.figure.xaxis.axis_label == "latent 1"
    assert "axes=latents" in to_query(session.state)


def test_the_legend_switches_classes(page, session, workspace):
    legend, state = page.corner.legend, session.state
    shown = {each["name"]: each["shown"] for each in legend.content["classes"]}
    counts = workspace.survey("lines").table["class"].value_counts()
    assert {each["name"]: each["count"] for each in legend.content["classes"]} == counts.to_dict()
    assert all(shown.values())
    first = next(iter(shown))
    legend.switch(first)
    assert state.hidden == [first]
    assert [each["name"] for each in legend.content["classes"] if not each["shown"]] == [first]
    legend.switch(first)
    assert state.hidden == []


def test_the_legend_hears_only_of_classes_that_it_shows(page):
    heard = []
    legend = Legend(heard.append, heard.append, heard.clear)
    legend.show(page.map_view.colouring, [], "light")
    for name in ("nobody", *page.map_view.colouring.names):
        legend.switch(name)
    assert heard == list(page.map_view.colouring.names)


def test_the_legend_of_numbers_is_a_scale(page, session):
    session.state.colour_by = "chi2_per_pixel"
    content = page.corner.legend.content
    assert list(content) == ["scale"]
    low, _, high = content["scale"]["ends"]
    assert low.startswith("≤ ")
    assert high.startswith("≥ ")
    page.corner.legend.switch("red")
    assert session.state.hidden == []


def test_any_columns_and_expressions_are_axes_of_the_focus_map(page, session, workspace, notices):
    bar, plot = page.focus.plane, page.focus.map
    bar.toggle.value = True
    assert "chi2_per_pixel" in bar.x.options
    bar.x.value, bar.y.value = "log10(chi2_per_pixel)", "latent_2"
    assert session.state.plane == ["log10(chi2_per_pixel)", "latent_2"]
    session.state.picked = "lines-017"
    encoding = workspace.encoding(session.state.model_id, "lines")
    place = np.log10(encoding.chi2_per_pixel[17]), encoding.latents[17, 1]
    assert (plot.plot.ring.data["x"][0], plot.plot.ring.data["y"][0]) == pytest.approx(place)
    assert plot.figure.xaxis[0].axis_label == "log10(chi2_per_pixel)"
    assert "plane=log10" in to_query(session.state)
    bar.y.value = "nothing_such + 1"
    assert "nothing_such" in notices[-1]
    assert session.state.plane == []
    assert plot.figure.xaxis[0].axis_label == page.map_view.map.names[0]


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


def test_a_second_view_is_computed_and_shown(page, session):
    bar = page.focus.plane
    bar.kind.value = "pca"
    wait(lambda: session.state.plane, page)
    assert session.state.plane == ["pca_1", "pca_2"]
    assert (bar.kind.value, bar.x.value) == ("pca", "pca_1")
    session.state.plane = []
    assert bar.kind.value == "latents"
    bar.kind.value = "pca"  # it is there already
    assert session.state.plane == ["pca_1", "pca_2"]
    assert len(session.runner.jobs()) == 1


def test_the_epochs_of_a_training_are_played_on_the_map(workspace, session, notices, tmp_path):
    write_survey(workspace, "lines")
    config = {"n_latent": 2, "max_epochs": 4, "epoch_steps": 20}
    model = train(workspace, ignore, tmp_path, survey="lines", model="ae", config=config)
    session.state.param.update(survey_id="lines", model_id=model)
    page = ExplorePage(session)
    page.view()
    bar, plot = page.focus.plane, page.focus.map
    bar.kind.value = "epochs"
    assert (session.state.epoch, bar.player.options) == (1, [1, 2, 3, 4])
    first, axes = plot.plot.ring.data["x"][0], plot.ranges
    bar.player.value = 4
    assert session.state.epoch == 4
    assert plot.plot.ring.data["x"][0] != first
    assert plot.ranges == axes
    assert plot.figure.yaxis[0].axis_label.endswith(", epoch 4")
    bar.recipe.clicks += 1
    assert "an epoch is shown: choose another view first" in notices[-1]
    bar.kind.value = "latents"
    assert (session.state.epoch, bar.player.visible) == (0, False)
    trained = workspace.encoding(model, "lines").basis.components(workspace.encoding(model, "lines").latents)
    assert plot.plot.ring.data["x"][0] == pytest.approx(trained[page.map_view.row, 0])


def test_keys_look_closer_at_the_picked_object_and_back(page):
    before, row = page.focus.map.ranges, page.map_view.row
    page.key("+")
    near = page.focus.map.ranges
    for (low, high), (first, last), at in zip(before, near, page.focus.map.places([row]), strict=True):
        assert last - first == pytest.approx((high - low) / 1.5)
        assert first < at[0] < last
    page.key("-")
    np.testing.assert_allclose(page.focus.map.ranges, before)
