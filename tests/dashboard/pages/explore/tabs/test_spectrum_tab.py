"""The tools of a spectrum: redshift, frame, smoothing, lines, pins and remarks, without a browser."""

import numpy as np
import pytest

from specvae_core.annotation_record import Feature


@pytest.fixture
def tab(page, session):
    """The tab *Spectrum* with an object picked."""
    session.state.picked = "lines-003"
    return page.lower.tab("spectrum")


def lines_of(tab):
    """Places of the marks of lines."""
    marks = next(one for one in tab.plot.flux.renderers if one.name == "lines")
    return np.array(marks.data_source.data["x"])


def test_lines_follow_the_trial_redshift_and_my_z_is_kept_and_undone(page, tab, session, workspace):
    before = lines_of(tab)
    tab.tools.redshift.z.value = 0.1
    np.testing.assert_allclose(lines_of(tab), before * 1.1)
    assert tab.tools.redshift.slider.value == 0.1
    page.key("]")
    assert tab.tools.redshift.value == pytest.approx(1.1 * 1.0002 - 1)
    tab.tools.redshift.z.value = 0.1
    tab.tools.redshift.quality.value = 2
    page.key("k")
    said = workspace.annotations.get("lines", "lines-003")
    assert (said.redshift, said.quality) == (0.1, 2)
    session.state.picked = "lines-004"
    np.testing.assert_allclose(lines_of(tab), before)
    session.state.picked = "lines-003"
    assert tab.tools.redshift.z.value == 0.1
    page.key("u")
    assert workspace.annotations.get("lines", "lines-003").empty


def test_a_line_at_the_marked_place_gives_the_redshift(tab, notices):
    tab.tools.lines.here.value = 6564.61
    assert "Click in the spectrum first" in notices[-1]
    tab.tools.lines.here.value = ""
    tab.tools.subject.mark_at(6564.61 * 1.05)
    tab.tools.lines.here.value = 6564.61
    assert tab.tools.redshift.value == pytest.approx(0.05)


def test_smoothing_lowers_the_noise_and_the_frame_moves_the_pixels(page, tab):
    rough = np.nanstd(np.diff(tab.plot.pixels.data["observed"]))
    tab.tools.width.value = 3
    assert np.nanstd(np.diff(tab.plot.pixels.data["observed"])) < 0.5 * rough
    wavelength = tab.plot.pixels.data["wavelength"].copy()
    page.key("o")
    assert tab.tools.frame.value == "observed"
    np.testing.assert_allclose(tab.plot.pixels.data["wavelength"], wavelength)  # the survey has no redshifts


def test_remarks_are_kept_with_the_object_and_deleted(tab, workspace, notices):
    tab.tools.remarks.note.value = "too early"
    assert "Click in the spectrum first" in notices[-1]
    tab.tools.remarks.note.value = ""
    tab.tools.subject.mark_at(5000.0)
    tab.tools.remarks.note.value = "odd bump"
    assert workspace.annotations.get("lines", "lines-003").features == (Feature(5000.0, "odd bump"),)
    assert tab.tools.remarks.note.value == ""
    tab.tools.remarks.mine[0][1].clicks += 1
    assert workspace.annotations.get("lines", "lines-003").empty


def test_pins_stay_behind_the_next_object(tab, session):
    session.state.selection = np.array([1, 2], np.int32)
    tab.tools.pins.selected.clicks += 1
    session.state.picked = "lines-007"
    pins = next(one for one in tab.plot.flux.renderers if one.name == "pins").data_source.data
    assert len(pins["xs"]) == 2
    assert tab.tools.pins.words.object.count("lines-00") == 2


def test_own_lines_are_kept_and_shown_and_what_is_no_list_is_refused(tab, workspace, notices):
    tab.tools.lines.upload.param.update(filename="quasars.csv", value=b"name,wavelength\nLya,1215.67\nCIV,1549.06\n")
    assert workspace.line_lists.names() == ["quasars"]
    assert tab.tools.lines.list.value == "quasars"
    assert lines_of(tab).tolist() == [1215.67, 1549.06]
    tab.tools.lines.upload.param.update(filename="bad.csv", value=b"a,b\n1,2\n")
    assert "columns name and wavelength" in notices[-1]
    assert workspace.line_lists.names() == ["quasars"]
