"""Photo-z: redshifts from photometry against spectroscopic ones."""

import html
from collections.abc import Callable
from functools import partial

import numpy as np
import panel as pn

from dashboard.page import Page
from dashboard.widgets.computed import Computed
from dashboard.widgets.suiting import offer_suiting, suiting, train_on
from dashboard.widgets.titles import model_title, survey_title
from specvae_core.grid import BandGrid
from specvae_core.models import Ability

from .metrics_card import MetricsCard
from .redshifts import Redshifts, load_redshifts
from .zz_card import ZZCard

LEAD = "This page compares photometric with spectroscopic redshifts. "
ADD = "Add a catalogue of magnitudes with some spectroscopic redshifts, then train <b>SDGM</b> on it."
TRAIN = "Train <b>SDGM</b> on the magnitudes of <b>{}</b>: it learns from the spectroscopic redshifts among them."


class PhotozPage(Page):
    """z-z plot at the left; one object's p(z), calibration and metrics of the selected objects at the right."""

    name = "photoz"
    keys = (
        ("l", "lasso: drag around objects of the z–z plot"),
        ("b", "box: drag a rectangle around objects of the z–z plot"),
        ("c", "clear the selection"),
        ("← →", "previous and next object, among the selected ones if there are any"),
        ("/", "search an id"),
    )

    def view(self) -> pn.viewable.Viewable:
        """Build the page."""
        session = self.session
        self._kept: Redshifts | None = None
        self.metrics = MetricsCard(session)
        self.zz = ZZCard(session)
        self._body = pn.Row(self.zz.card, self.metrics.card, css_classes=["photoz"], sizing_mode="stretch_both")
        self.redshifts = Computed(session, "photoz", self._body, lambda _: self._load(), css_classes=("card",))
        session.state.param.watch(
            session.guard(self._follow), ["survey_id", "model_id", "selection", "picked", "theme"]
        )
        return pn.Column(self.redshifts, sizing_mode="stretch_both", css_classes=["page"])

    def shown(self) -> None:
        """Look at everything again."""
        self._load()

    def key(self, key: str) -> None:
        """Step, clear; the browser itself answers the keys of tools."""
        if self._kept is None:
            return
        if key == "c":
            self.session.state.param.update(selection=np.empty(0, np.int32), where="")
        else:
            self.metrics.stepper.key(key)

    def _follow(self, *events: object) -> None:
        if self.session.state.page != self.name:
            return  # `shown` looks again
        changed = {event.name for event in events}
        if changed & {"survey_id", "model_id"}:
            self._load()
            return
        if "theme" in changed:
            self.zz.dress()
            self.metrics.dress()
        if self._kept is None:
            return
        if "selection" in changed:
            self.metrics.measure()
            self.zz.redraw()
        if "picked" in changed:
            self.metrics.show_object()
            self.zz.ring()

    def _load(self) -> None:
        """Show the redshifts of the state's survey under its model, or say what is missing."""
        state, workspace = self.session.state, self.session.workspace
        able = state.model_id and Ability.PREDICTS_REDSHIFT in workspace.model_summary(state.model_id).abilities
        kept = load_redshifts(workspace, state.survey_id, state.model_id) if able else None
        former, self._kept = self._kept, kept
        if kept is not None:
            self.zz.dress()
            self.metrics.dress()
            if former is None or former.key != kept.key:
                self.zz.show(kept)
            else:
                self.zz.redraw()
            self.metrics.show(kept)
            self.redshifts.show()
        elif able:
            model, survey = model_title(workspace, state.model_id), survey_title(workspace, state.survey_id)
            text = f"{html.escape(model)} has not estimated the redshifts of {html.escape(survey)}."
            self.redshifts.offer(
                "No redshifts yet", text, "Compute redshifts", model=state.model_id, survey=state.survey_id
            )
        else:
            self.redshifts.lacks("Redshifts from photometry", *self._way())

    def _way(self) -> tuple[str, str, Callable[[], object]]:
        """What leads to redshifts: a model that has learnt them, a training, or a catalogue; with a button."""
        state, workspace = self.session.state, self.session.workspace
        surveys = {one.id: one for one in workspace.surveys() if one.complete and isinstance(one.grid, BandGrid)}
        here = state.survey_id in surveys  # then a model of this survey, and not of another one, helps
        able = suiting(
            workspace,
            lambda model: (
                Ability.PREDICTS_REDSHIFT in model.abilities and (not here or model.survey_id == state.survey_id)
            ),
        )
        if able:
            return LEAD, *offer_suiting(self.session, able)
        survey = state.survey_id if state.survey_id in surveys else next(iter(surveys), "")
        if not survey:
            return LEAD + ADD, "Add a catalogue", lambda: state.param.update(page="data")
        title = html.escape(survey_title(workspace, survey))
        return LEAD + TRAIN.format(title), "Train a model", partial(train_on, self.session, survey)
