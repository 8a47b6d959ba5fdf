"""Outliers, annotations, clusters and overlays on the Explore page, without a browser."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from survey_of_lines import wait, write_survey

from dashboard.header import Header
from specvae_core.annotations import Annotation
from specvae_core.errors import BadConfig
from specvae_core.progress import ignore
from specvae_core.results import Kind
from specvae_core.tasks.cluster import cluster
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.outliers import outliers
from specvae_core.tasks.overlay import overlay


def opened(page, name):
    page.session.state.tab = name
    return page.lower.tab(name)


@pytest.fixture
def ranked(workspace, model):
    """Ids of the ten strongest outliers, in order."""
    result_id = outliers(workspace, ignore, Path(), model=model, survey="lines", top=10)
    return [row["id"] for row in workspace.results.load("outliers", result_id).header["outliers"]]


def test_keys_step_through_the_table_as_it_is_sorted(page, ranked, session):
    tab = opened(page, "outliers")
    page.poll()
    seen = []
    for _ in range(11):
        page.key("ArrowDown")
        seen.append(session.state.picked)
    assert seen == [*ranked, ranked[0]]
    assert tab.table.active == ranked[0]
    assert tab.evidence.object.startswith("<b>")
    tab.table.sort("id")
    page.key("ArrowRight")
    assert session.state.picked == sorted(ranked)[(sorted(ranked).index(ranked[0]) + 1) % 10]


def test_objects_are_chosen_in_another_order(page, session, workspace, model):
    with pytest.raises(BadConfig, match="fit it first"):
        outliers(workspace, ignore, Path(), model=model, survey="lines", order="density")
    tab = opened(page, "outliers")
    tab.order.value = "demud"
    tab.start.clicks += 1
    wait(lambda: workspace.results.list(Kind.OUTLIERS), page)
    wait(lambda: len(tab.table.rows) > 0, page)
    assert tab.table.rows["DEMUD"].tolist() == list(range(1, len(tab.table.rows) + 1))
    assert session.state.picked == tab.table.rows["id"].iloc[0]


def test_a_mark_a_note_and_the_reason_as_a_tag(page, ranked, session, workspace):
    tab = opened(page, "outliers")
    page.key("ArrowRight")
    page.key("4")
    page.object.annotation.note.value = "odd slope"
    tab.tag.clicks += 1
    reason = workspace.results.list(Kind.OUTLIERS)[0].header["outliers"][0]["reason"]
    said = workspace.annotations.get("lines", ranked[0])
    assert (said.mark, said.note, said.tags) == (4, "odd slope", (reason,))
    page.poll()
    column = [head["key"] for head in tab.table.heads].index("mark")
    assert tab.table.cells[0][column] == "4"
    assert page.object.annotation.tags.value == said.tags[0]
    for left in (Annotation(4, "odd slope"), Annotation(4), Annotation()):
        page.key("u")
        assert workspace.annotations.get("lines", ranked[0]) == left


def test_annotated_objects_can_be_selected(page, session, workspace):
    for name in ("lines-003", "lines-010"):
        workspace.annotations.change("lines", name, "somebody", mark=2, tags=("star",))
    workspace.annotations.change("lines", "lines-020", "somebody", note="look again")
    page.poll()
    tab = opened(page, "selection")
    assert list(tab.annotated.options) == ["choose…", "any annotation (3)", "mark 2 (2)", "note (1)", "tag star (2)"]
    tab.annotated.value = "mark 2"
    np.testing.assert_array_equal(session.state.selection, [3, 10])
    session.state.selection = np.array([5], np.int32)
    assert tab.annotated.value == ""


def test_clusters_colour_only_when_asked_and_select(page, model, session, workspace):
    first = cluster(workspace, ignore, Path(), model=model, survey="lines", settings={"n": 2})
    again = cluster(workspace, ignore, Path(), model=model, survey="lines", settings={"n": 2})
    assert again == first  # the same question replaces its answer
    page.poll()
    tab = opened(page, "clusters")
    assert session.state.colour_by == "class"
    assert len(page.lower.card) == 3
    tab.start.clicks += 1
    wait(lambda: not tab.clusters.busy, page)
    assert session.state.colour_by == "clusters kmeans-6"
    assert page.corner.column.value == session.state.colour_by
    tab.kept.value = first
    assert session.state.colour_by == "clusters kmeans-2"
    tab.table.open("cluster 2")
    assert len(session.state.selection) == workspace.results.load("clusters", first).header["clusters"][1]["n"]


def test_an_overlay_is_drawn_and_its_objects_shown(page, model, session, workspace, monkeypatch):
    monkeypatch.setattr(import_module("specvae_core.tasks.overlay"), "FOREIGN", 1.0)
    write_survey(workspace, "other", n=40)
    session.state.overlay = overlay(workspace, ignore, Path(), model=model, survey="lines", other="other")
    header = workspace.results.load("overlays", session.state.overlay).header
    assert f"{header['foreign_fraction']:.0%} outliers" in page.corner.note.object
    tab = opened(page, "overlay")
    assert f"<b>{header['n_foreign']}</b> of 40" in tab.summary.object
    names = [row["id"] for row in header["objects"]]
    assert tab.table.active == names[0]
    page.key("ArrowRight")
    assert tab.table.active == names[1]
    assert tab.spectrum.shown() == ("other", header["objects"][1]["row"])
    observed = tab.spectrum.plot.pixels.data["observed"]
    np.testing.assert_array_equal(
        np.isnan(observed), workspace.survey("other").row(header["objects"][1]["row"]).ivar[0] == 0
    )
    session.state.overlay = ""
    assert not tab.overlay.ready
    assert not page.corner.note.visible


def test_a_model_that_another_session_deletes_is_told_and_comes_back(page, model, session, notices, workspace):
    header = Header(session, {"explore": "Explore"})
    workspace.delete_model(model)
    page.key("ArrowRight")
    assert any(f"no model {model}" in text for text in notices)
    header.refresh()
    assert session.state.model_id == ""
    assert not page.encoded.ready
    workspace.restore_model(model)
    header.refresh()
    assert session.state.model_id == model
    assert "is not encoded" in page.encoded.empty.text
    encode_survey(workspace, model, "lines")
    page.poll()
    assert page.encoded.ready
