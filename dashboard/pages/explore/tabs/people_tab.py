"""Who annotates here, and how far people agree."""

import html
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import panel as pn

from dashboard.theme import hint
from dashboard.widgets.layout import WIDE
from dashboard.widgets.table import Column, Table
from specvae_core.annotation_record import author_name
from specvae_core.tasks.export import provenance, write_table
from specvae_core.tasks.people import agreement, everybody, verdict_table

from ..added_columns import annotated_rows
from .tab import Tab

_COLUMNS = (
    Column("a", "person"), Column("b", "and"), Column("n", "marked by both", ".0f", "objects that both have marked"),
    Column("equal", "equal", ".2f", "share of equal marks"),
    Column("kappa", "κ", ".2f", "Cohen’s kappa: 1 complete agreement, 0 that of independent people"),
    Column("n_redshifts", "z by both", ".0f", "objects to which both gave a redshift"),
    Column("same_redshift", "same z", ".2f", "share within 1000 km/s"),
)  # fmt: skip


class PeopleTab(Tab):
    """A name, a table of pairs, and what leaves."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session, guard = self.view.session, self.view.session.guard
        self.name = pn.widgets.TextInput(label="I am", css_classes=["field-inline", "author"], width=220)
        self.name.param.watch(guard(lambda event: self._rename(event.new)), "value")
        self.disagree = pn.widgets.Button(label="Select where people disagree", css_classes=["pill", "small"])
        self.disagree.on_click(guard(lambda _: self._select()))
        self.all = self._save_button("Save all", "all-annotations", everybody, "All annotations by everyone")
        self.merged = self._save_button("Save verdicts", "verdicts", verdict_table, "One verdict for each object")
        self.words = pn.pane.HTML("", css_classes=["summary"], **WIDE)
        self.table = Table(lambda _: None, _COLUMNS, sizing_mode="stretch_both", css_classes=["rows"])
        head = pn.Row(self.name, self.disagree, self.all, self.merged, css_classes=["bar-row"], **WIDE)
        session.state.param.watch(guard(lambda event: self.name.param.update(value=event.new)), "author")
        self.name.value = session.state.author
        return pn.Column(head, self.words, self.table, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if changed & {"map", "columns", "author"}:
            found = agreement(self.view.session.workspace, self.view.session.state.survey_id)
            self.words.object = _in_words(found)
            self.disagree.visible = found["disagree"] > 0
            self.all.visible = self.merged.visible = self.table.visible = found["objects"] > 0
            rows = [{**pair, "id": f"{pair['a']} {pair['b']}"} for pair in found["pairs"]]
            self.table.fill(pd.DataFrame(rows, columns=["id", *(column.key for column in _COLUMNS)]))

    def _rename(self, name: str) -> None:
        state, name = self.view.session.state, author_name(name)
        if name != state.author:
            self.view.session.bridge.set_author(name)
            state.author = name

    def _select(self) -> None:
        groups = annotated_rows(self.view.map, self.view.session.workspace.annotations)
        self.view.session.state.param.update(selection=groups["people disagree"], tab="selection")

    def _save_button(self, label: str, name: str, make: Callable, about: str) -> pn.widgets.Button:
        button = pn.widgets.Button(label=label, css_classes=["pill", "small"], description=hint(about))
        button.on_click(self.view.session.guard(lambda _: self._save(name, make)))
        return button

    def _save(self, name: str, make: Callable) -> None:
        session = self.view.session
        survey = session.state.survey_id
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{survey}-{name}.csv"
            write_table(make(session.workspace, survey), path, provenance(session.workspace, survey))
            session.bridge.save(path.name, "text/csv", path.read_bytes())


def _in_words(found: dict) -> str:
    if not found["people"]:
        return "Nobody has annotated an object of this survey yet: keys 0 to 5 mark the picked one, under your name."
    people = ", ".join(f"<b>{html.escape(one['author'])}</b> {one['n']:,}" for one in found["people"])
    several = f"; {found['several']:,} by several, who disagree on {found['disagree']:,}" if found["several"] else ""
    mean = [pair["kappa"] for pair in found["pairs"] if not math.isnan(pair["kappa"])]
    kappa = f"; mean κ {sum(mean) / len(mean):.2f}" if mean else ""
    return f"Objects annotated: {people}{several}{kappa}."
