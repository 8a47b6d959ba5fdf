"""Trust: are the errors that a model quotes as large as the differences from a truth that it did not learn from?"""

import html

import pandas as pd
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.computed import Computed
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import Column, Table
from dashboard.widgets.titles import model_title
from specvae_core.analysis.calibration.warning import warning
from specvae_core.results import Result
from specvae_core.tasks.figures import rows_recipe
from specvae_core.tasks.trust import kept_calibration

from .trust_plots import coverage_figure, pit_figure
from .within import in_words

ALL = "all"
COLUMNS = (
    Column("quantity"),
    Column("kind", "truth", help="simulated: spectra made by the decoder; held out: the catalogue, or hidden pixels"),
    Column("n", "objects", ",d"),
    Column("coverage_68", "in 1σ", ".1%", "68.3% where errors are calibrated"),
    Column("coverage_95", "in 2σ", ".1%", "95.4% where errors are calibrated"),
    Column("pull_mean", "mean pull", "+.2f", "bias in units of the quoted error; 0 where calibrated"),
    Column("pull_std", "scatter of pulls", ".2f", "1 where errors are calibrated"),
    Column("factor", "× errors", ".2f", "factor by which errors have to be multiplied to hold 68.3%"),
    Column("verdict", "", help="whether all figures lie within bounds that allow for the number of objects"),
)
VERDICTS = {True: "within bounds", False: "outside", None: "too few"}


class TrustView(Viewer):
    """Calibration of the model at hand on the survey at hand."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._result, self._drawn = session, None, None
        self.subset = pn.widgets.Select(label="of", options=[ALL], css_classes=["picker", "subset-picker"])
        self.subset.param.watch(session.guard(lambda _: self._draw()), "value")
        self.again = pn.widgets.Button(label="Check again", css_classes=["pill"])
        self.again.on_click(session.guard(lambda _: self.checked.compute(**self._asked)))
        self.words = pn.pane.HTML("", css_classes=["trust-words"], **WIDE)
        self.table = Table(session.guard(self._look_at), COLUMNS, opens="show its PIT histogram", **WIDE)
        self.coverage, self.pit = pn.Column(**FULL), pn.Column(**FULL, max_width=420)
        self.card = Card(
            "Errors against truth",
            pn.Row(self.coverage, self.pit, **FULL),
            actions=(self.subset, self.again, RecipeButton(session, "these figures", self._recipe)),
            **FULL,
        )
        body = pn.Column(
            self.card,
            Card(
                "Quantities", self.words, self.table, css_classes=("table-card",), max_height=360, scroll=True, **FULL
            ),
            css_classes=["stage"],
            **FULL,
        )
        self.checked = Computed(session, "calibrate", body, lambda _: self.refresh(), css_classes=("card",))

    @property
    def _asked(self) -> dict[str, object]:
        state = self._session.state
        return {"model": state.model_id, "survey": state.survey_id, "where": state.within}

    def refresh(self) -> None:
        """Show the calibration of the present model and survey, or offer to make it."""
        state = self._session.state
        if not (state.model_id and state.survey_id):
            self.checked.lacks("No model is chosen", "Choose a survey and a model above.")
            return
        found = kept_calibration(self._session.workspace, state.model_id, state.survey_id, state.within)
        if found is None:
            self.checked.offer(
                f"Not checked yet{in_words(state.within)}",
                "Every error that the model quotes is compared with a truth that it has not seen: spectra made by its "
                "decoder, and the catalogue and hidden pixels of test objects. This takes a minute or two.",
                "Check the errors",
                **self._asked,
            )
            return
        self._show(found)
        self.checked.show()

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._drawn = None
        if self._result is not None:
            self._draw()

    def _show(self, result: Result) -> None:
        self._result, self._drawn = result, None
        header = result.header
        options = list(dict.fromkeys(row["subset"] for row in header["rows"]))
        value = self.subset.value if self.subset.value in options else ALL
        self.subset.param.update(options=options, value=value)
        model = html.escape(model_title(self._session.workspace, header["model"]))
        note = f"{model} on {header['n']:,} of {html.escape(header['objects'])}"
        note += in_words(header.get("where", ""))
        self.card.entitle("Errors against truth", note)
        self._draw()

    @property
    def rows(self) -> list[dict]:
        """Rows of the subset that is shown, by quantity."""
        return [row for row in self._result.header["rows"] if row["subset"] == self.subset.value]

    def _draw(self) -> None:
        key = (self._result.id, self._result.created, self.subset.value, self._session.state.theme)
        if key == self._drawn:
            return
        self._drawn = key
        rows, theme = self.rows, self._session.state.theme
        lines = [{**row, "id": row["quantity"], "verdict": VERDICTS[row["within"]]} for row in rows]
        self.table.fill(pd.DataFrame(lines, columns=["id", *(column.key for column in COLUMNS)]))
        sentences = [warning(rows, row["quantity"], self.subset.value) for row in rows]
        wrong = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences if sentence)
        self.words.object = f"<ul>{wrong}</ul>" if wrong else "<p>All errors lie within their bounds.</p>"
        self.coverage.objects = [pn.pane.Bokeh(coverage_figure(rows, theme), **FULL)]
        if rows:
            self._look_at(rows[0]["quantity"])

    def _look_at(self, quantity: str) -> None:
        row = next((row for row in self.rows if row["quantity"] == quantity), None)
        if row is not None:
            self.table.active = quantity
            self.pit.objects = [pn.pane.Bokeh(pit_figure(row, self._session.state.theme), **FULL)]

    def _recipe(self) -> tuple[dict, str]:
        shown = ["quantity", "coverage_68", "coverage_95", "subset", "n", "pull_mean", "pull_std", "pit"]
        return rows_recipe(
            self._session.workspace, self._result, shown, [self._result.header["model"]]
        ), self._result.id

    def __panel__(self) -> Viewable:
        return self.checked
