"""A second survey over the map, and its outliers: objects unlike those that the map shows."""

import html

import numpy as np
import pandas as pd
import panel as pn

from dashboard.widgets.choices import offer
from dashboard.widgets.computed import Computed
from dashboard.widgets.table import STEPS, Table
from dashboard.widgets.titles import by_title
from specvae_core.errors import NotFound
from specvae_core.results import Kind, Result

from .small_spectrum import SmallSpectrum
from .tab import Tab


class OverlayTab(Tab):
    """Choose a survey; it is encoded, drawn over the map, and compared with it by local outlier factors.

    Arrow keys step through its outliers; a click on a row shows its spectrum.
    """

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session = self.view.session
        guard = session.guard
        self._other = pn.widgets.Select(label="survey", options=[], css_classes=["picker", "small"])
        start = pn.widgets.Button(label="Overlay", css_classes=["pill", "primary"])
        start.on_click(guard(lambda _: self._start()))
        self._off = pn.widgets.Button(label="Remove", css_classes=["pill", "small"], visible=False)
        self._off.on_click(guard(lambda _: session.state.param.update(overlay="")))
        self.summary = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        head = pn.Row(self._other, start, self._off, self.summary, css_classes=["bar-row"], sizing_mode="stretch_width")
        self._objects: list[dict] = []
        self.evidence = pn.pane.HTML("", css_classes=["evidence"], sizing_mode="stretch_width")
        self.table = Table(guard(self._open), sizing_mode="stretch_both", css_classes=["rows"])
        self.spectrum = _OverlaidSpectrum(self.view)
        both = pn.Row(self.table, self.spectrum.build(), sizing_mode="stretch_both", css_classes=["split", "outliers"])
        body = pn.Column(self.evidence, both, sizing_mode="stretch_both", css_classes=["tab"])
        self.overlay = Computed(session, "overlay", body, self._found)
        return pn.Column(head, self.overlay, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._offer()
        if changed & {"map", "overlay"}:
            self._fill(self.view.overlay())
        self.spectrum.refresh(changed - {"picked"} | ({"picked"} if "overlay" in changed else set()))

    def key(self, key: str) -> bool:
        """Step through the outliers."""
        if key not in STEPS or not self._objects:
            return False
        self._open(self.table.beside(self.table.active, STEPS[key]))
        return True

    def _offer(self) -> None:
        """Offer the surveys on the grid of this one."""
        workspace, state = self.view.session.workspace, self.view.session.state
        grid = workspace.survey(state.survey_id).grid
        others = [
            survey
            for survey in workspace.surveys()
            if survey.complete and survey.id != state.survey_id and survey.grid.matches(grid)
        ]
        options = by_title(others)
        keep = self._other.value if self._other.value in options.values() else next(iter(options.values()), None)
        offer(self._other, options, keep)

    def _start(self) -> None:
        state = self.view.session.state
        if self._other.value is None:
            raise NotFound("There is no second survey on the wavelength grid of this one: ingest one on the Data page.")
        workspace, other = self.view.session.workspace, self._other.value
        asked = {"model": state.model_id, "survey": state.survey_id, "other": other}
        kept = workspace.results.find(Kind.OVERLAYS, **asked, n=workspace.survey_summary(other).n)
        if kept is not None:
            self._found(kept.id)
        else:
            self.overlay.compute(**asked)

    def _found(self, result_id: str) -> None:
        state = self.view.session.state
        if state.overlay == result_id:  # computed again
            state.param.trigger("overlay")
        state.overlay = result_id

    def _open(self, object_id: str) -> None:
        """Show an object of the overlay."""
        self._pick(object_id)
        self.spectrum.refresh({"picked"})

    def _pick(self, object_id: str) -> None:
        """Show why an object is an outlier."""
        row = next(row for row in self._objects if row["id"] == object_id)
        self.table.reveal(object_id)
        self.evidence.object = f"<b>{html.escape(row['reason'])}</b> {html.escape(row['evidence'])}"
        self.spectrum.object = self._survey, row["row"]

    def _fill(self, result: Result | None) -> None:
        self._off.visible = result is not None
        self._objects = [] if result is None else result.header["objects"]
        self._survey = "" if result is None else result.header["other"]
        self.spectrum.object = None
        if result is None:
            state = self.view.session.state
            sentence = _EMPTY if self._other.options else _ALONE
            self.overlay.offer(*sentence, model=state.model_id, survey=state.survey_id)
            self.summary.object = ""
            return
        self.overlay.show()
        header = result.header
        reasons = " · ".join(f"<b>{n:,}</b> {html.escape(name)}" for name, n in header["reasons"].items())
        explained = "" if header["n_explained"] == header["n_foreign"] else f", {header['n_explained']:,} explained"
        self.summary.object = (
            f"<b>{header['n_foreign']:,}</b> of {header['n']:,} objects of <b>{html.escape(header['other'])}</b> are "
            f"outliers here ({header['foreign_fraction']:.0%}{explained}): {reasons}"
        )
        sample = self.view.session.workspace.survey(self.view.map.survey_id).grid.sample
        rows = {
            "id": [row["id"] for row in self._objects],
            "LOF": [round(row["lof"], 2) for row in self._objects],
            "reason": [row["reason"] for row in self._objects],
            f"χ²/{sample}": [
                np.nan if row["chi2_per_pixel"] is None else round(row["chi2_per_pixel"], 2) for row in self._objects
            ],
        }
        self.table.fill(pd.DataFrame(rows))
        self.evidence.object = '<span class="muted">None of its objects is an outlier here.</span>'
        if self._objects:
            self._pick(self._objects[0]["id"])


class _OverlaidSpectrum(SmallSpectrum):
    """The spectrum of an object of the second survey."""

    object: tuple[str, int] | None = None

    def shown(self) -> tuple[str, int] | None:
        """See `SpectrumTab`."""
        return self.object


_EMPTY = (
    "Where would another survey lie?",
    "It is encoded with the same model and drawn over the map in a colour of its own. Its outliers, "
    "by the local outlier factor among the objects of the map, are listed with reasons.",
)
_ALONE = (
    "No second survey",
    "Ingest one on the wavelength grid of this survey: then it can be drawn over the map.",
)
