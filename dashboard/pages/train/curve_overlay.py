"""Validation curves of several models in one figure."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Guard
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import FULL
from dashboard.widgets.titles import titles_of
from specvae_core.summaries import ModelSummary

from .loss_plots import Entry, curve, overlay_figure, parts

NONE = (
    "",
    "Tick models to compare their validation curves.",
)


def entries_of(model: ModelSummary) -> list[Entry]:
    """The history of a model, epoch by epoch."""
    return [(int(entry.get("epoch", i + 1)), entry) for i, entry in enumerate(model.header["history"])]


class CurveOverlay(Viewer):
    """One figure, and a choice of the part of the loss that it shows."""

    def __init__(self, theme: str, guard: Guard) -> None:
        super().__init__()
        self.theme = theme
        self._models: list[ModelSummary] = []
        self._drawn: object = None
        self.part = pn.widgets.Select(label="validation", options=["loss"], css_classes=["picker"], margin=0)
        self.part.param.watch(guard(lambda event: self.draw()), "value")
        self.figure = pn.Column(**FULL)
        self._layout = pn.Column(self.part, self.figure, **FULL, css_classes=["curves"])

    def show(self, models: Sequence[ModelSummary]) -> None:
        """Show these models."""
        self._models = list(models)
        options = list(parts(chain.from_iterable(entries_of(model) for model in models))) or ["loss"]
        value = self.part.value if self.part.value in options else options[0]
        self.part.param.update(options=options, value=value)
        self.draw()

    def draw(self) -> None:
        """Draw the figure, unless that is what it shows."""
        titles = titles_of(self._models)
        wanted = [(model.id, model.created, titles[model.id]) for model in self._models], self.part.value, self.theme
        if wanted == self._drawn:
            return
        self._drawn = wanted
        curves = {}
        for model in self._models:
            columns = curve(entries_of(model), self.part.value)
            seen = np.isfinite(columns["validation"])
            if seen.any():
                curves[titles[model.id]] = columns["epoch"][seen], columns["validation"][seen]
        if curves:
            plot = overlay_figure(curves, f"validation {self.part.value}".replace("_", " "), self.theme)
            self.figure.objects = [pn.pane.Bokeh(plot, **FULL)]
        else:
            self.figure.objects = [EmptyState(*NONE)]

    def __panel__(self) -> Viewable:
        return self._layout
