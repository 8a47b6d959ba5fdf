import numpy as np
import pandas as pd

from dashboard.colouring import colouring_of
from dashboard.plots.scatter import MOST_POINTS, build_scatter, map_data
from dashboard.plots.shade import make_ink
from dashboard.theme import CLASS_COLOURS, PALETTES


def ink_of(classes: np.ndarray, visible: np.ndarray):
    return make_ink(colouring_of(pd.DataFrame({"class": classes}), "class"), visible, "light")


def test_few_objects_are_drawn_one_by_one_with_the_context_beneath():
    x = np.linspace(0, 1, 100).astype(np.float32)
    visible = np.arange(100) % 2 == 0
    ink = ink_of(np.full(100, "star"), visible)
    image, points, n = map_data(x, x, ink, (0.0, 0.5), (0.0, 1.0), (50, 50))
    assert n == 50
    assert image["image"] == []
    colours = points["colour"].tolist()
    assert colours == [PALETTES["light"].context] * 25 + [CLASS_COLOURS["star"].lower()] * 25
    assert points["x"].max() <= 0.5


def test_many_objects_are_shaded_over_the_axes():
    n = MOST_POINTS + 1
    x = np.linspace(0, 1, n).astype(np.float32)
    image, points, found = map_data(
        x, x, ink_of(np.full(n, "star"), np.ones(n, bool)), (-1.0, 2.0), (0.0, 1.0), (60, 40)
    )
    assert found == n
    assert len(points["x"]) == 0
    assert image["image"][0].shape == (40, 60)
    assert (image["x"], image["y"], image["dw"], image["dh"]) == ([-1.0], [0.0], [3.0], [1.0])


def test_zooming_in_turns_shade_into_objects():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 1, (2, 20_000)).astype(np.float32)
    ink = ink_of(np.full(20_000, "star"), np.ones(20_000, bool))
    _, points, n = map_data(x, y, ink, (0.4, 0.5), (0.4, 0.5), (60, 40))
    inside = (x >= 0.4) & (x <= 0.5) & (y >= 0.4) & (y <= 0.5)
    assert n == len(points["x"]) == inside.sum()


def test_the_tools_select_nothing_by_themselves():
    figure = build_scatter("map", "dark").figure
    selecting = [tool for tool in figure.tools if type(tool).__name__ in ("LassoSelectTool", "BoxSelectTool")]
    assert len(selecting) == 2
    assert all(tool.renderers == [] for tool in selecting)
