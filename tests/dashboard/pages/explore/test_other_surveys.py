"""Another survey on the Explore page of the shipped demo: its figures stay, and show what lies on another grid."""

import shutil

import numpy as np
import pytest

from dashboard.page import Session
from dashboard.pages.explore.page import ExplorePage
from dashboard.server_files import ServerFiles
from dashboard.shared import Shared
from dashboard.state import SessionState
from dashboard.theme import PALETTES
from specvae_core.assets import asset
from specvae_core.jobs import JobRunner
from specvae_core.tasks.demo import MODEL, SURVEY
from specvae_core.workspace import Workspace


@pytest.fixture
def page(tmp_path):
    """The page on galaxies under InfoVAE; reading only, so that the shipped files are used as they are."""
    shutil.copytree(asset("demo"), tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    runner = JobRunner(workspace.folder / "jobs")
    session = Session(SessionState(), Shared(workspace, runner, ServerFiles(None)))
    session.state.param.update(survey_id=SURVEY, model_id=MODEL)
    page = ExplorePage(session)
    page.view()
    yield page
    runner.shutdown()


def look_at(page, survey):
    """Choose a survey under the newest model that was trained on it, as the header does."""
    model = next(one.id for one in page.session.workspace.models() if one.survey_id == survey)
    page.session.state.look_at(survey, model)


def drawn(page):
    """Ends of the wavelength axis and wavelengths of the curves of the open tab, and labels of the corner plot."""
    plot = page.lower.tab("spectrum").plot
    ends = plot.flux.x_range.start, plot.flux.x_range.end
    labels = [list(axis.major_label_overrides.values()) for axis in page.corner.plot.figure.axis]
    return ends, plot.pixels.data["wavelength"], labels


def test_figures_stay_and_fit_the_survey_and_come_back(page):
    corner, spectrum, before = page.corner.plot, page.lower.tab("spectrum").plot, drawn(page)
    look_at(page, "powders")
    grid = page.session.workspace.survey("powders").grid
    ends, wavelength, labels = drawn(page)
    np.testing.assert_allclose(wavelength, grid.wavelength)
    np.testing.assert_allclose(ends, grid.wavelength[[0, -1]])
    n_shown = len(page.session.state.shown)
    assert corner.figure.x_range.end == n_shown
    assert len(corner.images.data["image"]) == n_shown * (n_shown - 1) // 2
    assert labels != before[2]
    assert (page.corner.plot, page.lower.tab("spectrum").plot) == (corner, spectrum)
    page.session.state.look_at(SURVEY, MODEL)
    after = drawn(page)
    assert (after[0], after[2]) == (before[0], before[2])
    np.testing.assert_array_equal(after[1], before[1])


def test_an_observed_frame_is_kept_from_grid_to_grid(page):
    state, stars = page.session.state, page.session.workspace.survey("stars").grid.wavelength
    state.frame = "observed"
    look_at(page, "stars")
    (start, end), wavelength, _ = drawn(page)
    np.testing.assert_allclose((start, end), wavelength[[0, -1]])
    np.testing.assert_allclose(wavelength / stars, wavelength[0] / stars[0])


def test_bands_have_figures_of_their_own(page):
    spectrum = page.lower.tab("spectrum").plot
    look_at(page, "sky")
    bands = page.lower.tab("spectrum").plot
    assert bands is not spectrum
    assert bands.flux.yaxis.axis_label == "magnitude"
    page.session.state.look_at(SURVEY, MODEL)
    assert page.lower.tab("spectrum").plot.flux.yaxis.axis_label == "flux / mean"


def test_colours_chosen_while_another_page_was_in_view_hold_for_another_survey_too(page):
    state = page.session.state
    state.page = "data"
    state.theme = "dark"
    look_at(page, "stars")
    state.page = "explore"
    page.shown()
    plots = page.corner.plot.figure, page.focus.map.figure, page.lower.tab("spectrum").plot.flux
    assert {axis.major_label_text_color for plot in plots for axis in plot.axis} == {PALETTES["dark"].muted}
