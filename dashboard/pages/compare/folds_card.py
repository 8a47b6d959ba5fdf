"""Cross-validation of Lux: χ² against the number of latents for each regularisation (Horta et al. 2025, Fig. 14)."""

import html
from collections.abc import Sequence

import panel as pn
from bokeh.models import BasicTicker, PrintfTickFormatter

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.titles import survey_title
from specvae_core.results import Result
from specvae_core.tasks.figures import rows_recipe

from .error_plots import Curves, error_figure

PANELS = {"chi2": "χ² of latents from spectra", "chi2_from_labels": "χ² of latents from labels"}
"""The two panels of the figure, by the key of a trial."""


class FoldsCard(Card):
    """The newest `specvae crossvalidate` of a survey; hidden where there is none."""

    def __init__(self, session: Session) -> None:
        self._session, self._result, self._drawn = session, None, None
        self.figures = pn.Row(css_classes=["box-figures"], **FULL)
        recipe = RecipeButton(session, "these figures", self._recipe)
        super().__init__("Latents and regularisation of Lux", self.figures, actions=(recipe,), visible=False, **FULL)

    def update(self, results: Sequence[Result], survey_id: str) -> None:
        """Take the cross-validations of the workspace, the newest first, and the survey at hand."""
        self._result = next((result for result in results if result.header["survey"] == survey_id), None)
        self.visible = self._result is not None
        self.draw()

    def draw(self) -> None:
        """Draw both panels in the colours of the theme."""
        theme = self._session.state.theme
        key = self._result and (self._result.id, self._result.created, theme)
        if key is None or key == self._drawn:
            return
        self._drawn, header = key, self._result.header
        trials, best = header["trials"], header["trials"][0]
        survey = html.escape(survey_title(self._session.workspace, header["survey"]))
        self.entitle(
            "Latents and regularisation of Lux",
            f"{header['folds']} folds of {survey}; labels are most accurate with {best['n_latent']} latents "
            f"and Ω = {best['regularisation']:g}",
        )
        latents = [trial["n_latent"] for trial in trials]
        plots = [error_figure(_curves(trials, key), latents, label, theme) for key, label in PANELS.items()]
        for plot in plots:  # χ² per object is a large number, and spans less than a decade
            plot.yaxis.ticker = BasicTicker(desired_num_ticks=5)
            plot.yaxis.formatter = PrintfTickFormatter(format="%.4g")
        self.figures.objects = [pn.pane.Bokeh(plot, **FULL) for plot in plots]

    def _recipe(self) -> tuple[dict, str]:
        shown = ["n_latent", *PANELS, "regularisation"]
        return rows_recipe(self._session.workspace, self._result, shown), self._result.id


def _curves(trials: Sequence[dict], key: str) -> Curves:
    """One curve for each regularisation."""
    found: Curves = {}
    for omega in sorted({trial["regularisation"] for trial in trials}):
        some = sorted((trial["n_latent"], trial[key]) for trial in trials if trial["regularisation"] == omega)
        x, y = zip(*some, strict=True)
        found[f"Ω = {omega:g}"] = x, y, [0.0] * len(x)
    return found
