"""The form that makes a track: automatic, along one component, between two objects, or drawn."""

import panel as pn

from dashboard.widgets.choices import offer
from specvae_core.analysis.track_paths import MOST_STEPS, Automatic, Between, Traverse, Way
from specvae_core.tasks.selections import selections_of

from ..view import MapView

_WAYS = {"Automatic": "automatic", "Traverse": "traverse", "Between": "between", "Draw": "draw"}
_HINTS = {
    "automatic": "centroids of bins of a kept selection, or of the classes switched on in the legend",
    "traverse": "one component changes, the others stay at the centroid",
    "between": "a straight line between two objects: pick one, then the other",
    "draw": "key t, then drag in the map or in a panel; or click corners, double-click the last",
}


class TrackForm(pn.Column):
    """One row of fields for the way that is chosen, and a button."""

    def __init__(self, view: MapView) -> None:
        self.view = view
        guard = view.session.guard
        self.way = pn.widgets.RadioButtonGroup(options=_WAYS, css_classes=["segments"])
        self.by = pn.widgets.TextInput(
            label="by", value="1", width=150, placeholder="1, 1+0.5*2 or a column", css_classes=["field-inline"]
        )
        self.ends = [
            pn.widgets.TextInput(label=name, width=150, css_classes=["field-inline"]) for name in ("from", "to")
        ]
        self.complete = pn.widgets.Select(
            label="other components", options={"by local centroid": "local", "held at centroid": "centroid"},
            css_classes=["picker", "small"],
        )  # fmt: skip
        self.follows = pn.widgets.Select(label="follows", options={}, css_classes=["picker", "small"])
        self.follows.param.watch(guard(lambda event: setattr(view.tracks, "follows", event.new or "")), "value")
        self.steps = pn.widgets.IntInput(
            label="steps", value=view.tracks.steps, start=2, end=MOST_STEPS, width=112, css_classes=["field-inline"]
        )
        self.title = pn.widgets.TextInput(label="name", width=140, css_classes=["field-inline"])
        self.make = pn.widgets.Button(label="Make", css_classes=["pill", "small", "primary"])
        self._hint = pn.pane.HTML("", css_classes=["muted", "grow"])
        self.way.param.watch(guard(lambda _: self._choose()), "value")
        self.complete.param.watch(lambda event: setattr(view.tracks, "complete", event.new), "value")
        self.steps.param.watch(lambda event: setattr(view.tracks, "steps", event.new), "value")
        self.make.on_click(guard(lambda _: self._make()))
        first = pn.Row(self.way, self._hint, css_classes=["bar-row"], sizing_mode="stretch_width")
        second = pn.Row(
            self.by, *self.ends, self.follows, self.complete, self.steps, self.title, self.make,
            css_classes=["bar-row"], sizing_mode="stretch_width",
        )  # fmt: skip
        super().__init__(first, second, css_classes=["track-form"], sizing_mode="stretch_width")
        self._choose()

    def offer(self, object_id: str) -> None:
        """Make a picked object the end, and the former end the start."""
        start, end = self.ends
        if object_id and object_id != end.value:
            start.value, end.value = end.value, object_id

    def offer_selections(self) -> None:
        """Offer the kept selections of the survey beside the classes of the legend."""
        kept = selections_of(self.view.session.workspace, self.view.session.state.survey_id)
        options = {"the legend": ""} | {one.title: f"@{one.title}" for one in kept}
        value = self.follows.value if self.follows.value in options.values() else ""
        offer(self.follows, options, value)
        self._choose()

    def _choose(self) -> None:
        way = self.way.value
        self.follows.visible = way in ("automatic", "draw") and len(self.follows.options) > 1
        self._hint.object = _HINTS[way]
        self.by.visible = way in ("automatic", "traverse")
        for end in self.ends:
            end.visible = way == "between"
        self.complete.visible = way == "draw"
        self.title.visible = way != "draw"
        self.make.label = "Start drawing (t)" if way == "draw" else "Make"

    def _make(self) -> None:
        if self.way.value == "draw":
            self.view.start_drawing()
            return
        self.view.tracks.make(self._way(), self.title.value)
        self.title.value = ""

    def _way(self) -> Way:
        by = self.by.value.strip() or "1"
        if self.way.value == "automatic":
            return Automatic(self.view.followed, by)
        return Traverse(by) if self.way.value == "traverse" else Between(*(end.value.strip() for end in self.ends))
