"""The search: its path over the latent map and its misfit, with a replay step by step."""

from collections.abc import Callable

import numpy as np
import panel as pn

from dashboard.latent_map import robust_limits
from dashboard.page import Session
from dashboard.plots.shade import make_ink
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.scatter_map import ScatterMap
from specvae_core.errors import NotFound

from .search_plot import build_search
from .solution import Solution


class SearchCard:
    """Map and misfit, with a slider over the steps that plays by itself.

    Parameters
    ----------
    on_step
        Called with the step that is shown, or ``None`` for the end.
    """

    def __init__(self, session: Session, on_step: Callable[[int | None], object]) -> None:
        self.session, self._on_step = session, on_step
        self.map = ScatterMap(session, "codes", (360, 260))
        self.plot = build_search(self.map.figure, session.state.theme)
        self._solution: Solution | None = None
        self._drawn: object = None
        self.play = pn.widgets.Toggle(label="▶ Replay", css_classes=["pill", "small"], visible=False)
        self.step = pn.widgets.IntSlider(
            label="step", start=0, end=1, value=1, css_classes=["steps"], visible=False, **WIDE
        )
        self.step.param.watch(session.guard(lambda _: self._show()), "value")
        self.play.param.watch(session.guard(self._begin), "value")
        self.card = Card(
            "Search",
            pn.Row(
                self.map.pane,
                pn.pane.Bokeh(self.plot.misfit, css_classes=["plot"], **FULL),
                css_classes=["codes-row"],
                **FULL,
            ),
            self.step,
            actions=(self.play,),
            css_classes=("codes-card",),
            **FULL,
        )

    def show_map(self, survey_id: str, model_id: str) -> None:
        """Draw the survey under the model beneath the path."""
        theme = self.session.state.theme
        shared, known = self.session.shared, bool(survey_id and model_id)
        here = shared.latent_map(survey_id, model_id) if known and not shared.is_opening(survey_id, model_id) else None
        if (here, theme) == self._drawn:
            return
        self._drawn = here, theme
        self.map.dress(theme)
        self.plot.dress(theme)
        if here is None or here.n_latent < 2:
            return
        colouring = here.colouring(next(iter(here.columns), ""))
        ink = make_ink(colouring, np.ones(here.n, dtype=bool), theme)
        x, y, names = self._plane(survey_id, model_id)
        self.map.figure.xaxis.axis_label, self.map.figure.yaxis.axis_label = names
        self.map.show(x, y, ink, (robust_limits(x), robust_limits(y)))

    def _plane(self, survey_id: str, model_id: str) -> tuple[np.ndarray, np.ndarray, tuple[str, str]]:
        """The first two principal components of the survey's latents."""
        encoding = self.session.workspace.encoding(model_id, survey_id)
        x, y = np.ascontiguousarray(encoding.basis.components(encoding.latents)[:, :2].T)
        names = encoding.component_names(self.session.workspace.model_summary(model_id).name)
        return x, y, names[:2]

    def show(self, found: Solution | None) -> None:
        """Show a search, or that there is none yet; while it runs, its latest step."""
        self._solution = found
        several = found is not None and not found.running and len(found.trace) > 1
        self.play.visible = self.step.visible = several
        if found is None:
            self.plot.clear()
            return
        last = len(found.trace) - 1
        if several:
            self.play.value = False
            self.step.param.update(end=last, value=last)
        self._draw(last)

    def poll(self) -> None:
        """Go one step on while it plays."""
        if self.play.value and self._solution is not None:
            if self.step.value < self.step.end:
                self.step.value += 1
            else:
                self.play.value = False

    def _begin(self, event: object) -> None:
        self.play.label = "❚❚ Pause" if event.new else "▶ Replay"
        if event.new and self.step.value >= self.step.end:
            self.step.value = 0

    def _show(self) -> None:
        if self._solution is not None and not self._solution.running:
            self._draw(min(self.step.value, len(self._solution.trace) - 1))
            self._on_step(None if self.step.value >= self.step.end else self.step.value)

    def _draw(self, step: int) -> None:
        found = self._solution
        self.plot.show_path(self._components(found.path), self._components(found.alternatives), found.trace, step)

    def _components(self, latents: np.ndarray) -> np.ndarray:
        """(m, 2) coordinates of latents (m, n_latent) on the map; the first two where the survey is not encoded."""
        try:
            model = self._solution.model
            survey = self._solution.header.get("survey") or self.session.state.survey_id
            encoding = self.session.workspace.encoding(model, survey)
        except NotFound:
            encoding = None
        placed = latents if encoding is None else encoding.basis.components(latents)
        return np.column_stack([placed, np.zeros(len(placed))])[:, :2]
