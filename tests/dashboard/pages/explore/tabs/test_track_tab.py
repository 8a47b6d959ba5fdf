"""Tracks in the Explore page, on the shipped demo, without a browser."""

import json
import shutil
import time

import numpy as np
import pytest
from snippets import run_snippet

from dashboard.address import to_query
from dashboard.page import Session
from dashboard.pages.explore.maps.corner_panels import beyond, panel_paths, within
from dashboard.pages.explore.page import ExplorePage
from dashboard.pages.explore.tracks.track_marks import apart, labelled
from dashboard.pages.explore.tracks.track_trends import PANELS, build_track_trends
from dashboard.server_files import ServerFiles
from dashboard.shared import Shared
from dashboard.state import SessionState
from specvae_core.analysis.track_paths import Automatic, Points, Traverse
from specvae_core.assets import asset
from specvae_core.jobs import JobRunner
from specvae_core.results import Kind
from specvae_core.tasks.demo import MODEL, SURVEY, TRACKS
from specvae_core.tasks.replay import replay
from specvae_core.tasks.selections import keep_selection
from specvae_core.tasks.track import keep_track, make_track
from specvae_core.workspace import Workspace


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """The demo with two of its tracks."""
    folder = tmp_path_factory.mktemp("shipped") / "workspace"
    shutil.copytree(asset("demo"), folder)
    shutil.rmtree(folder / "results", ignore_errors=True)
    workspace = Workspace.open(folder)
    for title in ("S star formation", "A active galaxies"):
        keep_track(workspace, make_track(workspace, MODEL, SURVEY, TRACKS[title], title=title))
    return folder


@pytest.fixture
def page(shipped, tmp_path, monkeypatch):
    """The Explore page with the tab of tracks open."""
    shutil.copytree(shipped, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    runner = JobRunner(workspace.folder / "jobs")
    session = Session(SessionState(), Shared(workspace, runner, ServerFiles(None)))
    page = ExplorePage(session)
    page.told = []
    monkeypatch.setattr(session.bridge, "notify", lambda text, kind="info": page.told.append(text))
    session.state.param.update(survey_id=SURVEY, model_id=MODEL, tab="track")
    page.view()
    yield page
    runner.shutdown()


def made(page):
    """The shown track, once the one that was asked for is made."""
    end = time.monotonic() + 60
    while page.map_view.tracks.computing:
        assert time.monotonic() < end, "no track was made in time"
        time.sleep(0.01)
        page.poll()
    return page.map_view.tracks.shown


@pytest.fixture
def tab(page):
    return page.lower.tab("track")


def test_figures_without_a_track_have_ranges():
    for figure in build_track_trends("light").figures:  # else the browser's console warns of each
        assert np.isfinite([figure.x_range.start, figure.x_range.end, figure.y_range.start, figure.y_range.end]).all()


def test_the_newest_track_is_shown_with_spectra_trends_and_neighbours(page, tab):
    track = page.map_view.tracks.shown
    assert track.title == "A active galaxies"
    assert len(tab.spectra.stacked.data["x"]) == 5
    np.testing.assert_array_equal(tab.spectra.shown.data["y"], track.flux[0])
    np.testing.assert_array_equal(tab.trends.steps.data["fwhm_h_alpha"], track.lines["fwhm_h_alpha"])
    assert [button.label for button in tab.nearest] == list(track.nearest[0])
    assert list(tab.trends.names.data["text"]) == ["A1", "A2", "A3", "A4", "A5"]
    for figure, curves in zip(tab.trends.panels, PANELS.values(), strict=True):
        values = np.concatenate([tab.trends.steps.data[name] for name in curves])
        assert figure.y_range.start < np.nanmin(values)
        assert np.nanmax(values) < figure.y_range.end


def test_the_form_closes_once_its_track_is_made_and_opens_for_another(page, tab):
    tab.new.value = True
    tab.form.way.value = "traverse"
    tab.form.make.clicks += 1
    made(page)
    assert not tab.form.visible
    assert tab.filled.visible
    tab.new.value = True
    tab.picker.value = next(iter(tab.picker.options.values()))  # a look at another track
    assert tab.form.visible


def test_the_slider_morphs_one_spectrum_and_a_neighbour_can_be_picked(page, tab):
    tab.slider.value = 12
    track = page.map_view.tracks.shown
    np.testing.assert_array_equal(tab.spectra.shown.data["y"], track.flux[11])
    assert tab.spectra.place.data["y"] == [12]
    tab.nearest[1].clicks += 1
    assert page.session.state.picked == track.nearest[11, 1]


def test_playing_goes_on_and_begins_again(page, tab):
    tab.slider.value = 20
    tab.advance()
    assert tab.slider.value == 20  # nobody plays
    tab.play.value = True
    tab.advance()
    assert tab.slider.value == 1
    tab.play.value = False
    assert [button.label for button in tab.nearest] == list(page.map_view.tracks.shown.nearest[0])


def test_the_track_lies_in_every_panel_and_on_the_map(page):
    steps = page.corner.plot.track.steps.data
    assert len(steps["x"]) == 15 * 5
    assert steps["name"][0] == "A1"  # in small panels names that would overlap are left out
    assert list(page.focus.track.steps.data["name"]) == ["A1", "A2", "A3", "A4", "A5"]
    track = page.map_view.tracks.shown
    here = page.focus.track.path.data
    np.testing.assert_allclose(here["x"][0], track.components[:, 0], atol=1e-5)
    page.session.state.axes = "latents"
    np.testing.assert_allclose(page.focus.track.path.data["x"][0], track.latents[:, 0], atol=1e-5)


def test_a_path_drawn_on_the_map_becomes_the_shown_track(page, tab):
    before = page.session.state.track
    page.focus.map.tools.value = "track"
    assert page.map_view.drawing
    path = {"x": [-3.0, 0.0, 5.0], "y": [0.0, -1.0, 0.5]}
    page.focus.track.sketch.data = page.focus.track.drawn.data = path
    assert page.focus.track.sketch.data["x"]  # the line stays while the track is computed
    track = made(page)
    assert not page.focus.track.sketch.data["x"]
    assert page.session.state.track != before
    assert track.title == "Track 1"
    np.testing.assert_allclose(track.components[[0, -1], :2], [[-3, 0], [5, 0.5]], atol=1e-4)
    assert not page.map_view.drawing
    np.testing.assert_array_equal(tab.spectra.shown.data["y"], track.flux[0])


def test_a_track_from_another_tab_is_announced_until_the_density_is_measured(page, monkeypatch):
    session, told = Session(SessionState(), page.session.shared), []
    monkeypatch.setattr(session.bridge, "notify", lambda text, kind="info": told.append(text))
    session.state.param.update(survey_id=SURVEY, model_id=MODEL, tab="explain")
    other = ExplorePage(session)
    other.view()
    way = Points(np.eye(6)[:2], tuple(range(6)), "latents", (), "local")
    other.map_view.tracks.make(way, "B to A")
    assert told == ["B to A is computed once the density of the training spectra is measured."]
    assert made(other).title == "B to A"
    assert "track=B-to-A" in to_query(session.state)
    other.map_view.tracks.make(way, "once more")
    assert made(other).title == "once more"
    assert len(told) == 1


def test_a_path_drawn_in_a_panel_counts_in_that_panels_latents(page):
    limits = page.map_view.map.limits
    page.focus.map.tools.value = "track"
    x = within(np.array([-2.0, 3.0]), 0, limits[0])
    y = within(np.array([-1.0, 1.0]), 6 - 1 - 2, limits[2])
    page.corner.plot.track.drawn.data = {"x": list(x), "y": list(y)}
    track = made(page)
    np.testing.assert_allclose(track.components[[0, -1]][:, [0, 2]], [[-2, -1], [3, 1]], atol=1e-4)


def test_the_form_makes_tracks_and_tells_mistakes(page, tab):
    tab.form.way.value = "traverse"
    tab.form.by.value = "2"
    tab.form.title.value = "second"
    tab.form.make.clicks += 1
    track = made(page)
    assert track.title == "second"
    assert track.way["kind"] == "traverse"
    tab.form.by.value = "17"
    tab.form.make.clicks += 1
    made(page)
    assert "no component 17" in page.told[-1]
    tab.form.way.value = "between"
    page.session.state.picked = "demo-00007"
    page.session.state.picked = "demo-00011"
    assert [end.value for end in tab.form.ends] == ["demo-00007", "demo-00011"]
    tab.form.make.clicks += 1
    assert made(page).nearest[0, 0] == "demo-00007"


def test_only_the_classes_in_the_legend_are_followed(page, tab):
    page.session.state.hidden = ["quiescent", "emission-line", "narrow-line AGN"]
    tab.form.way.value = "automatic"
    tab.form.make.clicks += 1
    assert made(page).way["classes"] == ["broad-line AGN"]


def test_tracks_are_renamed_deleted_and_brought_back(page, tab):
    results = page.session.workspace.results
    first = page.session.state.track
    tab.name_field.value = "Nuclei"
    assert results.load(Kind.TRACKS, first).title == "Nuclei"
    assert "Nuclei" in tab.picker.options
    tab.delete.clicks += 1
    assert page.map_view.tracks.shown.title == "S star formation"
    tab.delete.clicks += 1
    assert page.map_view.tracks.shown is None
    assert tab.hint.visible
    assert not tab.filled.visible
    tab.undo.clicks += 1
    assert page.map_view.tracks.shown.title == "S star formation"


def test_a_copy_of_a_track_is_shown_and_may_be_deleted_alone(page, tab):
    original, steps = page.session.state.track, page.map_view.tracks.shown
    tab.copy.clicks += 1
    copy = page.session.state.track
    assert copy != original
    assert page.map_view.tracks.shown.title == "A active galaxies copy"
    np.testing.assert_array_equal(page.map_view.tracks.shown.latents, steps.latents)
    tab.delete.clicks += 1
    assert page.session.workspace.results.exists(Kind.TRACKS, original)


def test_panels_hold_a_path_only_within_their_axes():
    limits = np.array([[0.0, 1.0], [0.0, 2.0]])
    ((x, y),) = panel_paths(np.array([[0.5, 1.0], [0.5, 3.0]]), limits)
    np.testing.assert_allclose(beyond(x, 0, limits[0]), [0.5, 0.5])
    assert np.isnan(y[1])


@pytest.mark.parametrize(("n", "rows"), [(20, [0, 5, 10, 14, 19]), (3, [0, 1, 2]), (2, [0, 1])])
def test_at_most_five_steps_have_names(n, rows):
    np.testing.assert_allclose(labelled(n), rows, atol=1)
    assert len(labelled(n)) == len(rows)


def test_names_of_steps_that_lie_together_are_left_out_and_the_ends_come_first():
    x, y = np.array([0.0, 0.1, 0.5, 0.9, 1.0]), np.zeros(5)
    np.testing.assert_array_equal(apart(x, y, 0.2), [True, False, True, False, True])
    assert apart(x, y, 0.0).all()
    assert apart(x[:1], y[:1], 0.2).all()


def test_the_recipe_of_a_track_makes_it_again(page, tab, monkeypatch, tmp_path):
    saved = []
    session = page.map_view.session
    monkeypatch.setattr(session.bridge, "save", lambda name, mime, data: saved.append((name, json.loads(data))))
    tab.recipe.clicks += 1
    assert saved[0][0] == f"{session.state.track}.json"
    assert replay(session.workspace, saved[0][1]).same
    track = run_snippet(saved[0][1], session.workspace, tmp_path)["track"]
    np.testing.assert_allclose(track.latents, saved[0][1]["latents"], atol=1e-4)


def test_making_naming_and_deleting_a_track_are_undone_one_after_the_other(page, tab):
    book, changes, state = page.map_view.tracks, page.map_view.changes, page.map_view.session.state
    titles = [one.title for one in book.all()]
    tab.name_field.value = "renamed"
    tab.delete.clicks += 1
    assert [one.title for one in book.all()] == titles[1:]
    changes.undo()
    assert book.shown.title == "renamed"
    changes.undo()
    assert (book.shown.title, tab.name_field.value) == (titles[0], titles[0])
    book.make(Traverse("1"), "new")
    made(page)
    assert book.shown.title == "new"
    changes.undo()
    assert [one.title for one in book.all()] == titles
    assert state.track == book.all()[0].id


def test_a_track_of_the_form_follows_a_kept_selection(page):
    workspace, form = page.map_view.session.workspace, page.lower.tab("track").form
    rows = np.flatnonzero(workspace.survey(SURVEY).table["class"] == "quiescent")
    keep_selection(workspace, SURVEY, "quiet", rows)
    page.lower.tab("track").new.value = True
    assert form.follows.visible
    form.follows.value = "@quiet"
    form.make.clicks += 1
    track = made(page)
    expected = make_track(workspace, MODEL, SURVEY, Automatic(("quiescent",), "1"))
    np.testing.assert_allclose(track.latents, expected.latents, atol=1e-5)
