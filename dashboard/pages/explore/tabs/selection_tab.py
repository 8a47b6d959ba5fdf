"""The selected objects: table, histogram, and files to save."""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import panel as pn

from dashboard.colouring import is_numeric
from dashboard.widgets.action_menu import ActionMenu
from dashboard.widgets.choices import offer
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.recipe_button import save_recipe
from dashboard.widgets.table import Table
from specvae_core.data.stored_table import StoredTable
from specvae_core.tasks.export import latent_table, provenance, write_table
from specvae_core.tasks.recipes import selection_recipe

from ..added_columns import annotated_rows
from ..columns import Columns
from ..named_selections import NamedSelections
from ..samp_sender import SampSender
from ..spectra_file import SpectraFile
from .histogram_plot import compare_histograms
from .tab import Tab

_TYPES = {
    "csv": "text/csv", "ecsv": "text/plain", "fits": "application/fits", "vot": "application/x-votable+xml",
    "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_NAMES = {"csv": "CSV", "ecsv": "ECSV", "fits": "FITS", "vot": "VOTable", "parquet": "Parquet"}
_FIRST = ("id", "class", "z", "sn", "chi2_per_pixel")


class SelectionTab(Tab):
    """Rows in a table with pages, one column as a histogram, downloads."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        session = self.view.session
        self._summary = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        self.table = Table(
            session.guard(lambda object_id: session.state.param.update(picked=object_id)),
            sizing_mode="stretch_both",
            css_classes=["rows"],
        )
        self._column = pn.widgets.Select(label="histogram of", options=[], css_classes=["picker", "small"])
        self._column.param.watch(session.guard(lambda _: self._histogram()), "value")
        self.plot = pn.pane.Bokeh(None, sizing_mode="stretch_both", css_classes=["plot"])
        self.save = ActionMenu("Save as", self._actions())
        head = pn.Row(self._summary, self._column, css_classes=["bar-row", "wraps"], sizing_mode="stretch_width")
        self._aside = pn.Column(self.plot, sizing_mode="stretch_both", css_classes=["split-plot"])
        body = pn.Row(self.table, self._aside, sizing_mode="stretch_both", css_classes=["split"])
        self.annotated = pn.widgets.Select(
            label="annotated", options={}, css_classes=["picker", "small"], visible=False
        )
        self.annotated.param.watch(session.guard(self._select_annotated), "value")
        self.filled = pn.Column(head, body, sizing_mode="stretch_both", css_classes=["selected"])
        self.named = NamedSelections(self.view)
        self.hint = EmptyState(*_EMPTY)
        self.columns = Columns(self.view)
        self.named.extend([self.columns.switch, pn.Spacer(sizing_mode="stretch_width"), self.save])
        self.columns.param.watch(session.guard(lambda event: self._give_way(event.new)), "visible")
        left = pn.Column(self.hint, self.filled, sizing_mode="stretch_both", css_classes=["tab"])
        both = pn.Row(left, self.columns, sizing_mode="stretch_both", css_classes=["beside"])
        return pn.Column(self.named, self.annotated, both, sizing_mode="stretch_both", css_classes=["tab"])

    def _give_way(self, columns: bool) -> None:
        """Histograms of many columns take the place of the one."""
        self._aside.visible = self._column.visible = not columns  # Panel cannot hide a HoloViews pane that is drawn

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        state = self.view.session.state
        some = bool(len(state.selection))
        self.hint.visible, self.filled.visible, self.save.visible = not some, some, some
        if changed & {"map", "columns", "selection"}:
            self._offer_annotated()
            self.named.refresh()
        self.columns.refresh(changed)
        if not len(state.selection):
            return
        if changed & {"map", "selection"}:
            self._fill()
        if changed & {"map", "selection", "theme"}:
            self._histogram()
        if changed & {"map", "selection", "picked"}:
            self.table.active = state.picked

    def _offer_annotated(self) -> None:
        """Groups of annotated objects with their numbers; the one that is selected is shown."""
        groups = annotated_rows(self.view.map, self.view.session.workspace.annotations)
        selection = self.view.session.state.selection
        self._rows_of = {"": selection[:0], **groups}
        chosen = next((word for word, rows in groups.items() if np.array_equal(rows, selection)), "")
        options = {"choose…": "", **{f"{word} ({len(rows):,})": word for word, rows in groups.items()}}
        self.annotated.param.update(options=options, value=chosen, visible=bool(groups))

    def _select_annotated(self, event: object) -> None:
        """Select a group of annotated objects."""
        rows, state = self._rows_of.get(event.new), self.view.session.state
        if event.new and not np.array_equal(rows, state.selection):
            state.selection = rows

    def _fill(self) -> None:
        rows, table = self.view.session.state.selection, self.view.map.table
        names = [name for name in _FIRST if name in table] + [name for name in table if name not in _FIRST]
        self.table.fill(table.only(rows, names) if isinstance(table, StoredTable) else table.take(rows)[names])
        self._summary.object = f"<b>{len(rows):,}</b> of {self.view.map.n:,} objects"
        numbers = [name for name in self.view.map.columns if _is_number(table, name)]
        keep = self._column.value if self._column.value in numbers else next(iter(numbers), None)
        offer(self._column, numbers, keep)

    def _histogram(self) -> None:
        state, column = self.view.session.state, self._column.value
        if column is None or not len(state.selection):
            return
        values = self.view.map.table[column].to_numpy(dtype=float)
        self.plot.object = compare_histograms(values, values[state.selection], column, state.theme)

    def _actions(self) -> dict[str, Callable[[], object]]:
        """What can be done with the selected rows: tables hold latents and the whole catalogue."""
        guard = self.view.session.guard
        tables = {f"{name} table": guard(partial(self._download, kind)) for kind, name in _NAMES.items()}
        self.spectra, self.samp = SpectraFile(self.view), SampSender(self.view)
        return {
            **tables,
            "FITS spectra": guard(self.spectra.write),
            "Recipe": guard(lambda: save_recipe(self.view.session, *self._recipe())),
            "to TOPCAT or Aladin by SAMP": guard(self.samp.send),
        }

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of these objects, with hashes of data and model, and a name for its file."""
        state = self.view.session.state
        where = state.survey_id, state.selection, state.where, state.model_id
        recipe = selection_recipe(self.view.session.workspace, *where)
        return recipe, f"{state.survey_id}-{recipe['n']}-objects"

    def _download(self, kind: str) -> None:
        session = self.view.session
        state, workspace = session.state, session.workspace
        encoding = workspace.encoding(state.model_id, state.survey_id)
        rows = np.asarray(state.selection)
        table = latent_table(workspace.survey(state.survey_id), encoding, rows, workspace.annotations)
        name = f"{state.survey_id}-{state.model_id}-{len(table)}-objects.{kind}"
        with tempfile.TemporaryDirectory() as folder:
            write_table(table, Path(folder) / name, provenance(workspace, state.survey_id, state.model_id))
            session.bridge.save(name, _TYPES[kind], (Path(folder) / name).read_bytes())
        session.notify(f"Saved {len(table):,} objects as {name}.", kind="good")


def _is_number(table: pd.DataFrame | StoredTable, name: str) -> bool:
    return table.is_number(name) if isinstance(table, StoredTable) else is_numeric(table[name])


_EMPTY = (
    "Nothing selected",
    "Choose the lasso (<kbd>l</kbd>) or the box (<kbd>b</kbd>) and drag around objects in the map: they are "
    "listed here, ready to save as CSV, ECSV, FITS or VOTable; or write a filter above it.",
)
