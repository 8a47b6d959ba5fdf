"""The right side of the Photo-z page: p(z) of one object, calibration and metrics of many."""

import numpy as np
import panel as pn
from bokeh.plotting import figure as Figure

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.layout import WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.stepper import Stepper
from dashboard.widgets.table import UNKNOWN, plain_table
from dashboard.widgets.trust_note import TrustNote
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.photoz import ESTIMATORS
from specvae_core.tasks.redshift_tables import counted_rows

from .many_card import ManyCard
from .plots import DensityPlot
from .redshifts import Redshifts, densities

METRICS = (
    ("rms", "RMS of z<sub>phot</sub> − z<sub>spec</sub>", "{:.4f}"),
    ("nmad", "NMAD of Δz", "{:.4f}"),
    ("bias", "bias, mean of Δz", "{:+.4f}"),
    ("outliers_015", "outliers, |Δz| > 0.15", "{:.2%}"),
    ("outliers_3sigma", "outliers, |Δz| > 3 NMAD", "{:.2%}"),
    ("pit_ks", "PIT, Kolmogorov–Smirnov", "{:.4f}"),
    ("pit_cvm", "PIT, Cramér–von Mises", "{:.3f}"),
    ("pit_ad", "PIT, Anderson–Darling", "{:.2f}"),
    ("cde_loss", "CDE loss", "{:.3f}"),
    ("crps", "CRPS", "{:.4f}"),
)
"""Key, name and format of each row of the table; Δz = (z_phot − z_spec) / (1 + z_spec)."""


class MetricsCard:
    """Three cards above each other: p(z), calibration or n(z) by bin, metrics."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.redshifts: Redshifts | None = None
        theme = session.state.theme
        self.density = DensityPlot(theme)
        self.stepper = Stepper(session)
        self.stepper.search.width = 110  # beside the redshifts of the object
        self.clear = pn.widgets.Button(label="All objects", css_classes=["pill"], visible=False)
        nothing = {"selection": np.empty(0, np.int32), "where": ""}
        self.clear.on_click(session.guard(lambda _: session.state.param.update(**nothing)))
        self.table = pn.pane.HTML("", css_classes=["pz-table"], **WIDE)
        self.trust = TrustNote(session)
        self.object = Card(
            "p(z)",
            _plot(self.density.figure),
            actions=(RecipeButton(session, "this figure", self._recipe), *self.stepper.parts),
            css_classes=["pz-density"],
            sizing_mode="stretch_both",
        )
        recipe = RecipeButton(session, "this table", self._recipe_of_metrics)
        self.region = Card("Metrics", self.trust, self.table, actions=(self.clear, recipe), css_classes=["pz-metrics"])
        self.many = ManyCard(session, beside=self.region)
        self.card = pn.Column(
            self.object,
            self.many.card,
            self.region,
            css_classes=["pz-right"], sizing_mode="stretch_both",
        )  # fmt: skip

    def dress(self) -> None:
        """Take the colours of the state's theme."""
        self.density.dress(self.session.state.theme)
        self.many.dress(self.session.state.theme)

    def show(self, redshifts: Redshifts) -> None:
        """Look at other redshifts."""
        self.redshifts = redshifts
        self.trust.ask(redshifts.model_id, redshifts.survey.name, ["redshift", "redshift by importance"])
        self.measure()
        self.show_object()

    def show_object(self) -> None:
        """Draw p(z) of the picked object."""
        if self.redshifts is None or not len(self.redshifts.survey.ids):
            return
        row = self.stepper.begin()
        scores = self.redshifts.scores[ESTIMATORS[0]]
        grid, pdfs = densities(self.session.workspace, self.redshifts, row)
        self.density.show(grid, pdfs, float(scores.z_spec[row]))
        known = np.isfinite(scores.z_spec[row])
        truth = f"z<sub>spec</sub> {scores.z_spec[row]:.4f}" if known else "no spectroscopic redshift"
        note = f"z<sub>phot</sub> <b>{scores.z_phot[row]:.4f}</b> · {truth}"
        self.object.entitle(f"p(z) of {self.redshifts.survey.ids[row]}", note)

    def _recipe(self) -> tuple[dict, str]:
        names, object_id = (self.redshifts.survey.name, self.redshifts.model_id), self.session.state.picked
        return figure_recipe(self.session.workspace, "p(z)", *names, object=object_id), "-".join((*names, object_id))

    def _recipe_of_metrics(self) -> tuple[dict, str]:
        names, state = (self.redshifts.survey.name, self.redshifts.model_id), self.session.state
        selected = {"rows": state.selection, "where": state.where}
        workspace = self.session.workspace
        return figure_recipe(workspace, "redshift metrics", *names, **selected), "-".join((*names, "metrics"))

    def measure(self) -> None:
        """Show metrics and calibration of the objects that the model did not learn from: the selected ones, or all."""
        if self.redshifts is None:
            return
        rows, unseen = self.session.state.selection, self.redshifts.unseen
        counted = counted_rows(unseen, rows)
        chosen = {name: scores.take(counted) for name, scores in self.redshifts.scores.items()}
        metrics = {name: scores.metrics() for name, scores in chosen.items()}
        self.many.show(self.redshifts, {name: scores.pit for name, scores in chosen.items()})
        n = metrics[ESTIMATORS[0]]["n"]
        words = f"<b>{n:,}</b> {'selected ' if len(rows) else ''}objects with a spectroscopic redshift: "
        self.region.entitle("Metrics", words + unseen.sentence.split(" ", 1)[1])
        self.clear.visible = len(rows) > 0
        self.table.object = metrics_html(metrics)


def metrics_html(metrics: dict[str, dict[str, float]]) -> str:
    """The metrics by estimator as a table; a dash where there is no number."""
    rows = []
    for key, words, form in METRICS:
        values = (of_estimator[key] for of_estimator in metrics.values())
        rows.append([words, *(form.format(v).replace("-", "−") if np.isfinite(v) else UNKNOWN for v in values)])
    return plain_table(["", *metrics], rows)


def _plot(figure: Figure) -> pn.pane.Bokeh:
    return pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"])
