"""Neighbours: do other models, or embeddings, put the same objects side by side, and what does each one know?"""

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
from dashboard.widgets.titles import by_title, model_title, survey_title
from specvae_core.errors import NotFound
from specvae_core.results import Kind, Result
from specvae_core.tasks.agree import by_selection
from specvae_core.tasks.colour_columns import agreement_column
from specvae_core.tasks.figures import figure_recipe, rows_recipe
from specvae_core.tasks.selections import find_selection, rows_of

_SHARE_WITHIN = "mean share of the 20 nearest objects in common, of the objects of the selection"

MOST = 6
"""Other models at once."""


class NeighboursView(Viewer):
    """The model at hand beside others of the same survey."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session, self._result = session, None
        guard = session.guard
        self.others = pn.widgets.CheckButtonGroup(options=[], css_classes=["object-models", "neighbour-models"], **WIDE)
        self.start = pn.widgets.Button(label="Compare", css_classes=["pill", "primary"])
        self.start.on_click(guard(lambda _: self._start()))
        self.shared = Table(
            guard(self._colour),
            (
                Column("other", "model"),
                Column("agreement", "neighbours in common", ".1%", "mean share of the 20 nearest objects"),
                Column("expected", "by chance", ".2%", "what unrelated models have in common"),
            ),
            opens="colour the map by it",
            **WIDE,
        )
        self.words = pn.pane.HTML("", css_classes=["muted"], **WIDE)
        self._known, self.of_kept = pn.Column(**WIDE), pn.Column(**WIDE)
        body = pn.Column(
            Card(
                "Neighbours in common",
                self.shared,
                self.of_kept,
                actions=(RecipeButton(session, "these shares", self._recipe_of_shares),),
                **WIDE,
            ),
            Card(
                "Catalogue by neighbours",
                self.words,
                self._known,
                actions=(RecipeButton(session, "this table", self._recipe),),
                css_classes=("table-card",),
                scroll=True,
                **FULL,
            ),
            css_classes=["stage"],
            **FULL,
        )
        self.computed = Computed(session, "agree", body, lambda _: self.refresh(), css_classes=("card",))
        self.card = Card("", self.others, actions=(self.start,))
        self._layout = pn.Column(self.card, self.computed, css_classes=["stage"], **FULL)

    def refresh(self) -> None:
        """Show what was found for the present model and survey, or offer to look."""
        state, workspace = self._session.state, self._session.workspace
        self.card.visible = False
        if not (state.model_id and state.survey_id):
            self.computed.lacks("No model is chosen", "Choose a survey and a model above.")
            return
        options = [name for name in workspace.encoded_by(state.survey_id) if name != state.model_id]
        if not options:
            survey = html.escape(survey_title(workspace, state.survey_id))
            self.computed.lacks(
                "Nothing to compare with",
                f"Train another model on {survey}, or give vectors of an embedding on the Data page.",
            )
            return
        found = workspace.results.find(Kind.AGREEMENTS, model=state.model_id, survey=state.survey_id)
        chosen = [name for name in (found.header["others"] if found else options[:MOST]) if name in options]
        self.card.visible = True
        self.card.entitle(f"{model_title(workspace, state.model_id)} beside")
        offered = by_title([one for one in workspace.models() if one.id in options])
        if self.others.options != offered:
            self.others.param.update(options=offered, value=chosen)
        if found is None:
            self.computed.offer(
                "Do other models find the same neighbours?",
                "The share of the 20 nearest objects in common becomes a colouring of the map, and each column of the "
                "catalogue is predicted from the nearest objects, on test objects.",
                "Compare neighbours",
                model=state.model_id,
                survey=state.survey_id,
                others=chosen or options[:MOST],
            )
            return
        self._show(found)
        self.computed.show()

    def dress(self, theme: str) -> None:
        """Tables take their colours from the page."""

    def _start(self) -> None:
        state = self._session.state
        if not 0 < len(self.others.value) <= MOST:
            self._session.notify(f"Choose one to {MOST} models to compare with.", kind="bad")
            return
        self.computed.compute(model=state.model_id, survey=state.survey_id, others=list(self.others.value))

    def _recipe(self) -> tuple[dict, str]:
        header = self._result.header
        models = [header["model"], *header["others"]]
        shown = ["name", "kind", "n", *(f"scores.{name}" for name in models)]
        return rows_recipe(self._session.workspace, self._result, shown, models), self._result.id

    def _recipe_of_shares(self) -> tuple[dict, str]:
        header = self._result.header
        names, workspace = (header["survey"], header["model"]), self._session.workspace
        return figure_recipe(workspace, "neighbours", *names, models=header["others"]), f"{self._result.id}-shares"

    def _show(self, result: Result) -> None:
        self._result = result
        header, workspace = result.header, self._session.workspace
        names = [header["model"], *header["others"]]
        titles = {name: model_title(workspace, name) for name in names}
        rows = [
            {"id": other, "other": titles[other], "agreement": share, "expected": header["expected"]}
            for other, share in header["agreement"].items()
        ]
        self.shared.fill(pd.DataFrame(rows))
        self.of_kept.objects = self._selections(result)
        self.words.object = html.escape(
            f"Columns predicted from the {header['k']} nearest objects, for {header['objects']}. 1: all correct; 0: no "
            "better than the mean, or the most frequent class."
            if header["columns"]
            else "No column of the catalogue could be predicted: too few test objects have a value."
        )
        scores = [
            {"id": one["name"], "name": one["name"], "n": one["n"], **{of: one["scores"][of] for of in names}}
            for one in header["columns"]
        ]
        columns = (Column("name", "column"), Column("n", "n", ",d"), *(_score(name, titles[name]) for name in names))
        table = Table(self._session.guard(self._show_column), columns, opens="colour the map by it", **WIDE)
        table.fill(pd.DataFrame(scores, columns=["id", "name", "n", *names]))
        self._known.objects = [table] if scores else []

    def _selections(self, result: Result) -> list[Table]:
        """A table of the kept selections, if there are any."""
        rows = [
            {"id": one["name"], "name": one["name"], "n": one["n"], **one["agreement"]}
            for one in by_selection(self._session.workspace, result)
        ]
        if not rows:
            return []
        columns = (Column("name", "kept selection"), Column("n", "n", ",d"))
        others = result.header["others"]
        shares = (Column(one, model_title(self._session.workspace, one), ".1%", _SHARE_WITHIN) for one in others)
        table = Table(self._session.guard(self._select), (*columns, *shares), opens="select it on the map", **WIDE)
        table.fill(pd.DataFrame(rows))
        return [table]

    def _select(self, name: str) -> None:
        session = self._session
        kept = find_selection(session.workspace, session.state.survey_id, name)
        if kept is None:
            raise NotFound(f"The selection {name} is not kept any more: open this view once more.")
        rows = rows_of(kept, session.workspace.survey(session.state.survey_id))
        session.state.param.update(where=f"@{name}", selection=rows, tab="selection", page="explore")

    def _colour(self, other: str) -> None:
        self._show_column(agreement_column(other))

    def _show_column(self, name: str) -> None:
        self._session.state.param.update(colour_by=name, page="explore")

    def __panel__(self) -> Viewable:
        return self._layout


def _score(name: str, title: str) -> Column:
    return Column(name, title, ".3f", "R² for numbers; for classes, the share of wrong guesses that is avoided")
