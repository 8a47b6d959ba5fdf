"""The tabs *Sky*, *People* and *Similar* on the Explore page, without a browser."""

import numpy as np
from sky_service import sky_service
from survey_of_lines import wait, write_survey

from specvae_core.tasks.encode import encode_survey


def opened(page, name):
    page.session.state.tab = name
    return page.lower.tab(name)


def test_images_are_asked_for_one_by_one_and_refusals_stand_in_their_place(page, session, workspace, notices):
    tab = opened(page, "sky")
    tab.one.clicks += 1
    assert "No cutout service is set" in notices[-1]
    with sky_service() as service:
        tab.service.value = service.template
        assert workspace.cutouts.template == service.template
        tab.one.clicks += 1
        wait(lambda: "no columns ra and dec" in tab.grid.object, page)
    tab.service.value = "file:///{ra}{dec}"
    assert "is not an address on the web" in notices[-1]


def test_people_are_named_and_compared(page, session, workspace):
    page.key("3")
    tab = opened(page, "people")
    tab.name.value = "anna"
    assert session.state.author == "anna"
    page.key("1")
    page.poll()
    picked = session.state.picked
    assert workspace.annotations.get("lines", picked, "anna").mark == 1
    assert workspace.annotations.get("lines", picked).mark == 3
    assert "disagree on 1" in tab.words.object
    assert tab.table.cells[0][:4] == ["unnamed", "anna", "1", "0.00"]
    assert "unnamed" in page.object.annotation.others.object
    tab.disagree.clicks += 1
    assert len(session.state.selection) == 1


def test_similar_objects_have_a_residual_and_may_be_in_another_survey(
    page, session, workspace, model, notices, recipes
):
    write_survey(workspace, "more", 40)
    encode_survey(workspace, model, "more")
    tab = opened(page, "similar")
    drawn = page.lower.card[-1]
    tab.like.clicks += 1
    assert tab.among.options == ["lines", "more"]
    first = tab.strip.items[1]
    assert first["residual"]
    assert "σ" in first["note"]
    (recipe,) = recipes(drawn)
    assert recipe["object"] == tab.strip.items[0]["id"]
    assert recipe["points"] == len(tab.strip.items) * workspace.survey("lines").grid.n_pixel
    tab.less.clicks += 1
    assert "less like" in notices[-1]
    example = session.state.picked
    tab.strip.open(first["id"])
    tab.less.clicks += 1
    wait(lambda: session.state.track, page)
    assert session.state.track.startswith("less-like")
    np.testing.assert_equal(page.map_view.tracks.shown.way["kind"], "points")
    session.state.tab, tab.among.value = "similar", "more"
    assert all(item["id"].startswith("more-") for item in tab.strip.items[1:])
    assert tab.strip.items[0]["id"] == example
    (recipe,) = recipes(drawn)
    assert recipe["among"] == "more"
    tab.strip.open(tab.strip.items[1]["id"])
    assert session.state.survey_id == "more"


def test_proposals_have_a_recipe_of_what_is_left_of_them(page, session, workspace, recipes, notices):
    for row, key in ((3, "5"), (8, "0")):
        session.state.picked = page.map_view.map.id_of(row)
        page.key(key)
    tab = opened(page, "teach")
    tab.teach.clicks += 1
    wait(lambda: tab.strip.items, page)
    offered = tab.strip.ids
    session.state.picked = offered[1]
    page.key("x")
    page.key("4")
    (recipe,) = recipes(page.lower.card[-1])
    assert recipe["without"] == offered[1:3]
    assert recipe["top"] == len(offered)
    assert list(recipe["scores"].values()) == [5, 0]
    tab.strip.items = []
    assert recipes(page.lower.card[-1]) == []
    assert "learn from the scores first" in notices[-1]


def test_the_residual_of_a_spectrum_to_itself_is_zero(workspace, model):
    from dashboard.pages.explore.strip import residual_curve

    one = workspace.survey("lines").read([3])
    points, rms = residual_curve(one, one, 0)
    assert rms == 0.0
    assert {point.split(",")[1] for point in points.split()} == {"20.0"}
    other = workspace.survey("lines").read([9])
    assert residual_curve(one, other, 0)[1] > 1
