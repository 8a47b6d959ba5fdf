"""The strongest outliers: a table with reasons, and the spectrum of the picked one."""

import html

import numpy as np
import pandas as pd
import panel as pn

from dashboard.widgets.computed import Computed
from dashboard.widgets.table import STEPS, Table
from specvae_core.analysis.lof import NEIGHBOURS
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import results_of
from specvae_core.tasks.outliers import TOP

from ..added_columns import MARK
from .small_spectrum import SmallSpectrum
from .tab import Tab


class OutliersTab(Tab):
    """Arrow keys step through the table; a click on a row shows its spectrum."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard = self.view.session.guard
        self._result: Result | None = None
        self._k = pn.widgets.IntInput(label="k", value=NEIGHBOURS, start=1, css_classes=["picker", "count"])
        self._top = pn.widgets.IntInput(label="top", value=TOP, start=1, css_classes=["picker", "count"])
        self.order = pn.widgets.Select(label="by", options=_ORDERS, css_classes=["picker", "order"])
        self.start = pn.widgets.Button(label="Find outliers", css_classes=["pill", "primary"])
        self.start.on_click(guard(lambda _: self._start()))
        self._summary = pn.pane.HTML("", css_classes=["muted", "grow", "counts"], sizing_mode="stretch_width")
        head = pn.Row(
            self._k,
            self._top,
            self.order,
            self.start,
            self._summary,
            css_classes=["bar-row"],
            sizing_mode="stretch_width",
        )
        self.table = Table(
            guard(lambda object_id: self.view.session.state.param.update(picked=object_id)),
            sizing_mode="stretch_both",
            css_classes=["rows", "dense"],
        )
        self.spectrum = SmallSpectrum(self.view)
        self.evidence = pn.pane.HTML("", css_classes=["evidence", "grow"], sizing_mode="stretch_width")
        self.tag = pn.widgets.Button(label="Tag", css_classes=["pill", "small"], visible=False)
        self.tag.on_click(guard(lambda _: self._add_tag()))
        why = pn.Row(self.evidence, self.tag, css_classes=["bar-row"], sizing_mode="stretch_width")
        both = pn.Row(self.table, self.spectrum.build(), sizing_mode="stretch_both", css_classes=["split", "outliers"])
        body = pn.Column(why, both, sizing_mode="stretch_both", css_classes=["tab"])
        self.outliers = Computed(self.view.session, "outliers", body, self._found)
        return pn.Column(head, self.outliers, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if changed & {"map", "columns"}:
            self._load()
        self.spectrum.refresh(changed)
        if changed & {"map", "columns", "picked"}:
            self._follow()

    def key(self, key: str) -> bool:
        """Step through the table."""
        if key not in STEPS or self._result is None:
            return False
        state = self.view.session.state
        state.picked = self.table.beside(state.picked, STEPS[key])
        return True

    def _start(self) -> None:
        state = self.view.session.state
        self.outliers.compute(
            model=state.model_id,
            survey=state.survey_id,
            top=self._top.value,
            k=self._k.value,
            order=self.order.value,
        )

    def _found(self, result_id: str) -> None:
        self._load()
        if self._result is not None and self._result.id == result_id:
            self.view.session.state.picked = self._result.header["outliers"][0]["id"]

    def _load(self) -> None:
        """Show the newest result of this survey under this model, if there is one that still fits."""
        state = self.view.session.state
        found = results_of(self.view.session.workspace, Kind.OUTLIERS, state.survey_id, state.model_id)
        self._result = next((result for result in found if result.header["n"] == self.view.map.n), None)
        if self._result is None:
            self._summary.object = ""
            self.outliers.offer(*_EMPTY, model=state.model_id, survey=state.survey_id)
            return
        self.outliers.show()
        header = self._result.header
        self.table.fill(self._listed(header["outliers"]))
        reasons = pd.Series([row["reason"] for row in header["outliers"]]).value_counts()
        counts = " · ".join(f"<b>{n}</b> {html.escape(_SHORT.get(reason, reason))}" for reason, n in reasons.items())
        self._summary.object = f'<span title="k = {header["k"]}">{counts}</span>'

    def _listed(self, rows: list[dict]) -> pd.DataFrame:
        workspace, table = self.view.session.workspace, self.view.map.table
        sample = workspace.survey(self.view.map.survey_id).grid.sample
        marks = table[MARK].to_numpy() if MARK in table else np.full(self.view.map.n, "")
        density = {}
        if any("log_density" in row for row in rows):
            density["log p(z)"] = [row.get("log_density", np.nan) for row in rows]
            density["p(z) rank"] = [row.get("density_rank", np.nan) for row in rows]
        return pd.DataFrame(
            {
                "rank": [row["rank"] for row in rows],
                "id": [row["id"] for row in rows],
                "LOF": [round(row["lof"], 2) for row in rows],
                "reason": [_SHORT.get(row["reason"], row["reason"]) for row in rows],
                "mark": [marks[row["row"]] for row in rows],
                f"χ²/{sample}": [
                    np.nan if row["chi2_per_pixel"] is None else round(row["chi2_per_pixel"], 2) for row in rows
                ],
                "χ² rank": [row["chi2_rank"] for row in rows],
                "contrast": [round(row.get("contrast", np.nan), 2) for row in rows],
                **density,
                "DEMUD": [np.nan if row.get("demud_rank") is None else row["demud_rank"] for row in rows],
                "part": [row.get("part", "") for row in rows],  # χ² of training objects is too small
            }
        )

    def _follow(self) -> None:
        """Highlight the picked object in the table, and show why it is an outlier."""
        picked = self.view.session.state.picked
        if self._result is not None:
            self.table.reveal(picked)
        row = self._row(picked)
        self.tag.param.update(visible=row is not None, label=f"Tag “{row['reason']}”" if row else "Tag")
        self.evidence.object = (
            f"<b>{html.escape(row['reason'])}</b> {html.escape(row['evidence'])}"
            if row is not None
            else '<span class="muted">The picked object is not in the table: step with <kbd>→</kbd>.</span>'
        )

    def _row(self, object_id: str) -> dict | None:
        rows = self._result.header["outliers"] if self._result is not None else []
        return next((row for row in rows if row["id"] == object_id), None)

    def _add_tag(self) -> None:
        """Add the reason to the tags of the picked object."""
        picked = self.view.session.state.picked
        reason, tags = self._row(picked)["reason"], self.view.session.annotation(picked).tags
        self.view.session.annotate(picked, tags=tuple(dict.fromkeys((*tags, reason))))


_ORDERS = {"LOF": "lof", "density contrast": "contrast", "χ²": "chi2", "low density": "density", "DEMUD": "demud"}

_SHORT = {"unusual but well reconstructed": "unusual"}

_EMPTY = (
    "Which objects are outliers, and why?",
    "The local outlier factor compares the density of latent space around each object with the densities around "
    "its k nearest neighbours. The strongest outliers get a reason each: low S/N, a missing range, a break between the "
    "arms, a star, a blend…",
)
