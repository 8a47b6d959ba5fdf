"""Inverse problems: errors of a model's solutions as box plots (Rissaki et al. 2020, Fig. 2)."""

import html

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.computed import Computed
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.titles import model_title
from specvae_core.models import Ability
from specvae_core.results import Kind, Result
from specvae_core.tasks.figures import rows_recipe

from .box_plot import box_figure
from .within import in_words

WORDS = {"inpaint": "a missing window", "random": "pixels missing at random", "denoise": "added noise"}
"""What the problems of one figure have in common, by their first word."""


class InverseView(Viewer):
    """Solutions of the model at hand, on training and on test spectra, by both methods of the paper."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._result, self._drawn = session, None, None
        self.figures = pn.Row(css_classes=["box-figures"], **FULL)
        self.words = pn.pane.HTML("", css_classes=["muted"], **WIDE)
        recipe = RecipeButton(session, "these figures", self._recipe)
        self.card = Card("Inverse problems", self.words, self.figures, actions=(recipe,), **FULL)
        self.made = Computed(session, "inverse_bench", self.card, lambda _: self.refresh(), css_classes=("card",))

    def refresh(self) -> None:
        """Show the newest comparison that has the model at hand, or offer to make it."""
        state, workspace = self._session.state, self._session.workspace
        if not (state.model_id and state.survey_id):
            self.made.lacks("No model is chosen", "Choose a survey and a model above.")
            return
        if Ability.DECODES_GRADIENT not in workspace.model(state.model_id).abilities:
            self.made.lacks(
                "No inverse problems", "The decoder of this model cannot be searched: choose another model."
            )
            return
        self._result = self._find(state.model_id, state.survey_id, state.within)
        if self._result is None:
            text = (
                "Larger and larger parts of test and training spectra are hidden, or noise is added to them, and the "
                "model restores what was there. This takes a few minutes."
            )
            self.made.offer(
                f"How well does the model fill and denoise{in_words(state.within)}?", text, "Run the test",
                models=[state.model_id], survey=state.survey_id, where=state.within,
            )  # fmt: skip
            return
        self._draw()
        self.made.show()

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._drawn = None
        if self._result is not None:
            self._draw()

    def _find(self, model_id: str, survey_id: str, where: str) -> Result | None:
        for result in self._session.workspace.results.list(Kind.BENCHES):
            header = result.header
            drawn = all("box" in row for row in header["rows"])  # those of version 0.2 have none
            fits = header["survey"] == survey_id and header.get("where", "") == where
            if fits and model_id in header["models"] and drawn:
                return result
        return None

    def _draw(self) -> None:
        state = self._session.state
        key = self._result.id, self._result.created, state.model_id, state.theme
        if key == self._drawn:
            return
        self._drawn = key
        rows = [row for row in self._result.header["rows"] if row["who"] == state.model_id]
        kinds = list(dict.fromkeys(row["problem"].partition(":")[0] for row in rows))
        panes = []
        for kind in kinds:
            some = [row for row in rows if row["problem"].partition(":")[0] == kind]
            panes.append(pn.pane.Bokeh(box_figure(some, WORDS.get(kind, kind), state.theme), **FULL))
        self.figures.objects = panes
        n, outside = max((row["n"] for row in rows), default=0), sum(row["n_outside"] for row in rows)
        model = html.escape(model_title(self._session.workspace, state.model_id))
        self.words.object = (
            f"{model}: mean squared error of hidden or degraded pixels over {n:,} spectra of each "
            f"part; boxes are quartiles, whiskers reach 1.5 times as far, and {outside:,} errors beyond are left out"
            + (f"; test spectra are those{in_words(state.within)}" if state.within else "")
        )

    def _recipe(self) -> tuple[dict, str]:
        shown = ["problem", "mse_median", "who", "method", "part", "n", "box"]
        return rows_recipe(self._session.workspace, self._result, shown, self._result.header["models"]), self._result.id

    def __panel__(self) -> Viewable:
        return self.made
