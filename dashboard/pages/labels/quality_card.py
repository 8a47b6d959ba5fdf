"""Predicted labels against those of the catalogue, and their differences against signal to noise."""

import html
import math

import numpy as np
import panel as pn
from bokeh.events import Tap

from dashboard.page import Session
from dashboard.units import digits, measured, title
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.table import UNKNOWN, plain_table
from dashboard.widgets.trust_note import TrustNote
from specvae_core.analysis.label_flags import domain_shift, flag_words
from specvae_core.analysis.label_quality import LabelQuality, label_quality
from specvae_core.data.split import Unseen
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.predict import errors_in_words

from .label_data import LabelData, spread
from .plots import label_scatter

TITLE = "Predicted against catalogue"

OBJECTS = {"unseen": True, "all": False}
"""Objects that are drawn; errors are those of the objects that the model did not learn from, whichever are."""


class QualityCard:
    """A switch of labels, what their errors are, and two figures of the one that is chosen."""

    def __init__(self, session: Session) -> None:
        self.session = session
        theme = session.state.theme
        self.data: LabelData | None = None
        self.included: dict[str, str] = {}
        self.against = label_scatter("against", theme)
        self.residual = label_scatter("residual-sn", theme)
        self.label = pn.widgets.RadioButtonGroup(options=[], css_classes=["switch", "label-switch"])
        self.label.param.watch(session.guard(self._choose), "value")
        self.objects = pn.widgets.RadioButtonGroup(options=OBJECTS, value=True, css_classes=["switch"])
        self.objects.param.watch(session.guard(lambda _: self.draw()), "value")
        self.table = pn.pane.HTML("", css_classes=["label-table"], **WIDE)
        for scatter in (self.against, self.residual):
            scatter.figure.on_event(Tap, session.guard(lambda event, scatter=scatter: self._pick(scatter, event)))
        self.trust = TrustNote(session)
        self.shift = pn.pane.HTML("", css_classes=["trust-note"], visible=False, **WIDE)
        self.object = pn.pane.HTML("", css_classes=["muted", "label-object"], **WIDE)
        figures = pn.Row(
            pn.pane.Bokeh(self.against.figure, **FULL),
            pn.pane.Bokeh(self.residual.figure, **FULL),
            css_classes=["label-figures"],
            **FULL,
        )
        self.recipe = RecipeButton(session, "these figures", self._recipe)
        errors = RecipeButton(session, "the table", self._recipe_of_errors, "Recipe of errors")
        head = pn.Row(self.label, pn.Spacer(**WIDE), errors, css_classes=["bar-row"], **WIDE)
        body = (head, self.shift, self.trust, figures, self.object, self.table)
        self.view = Card(TITLE, *body, actions=(self.objects, self.recipe), css_classes=("label-quality",), **FULL)

    def show(self, data: LabelData) -> None:
        """Take the labels of a survey."""
        self.data = data
        self.included = errors_in_words(self.session.workspace.model(data.model_id))
        options = {title(name, unit=False): name for name in data.names}
        chosen = self.session.state.label if self.session.state.label in data.names else data.names[0]
        self.objects.visible = not data.unseen.mask.all()
        self.label.param.update(options=options, value=chosen)
        self.session.state.label = chosen
        sentence = domain_shift(data.flags[data.unseen.mask])
        self.shift.param.update(object=sentence, visible=bool(sentence))
        self.draw()

    def draw(self) -> None:
        """Draw the chosen label, and list the errors of all."""
        data = self.data
        if data is None or self.label.value not in data.names:
            return
        i = data.names.index(self.label.value)
        chosen = data.unseen.mask if self.objects.value else np.ones(len(data.table), dtype=bool)
        known = np.flatnonzero(chosen & data.catalogue.known[:, i] & np.isfinite(data.predicted[:, i]))
        rows = spread(known)
        catalogue, predicted, ids = data.catalogue.values[rows, i], data.predicted[rows, i], data.survey.ids[rows]
        name, sn = title(data.names[i]), data.signal_to_noise[rows]
        with_sn = bool(np.isfinite(sn).any())
        self.view.entitle(TITLE, _count(len(rows), len(known), len(data.table), with_sn))
        x, words = (sn, f"S/N per {data.survey.grid.sample}") if with_sn else (catalogue, f"catalogue {name}")
        flags = data.flags[rows] > 0
        self.against.fill(catalogue, predicted, ids, flagged=flags)
        self.residual.fill(x, predicted - catalogue, ids, flagged=flags)
        ends = [float(catalogue.min()), float(catalogue.max())] if len(rows) else []
        self.against.guide.data = {"x": ends, "y": ends}
        self.residual.guide.data = {"x": [np.nanmin(x), np.nanmax(x)], "y": [0, 0]} if len(rows) else {"x": [], "y": []}
        against, residual = self.against.figure, self.residual.figure
        against.xaxis.axis_label, against.yaxis.axis_label = f"catalogue {name}", "predicted"
        residual.xaxis.axis_label, residual.yaxis.axis_label = words, f"Δ {name}"
        self.trust.ask(data.model_id, data.survey.name, [data.names[i]])
        qualities = label_quality(data.predicted, data.catalogue, data.unseen.mask, data.errors)
        self.table.object = _table(qualities, data.names[i], data.unseen, self.included.get(data.names[i], ""))
        self.mark()

    def mark(self) -> None:
        """Ring the picked object."""
        for scatter in (self.against, self.residual):
            scatter.mark(self.session.state.picked)
        row = self.data.survey.row_of(self.session.state.picked) if self.data is not None else None
        self.object.object = "" if row is None else _object(self.data, row)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self.against.dress(theme)
        self.residual.dress(theme)

    def _recipe(self) -> tuple[dict, str]:
        survey, model, label = self.data.survey.name, self.data.model_id, self.label.value
        asked = {"label": label, "unseen": self.objects.value}
        recipe = figure_recipe(self.session.workspace, "labels", survey, model, **asked)
        return recipe, f"{survey}-{model}-{label}"

    def _recipe_of_errors(self) -> tuple[dict, str]:
        survey, model = self.data.survey.name, self.data.model_id
        return figure_recipe(self.session.workspace, "label errors", survey, model), f"{survey}-{model}-label-errors"

    def _choose(self, event: object) -> None:
        if event.new:
            self.session.state.label = event.new
            self.draw()

    def _pick(self, scatter: object, event: Tap) -> None:
        found = scatter.nearest(event.x, event.y)
        if found is not None:
            self.session.state.picked = found


def _count(drawn: int, known: int, n: int, with_sn: bool) -> str:
    if not known:
        return f"none of {n:,} objects has this label in the catalogue"
    part = f", {drawn:,} drawn" if drawn < known else ""
    return f"{known:,} objects with this label of {n:,}{part}" + ("" if with_sn else ", no S/N")


def _object(data: LabelData, row: int) -> str:
    """Labels, errors, fit and flags of one object."""
    found = zip(data.names, data.predicted[row], data.errors[row], strict=True)
    labels = ", ".join(f"{title(name, unit=False)} {measured(name, value, error)}" for name, value, error in found)
    fit = f"; χ² of the fit {data.chi2[row]:.2g} times the typical one" if np.isfinite(data.chi2[row]) else ""
    words = flag_words(int(data.flags[row]))
    warned = f" <b>{words}</b>" if words else ""
    return f"<p>{html.escape(str(data.survey.ids[row]))}: {html.escape(labels)}{fit}.{warned}</p>"


def _table(qualities: dict[str, LabelQuality], chosen: str, unseen: Unseen, included: str) -> str:
    rows = [
        [
            title(name),
            *(
                _number(value, name, quality.rmse)
                for value in (quality.bias, quality.rmse, quality.robust, quality.catalogue_error)
            ),
            _plain(quality.coverage, ".0%"),
            _plain(quality.pull, "+.1f"),
            f"{quality.n:,}",
        ]
        for name, quality in qualities.items()
    ]
    heads = ("label", "bias", "RMSE", "robust scatter", "mean catalogue error", "within 1σ", "mean pull", "objects")
    about = f" In the errors quoted for {title(chosen, unit=False)}, {included}." if included else ""
    note = f'<p class="muted">Errors are those of {unseen.sentence}.{about}</p>'
    return plain_table(heads, rows, marked=list(qualities).index(chosen)) + note


def _plain(value: float, form: str) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:{form}}".replace("-", "−")


def _number(value: float, name: str, scale: float) -> str:
    return UNKNOWN if math.isnan(value) else f"{value:.{digits(name, scale) + 1}f}".replace("-", "−")
