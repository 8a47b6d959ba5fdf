"""The large map: its zoom, its axes, second views and the epochs of a training."""

import numpy as np
import pytest
from survey_of_lines import wait, write_survey

from dashboard.address import to_query
from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.train import train


def test_the_zoom_of_the_map_is_in_the_address_and_opens_again(page, session):
    page.focus.map.zoom(((-1.0, 0.5), (-0.25, 0.75)))
    assert "view=-1%2C0.5%2C-0.25%2C0.75" in to_query(session.state)
    again = ExplorePage(session)
    again.view()
    assert again.focus.map.ranges == ((-1.0, 0.5), (-0.25, 0.75))
    session.state.focus = session.state.focus[::-1]  # other axes are shown whole
    assert session.state.view == []
    assert not again.focus.map.zoomed


def test_keys_look_closer_at_the_picked_object_and_back(page):
    before, row = page.focus.map.ranges, page.map_view.row
    page.key("+")
    near = page.focus.map.ranges
    for (low, high), (first, last), at in zip(before, near, page.focus.map.places([row]), strict=True):
        assert last - first == pytest.approx((high - low) / 1.5)
        assert first < at[0] < last
    page.key("-")
    np.testing.assert_allclose(page.focus.map.ranges, before)


def test_raw_latents_are_shown_by_choice(page, session, workspace):
    encoding = workspace.encoding(session.state.model_id, "lines")
    session.state.picked = "lines-017"
    session.state.axes = "latents"
    ring = page.focus.map.plot.ring.data
    assert (ring["x"][0], ring["y"][0]) == pytest.approx(tuple(encoding.latents[17, :2]))
    assert page.focus.map.figure.xaxis.axis_label == "latent 1"
    assert "axes=latents" in to_query(session.state)


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
