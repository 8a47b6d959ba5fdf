"""Many objects at once on the Photo-z page: calibration of their densities, or n(z) of tomographic bins."""

import numpy as np
import panel as pn
from bokeh.plotting import figure as Figure

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.layout import WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.save_button import save_button
from dashboard.widgets.table import UNKNOWN, plain_table
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.photoz import ESTIMATORS

from .plots import CalibrationPlot
from .redshifts import Redshifts
from .tomography_plot import TomographyPlot

CALIBRATION, BINS = "Calibration", "n(z) by bin"

FILES = {CALIBRATION: "pit", BINS: "nz"}
"""How files of either plot are called after the survey."""


class ManyCard:
    """Two plots side by side, PIT and quantiles; or one of n(z), with a table of the bins.

    Parameters
    ----------
    beside
        Shown with the calibration, and out of the way of the bins.
    """

    def __init__(self, session: Session, beside: Card) -> None:
        self.beside = beside
        self.session = session
        theme, guard = session.state.theme, session.guard
        self.redshifts: Redshifts | None = None
        self.calibration, self.tomography = CalibrationPlot(theme), TomographyPlot(theme)
        self.switch = pn.widgets.RadioButtonGroup(options=[CALIBRATION, BINS], css_classes=["switch"])
        self.n_bin = pn.widgets.Select(
            label="bins", options=list(range(2, 9)), value=4, width=64, css_classes=["picker", "small"], visible=False
        )
        for widget in (self.switch, self.n_bin):
            widget.param.watch(guard(lambda _: self._arrange()), "value")
        self.pair = pn.Row(_plot(self.calibration.pit), _plot(self.calibration.pp), css_classes=["pz-pair"])
        self.table = pn.pane.HTML("", css_classes=["pz-table"], **WIDE)
        self.bins = pn.Column(_plot(self.tomography.figure), self.table, css_classes=["pz-bins"], visible=False)
        save = save_button(session, "pz-calibration", lambda: f"{session.state.survey_id}-{FILES[self.switch.value]}")
        self.card = Card(
            "",
            self.pair,
            self.bins,
            actions=(self.switch, self.n_bin, RecipeButton(session, "this figure", self._recipe), save),
            css_classes=["pz-calibration"],
            sizing_mode="stretch_both",
        )

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self.calibration.dress(theme)
        self.tomography.dress(theme)

    def show(self, redshifts: Redshifts, pits: dict[str, np.ndarray]) -> None:
        """Look at redshifts; ``pits`` (n,) by estimator are those of the objects that are counted."""
        self.redshifts = redshifts
        self.calibration.show(pits)
        self._arrange()

    def _recipe(self) -> tuple[dict, str]:
        names, workspace = (self.redshifts.survey.name, self.redshifts.model_id), self.session.workspace
        if self.switch.value == BINS:
            return figure_recipe(workspace, "n(z)", *names, bins=self.n_bin.value), "-".join((*names, "nz"))
        selected = {"rows": self.session.state.selection, "where": self.session.state.where}
        return figure_recipe(workspace, "PIT", *names, **selected), "-".join((*names, "pit"))

    def _arrange(self) -> None:
        in_bins = self.switch.value == BINS
        self.pair.visible, self.bins.visible, self.n_bin.visible = not in_bins, in_bins, in_bins
        self.beside.visible = not in_bins
        if in_bins and self.redshifts is not None:
            self._show_bins()

    def _show_bins(self) -> None:
        cells, scores = self.redshifts.cells[ESTIMATORS[0]], self.redshifts.scores[ESTIMATORS[0]]
        if cells is None:
            self.tomography.show([], np.empty(0), np.empty(0))
            self.table.object = "<p class='muted'>An earlier version computed these redshifts: compute them again.</p>"
            return
        bins = cells.bins(cells.edges(self.n_bin.value))
        z_spec = np.where(self.redshifts.unseen.mask, scores.z_spec, np.nan)
        self.tomography.show(bins, scores.z_phot, z_spec)
        self.table.object = bins_html([one.row(scores.z_phot, z_spec) for one in bins])


def bins_html(rows: list[dict[str, float | int | None]]) -> str:
    """A row for each bin; a dash where there is no truth."""
    cells = []
    for row in rows:
        bias = UNKNOWN
        if row["bias"] is not None:
            bias = f"{row['bias']:+.4f} ± {row['bias_error']:.4f}".replace("-", "−")
        ends = f"{row['low']:.2f}–{row['high']:.2f}"
        cells.append([ends, f"{row['n']:,}", f"{row['mean']:.3f}", f"{row['n_spec']:,}", bias])
    head = ["z<sub>phot</sub>", "objects", "mean z", "with z<sub>spec</sub>", "bias of mean z"]
    return plain_table(head, cells)


def _plot(figure: Figure) -> pn.pane.Bokeh:
    return pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"])
