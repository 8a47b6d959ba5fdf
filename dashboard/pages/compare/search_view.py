"""A search: errors of its trials, their table, and the best model; and the cross-validation of Lux."""

import html
import math
from collections.abc import Callable, Sequence

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.widgets.card import Card
from dashboard.widgets.choices import offer
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import UNKNOWN, plain_table
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.analysis.search import SPACE
from specvae_core.results import Result
from specvae_core.tasks.figures import rows_recipe

from .error_plots import trial_figure
from .folds_card import FoldsCard

EMPTY = (
    "Nothing searched yet",
    "Choose a survey and a model at the left: trial after trial is trained with other settings, and the best "
    "one becomes a model.",
)
TITLES = {"mmd_lambda": "λ", "hidden_outer": "outer layers", "hidden_inner": "inner layers"}


class SearchView(Viewer):
    """One of the workspace's searches.

    Parameters
    ----------
    on_open
        Called with survey id and model id, to see the best model in Explore.
    """

    def __init__(self, session: Session, on_open: Callable[[str, str], object]) -> None:
        super().__init__()
        self._session, self._on_open = session, on_open
        guard = session.guard
        self._results: dict[str, Result] = {}
        self._drawn: object = None
        self.picker = pn.widgets.Select(label="search", options=[], css_classes=["picker", "search-picker"])
        self.picker.param.watch(guard(lambda _: self._draw()), "value")
        self.open = pn.widgets.Button(label="Open best in Explore", css_classes=["pill", "open-best"], visible=False)
        self.open.on_click(guard(lambda _: self._open()))
        self.table = pn.pane.HTML("", css_classes=["trials"], **WIDE)
        self.figure = pn.Column(css_classes=["error-figure"], **FULL)
        recipe = RecipeButton(session, "this figure", self._recipe)
        self.card = Card("Search", self.figure, actions=(self.picker, self.open, recipe), **FULL)
        self._filled = pn.Column(
            self.card,
            Card("Trials", self.table, css_classes=("table-card",), max_height=330, scroll=True, **FULL),
            visible=False,
            css_classes=["stage"],
            **FULL,
        )
        self._empty = EmptyState(*EMPTY, css_classes=("card",))
        self.folds = FoldsCard(session)
        self._layout = pn.Column(self._empty, self._filled, self.folds, css_classes=["stage"], **FULL)

    def update(self, results: Sequence[Result], prefer: str = "") -> None:
        """Offer these searches, newest first; look at the preferred one where there is one."""
        self._results = {result.id: result for result in results}
        self._empty.visible, self._filled.visible = not results, bool(results)
        if not results:
            return
        options = {result.title: result.id for result in results}
        value = prefer or self.picker.value
        value = value if value in self._results else results[0].id
        offer(self.picker, options, value)
        self._draw()

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self._drawn = None
        self.folds.draw()
        if self._results:
            self._draw()

    def _draw(self) -> None:
        result = self._results.get(self.picker.value)
        if result is None:
            return
        trials = result.header["trials"]
        theme = self._session.state.theme
        key = (result.id, len(trials), theme)
        if key == self._drawn:
            return
        self._drawn = key
        self.open.visible = result.header["model"] is not None
        self.table.object = trial_table(trials, result.header["best"])
        survey = survey_title(self._session.workspace, result.header["survey"])
        note = f"{len(trials)} trials on {survey}"
        if result.header["model"] is not None:
            note += f", best: {model_title(self._session.workspace, result.header['model'])}"
        test = result.header.get("test")
        if test and test["mse"] is not None:
            note += f", MSE {test['mse']:.3e} on {test['n']:,} {test['part']} spectra that took no part in the choice"
        self.card.entitle("Search", html.escape(note))
        errors = [math.nan if trial["mse"] is None else trial["mse"] for trial in trials]
        self.figure.objects = [pn.pane.Bokeh(trial_figure(errors, theme), **FULL)]

    def _recipe(self) -> tuple[dict, str]:
        result = self._results[self.picker.value]
        shown = ["trial", "mse", "val_loss", "epochs"]
        return rows_recipe(self._session.workspace, result, shown, [result.header["model"]]), result.id

    def _open(self) -> None:
        header = self._results[self.picker.value].header
        self._on_open(header["survey"], header["model"])

    def __panel__(self) -> Viewable:
        return self._layout


def trial_table(trials: Sequence[dict], best: int | None) -> str:
    """The trials as a table, the best one highlighted."""
    names = [name for name in SPACE if any(name in trial for trial in trials)]
    heads = ["trial", *[TITLES.get(name, name) for name in names], "val. loss", "val. MSE", "epochs", "time [s]"]
    rows = []
    for trial in trials:
        settings = [f"{trial[name]:.3g}" if isinstance(trial[name], float) else str(trial[name]) for name in names]
        numbers = [_known(trial["val_loss"], ".4g"), _known(trial["mse"], ".3e"), str(trial["epochs"])]
        rows.append([str(trial["trial"]), *settings, *numbers, f"{trial['seconds']:.0f}"])
    return plain_table(heads, rows, marked=best, words=0)


def _known(value: float | None, spec: str) -> str:
    return UNKNOWN if value is None else format(value, spec)
