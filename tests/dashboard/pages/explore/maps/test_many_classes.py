"""A survey of thirty classes on the Explore page."""

import pytest
from survey_of_lines import write_survey

from dashboard.address import from_query, to_query
from dashboard.colouring import GREY, MOST_CLASSES
from dashboard.pages.explore.page import ExplorePage
from specvae_core.progress import ignore
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.train import train

N_CLASSES = 30


@pytest.fixture
def many(workspace, session, tmp_path, notices) -> ExplorePage:
    """The page on 600 lines of thirty classes."""
    write_survey(workspace, "many", 600, n_classes=N_CLASSES)
    model = train(workspace, ignore, tmp_path, survey="many", model="pca", config={"n_latent": 3})
    encode_survey(workspace, model, "many")
    session.state.param.update(survey_id="many", model_id=model)
    page = ExplorePage(session)
    page.view()
    return page


def chips(page: ExplorePage) -> list[dict]:
    return page.corner.legend.content["classes"]


def test_each_chip_looks_different_and_points_have_the_marks_of_their_class(many):
    looks = {(chip["colour"].lower(), chip["shape"]) for chip in chips(many)}
    assert len(looks) == len(chips(many)) == MOST_CLASSES
    drawn = set(zip(*(many.focus.map.plot.points.data[name] for name in ("colour", "shape")), strict=True))
    assert drawn == looks


def test_all_classes_are_switched_off_and_on_at_once(many, session):
    many.corner.legend.switch_all(False)
    assert not any(chip["shown"] for chip in chips(many))
    assert not many.map_view.visible.any()
    one = chips(many)[3]["name"]
    many.corner.legend.switch(one)
    assert [chip["name"] for chip in chips(many) if chip["shown"]] == [one]
    many.corner.legend.switch_all(True)
    assert session.state.hidden == []


def test_opening_other_colours_the_other_classes_and_is_in_the_address(many, session):
    first = [chip["name"] for chip in chips(many)]
    assert many.corner.legend.content["opens"]
    many.corner.legend.open()
    second = [chip["name"] for chip in chips(many)]
    assert chips(many)[-1]["colour"] == GREY  # all that is not in question here
    assert sorted([*first[:-1], *second[:-1]]) == [f"kind {i:02d}" for i in range(N_CLASSES)]
    assert from_query(to_query(session.state), lambda survey: 600).values["first_class"] == MOST_CLASSES - 1
    many.corner.legend.open()
    assert [chip["name"] for chip in chips(many)] == first
