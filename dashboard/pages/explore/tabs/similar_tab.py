"""More like this: the objects nearest to the picked one by any encoding of the survey."""

import numpy as np
import panel as pn

from dashboard.live import Soon
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.table import STEPS
from specvae_core.tasks.similar import similar

from ..strip import Strip, Tile, small_curves
from .tab import Tab

TOP = 12

_DELAY = 30  # milliseconds after the page, which is complete without the spectra of a strip


class SimilarTab(Tab):
    """A strip of small spectra, each over that of the picked object."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard = self.view.session.guard
        self.model = pn.widgets.Select(label="by", options=[], css_classes=["picker", "small"])
        self.model.param.watch(guard(lambda _: self._find()), "value")
        self.like = pn.widgets.Button(label="Like the picked object", css_classes=["pill", "primary"])
        self.like.on_click(guard(lambda _: self._take()))
        self.select = pn.widgets.Button(label="Select them", css_classes=["pill", "small"])
        self.select.on_click(guard(lambda _: self._select()))
        self._words = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        self._find_soon = Soon(guard(self._find), _DELAY)
        self._example, self._rows = "", np.empty(0, np.int32)
        self.strip = Strip(guard(lambda name: self.view.session.state.param.update(picked=name)))
        self.hint = EmptyState(*_EMPTY)
        head = pn.Row(
            self.like, self.model, self.select, self._words, css_classes=["bar-row"], sizing_mode="stretch_width"
        )
        return pn.Column(head, self.hint, self.strip, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        state = self.view.session.state
        if "map" in changed:
            self._offer_models()
            if self.view.map.index.row_of(self._example) is None:
                self._example = state.picked
            self._find_soon()
        self.strip.active = state.picked

    def key(self, key: str) -> bool:
        """Step through the strip."""
        if key not in STEPS or not self.strip.items:
            return False
        state = self.view.session.state
        state.picked = self.strip.beside(state.picked, STEPS[key])
        return True

    def _offer_models(self) -> None:
        """Models and embeddings under which the survey is encoded."""
        state, workspace = self.view.session.state, self.view.session.workspace
        known = workspace.encoded_by(state.survey_id)
        value = self.model.value if self.model.value in known else state.model_id
        if known != self.model.options or value != self.model.value:
            self.model.param.update(options=known, value=value)

    def _take(self) -> None:
        self._example = self.view.session.state.picked
        self._find()

    def _find(self) -> None:
        state, workspace = self.view.session.state, self.view.session.workspace
        row = self.view.map.index.row_of(self._example) if self.view.map else None
        self.hint.visible, self.strip.visible, self.select.visible = row is None, row is not None, row is not None
        if row is None or not self.model.value:
            return
        rows, distance = similar(workspace, self.model.value, state.survey_id, [row], TOP)
        self._rows = np.sort(rows).astype(np.int32)
        spectra = workspace.survey(state.survey_id).read(np.concatenate([[row], rows]))
        curves, ids = small_curves(spectra), spectra.ids
        classes = spectra.table["class"].astype(str) if "class" in spectra.table else [""] * len(ids)
        self.strip.show(
            [Tile(ids[0], ids[0], "the example", classes[0], curves[0])]
            + [
                Tile(ids[i + 1], ids[i + 1], f"distance {far:.3g}", classes[i + 1], curves[i + 1], curves[0])
                for i, far in enumerate(distance)
            ]
        )
        self.strip.active = state.picked
        self._words.object = "nearest first; the example behind each"

    def _select(self) -> None:
        self.view.session.state.param.update(selection=self._rows, tab="selection")


_EMPTY = ("More like this", "Pick an object: click a point in the map, or search an id.")
