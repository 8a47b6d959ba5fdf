"""Explore: the latent space, one region of it, one object."""

import html
from typing import Protocol

import numpy as np
import panel as pn

from dashboard.page import Page
from dashboard.widgets.computed import Computed
from dashboard.widgets.spectrum_tools.tools import FOLLOWED, KEYS
from dashboard.widgets.titles import model_title, survey_title

from .filter_line import FilterLine
from .lower_card import LowerCard
from .maps.centroid_spectra import CentroidSpectra
from .maps.corner_card import CornerCard
from .maps.focus_card import FocusCard
from .maps.outlier_rings import OutlierRings
from .maps.overlay_part import OverlayPart
from .object_card import ObjectCard
from .tracks.track_part import TrackPart
from .view import COLOURS, MapView

_FOLLOWED = [
    "survey_id",
    "model_id",
    "axes",
    "shown",
    "focus",
    "plane",
    "epoch",
    "colour_by",
    "first_class",
    "hidden",
    "selection",
    "where",
    "picked",
    "theme",
    "tab",
    "overlay",
    "track",
    "larger",
    "author",
    *sorted(FOLLOWED),
]
_OTHER_MAP = {"survey_id", "model_id", "axes"}
_MARK_KEYS = "012345"
_ZOOM_KEYS = {"+": 1 / 1.5, "=": 1 / 1.5, "-": 1.5, "−": 1.5}


class Part(Protocol):
    """A card, or something drawn on one."""

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, ``map`` or ``columns``."""


class ExplorePage(Page):
    """Corner plot, focus map, card and tabs, all of one survey under one model."""

    name = "explore"
    keys = (
        ("← →", "previous and next object, among the selected ones if there are any"),
        ("l", "lasso: drag around objects"),
        ("b", "box: drag a rectangle around objects"),
        ("t", "track: drag freehand, or click corners and double-click the last"),
        ("z", "zoom: drag a rectangle to look closer"),
        ("p", "pan: drag the map"),
        ("+ −", "look closer at the picked object, and back"),
        ("c", "clear the selection"),
        ("0 … 5", "mark the object"),
        ("u", "undo your last annotation"),
        ("U", "undo the last change of a selection or track"),
        ("/", "search an id"),
        *((key, f"tab Spectrum: {what}") for key, what in KEYS),
    )

    def view(self) -> pn.viewable.Viewable:
        """The corner plot at once, everything else as soon as the browser has that."""
        session = self.session
        self._missed: set[str] = set()
        self.map_view = MapView(session)
        self.corner = CornerCard(self.map_view)
        self.filter = FilterLine(self.map_view)
        self._parts: list[Part] = [self.corner]
        places = [pn.Column(css_classes=["card", f"{name}-card"]) for name in ("focus", "object", "tabs")]
        self._cards = pn.Column(
            self.filter.card, self.corner.card, *places, css_classes=["explore"], sizing_mode="stretch_both"
        )
        self._grid = pn.Column(self._cards, sizing_mode="stretch_both")  # a CSS grid itself cannot be hidden
        self.encoded = Computed(session, "encode", self._grid, lambda _: self._load(), css_classes=("card",))
        self._load()
        session.state.param.watch(session.guard(self._follow), _FOLLOWED)
        pn.state.onload(session.guard(self._complete))
        return pn.Column(self.encoded, sizing_mode="stretch_both", css_classes=["page"])

    def _complete(self) -> None:
        view, corner = self.map_view, self.corner
        self.focus, self.object, self.lower = FocusCard(view), ObjectCard(view), LowerCard(view)
        drawn = (
            CentroidSpectra(view, corner),
            OverlayPart(view, corner, self.focus),
            OutlierRings(view, corner, self.focus),
            TrackPart(view, corner, self.focus),
        )
        # The spectrum first: a tap asks for that, and browsers draw in the order in which things arrive.
        self._parts = [self.lower, self.focus, self.object, corner, self.filter, *drawn]
        if view.map is not None:
            for part in self._parts:
                if part is not corner:
                    part.refresh({"map"})
        self._cards.objects = [card.card for card in (self.filter, corner, self.focus, self.object, self.lower)]

    def shown(self) -> None:
        """Draw what has changed while another page was in view."""
        if self._missed & _OTHER_MAP:
            self._draw_map()
        elif self._missed and self.map_view.map is not None:
            missed, self._missed = self._missed, set()
            self._draw_changes(missed)

    def _load(self) -> None:
        """Take the map that the state names, and draw it."""
        self.map_view.load()
        self._draw_map()

    def _draw_map(self) -> None:
        """Draw the map, or say what is missing."""
        missed, self._missed = self._missed, set()
        if self.map_view.map is None:
            self._missed = missed - _OTHER_MAP  # drawn with the next map
            self._say_what_is_missing()
            return
        self.encoded.show()
        for part in self._parts:
            part.refresh({"map"} | missed & {"theme"})

    def _say_what_is_missing(self) -> None:
        """A survey, a model, or the survey's encoding by the model."""
        state = self.session.state
        workspace = self.session.workspace
        survey = html.escape(survey_title(workspace, state.survey_id))
        model = html.escape(model_title(workspace, state.model_id))
        if not survey:
            text = "A folder of FITS files is enough to begin with."
            self.encoded.lacks("No survey yet", text, "Add spectra", lambda: state.param.update(page="data"))
        elif not model:
            text = f"Train one on {survey}: a small survey takes a minute or two."
            self.encoded.lacks("No model yet", text, "Train a model", lambda: state.param.update(page="train"))
        elif self.map_view.opening:
            n = workspace.survey_summary(state.survey_id).n
            self.encoded.lacks(
                f"Opening {n:,} objects of {survey}…",
                "Places and catalogue are read and compared with their checksums, once for each start of the server.",
            )
        else:
            self.encoded.offer(
                f"{survey} is not encoded by {model} yet",
                "The encoding gives every spectrum its place in the latent space.",
                "Encode",
                model=state.model_id,
                survey=state.survey_id,
            )

    def _follow(self, *events: object) -> None:
        changed = {event.name for event in events}
        if self.map_view.loading:
            return
        if changed & _OTHER_MAP:
            self.map_view.load()  # which takes out of the state what another map does not have
        elif self.map_view.map is not None:
            self.map_view.changes.follow(changed)
        self._missed |= changed
        if self.session.state.page == self.name:
            self.shown()

    def _draw_changes(self, changed: set[str]) -> None:
        if changed & COLOURS:
            self.map_view.recolour()
        for part in self._parts:
            part.refresh(changed)

    def poll(self) -> None:
        """Look for what other sessions have changed."""
        state = self.session.state
        if self.map_view.map is None:
            survey, model = state.survey_id, state.model_id
            waiting = not model or self.session.shared.is_opening(survey, model, state.axes)
            if not waiting and self.session.workspace.encoding(model, survey) is not None:
                self._load()
            return
        changed = self.map_view.look() | ({"track"} if self.map_view.tracks.poll() else set())
        if changed:
            for part in self._parts:
                part.refresh(changed)

    def key(self, key: str) -> None:
        """Step, mark, undo, clear; the browser itself answers ``/`` and the keys of tools."""
        if self.map_view.map is None:
            return
        if self.lower.key(key):
            return
        if self.object.stepper.key(key):
            return
        if key in _MARK_KEYS:
            self.object.annotation.press(int(key))
        elif key in _ZOOM_KEYS:
            self.focus.zoom(_ZOOM_KEYS[key])
        elif key == "u":
            self.object.annotation.undo()
        elif key == "U":
            self.map_view.changes.undo()
        elif key == "c":
            self.session.state.selection = np.empty(0, np.int32)
