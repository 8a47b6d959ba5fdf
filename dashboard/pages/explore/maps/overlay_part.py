"""A second survey over the map: drawn in every panel and in the focus map, and named in the legend."""

import html

import numpy as np
from bokeh.events import RangesUpdate

from dashboard.live import Soon
from dashboard.plots.scatter import map_data

from ..view import MapView
from .corner_card import CornerCard
from .corner_plot import panel_images
from .focus_card import FocusCard
from .overlay_plot import OverlayLayer, add_overlay, overlay_colour, overlay_ink
from .panel_counts import count_panels, cut_panels

_DELAY = 80  # milliseconds after the map itself, which matters more


class OverlayPart:
    """Draws all objects of the overlay that the state names."""

    def __init__(self, view: MapView, corner: CornerCard, focus: FocusCard) -> None:
        self.view = view
        self._corner, self._focus = corner, focus
        self._on_panels: OverlayLayer | None = None  # from the first overlay on
        self._layer = add_overlay(focus.map.figure)
        self._latents: np.ndarray | None = None
        guard = view.session.guard
        self._panels_soon = Soon(guard(self._draw_panels), _DELAY)
        self._map_soon = Soon(guard(self._draw_map), _DELAY)
        focus.map.figure.on_event(RangesUpdate, guard(lambda _: self._latents is not None and self._map_soon()))

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if changed & {"map", "overlay"}:
            self._load()
        if changed & {"map", "overlay", "shown", "theme"}:
            self._panels_soon()
        if changed & {"map", "overlay", "focus", "plane", "epoch", "theme"}:
            self._map_soon()

    def _load(self) -> None:
        result = self.view.overlay()
        state, workspace = self.view.session.state, self.view.session.workspace
        encoding = None if result is None else workspace.encoding(state.model_id, result.header["other"])
        self._latents = None
        if encoding is not None:
            values = self.view.map.coordinates(encoding.latents)
            if values.shape[1] < self.view.map.n_latent:  # a single latent stands against its χ²
                with np.errstate(divide="ignore", invalid="ignore"):
                    values = np.column_stack([values, np.log10(encoding.chi2_per_pixel)])
            self._latents = np.ascontiguousarray(values.T, dtype=np.float32)
        self._corner.note.object = "" if self._latents is None else self._words(result.header)
        self._corner.note.visible = self._latents is not None

    def _words(self, header: dict) -> str:
        """The entry of the legend, with how many objects lie beyond the axes."""
        limits = self.view.map.limits[self.view.session.state.shown]
        some = self._latents[self.view.session.state.shown]
        outside = int(((some < limits[:, :1]) | (some > limits[:, 1:])).any(axis=0).sum())
        beyond = f", {outside:,} beyond the axes" if outside else ""
        return (
            f'<i class="overlay-key"></i>{html.escape(header["other"])} <b>{header["n"]:,}</b> '
            f'<span class="muted">{header["foreign_fraction"]:.0%} outliers{beyond}</span>'
        )

    def _draw_panels(self) -> None:
        state = self.view.session.state
        if self.view.map is None or self._latents is None:
            if self._on_panels is not None:
                self._on_panels.fill()
            return
        if self._on_panels is None:
            self._on_panels = add_overlay(self._corner.plot.figure)
        panels = cut_panels(list(self._latents[state.shown]), self.view.map.limits[state.shown], self._corner.pixels)
        ink = overlay_ink(self._latents.shape[1], state.theme)
        self._on_panels.fill(images=panel_images(count_panels(panels, ink), ink))

    def _draw_map(self) -> None:
        if self._latents is None or self.view.map is None or self.view.plane() is not None:
            self._layer.fill()
            return
        state, focus = self.view.session.state, self._focus.map
        x, y = (self._latents[axis] for axis in state.focus)
        images, points, _ = map_data(x, y, overlay_ink(len(x), state.theme), *focus.ranges, focus.pixels)
        self._layer.fill(images, points | {"colour": [overlay_colour(state.theme)] * len(points["x"])})
