"""The shown track on corner plot and focus map, and new ones that are drawn on either."""

import numpy as np

from ..maps.corner_card import CornerCard
from ..maps.corner_panels import beyond, panel_at, panel_paths
from ..maps.focus_card import FocusCard
from ..view import MapView


class TrackPart:
    """Draws the track of the state on both maps; while the tool *Track* is chosen, drags and clicks make a new one."""

    def __init__(self, view: MapView, corner: CornerCard, focus: FocusCard) -> None:
        self.view, self._corner, self._focus = view, corner, focus
        guard = view.session.guard
        view.start_drawing = lambda: focus.map.tools.param.update(value="track")
        focus.map.tools.param.watch(guard(lambda event: self._take_tool(event.new == "track")), "value")
        self._drawn_on_focus = guard(self._drawn_on_focus)
        self._drawn_on_corner = guard(self._drawn_on_corner)
        focus.track.drawn.on_change("data", lambda attr, old, new: self._drawn_on_focus(new))
        corner.plot.track.drawn.on_change("data", lambda attr, old, new: self._drawn_on_corner(new))

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if changed & {"map", "shown", "focus", "plane", "epoch", "track"}:
            self._draw()

    def _draw(self) -> None:
        state, here, track = self.view.session.state, self.view.map, self.view.tracks.shown
        corner, focus = self._corner.plot.track, self._focus.track
        if track is None:
            corner.clear()
            focus.clear()
            return
        places = here.coordinates(track.latents)
        places = np.column_stack([places, np.full((len(places), here.n_latent - places.shape[1]), np.nan)])
        letter = self.view.tracks.letter
        corner.fill(panel_paths(places[:, state.shown], here.limits[state.shown]), track.extrapolated, letter)
        if state.plane or state.epoch:
            focus.clear()  # a track is a path of latents
        else:
            focus.fill([tuple(places[:, list(state.focus)].T)], track.extrapolated, letter)

    def _take_tool(self, on: bool) -> None:
        """Follow the browser, where the tool draws from the moment in which it is chosen."""
        self.view.drawing = on
        if not on and not self.view.tracks.computing:  # what was drawn stays until a track takes its place
            for marks in (self._corner.plot.track, self._focus.track):
                marks.forget()
        if on:
            self.view.session.state.param.update(plane=[], epoch=0)  # tracks are paths of latents
            self.view.session.state.larger = False
            self.view.session.notify("Draw a track: drag freehand, or click its corners and double-click the last.")

    def _drawn_on_focus(self, data: dict[str, list]) -> None:
        self._make(np.column_stack([data["x"], data["y"]]).astype(float), self.view.session.state.focus)

    def _drawn_on_corner(self, data: dict[str, list]) -> None:
        """Make a track of the path in the panel where it begins; what lies in other panels is left out."""
        state, limits = self.view.session.state, self.view.map.limits
        m = len(state.shown)
        cells = [panel_at(x, y, m) for x, y in zip(data["x"], data["y"], strict=True)]
        panel = next((cell for cell in cells if cell is not None), None)
        if panel is None:
            return
        inside = [cell == panel for cell in cells]
        i, j = (state.shown[position] for position in panel)
        x = beyond(np.array(data["x"], dtype=float)[inside], panel[0], limits[i])
        y = beyond(np.array(data["y"], dtype=float)[inside], m - 1 - panel[1], limits[j])
        self._make(np.column_stack([x, y]), (i, j))

    def _make(self, path: np.ndarray, axes: tuple[int, int]) -> None:
        if not self.view.drawing or not len(path):
            return
        self.view.tracks.draw(path, axes, self.view.map, self.view.followed)
        self._focus.map.tools.value = "pan"
