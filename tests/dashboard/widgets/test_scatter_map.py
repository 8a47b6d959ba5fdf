"""The map that Explore, Photo-z and Reconstruct share: what gestures do, without a browser."""

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.events import DoubleTap, SelectionGeometry, Tap
from bokeh.models import LassoSelectTool

from dashboard.colouring import colouring_of
from dashboard.plots.scatter import MOST_POINTS
from dashboard.plots.shade import make_ink
from dashboard.widgets.scatter_map import ScatterMap

LIMITS = (-1.0, 11.0), (-1.0, 11.0)


class Tried:
    """A map of n objects on a diagonal from (0, 0) to (10, 10), and what its gestures did."""

    def __init__(self, session, n: int = 11, **settings: object) -> None:
        self.map = ScatterMap(session, "map", (400, 400), **settings)
        self.picked, self.selected, self.words = [], [], []
        self.map.on_pick, self.map.on_draw = self.picked.append, self.words.append
        self.map.on_select = lambda rows: self.selected.append(rows.tolist())
        self.document = Document()
        self.document.add_root(self.map.figure)
        x = np.linspace(0, 10, n).astype(np.float32)
        self.ink = make_ink(colouring_of(pd.DataFrame({"class": ["a"] * n}), "class"), np.ones(n, bool), "light")
        self.map.show(x, x, self.ink, LIMITS)

    def do(self, event: type, **what: object) -> None:
        self.document.callbacks.trigger_event(event(self.map.figure, **what))

    def box(self, low: float, high: float) -> None:
        self.do(SelectionGeometry, geometry={"type": "rect", "x0": low, "x1": high, "y0": low, "y1": high})


@pytest.fixture
def tried(session):
    return Tried(session, extra_tools={"Track": "track"})


def test_a_tap_picks_the_nearest_object_and_one_far_from_all_picks_none(tried):
    tried.do(Tap, x=3.2, y=2.9)
    tried.do(Tap, x=0.0, y=10.0)
    assert tried.picked == [3]


def test_a_box_selects_and_an_empty_one_leaves_the_selection_and_says_so(tried, notices):
    tried.box(1.5, 4.5)
    assert tried.selected == [[2, 3, 4]]
    tried.box(4.1, 4.9)
    assert tried.selected == [[2, 3, 4]]
    assert "No object" in notices[-1]


def test_a_lasso_selects_only_what_can_be_selected(tried):
    tried.map.selectable = np.arange(11) % 2 == 0
    tried.do(SelectionGeometry, geometry={"type": "poly", "x": [-1, 6, 6], "y": [-1, -1, 6]})
    tried.do(SelectionGeometry, geometry={"type": "poly", "x": [-1, 6.5, -1], "y": [-1, 6, 6.5]})
    assert {row % 2 for rows in tried.selected for row in rows} == {0}


def test_a_double_tap_shows_the_whole_again(tried):
    tried.map.figure.x_range.update(start=2.0, end=3.0)
    tried.do(DoubleTap, x=2.0, y=2.0)
    assert tried.map.ranges == LIMITS
    tried.map.figure.x_range.update(start=2.0, end=3.0)
    tried.map.reset_button.clicks += 1
    assert tried.map.ranges == LIMITS


def test_a_zoom_in_which_nothing_lies_says_how_to_come_back(tried):
    tried.map.zoom(((2.1, 2.9), (7.0, 8.0)))
    assert "<b>0</b> in view" in tried.words[-1]
    assert "double-click shows everything" in tried.words[-1]
    assert "needed" in tried.map.reset_button.css_classes
    tried.map.reset()
    assert not tried.map.zoomed
    assert "needed" not in tried.map.reset_button.css_classes


def test_gestures_with_a_tool_of_the_card_are_the_cards(tried):
    tried.map.tools.value = "track"
    tried.map.figure.x_range.update(start=2.0, end=3.0)
    tried.do(Tap, x=2.0, y=2.0)
    tried.do(DoubleTap, x=2.0, y=2.0)
    assert tried.picked == []
    assert tried.map.ranges[0] == (2.0, 3.0)


def test_the_first_tool_is_what_dragging_does(session):
    tried = Tried(session, tool="lasso")
    assert tried.map.figure.toolbar.active_drag is tried.map.figure.select_one({"type": LassoSelectTool})
    assert tried.map.figure.tags == ["lasso"]


def test_the_ring_follows_its_object(tried):
    tried.map.ring(4)
    assert tried.map.plot.ring.data == {"x": [4.0], "y": [4.0]}
    y = np.zeros(11, np.float32)
    tried.map.move(y + 1, y, tried.ink)
    assert tried.map.plot.ring.data == {"x": [1.0], "y": [0.0]}
    tried.map.ring(None)
    assert tried.map.plot.ring.data == {"x": [], "y": []}


def test_many_objects_are_shaded_and_said_to_be(session):
    tried = Tried(session, n=MOST_POINTS + 1)
    assert tried.words == [f"<b>{MOST_POINTS + 1:,}</b> in view, shaded"]
    tried.map.figure.x_range.update(start=0.0, end=1.0)
    tried.map.move(np.zeros(MOST_POINTS + 1, np.float32) + 5, np.zeros(MOST_POINTS + 1, np.float32), tried.ink)
    assert tried.words[-1].startswith("<b>0</b> in view")


def test_before_anything_is_shown_nothing_is_drawn_or_hit(session):
    map_ = ScatterMap(session, "map", (400, 400))
    map_.reset()
    map_.ring(3)
    assert len(map_.plot.points.data["x"]) == 0
