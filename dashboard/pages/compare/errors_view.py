"""A comparison: error curves, overall or of one class, and the table behind them."""

import html
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.choices import offer
from dashboard.widgets.computed import Computed
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import Column, Table
from dashboard.widgets.titles import survey_title
from specvae_core.analysis.compare import WAYS
from specvae_core.models import MODELS
from specvae_core.results import Result
from specvae_core.tasks.compare_within import kept_within
from specvae_core.tasks.figures import rows_recipe

from .error_plots import Curves, error_figure
from .within import in_words

EMPTY = (
    "Nothing compared yet",
    "Choose a survey, models and numbers of latents at the left: each is trained, and its error on test spectra, "
    "which it has not seen, is drawn here.",
)
ALL = "all classes"
COLUMNS = (
    Column("id"),
    Column("title", "model"),
    Column("n_latent", "latents"),
    Column("seed", "seed", "d", "seed of the random numbers of the training"),
    Column("mse", "MSE", ".3e", "mean squared error of normalised flux over seen pixels of the test spectra shown"),
    Column("chi2_per_pixel", "χ²", ".3f", "of the test spectra shown, per seen pixel, or per band of photometry"),
    Column("epochs", "epochs"),
    Column("seconds", "time [s]", ".1f"),
)


class ComparisonView(Viewer):
    """One of the workspace's comparisons, on all its test spectra or within a selection.

    Parameters
    ----------
    on_open
        Called with survey id and model id, to see the model in Explore.
    on_side_by_side
        Called with the ids of the ticked models.
    """

    def __init__(
        self,
        session: Session,
        on_open: Callable[[str, str], object],
        on_side_by_side: Callable[[list[str]], object],
    ) -> None:
        super().__init__()
        self._session, guard = session, session.guard
        self._results: dict[str, Result] = {}
        self._drawn: object = None
        self.picker = pn.widgets.Select(label="comparison", options=[], css_classes=["picker", "comparison-picker"])
        self.kind = pn.widgets.Select(label="of", options=[ALL], css_classes=["picker", "class-picker"])
        self.way = pn.widgets.Select(
            label="latents", options={words: way for way, words in WAYS.items()}, css_classes=["picker", "way-picker"]
        )
        self.way.param.watch(guard(lambda _: self._draw()), "value")
        self.picker.param.watch(guard(lambda _: self._show()), "value")
        self.kind.param.watch(guard(lambda _: self._draw()), "value")
        self.beside = pn.widgets.Button(label="Ticked models on one object", css_classes=["pill", "beside"])
        self.beside.on_click(guard(lambda _: on_side_by_side(list(self.table.ticked))))
        self.table = Table(
            guard(lambda model_id: on_open(self.survey_id, model_id)),
            COLUMNS,
            opens="open this model in Explore",
            ticks=True,
            **WIDE,
        )
        self.figure = pn.Column(css_classes=["error-figure"], **FULL)
        recipe = RecipeButton(session, "this figure", self._recipe)
        actions = (self.picker, self.kind, self.way, recipe)
        self.card = Card("Errors", self.figure, actions=actions, css_classes=("compare-errors",), **FULL)
        self.filled = pn.Column(
            self.card,
            Card("Models", self.table, actions=(self.beside,), css_classes=("table-card",), max_height=330, **FULL),
            css_classes=["stage", "compare-place"],
            **FULL,
        )
        self.measured = Computed(
            session, "compare_within", self.filled, lambda _: self.follow_within(), css_classes=("card",), visible=False
        )
        self._empty = EmptyState(*EMPTY, css_classes=("card",))
        self._layout = pn.Column(self._empty, self.measured, css_classes=["compare-place"], **FULL)

    def update(self, results: Sequence[Result], survey_id: str, prefer: str = "") -> None:
        """Offer these comparisons, newest first.

        Parameters
        ----------
        survey_id
            To begin with, one of this survey is shown.
        prefer
            The comparison to show now; empty where the user's choice stays.
        """
        results = [result for result in results if not result.header.get("where")]
        self._results = {result.id: result for result in results}
        self._empty.visible, self.measured.visible = not results, bool(results)
        if not results:
            return
        options = {f"{result.title}": result.id for result in results}
        value = prefer or self.picker.value
        value = value if value in self._results else _first(results, survey_id).id
        offer(self.picker, options, value)
        self._show()

    @property
    def survey_id(self) -> str:
        """The survey of the comparison that is shown."""
        return self._results[self.picker.value].header["survey"]

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._drawn = None
        if self._results:
            self._draw()

    def follow_within(self) -> None:
        """Show the errors within the selection that the state names, or offer to measure them."""
        if self._results:
            self._show()

    def _show(self) -> None:
        self._offer_within()
        rows = self._rows()
        names = sorted({name for row in rows for name in row["per_class"]})
        options = [ALL, *names] if len(names) > 1 else [ALL]
        offer(self.kind, options, self.kind.value if self.kind.value in options else ALL)
        self._draw()

    def _offer_within(self) -> None:
        whole, state = self._results.get(self.picker.value), self._session.state
        if whole is None or not state.within or self._result() is not whole:
            self.measured.show()
            return
        if whole.header["survey"] != state.survey_id:
            words = "Selections are those of the survey above: choose that of this comparison there, or all objects."
            self.measured.lacks(f"{html.escape(whole.title)} is about another survey", words)
            return
        self.measured.offer(
            f"Not measured yet{in_words(state.within)}",
            f"The models of {html.escape(whole.title)} reconstruct the test spectra of this selection alone. None is "
            "trained again.",
            "Measure the errors",
            comparison=whole.id,
            where=state.within,
        )

    def _result(self) -> Result | None:
        """The comparison that is picked; within a selection what was measured there, if anything was."""
        whole, where = self._results.get(self.picker.value), self._session.state.within
        found = kept_within(self._session.workspace, whole, where) if whole is not None and where else None
        return found or whole

    def _rows(self) -> list[dict]:
        result = self._result()
        return [] if result is None else result.header["rows"]

    def _recipe(self) -> tuple[dict, str]:
        result, way = self._result(), f"by.{self.way.value}."
        rows = result.header["rows"]
        error = (way if all("by" in row for row in rows) else "") + (
            "mse" if self.kind.value == ALL else f"per_class.{self.kind.value}"
        )
        shown = ["n_latent", error, "id", "model", "seed", "part"]
        return rows_recipe(self._session.workspace, result, shown, [row["id"] for row in rows]), f"{result.id}-errors"

    def _draw(self) -> None:
        result, kind, way, theme = self._result(), self.kind.value, self.way.value, self._session.state.theme
        if result is None:
            return
        header, rows = result.header, result.header["rows"]
        key = (result.id, result.created, kind, way, theme, len(rows))
        if key == self._drawn:
            return
        self._drawn = key
        rows = [row | row.get("by", {}).get(way, {}) for row in rows]  # older comparisons know one way
        errors = [_error(row, kind) for row in rows]
        lines = [
            {**row, "title": _title(row["model"]), "mse": error, "chi2_per_pixel": _number(row["chi2_per_pixel"])}
            for row, error in zip(rows, errors, strict=True)
        ]
        self.table.fill(pd.DataFrame(lines, columns=[column.key for column in COLUMNS]))
        self.card.entitle(
            "Errors",
            html.escape(_about(header, survey_title(self._session.workspace, header["survey"])))
            + in_words(header.get("where", "")),
        )
        curves = error_curves(rows, errors)
        if not curves:
            self.figure.objects = [EmptyState(text="The first model is being trained.")]
            return
        of = "test flux" if kind == ALL else f"test flux, {kind}"
        plot = error_figure(curves, [row["n_latent"] for row in rows], f"mean squared error of {of}", theme)
        self.figure.objects = [pn.pane.Bokeh(plot, **FULL)]

    def __panel__(self) -> Viewable:
        return self._layout


def error_curves(rows: Sequence[dict], errors: Sequence[float]) -> Curves:
    """Mean error at each number of latents by model, and its standard deviation over seeds."""
    found: dict[str, dict[int, list[float]]] = {}
    for row, error in zip(rows, errors, strict=True):
        found.setdefault(_title(row["model"]), {}).setdefault(row["n_latent"], []).append(error)
    return {name: (list(many), *_moments(many.values())) for name, many in found.items()}


def _moments(groups: Iterable[Sequence[float]]) -> tuple[list[float], list[float]]:
    groups = list(groups)
    return [float(np.mean(some)) for some in groups], [float(np.std(some)) for some in groups]


def _first(results: Sequence[Result], survey_id: str) -> Result:
    """The newest of the survey, if there is one, and with something to show."""
    return max(results, key=lambda result: (result.header["survey"] == survey_id, bool(result.header["rows"])))


def _error(row: dict, kind: str) -> float:
    return _number(row["mse"] if kind == ALL else row["per_class"].get(kind))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _title(name: str) -> str:
    return MODELS[name].title if name in MODELS else name


def _about(header: dict, survey: str) -> str:
    if not header["rows"]:
        return f"test spectra of {survey}"
    n = max(row["n"] for row in header["rows"])
    parts = {row.get("part", "validation") for row in header["rows"]}
    words = f"{' and '.join(sorted(parts))} spectra of"
    refused = {_title(entry["model"]): entry["reason"] for entry in header["refused"]}
    left_out = "".join(f" {name} was left out." for name in refused)
    return f"{n:,} {words} {survey}.{left_out}"
