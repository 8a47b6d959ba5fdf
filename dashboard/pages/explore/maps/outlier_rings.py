"""Rings around the outliers that a search has listed, and the button that opens the list."""

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure as Figure

from dashboard.live import Soon
from dashboard.theme import PALETTES
from specvae_core.results import Kind
from specvae_core.tasks.colour_columns import results_of

from ..view import MapView
from .corner_card import CornerCard
from .corner_panels import ring_points
from .focus_card import FocusCard

LEAST_LOF = 2.0
"""Local outlier factor above which an object has a ring: its neighbours lie twice as close together as it to them."""

_DELAY = 80  # milliseconds after the map itself, which matters more
_NONE = {"x": [], "y": []}


class OutlierRings:
    """Marks the listed objects of a local outlier factor above `LEAST_LOF` in every panel and in the focus map."""

    def __init__(self, view: MapView, corner: CornerCard, focus: FocusCard) -> None:
        self.view = view
        self._focus = focus
        self._rows = np.empty(0, np.int32)
        self._on_map = _add_rings(focus.map.figure, 11)
        self._on_panels = _add_rings(corner.plot.figure, 5)
        guard = view.session.guard
        self._draw_soon = Soon(guard(self._draw), _DELAY)
        focus.outliers.on_click(guard(lambda _: view.session.state.param.update(tab="outliers")))

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""
        if changed & {"map", "columns"}:
            self._load()
        if changed & {"map", "columns", "shown", "focus", "plane", "epoch", "theme"}:
            self._draw_soon()

    def _load(self) -> None:
        state, here = self.view.session.state, self.view.map
        found = results_of(self.view.session.workspace, Kind.OUTLIERS, state.survey_id, state.model_id)
        listed = next((one.header["outliers"] for one in found if one.header["n"] == here.n), [])
        self._rows = np.array([row["row"] for row in listed if row["lof"] > LEAST_LOF], dtype=np.int32)
        n = len(self._rows)
        self._focus.outliers.param.update(label=f"{n} outliers" if n > 1 else "1 outlier", visible=n > 0)

    def _draw(self) -> None:
        here, state = self.view.map, self.view.session.state
        if here is None:
            return
        colour = PALETTES[state.theme].text
        x, y = self._focus.map.places(self._rows)
        self._on_map.data = {"x": x, "y": y, "colour": [colour] * len(x)}
        limits = here.limits[state.shown]
        places = [ring_points(here.latents[state.shown, row], limits) for row in self._rows]
        flat = {axis: [value for place in places for value in place[axis]] for axis in _NONE}
        self._on_panels.data = {**flat, "colour": [colour] * len(flat["x"])}


def _add_rings(figure: Figure, size: int) -> ColumnDataSource:
    """Put rings of a size in pixels on top of what a figure has; their source, empty."""
    source = ColumnDataSource({**_NONE, "colour": []})
    figure.scatter(
        "x", "y", source=source, size=size, fill_color=None, line_color="colour", line_width=1, line_alpha=0.7,
        name="outliers",
    )  # fmt: skip
    return source
