"""Counts of a whole corner on the disk: the same, made once, and again where they are damaged or others are meant."""

from threading import Event

import numpy as np
import pandas as pd
import pytest

from dashboard.colouring import colouring_of
from dashboard.pages.explore.maps import kept_counts as module
from dashboard.pages.explore.maps.kept_counts import kept_counts
from dashboard.pages.explore.maps.panel_counts import count_panels, cut_panels
from dashboard.pages.explore.page import ExplorePage
from dashboard.plots.shade import make_ink

LIMITS = np.array([[-1.0, 1.0], [-2.0, 2.0], [-3.0, 3.0]])


@pytest.fixture(params=["class", "teff"])
def ink(request):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"class": rng.choice(["a", "b"], 3000), "teff": rng.normal(size=3000)})
    return make_ink(colouring_of(table, request.param), np.ones(3000, bool), "light")


@pytest.fixture
def panels():
    return cut_panels(np.random.default_rng(1).normal(size=(3, 3000)).astype(np.float32), LIMITS, (200, 200))


@pytest.fixture
def few_in_memory(monkeypatch):
    """Whatever has more than ten objects is drawn from the disk."""
    monkeypatch.setattr("dashboard.shared.MOST_IN_MEMORY", 10)
    monkeypatch.setattr("specvae_core.data.survey.ROWS_PER_GROUP", 10)


def opened(page: ExplorePage) -> ExplorePage:
    """The page once it has its map."""
    for _ in range(6000):
        page.poll()
        if page.map_view.map is not None:
            return page
        Event().wait(0.01)
    raise TimeoutError


def same(one, other) -> bool:
    pairs = zip([*one.images.values(), *one.bars], [*other.images.values(), *other.bars], strict=True)
    return [*one.images] == [*other.images] and all(
        np.array_equal(a.counts, b.counts) and (a.means is b.means or np.array_equal(a.means, b.means, equal_nan=True))
        for a, b in pairs
    )


def test_they_are_counted_once(ink, panels, tmp_path, monkeypatch):
    expected = count_panels(panels, ink)
    assert same(kept_counts(tmp_path, panels, ink, "class 0"), expected)
    monkeypatch.setattr(module, "count_panels", lambda *_: pytest.fail("they were counted once more"))
    assert same(kept_counts(tmp_path, panels, ink, "class 0"), expected)
    with pytest.raises(pytest.fail.Exception):
        kept_counts(tmp_path, panels, ink, "z 0")
    larger = cut_panels(panels.latents, LIMITS, (300, 200))
    with pytest.raises(pytest.fail.Exception):
        kept_counts(tmp_path, larger, ink, "class 0")


def test_damaged_ones_are_counted_again(ink, panels, tmp_path):
    expected = kept_counts(tmp_path, panels, ink, "class 0")
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)
    assert same(kept_counts(tmp_path, panels, ink, "class 0"), expected)
    assert same(kept_counts(tmp_path, panels, ink, "class 0"), expected)


def test_where_nothing_can_be_written_they_are_counted(ink, panels, tmp_path):
    assert same(kept_counts(tmp_path / "missing", panels, ink, "class 0"), count_panels(panels, ink))


def test_a_page_takes_them_for_the_whole_map_and_counts_what_is_selected(few_in_memory, model, session):
    session.state.param.update(survey_id="lines", model_id=model)
    page = ExplorePage(session)
    page.view()
    folder = opened(page).map_view.map.folder
    state, plot = session.state, page.corner.plot
    state.colour_by = "class"
    kept = sorted(folder.glob("corner-*.npz"))
    whole = [image.copy() for image in plot.images.data["image"]]
    state.selection = np.arange(50, dtype=np.int32)
    assert any((one != other).any() for one, other in zip(whole, plot.images.data["image"], strict=True))
    assert sorted(folder.glob("corner-*.npz")) == kept
    state.selection = np.empty(0, np.int32)
    for one, other in zip(whole, plot.images.data["image"], strict=True):
        np.testing.assert_array_equal(one, other)
    state.first_class = 1
    assert len(sorted(folder.glob("corner-*.npz"))) == len(kept) + 1


def test_a_map_of_millions_is_opened_beside_the_page_which_nothing_else_waits_for(
    few_in_memory, model, session, monkeypatch
):
    go_on, make = Event(), session.shared.latent_map
    monkeypatch.setattr(session.shared, "latent_map", lambda *ids: go_on.wait(60) and make(*ids))
    session.state.param.update(survey_id="lines", model_id=model)
    page = ExplorePage(session)
    page.view()
    for _ in range(3):
        page.poll()
    assert "Opening 90 objects of lines" in page.encoded.empty.text
    assert not page.encoded.ready
    go_on.set()
    assert opened(page).encoded.ready
    assert page.map_view.map.n == 90
    go_on.clear()
    session.state.axes = "latents"
    assert not page.encoded.ready, "places along other axes are another map"
    go_on.set()
