"""The Explore page on a small real workspace, without a browser."""

import numpy as np
import pytest
from survey_of_lines import write_survey

from dashboard.header import Header
from dashboard.pages.explore.page import ExplorePage


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
