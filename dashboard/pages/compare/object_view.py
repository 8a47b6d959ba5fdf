"""One object under every applicable model: reconstruction, residual, χ², labels and p(z), side by side."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import panel as pn
from bokeh.events import Tap
from bokeh.plotting import figure as Figure
from panel.viewable import Viewable, Viewer

from dashboard.aside import Aside
from dashboard.page import Session
from dashboard.plots.spectrum import SpectrumPlot
from dashboard.units import measured, title
from dashboard.widgets.card import Card, heading
from dashboard.widgets.choices import offer
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.spectrum_tools.plots_with_tools import PlotsWithTools
from dashboard.widgets.stepper import Stepper
from dashboard.widgets.titles import by_title, survey_title
from specvae_core.analysis.compare import Reconstruction, reconstruct_one
from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig
from specvae_core.models import MODELS
from specvae_core.summaries import ModelSummary
from specvae_core.tasks.figures import figure_recipe
from specvae_core.workspace import Workspace

from .side_by_side import SideBySide, dress_pdf, pdf_figure, zooms_on

MOST = 8
"""Most models shown at once."""
BEGIN_WITH = 4


@dataclass(frozen=True, eq=False)
class Reconstructions:
    """Reconstructions of one object by several models."""

    spectrum: SpectraSet
    found: tuple[Reconstruction, ...]


def reconstruct_object(workspace: Workspace, survey_id: str, row: int, model_ids: Sequence[str]) -> Reconstructions:
    """Reconstruct one object with several models; runs on a worker's thread."""
    spectrum = workspace.survey(survey_id).row(row)
    return Reconstructions(spectrum, tuple(reconstruct_one(workspace.model(name), spectrum) for name in model_ids))


class ObjectCompare(Viewer):
    """Follows the picked object, the survey and the chosen models in the session's state."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.models = pn.widgets.CheckButtonGroup(options=[], css_classes=["object-models"], **WIDE)
        self.zoom = pn.widgets.RadioButtonGroup(options={"whole spectrum": ""}, css_classes=["switch", "zooms"])
        self.stepper = Stepper(session)
        self.cards = pn.Column(css_classes=["object-grid"], **WIDE)
        self.hint = EmptyState(visible=False)
        self.plots: SideBySide | None = None
        self._densities: list[Figure] = []
        self._summaries: dict[str, ModelSummary] = {}
        self._asked: tuple[str, ...] | None = None
        self._answers: Aside[Reconstructions] = Aside(session.runner.aside)
        self._answer: Reconstructions | None = None
        self.large = PlotsWithTools(session, self._fill)
        state, guard = session.state, session.guard
        self.models.param.watch(guard(self._choose), "value")
        self.zoom.param.watch(guard(lambda event: state.param.update(zoom=event.new)), "value")
        tools = self.large.tools
        recipe = RecipeButton(session, "these figures", self._recipe)
        self.card = Card("", self.models, actions=(self.zoom, recipe, tools.physical, tools.more, *self.stepper.parts))
        scrolled = pn.Column(self.hint, self.cards, css_classes=["object-scroll"], scroll=True, **FULL)
        self._layout = pn.Column(
            self.card,
            pn.Row(scrolled, tools.panel, css_classes=["spectrum-beside"], **FULL),
            css_classes=["stage"],
            **FULL,
        )

    def refresh(self) -> None:
        """Look at surveys and models again, and ask for what the state names."""
        state, workspace = self.session.state, self.session.workspace
        self._asked = None
        self._answers.forget()
        if not state.survey_id:
            self._say("No survey yet", "Ingest spectra on the Data page first.")
            return
        survey = workspace.survey(state.survey_id)
        fitting = [model for model in workspace.models() if model.grid.matches(survey.grid)]
        self._summaries = {model.id: model for model in fitting}
        if not fitting:
            self._say(
                "No model yet", f"Train one on {survey_title(workspace, state.survey_id)}, or start a comparison."
            )
            return
        chosen = [name for name in state.compared if name in self._summaries][:MOST] or self._first(fitting)
        offer(self.models, by_title(fitting), chosen)
        options = zooms_on(survey.grid)
        zoom = state.zoom if state.zoom in options.values() else ""
        offer(self.zoom, options, zoom)
        row = self.stepper.begin()  # which comes back here where it picks an object
        if self._asked is None:
            self._ask(row, survey.index.ids_of([row])[0], tuple(chosen))

    def poll(self) -> None:
        """Draw the reconstructions as soon as a worker has them."""
        answer = self._answers.take()
        if answer is None:
            return
        if answer.value is None:
            self._say("That did not work", answer.trouble)
        else:
            self._draw(answer.value)

    def follow_zoom(self) -> None:
        """Zoom to the range that the state names."""
        if self.plots is not None:
            self.plots.zoom(self.session.state.zoom)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        if self.plots is not None:
            self.plots.dress(theme)
            for plot in self._densities:
                dress_pdf(plot, theme)

    def _first(self, fitting: Sequence[ModelSummary]) -> list[str]:
        """To begin with: the model at hand, and the newest of each other kind."""
        kinds = {model.name: model.id for model in reversed(fitting)}
        here = self.session.state.model_id
        return list(dict.fromkeys([name for name in (here, *kinds.values()) if name in self._summaries]))[:BEGIN_WITH]

    def _choose(self, event: object) -> None:
        if len(event.new) > MOST:
            self.session.notify(f"At most {MOST} models are shown at once: switch another one off first.", kind="bad")
            self.models.value = event.old
        elif not event.new:
            self.models.value = event.old  # one stays, so that there is something to look at
        else:
            self.session.state.compared = list(event.new)

    def _recipe(self) -> tuple[dict, str]:
        state, chosen = self.session.state, list(self._asked or ())
        if not chosen:
            raise BadConfig("Nothing is reconstructed yet: choose a survey and a model first.")
        names = state.survey_id, chosen[0]
        recipe = figure_recipe(self.session.workspace, "models", *names, object=state.picked, models=chosen)
        return recipe, f"{state.survey_id}-{state.picked}-models"

    def _ask(self, row: int, object_id: str, chosen: tuple[str, ...]) -> None:
        survey_id, workspace = self.session.state.survey_id, self.session.workspace
        self._asked = chosen
        self.card.entitle(object_id, _facts(workspace.survey(survey_id).catalogue.take([row]).iloc[0]))
        if not self.cards.objects:
            self._say("Reconstructing…", "Models are read and applied for the first time.")
        self._answers.ask(partial(reconstruct_object, workspace, survey_id, row, chosen))

    def _draw(self, answer: Reconstructions) -> None:
        self.hint.visible, self.cards.visible, self._answer = False, True, answer
        state, grid = self.session.state, answer.spectrum.grid
        names = self._asked
        fresh = self.plots is None or len(self.plots.plots) != len(names) or not self.plots.grid.matches(grid)
        if fresh:
            self.plots = SideBySide(grid, len(names), state.theme, self.large)
            for plot in self.plots.plots:
                for figure in (plot.flux, plot.residual):
                    figure.on_event(Tap, self.session.guard(lambda event: self.large.mark_place(event.x)))
        self.large.show(str(answer.spectrum.ids[0]), answer.spectrum)
        self._fill()
        heads = [self._head(name, one, grid.sample) for name, one in zip(names, answer.found, strict=True)]
        extra = [one.redshift_pdf for one in answer.found]
        if not fresh and not any(extra) and len(self.cards.objects) == len(names):
            for card, head in zip(self.cards.objects, heads, strict=True):
                card[0].object = head
            return
        known = catalogue_redshift(answer.spectrum.table.iloc[0])
        self._densities = []
        self.cards.css_classes = ["object-grid", "square"] if len(names) == 4 else ["object-grid"]
        self.cards.objects = [
            self._card(head, plot, inset, pdf, known)
            for head, plot, inset, pdf in zip(heads, self.plots.plots, self.large.insets, extra, strict=True)
        ]

    def _fill(self) -> None:
        if self._answer is not None:
            self.plots.fill(self._answer.spectrum, self._answer.found, self.session.state.zoom)

    def _card(
        self,
        head: str,
        plot: SpectrumPlot,
        inset: pn.Column,
        pdf: tuple[np.ndarray, np.ndarray] | None,
        known: float,
    ) -> pn.Column:
        parts = [
            pn.pane.HTML(head, css_classes=["object-head"], **WIDE),
            inset,
            pn.pane.Bokeh(plot.flux, css_classes=["plot"], **WIDE),
            pn.pane.Bokeh(plot.residual, css_classes=["plot"], **WIDE),
        ]
        if pdf is not None:
            self._densities.append(pdf_figure(*pdf, known, self.session.state.theme))
            parts.append(pn.pane.Bokeh(self._densities[-1], **WIDE))
        return pn.Column(*parts, css_classes=["card", "object-model"], **WIDE)

    def _head(self, name: str, one: Reconstruction, sample: str) -> str:
        summary = self._summaries[name]
        kind = MODELS[summary.name].title if summary.name in MODELS else summary.name
        mse = f"{one.mse:.2e}".replace("-", "−")
        numbers = f"<span>χ² per {sample} <b>{one.chi2_per_pixel:.2f}</b></span><span>MSE <b>{mse}</b></span>"
        labels = "".join(
            f"<span>{html.escape(title(label, unit=False))} <b>{measured(label, value, error)}</b></span>"
            for label, (value, error) in one.labels.items()
        )
        more = f'<div class="facts labels">{labels}</div>' if labels else ""
        return (
            f'{heading(summary.title, f"{kind}, {summary.n_latent} latents")}<div class="facts">{numbers}</div>{more}'
        )

    def _say(self, head: str, text: str) -> None:
        self.hint.show(head, html.escape(text))
        self.hint.visible, self.cards.visible = True, False

    def __panel__(self) -> Viewable:
        return self._layout


def catalogue_redshift(record: pd.Series) -> float:
    """What the catalogue has as ``z``, or as photometric surveys do as ``redshift``; NaN where neither is a number."""
    found = [pd.to_numeric(record.get(name, np.nan), errors="coerce") for name in ("z", "redshift")]
    return next((float(value) for value in found if np.isfinite(value)), np.nan)


def _facts(record: pd.Series) -> str:
    """Class, redshift and S/N of the catalogue, escaped."""
    facts = [str(record["class"])] if str(record.get("class", "")) else []
    if np.isfinite(redshift := catalogue_redshift(record)):
        facts.append(f"z = {redshift:.4f}")
    if np.isfinite(record.get("sn", np.nan)):
        facts.append(f"S/N {record['sn']:.0f}")
    return html.escape(", ".join(facts))
