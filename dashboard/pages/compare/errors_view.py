"""A comparison: error curves, overall or of one class, and the table behind them."""

import html
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.card import Card
from dashboard.widgets.choices import offer
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.table import Column, Table
from dashboard.widgets.titles import survey_title
from specvae_core.analysis.compare import WAYS
from specvae_core.models import MODELS
from specvae_core.results import Result
from specvae_core.workspace import Workspace

from .error_plots import Curves, error_figure

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
    Column("chi2_per_pixel", "χ² per pixel", ".3f"),
    Column("epochs", "epochs"),
    Column("seconds", "time [s]", ".1f"),
)


class ComparisonView(Viewer):
    """One of the workspace's comparisons.

    Parameters
    ----------
    on_open
        Called with survey id and model id, to see the model in Explore.
    on_side_by_side
        Called with the ids of the ticked models.
    """

    def __init__(
        self,
        workspace: Workspace,
        theme: str,
        on_open: Callable[[str, str], object],
        on_side_by_side: Callable[[list[str]], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._workspace, self._theme = workspace, theme
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
        actions = (self.picker, self.kind, self.way, self.beside)
        self.card = Card("Errors", self.figure, actions=actions, css_classes=("compare-errors",), **FULL)
        self.filled = pn.Column(
            self.card,
            Card("Models", self.table, css_classes=("table-card",), max_height=330, **FULL),
            visible=False,
            css_classes=["stage"],
            **FULL,
        )
        self._empty = EmptyState(*EMPTY, css_classes=("card",))
        self._layout = pn.Column(self._empty, self.filled, css_classes=["compare-place"], **FULL)

    def update(self, results: Sequence[Result], survey_id: str, prefer: str = "") -> None:
        """Offer these comparisons, newest first.

        Parameters
        ----------
        survey_id
            To begin with, one of this survey is shown.
        prefer
            The comparison to show now; empty where the user's choice stays.
        """
        self._results = {result.id: result for result in results}
        self._empty.visible, self.filled.visible = not results, bool(results)
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
        self._theme, self._drawn = theme, None
        if self._results:
            self._draw()

    def _show(self) -> None:
        rows = self._rows()
        names = sorted({name for row in rows for name in row["per_class"]})
        options = [ALL, *names] if len(names) > 1 else [ALL]
        offer(self.kind, options, self.kind.value if self.kind.value in options else ALL)
        self._draw()

    def _rows(self) -> list[dict]:
        result = self._results.get(self.picker.value)
        return [] if result is None else result.header["rows"]

    def _draw(self) -> None:
        rows, kind, way = self._rows(), self.kind.value, self.way.value
        key = (self.picker.value, kind, way, self._theme, len(rows))
        if key == self._drawn or self.picker.value not in self._results:
            return
        self._drawn = key
        header = self._results[self.picker.value].header
        rows = [row | row.get("by", {}).get(way, {}) for row in rows]  # older comparisons know one way
        errors = [_error(row, kind) for row in rows]
        lines = [
            {**row, "title": _title(row["model"]), "mse": error, "chi2_per_pixel": _number(row["chi2_per_pixel"])}
            for row, error in zip(rows, errors, strict=True)
        ]
        self.table.fill(pd.DataFrame(lines, columns=[column.key for column in COLUMNS]))
        self.card.entitle("Errors", html.escape(_about(header, survey_title(self._workspace, header["survey"]))))
        curves = error_curves(rows, errors)
        if not curves:
            self.figure.objects = [EmptyState(text="The first model is being trained.")]
            return
        of = "test flux" if kind == ALL else f"test flux, {kind}"
        plot = error_figure(curves, [row["n_latent"] for row in rows], f"mean squared error of {of}", self._theme)
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
