"""The filter line on the page without a browser: what it selects, what it says, and when it is left."""

import json

import numpy as np
from snippets import check_figure, run_snippet

from dashboard.pages.explore.page import ExplorePage
from specvae_core.results import Kind
from specvae_core.tasks.replay import replay
from specvae_core.tasks.selections import keep_selection, selections_of


def test_a_filter_selects_and_is_left_by_a_selection_by_hand(page, session):
    field = page.filter.field
    field.enter("component_1 > 0")
    rows = np.flatnonzero(page.map_view.map.latents[0] > 0)
    assert session.state.where == field.value == "component_1 > 0"
    assert session.state.selection.tolist() == rows.tolist()
    assert field.note == f"{len(rows)} of {page.map_view.map.n}"
    session.state.selection = np.array([1, 2], np.int32)
    assert (session.state.where, field.value, field.note) == ("", "", "")
    assert session.state.selection.tolist() == [1, 2]


def test_a_mistake_leaves_the_selection(page, session):
    page.filter.field.enter("component_1 > 0")
    before = session.state.selection
    page.filter.field.enter("componnent_1 > 0")
    assert "did you mean component_1" in page.filter.field.error
    assert session.state.selection is before


def test_names_are_offered_and_files_are_not_read(page, session):
    keep_selection(session.workspace, "lines", "a few", [0, 1])
    page.filter.refresh({"map"})
    assert {"class", "component_1", "log10(", "@`a few`"} <= set(page.filter.field.words)
    page.filter.field.enter("@a few")
    assert session.state.selection.tolist() == [0, 1]
    page.filter.field.enter("not @`a few` and component_1 > 0")
    rows = np.flatnonzero(page.map_view.map.latents[0] > 0)
    assert session.state.selection.tolist() == np.setdiff1d(rows, [0, 1]).tolist()
    page.filter.field.enter("@/etc/hostname")
    assert "There is no selection /etc/hostname" in page.filter.field.error


def test_ids_are_pasted(page, session):
    ids = session.workspace.survey(session.state.survey_id).ids
    page.filter.field.enter(f"{ids[2]}, {ids[0]}\nnothing")
    assert session.state.selection.tolist() == [0, 2]
    assert "1 not found (nothing)" in page.filter.field.note


def test_every_change_is_undone(page, session):
    page.filter.field.enter("component_1 > 0")
    filtered = session.state.selection
    session.state.selection = np.array([1, 2], np.int32)
    page.key("c")
    page.key("U")
    assert (session.state.where, session.state.selection.tolist()) == ("", [1, 2])
    page.key("U")
    assert session.state.where == page.filter.field.value == "component_1 > 0"
    assert session.state.selection.tolist() == filtered.tolist()
    page.key("U")
    assert (session.state.where, page.filter.field.value, len(session.state.selection)) == ("", "", 0)
    page.key("U")
    assert len(session.state.selection) == 0


def test_a_kept_selection_is_in_the_address_by_name_and_undone(page, session):
    session.state.param.update(selection=np.arange(0, 8, 2, dtype=np.int32), tab="selection")
    named = page.lower.tab("selection").named
    named.name_field.value = "even"
    named.keep.clicks += 1
    assert session.state.where == page.filter.field.value == "@even"
    kept = session.workspace.results.list(Kind.SELECTIONS)
    assert [one.title for one in kept] == ["even"]
    named.more.value = "Delete"
    assert session.workspace.results.list(Kind.SELECTIONS) == []
    page.key("U")
    assert [one.title for one in session.workspace.results.list(Kind.SELECTIONS)] == ["even"]
    page.key("U")
    assert session.workspace.results.list(Kind.SELECTIONS) == []


def test_a_kept_selection_is_renamed_copied_deleted_and_each_is_undone(page, session, notices):
    def kept() -> dict[str, list[int]]:
        found = selections_of(session.workspace, "lines")
        return {one.title: one.arrays["rows"].tolist() for one in found}

    session.state.param.update(selection=np.arange(0, 6, 2, dtype=np.int32), tab="selection")
    named = page.lower.tab("selection").named
    named.name_field.value = "even"
    named.keep.clicks += 1
    named.name_field.value = "every second"
    named.more.value = "Rename to the name typed here"
    assert kept() == {"every second": [0, 2, 4]}
    assert session.state.where == page.filter.field.value == "@every second"
    named.more.value = "Copy"
    assert kept() == {"every second": [0, 2, 4], "every second copy": [0, 2, 4]}
    colours = {one.header["colour"] for one in selections_of(session.workspace, "lines")}
    assert len(colours) == 2
    for action in ("Rename to the name typed here", "Copy"):
        named.name_field.value = "every second"
        named.more.value = action
        assert "There is a selection every second already" in notices[-1]
    named.name_field.value = ""
    named.more.value = "Delete"  # of the copy, which is shown
    assert list(kept()) == ["every second"]
    page.key("U")
    assert list(kept()) == ["every second", "every second copy"]
    page.key("U")
    assert list(kept()) == ["every second"]
    page.key("U")
    assert list(kept()) == ["even"]


def test_the_filter_of_the_address_is_applied(model, session, notices):
    session.state.param.update(survey_id="lines", model_id=model, where="component_1 > 0")
    page = ExplorePage(session)
    page.view()
    assert len(session.state.selection) == int((page.map_view.map.latents[0] > 0).sum())
    assert page.filter.field.value == "component_1 > 0"


def test_rows_of_the_address_are_bounded_and_its_files_are_not_explained(model, session, notices, tmp_path):
    """A run of 10^11 rows is refused before it is made; a file named there is read by no job of the page."""
    secret = tmp_path / "ids.txt"
    secret.write_text("lines-001\n")
    for where, error in (("#0-99999999999", "objects, but rows"), (f"@{secret}", "There is no selection")):
        session.state.param.update(survey_id="lines", model_id=model, where=where, tab="explain")
        page = ExplorePage(session)
        page.view()
        assert error in page.filter.field.error
        assert len(session.state.selection) == 0
        session.state.selection = np.array([1, 2], np.int32)
        session.state.where = where
        page.lower.tab("explain").start.clicks += 1
        assert not [job for job in session.runner.jobs() if "ids.txt" in str(job.arguments)]
        session.state.param.update(selection=np.empty(0, np.int32), where="")


def test_a_recipe_is_saved_and_gives_the_selection_again(page, session, monkeypatch, tmp_path):
    saved = []
    monkeypatch.setattr(session.bridge, "save", lambda name, mime, data: saved.append(json.loads(data)))
    page.filter.field.enter("component_1 > 0")
    session.state.tab = "selection"
    page.lower.tab("selection").save.value = "Recipe"
    assert saved[0]["where"] == "component_1 > 0"
    assert replay(session.workspace, saved[0]).same
    np.testing.assert_array_equal(run_snippet(saved[0], session.workspace, tmp_path)["rows"], session.state.selection)
    session.state.selection = np.array([1, 2], np.int32)
    page.lower.tab("selection").save.value = "Recipe"
    assert saved[1]["ids"] == page.map_view.map.index.ids_of([1, 2])
    assert replay(session.workspace, saved[1]).same
    assert run_snippet(saved[1], session.workspace, tmp_path)["rows"].tolist() == [1, 2]


def test_recipes_of_a_map_and_of_a_spectrum(page, session, monkeypatch, tmp_path):
    saved = []
    monkeypatch.setattr(session.bridge, "save", lambda name, mime, data: saved.append(json.loads(data)))
    session.state.param.update(selection=np.array([1, 2], np.int32), picked="lines-003", tab="spectrum")
    page.focus.plane.recipe.clicks += 1
    page.lower.tab("spectrum").recipe.clicks += 1
    assert [one["figure"] for one in saved] == ["map", "spectrum"]
    assert [saved[0][name] for name in ("x", "y", "colour")] == ["component_1", "component_2", "class"]
    assert (saved[0]["n"], saved[1]["object"]) == (2, "lines-003")
    for one in saved:
        check_figure(one, session.workspace, tmp_path)
