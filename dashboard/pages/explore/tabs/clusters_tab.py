"""Clusters of the latents, and their agreement with the classes."""

import html

import pandas as pd
import panel as pn

from dashboard.widgets.computed import Computed
from dashboard.widgets.table import Table
from specvae_core.analysis.clusters import METHODS, ClusterSettings
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import cluster_column, results_of

from .tab import Tab

_NAMES = {"kmeans": "k-means", "dbscan": "DBSCAN", "hdbscan": "HDBSCAN"}


class ClustersTab(Tab):
    """The clusters become a colouring of the map; a click on one in the table selects its objects."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session = self.view.session
        guard = session.guard
        self._method = pn.widgets.Select(
            label="method", options={_NAMES[name]: name for name in METHODS}, css_classes=["picker", "small"]
        )
        self._n = pn.widgets.IntInput(
            label="clusters", value=ClusterSettings.n, start=1, css_classes=["picker", "count"]
        )
        self._size = pn.widgets.IntInput(
            label="at least", value=ClusterSettings.min_size, start=2, css_classes=["picker", "count"], visible=False
        )  # fmt: skip
        self._method.param.watch(
            lambda event: (
                self._n.param.update(visible=event.new == "kmeans"),
                self._size.param.update(visible=event.new != "kmeans"),
            ),
            "value",
        )
        self.start = pn.widgets.Button(label="Find clusters", css_classes=["pill", "primary"])
        self.start.on_click(guard(lambda _: self._start()))
        self.kept = pn.widgets.Select(label="shown", options=[], css_classes=["picker", "small"], visible=False)
        self.kept.param.watch(guard(lambda event: self._choose(event.new)), "value")
        self._shown: str | None = None
        self._wanted: str | None = None  # a result that is to colour the map as soon as this has its column
        self._summary = pn.pane.HTML("", css_classes=["muted", "summary"], sizing_mode="stretch_width")
        head = pn.Row(
            self._method, self._n, self._size, self.start, pn.Spacer(css_classes=["grow"]), self.kept,
            css_classes=["bar-row"], sizing_mode="stretch_width",
        )  # fmt: skip
        self.table = Table(guard(self._select), sizing_mode="stretch_both", css_classes=["rows"])
        body = pn.Column(self._summary, self.table, sizing_mode="stretch_both", css_classes=["tab"])
        self.clusters = Computed(session, "cluster", body, self._found)
        return pn.Column(head, self.clusters, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if changed & {"map", "columns"}:
            self._load()
            self._fill()
            self._colour()

    def _start(self) -> None:
        state, method = self.view.session.state, self._method.value
        settings = {
            "method": method,
            **({"n": self._n.value} if method == "kmeans" else {"min_size": self._size.value}),
        }
        self.clusters.compute(model=state.model_id, survey=state.survey_id, settings=settings)

    def _found(self, result_id: str) -> None:
        self._shown = self._wanted = result_id
        self._load()
        self._fill()
        self._colour()

    def _load(self) -> None:
        state, n = self.view.session.state, self.view.map.n
        found = results_of(self.view.session.workspace, Kind.CLUSTERS, state.survey_id, state.model_id)
        self._results: dict[str, Result] = {result.id: result for result in found if result.header["n"] == n}
        options = {result.title: result.id for result in self._results.values()}
        self._shown = self._shown if self._shown in self._results else next(iter(self._results), None)
        self.kept.param.update(options=options, value=self._shown, visible=len(options) > 1)

    def _choose(self, result_id: str | None) -> None:
        """Another result was chosen by hand."""
        if result_id in self._results and result_id != self._shown:
            self._shown = self._wanted = result_id
            self._fill()
            self._colour()

    def _colour(self) -> None:
        """Colour the map by the newest or chosen result, once the map has its column."""
        result = self._results.get(self._wanted)
        column = cluster_column(result) if result is not None else ""
        if column in self.view.map.columns:
            self._wanted = None
            self.view.session.state.param.update(colour_by=column, hidden=[], first_class=0)

    def _fill(self) -> None:
        """The table and the summary of the result that is shown."""
        result = self._results.get(self._shown)
        if result is None:
            state = self.view.session.state
            self.clusters.offer(*_EMPTY, model=state.model_id, survey=state.survey_id)
            return
        self.clusters.show()
        rows = result.header["clusters"]
        self.table.fill(
            pd.DataFrame(
                {
                    "id": [_name(row["cluster"]) for row in rows],
                    "objects": [row["n"] for row in rows],
                    "share": [f"{row['fraction']:.1%}" for row in rows],
                    "classes": [_classes(row) for row in rows],
                }
            )
        )
        agreed = result.header["agreement"]
        words = f"<b>{html.escape(result.title)}</b>"
        if agreed:
            words += (
                f" · agreement with the classes: adjusted Rand <b>{agreed['adjusted_rand']:.2f}</b>, mutual "
                f"information <b>{agreed['mutual_information']:.2f}</b>, purity <b>{agreed['purity']:.0%}</b>"
            )
        self._summary.object = words

    def _select(self, name: str) -> None:
        """Select the objects of one cluster."""
        result = self._results[self._shown]
        number = next(row["cluster"] for row in result.header["clusters"] if _name(row["cluster"]) == name)
        rows = (result.arrays["cluster"] == number).nonzero()[0].astype("int32")
        self.view.session.state.selection = rows


def _name(number: int) -> str:
    return f"cluster {number}" if number else "none"


def _classes(row: dict) -> str:
    """The commonest classes, with their shares."""
    ordered = sorted(row["classes"].items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {n / row['n']:.0%}" for name, n in ordered[:4])


_EMPTY = (
    "Which objects belong together?",
    "Clusters of the latents become a colouring of the map, with their sizes and how well they agree with the classes.",
)
