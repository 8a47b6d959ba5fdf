"""Lay a second survey over the map, and see what of it is foreign there."""

import html

import pandas as pd
import panel as pn

from specvae_core.errors import NotFound
from specvae_core.results import Result

from .job_row import JobRow
from .rows import RowTable
from .tab import Tab

_NOTHING = "none"


class OverlayTab(Tab):
    """Choose a survey; it is encoded, judged by LOF against the map, and drawn over it."""

    name = "overlay"
    title = "Overlay"

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session = self.view.session
        guard = session.guard
        self._other = pn.widgets.Select(label="survey", options=[], css_classes=["picker", "small"])
        start = pn.widgets.Button(label="Lay over", css_classes=["pill", "primary"])
        start.on_click(guard(lambda _: self._start()))
        self._off = pn.widgets.Button(label="Take off", css_classes=["pill", "small"], visible=False)
        self._off.on_click(guard(lambda _: session.state.param.update(overlay="")))
        self._job = JobRow(session, lambda result_id: session.state.param.update(overlay=result_id))
        self._summary = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        head = pn.Row(
            self._other, start, self._off, self._summary, css_classes=["bar-row"], sizing_mode="stretch_width"
        )
        self._table = RowTable(sizing_mode="stretch_both", css_classes=["rows", "overlay-rows"])
        self._hint = pn.pane.HTML("", css_classes=["empty"], sizing_mode="stretch_both")
        return pn.Column(
            head, self._job.row, self._hint, self._table, sizing_mode="stretch_both", css_classes=["tab"]
        )  # fmt: skip

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._offer()
        if changed & {"map", "overlay"}:
            self._fill(shown_overlay(self.view))

    def _offer(self) -> None:
        """Surveys on the grid of this one."""
        workspace, state = self.view.session.workspace, self.view.session.state
        grid = workspace.survey(state.survey_id).grid
        others = [
            survey.id
            for survey in workspace.surveys()
            if survey.complete and survey.id != state.survey_id and survey.grid.matches(grid)
        ]
        keep = self._other.value if self._other.value in others else next(iter(others), None)
        self._other.param.update(options=others, value=keep)

    def _start(self) -> None:
        state = self.view.session.state
        if self._other.value is None:
            raise NotFound("There is no second survey on the wavelength grid of this one: ingest one on the Data page.")
        self._job.start("overlay", model=state.model_id, survey=state.survey_id, other=self._other.value)

    def _fill(self, result: Result | None) -> None:
        self._off.visible = result is not None
        self._hint.visible, self._table.visible = result is None, result is not None
        if result is None:
            self._hint.object = _EMPTY if self._other.options else _ALONE
            self._summary.object = ""
            return
        header = result.header
        reasons = " · ".join(f"<b>{n:,}</b> {html.escape(name)}" for name, n in header["reasons"].items())
        explained = "" if header["n_explained"] == header["n_foreign"] else f", {header['n_explained']:,} explained"
        self._summary.object = (
            f"<b>{header['n_foreign']:,}</b> of {header['n']:,} objects of <b>{html.escape(header['other'])}</b> are "
            f"foreign here ({header['foreign_fraction']:.0%}{explained}): {reasons}"
        )
        names = {"id": "id", "lof": "LOF", "reason": "reason", "chi2_per_pixel": "χ²/pixel", "evidence": "evidence"}
        rows = [{names[key]: row[key] for key in names} for row in header["objects"]]
        self._table.fill(pd.DataFrame(rows, columns=list(names.values())))


def shown_overlay(view: object) -> Result | None:
    """The overlay that the state names, where it belongs to the map that is shown."""
    state = view.session.state
    if not state.overlay:
        return None
    try:
        result = view.session.workspace.results.load("overlays", state.overlay)
    except NotFound:
        return None
    fits = (result.header["survey"], result.header["model"]) == (state.survey_id, state.model_id)
    return result if fits else None


_EMPTY = (
    '<div class="empty-state"><h2>Where would another survey lie?</h2><p>It is encoded with the same model and drawn '
    "over the map in a colour of its own. What the local outlier factor calls foreign gets a reason.</p></div>"
)
_ALONE = (
    '<div class="empty-state"><h2>No second survey</h2><p>Ingest one on the wavelength grid of this survey: then it '
    "can be laid over the map.</p></div>"
)
