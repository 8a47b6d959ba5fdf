"""Two labels against each other, coloured by a third number: Kiel and abundance diagrams."""

import numpy as np
import panel as pn
from bokeh.events import Tap
from bokeh.models import ColorBar

from dashboard.colouring import colour_columns, is_numeric
from dashboard.page import Session
from dashboard.units import title
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL
from dashboard.widgets.recipe_button import RecipeButton
from specvae_core.tasks.figures import figure_recipe
from specvae_core.tasks.predict import FIT_CHI2

from .label_data import LabelData, spread
from .plots import label_scatter

FLIPPED = ("teff", "logg")
"""Labels whose axes run backwards, as the field draws them."""

FIT = "χ² of the fit"
"""What can be drawn beside labels: χ² per pixel, in units of a typical star of the training set."""

SOURCES = {"predicted": True, "catalogue": False}


class DiagramCard:
    """Pickers of the axes and of the colour above one figure."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.data: LabelData | None = None
        self.scatter = label_scatter("diagram", session.state.theme, coloured=True)
        self.x, self.y, self.colour = (
            pn.widgets.Select(label=word, options=[], css_classes=["picker", "small", f"diagram-{word}"])
            for word in ("x", "y", "colour")
        )
        self.source = pn.widgets.RadioButtonGroup(options=SOURCES, value=True, css_classes=["switch"])
        for widget in (self.x, self.y, self.colour, self.source):
            widget.param.watch(session.guard(lambda _: self.draw()), "value")
        self.scatter.figure.on_event(Tap, session.guard(self.pick))
        pickers = pn.Row(self.x, self.y, self.colour, css_classes=["diagram-pickers"])
        self.recipe = RecipeButton(session, "this diagram", self._recipe)
        plot = pn.pane.Bokeh(self.scatter.figure, **FULL)
        self.view = Card(
            "Diagram", plot, actions=(self.source, self.recipe, pickers), css_classes=("label-diagram",), **FULL
        )

    def show(self, data: LabelData) -> None:
        """Take the labels of a survey; a Kiel diagram where they allow it."""
        self.data = None
        names = {title(name, unit=False): name for name in data.names}
        if np.isfinite(data.chi2).any():
            names |= {FIT: FIT}
        numbers = [name for name in colour_columns(data.table) if is_numeric(data.table[name])]
        colours = names | {name: name for name in numbers if name not in data.names}
        listed = list(data.names)
        first, second = (
            ("teff", "logg") if {"teff", "logg"} <= set(listed) else (listed[0], listed[min(1, len(listed) - 1)])
        )
        third = next((name for name in listed if name not in (first, second)), first)
        for widget, options, value in ((self.x, names, first), (self.y, names, second), (self.colour, colours, third)):
            kept = widget.value if widget.value in options.values() else value
            widget.param.update(options=options, value=kept)
        self.data = data
        self.draw()

    def draw(self) -> None:
        """Draw what the pickers say."""
        data = self.data
        if data is None:
            return
        rows = spread(np.arange(len(data.table)))
        x, y = (self._values(widget.value)[rows] for widget in (self.x, self.y))
        flipped = "".join(axis for axis, widget in (("x", self.x), ("y", self.y)) if widget.value in FLIPPED)
        self.scatter.fill(x, y, data.survey.ids[rows], self._values(self.colour.value)[rows], flipped)
        drawn, n = len(self.scatter.points.data["x"]), len(data.table)
        self.view.entitle("Diagram", "" if drawn == n else f"{drawn:,} of {n:,} objects")
        figure = self.scatter.figure
        figure.xaxis.axis_label, figure.yaxis.axis_label = title(self.x.value), title(self.y.value)
        figure.select_one(ColorBar).title = title(self.colour.value)
        self.mark()

    def mark(self) -> None:
        """Ring the picked object."""
        self.scatter.mark(self.session.state.picked)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self.scatter.dress(theme)

    def _values(self, name: str) -> np.ndarray:
        data = self.data
        if name == FIT:
            return data.chi2
        if name in data.names:
            i = data.names.index(name)
            return data.predicted[:, i] if self.source.value else data.catalogue.values[:, i]
        return data.table[name].to_numpy(float)

    def _recipe(self) -> tuple[dict, str]:
        survey, model = self.data.survey.name, self.data.model_id
        axes = {"x": self.x.value, "y": self.y.value, "colour": self.colour.value}
        named = {axis: FIT_CHI2 if name == FIT else name for axis, name in axes.items()}
        source = "predicted" if self.source.value else "catalogue"
        recipe = figure_recipe(self.session.workspace, "diagram", survey, model, **named, source=source)
        return recipe, f"{survey}-{model}-diagram"

    def pick(self, event: Tap) -> None:
        """Pick the object nearest to a tap."""
        found = self.scatter.nearest(event.x, event.y)
        if found is not None:
            self.session.state.picked = found
