"""The middle card: one pair of latents, or of any columns, large; tap, lasso and box."""

import numpy as np
import panel as pn

from dashboard.theme import hint
from dashboard.widgets.card import Card
from dashboard.widgets.hover_card import HoverCard
from dashboard.widgets.save_button import save_button
from dashboard.widgets.scatter_map import ScatterMap
from specvae_core.analysis.latent_errors import ellipse

from ..tracks.track_marks import add_track
from ..view import COLOURS, MapView
from .hover import object_near
from .plane_bar import PlaneBar


class FocusCard:
    """Zoomable map of the two latents in ``state.focus``, with the shown track on it, or of ``state.plane``."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        self._drawn: tuple | None = None  # what the axes belong to
        self._names = ("", "")
        self._winding = False
        session = view.session
        self.map = ScatterMap(session, "focus", (400, 320), extra_tools={"Track": "track"})
        self.map.on_pick, self.map.on_select, self.map.on_draw = view.pick, self._select, self._head
        self.track = add_track(self.map.figure)
        self.track.dress(session.state.theme)
        self.outliers = pn.widgets.Button(
            label="outliers", css_classes=["pill", "small", "outlier-key"], visible=False,
            description=hint("Ringed on the maps: list them, with reasons"),
        )  # fmt: skip
        save = save_button(session, "focus-card", lambda: f"{session.state.survey_id}-map")
        self.plane = PlaneBar(view)
        actions = (self.outliers, self.map.tools, self.plane.toggle, self.map.reset_button, save)
        self.hover = HoverCard(session.guard(lambda x, y: object_near(view, self.map, x, y)), "focus")
        self.card = Card(
            "",
            self.plane.row,
            self.map.pane,
            self.hover,
            actions=actions,
            css_classes=["focus-card"],
            sizing_mode="stretch_both",
        )

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if "theme" in changed:
            self.map.dress(self.view.session.state.theme)
            self.track.dress(self.view.session.state.theme)
        if changed & {"map", "hidden", "colour_by", "first_class"}:
            everything = np.empty(0, np.int32)
            self.map.selectable = self.view.colouring.visible(self.view.session.state.hidden, everything)
        self.plane.refresh(changed)
        if changed & {"map", "focus", "plane"}:
            self._refocus()
        elif "epoch" in changed:
            self._wind()
        elif changed & COLOURS:
            self.map.recolour(self.view.ink)
        if "picked" in changed:
            self._mark()

    def zoom(self, factor: float) -> None:
        """Show a part of the axes as many times as large, around the picked object where it is in view."""
        at = [float(values[0]) for values in self.map.places(np.array([self.view.row or 0]))]
        seen = self.view.row is not None and all(
            low < one < high for one, (low, high) in zip(at, self.map.ranges, strict=True)
        )
        middle = at if seen else [(low + high) / 2 for low, high in self.map.ranges]
        ranges = zip(middle, self.map.ranges, strict=True)
        self.map.zoom(tuple((one + (low - one) * factor, one + (high - one) * factor) for one, (low, high) in ranges))

    def _refocus(self) -> None:
        """Another pair of latents, or another map: whole axes as in the corner plot, or what the address names."""
        state = self.view.session.state
        here, (i, j) = self.view.map, state.focus
        plane = self.view.plane()
        drawn, self._drawn = self._drawn, (state.survey_id, state.model_id, state.axes, state.focus, *state.plane)
        view = state.view if drawn in (None, self._drawn) else []
        self._names = plane.names if plane else (here.names[i], here.names[j])
        self.map.figure.xaxis.axis_label, self.map.figure.yaxis.axis_label = self._names
        self._mark()
        x, y = (plane.x, plane.y) if plane else (here.latents[i], here.latents[j])
        limits = plane.limits if plane else here.limits[[i, j]]
        self.map.show(x, y, self.view.ink, (tuple(limits[0]), tuple(limits[1])))
        if view:
            self.map.zoom((tuple(view[:2]), tuple(view[2:])))

    def _wind(self) -> None:
        """Another epoch: the axes stay while the training is played."""
        plane = self.view.plane()
        if plane is None or not self._winding:
            self._winding = plane is not None
            self._refocus()
            return
        self._names = plane.names
        self.map.figure.xaxis.axis_label, self.map.figure.yaxis.axis_label = plane.names
        self.map.move(plane.x, plane.y, self.view.ink)

    def _mark(self) -> None:
        """Mark the picked object and its error at 1 and 2 sigma, correlation included."""
        here, row, (i, j) = self.view.map, self.view.row, self.view.session.state.focus
        self.map.ring(row)
        state = self.view.session.state
        on_latents = row is not None and not (state.plane or state.epoch)
        covariance = here.covariance(row, i, j) if on_latents else None
        contours = [] if covariance is None else [ellipse(covariance, n_sigma) for n_sigma in (1, 2)]
        self.map.outline([contour + here.latents[[i, j], row] for contour in contours])

    def _head(self, words: str) -> None:
        if self.view.map is None:  # a drawing that was asked for before the survey was left
            return
        self.card.entitle(" × ".join(self._names), words)
        self.view.session.state.view = (
            [float(end) for pair in self.map.ranges for end in pair] if self.map.zoomed else []
        )

    def _select(self, rows: np.ndarray) -> None:
        self.view.session.state.param.update(selection=rows, tab="selection")
