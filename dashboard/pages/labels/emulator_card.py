"""The spectrum predicted from labels set by sliders, and its derivatives with respect to each label."""

import html

import numpy as np
import panel as pn

from dashboard.page import Session
from dashboard.units import digits, measured, title
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from specvae_core.analysis.doppelganger import doppelganger
from specvae_core.analysis.support import EXTRAPOLATION, Support
from specvae_core.models import Ability
from specvae_core.tasks.figures import figure_recipe

from .label_data import LabelData, spread, training_labels
from .plots import EmulatorPlot, emulator_plot

TITLE = "Spectrum from labels"

BEYOND = 0.3
"""How far sliders reach beyond the labels of the training set, as a share of their span."""

EDGE = 0.02
"""How far beyond the outermost label of the training set is not yet off it, as a share of their span."""

MOST_NEIGHBOURS = 20_000
"""Most objects of the training set that its support is computed from."""

OFF = "Outside the training set: no object of {} has labels like these, so this spectrum is an extrapolation."


class EmulatorCard:
    """Sliders above a spectrum and the derivative spectrum of the chosen label."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.data: LabelData | None = None
        self.plot: EmulatorPlot | None = None
        self.sliders: list[pn.widgets.FloatSlider] = []
        self._busy = False
        self.grid = pn.Column(css_classes=["label-sliders"], **WIDE)
        self.veil = pn.pane.HTML("", css_classes=["label-veil"], visible=False, **WIDE)
        self.middle = pn.widgets.Button(label="Typical star", css_classes=["pill"])
        self.middle.on_click(session.guard(lambda _: self._typical()))
        self.twin = pn.widgets.Button(label="Doppelgänger", css_classes=["pill"], visible=False)
        self.twin.on_click(session.guard(lambda _: self._find_twin()))
        self.pair = pn.pane.HTML("", css_classes=["muted", "label-object"], visible=False, **WIDE)
        self.places = pn.Column(css_classes=["label-spectra"], **FULL)
        body = (self.grid, self.veil, self.pair, self.places)
        actions = self.twin, self.middle, RecipeButton(session, "this spectrum", self._recipe)
        self.view = Card(TITLE, *body, actions=actions, css_classes=("label-emulator",), **FULL)

    def show(self, data: LabelData) -> None:
        """Take a model and the labels of a survey; nothing where the model makes no spectra from labels."""
        session = self.session
        self.model = session.workspace.model(data.model_id)
        self.view.visible = Ability.SPECTRA_FROM_LABELS in self.model.abilities
        if not self.view.visible:
            self.data = self.plot = None
            return
        self.data = data
        self._taught_by, values = training_labels(session.workspace, data)
        values = values[spread(np.arange(len(values)), MOST_NEIGHBOURS)]
        low, self._middle, high = np.nanpercentile(values, [1, 50, 99], axis=0)
        span = np.where(high > low, high - low, 1.0)
        self._scale = span
        self._ends = np.nanmin(values, axis=0) - EDGE * span, np.nanmax(values, axis=0) + EDGE * span
        self.support = Support(values / span)
        derivatives = np.abs(self.model.label_derivatives())
        # a pixel that no training spectrum has depends on no label
        self._seen = (derivatives > 1e-9 * derivatives.max(axis=1, keepdims=True)).any(axis=0)
        self.derivatives = np.where(self._seen, self.model.label_derivatives(), np.nan)
        self.sliders = [
            self._slider(name, low[i] - BEYOND * span[i], high[i] + BEYOND * span[i], self._middle[i])
            for i, name in enumerate(data.names)
        ]
        self.grid.objects = self.sliders
        wavelength = data.survey.grid.wavelength
        self.plot = emulator_plot(wavelength, session.state.theme)
        self.places.objects = [
            pn.pane.Bokeh(self.plot.flux, **FULL),
            pn.pane.Bokeh(self.plot.slope, sizing_mode="stretch_width", height=190, margin=0),
        ]
        self.follow()
        self.choose()

    def follow(self) -> None:
        """Go to the labels of the picked object, or to the middle of all."""
        if self.data is None:
            return
        row = self.data.survey.row_of(self.session.state.picked)
        flux = np.full(len(self.plot.pixels.data["wavelength"]), np.nan)
        if row is not None:
            one = self.data.survey.row(row)
            flux = np.where(one.ivar[0] > 0, one.flux[0], np.nan)
        self.plot.pixels.data = {**self.plot.pixels.data, "observed": flux}
        self.twin.visible = row is not None
        self._forget_twin()
        self._set(self._middle if row is None else self.data.predicted[row])
        picked = html.escape(self.session.state.picked)
        note = "the median of all labels" if row is None else f"object {picked}; thin line: its own spectrum"
        self.view.entitle(TITLE, note)

    def _find_twin(self) -> None:
        """Draw the picked object's and its doppelgänger's reconstruction (Fig. 5 of Horta et al. 2025)."""
        data, label = self.data, self.session.state.label
        row = data.survey.row_of(self.session.state.picked)
        i = data.names.index(label)
        other = doppelganger(data.predicted, row, i)
        if other is None:
            self.pair.param.update(
                object=f"No object is like this one in all labels but {html.escape(title(label, unit=False))}.",
                visible=True,
            )
            return
        flux = np.where(self._seen, self.model.reconstruct(data.survey.read(np.array([row, other]))), np.nan)
        self.plot.pixels.data = {**self.plot.pixels.data, "own": flux[0], "twin": flux[1]}
        self.pair.param.update(object=_pair(data, row, other, i), visible=True)

    def _forget_twin(self) -> None:
        nothing = np.full(len(self.plot.pixels.data["wavelength"]), np.nan)
        self.plot.pixels.data = {**self.plot.pixels.data, "own": nothing, "twin": nothing}
        self.pair.visible = False

    def choose(self) -> None:
        """Draw the derivative spectrum of the chosen label (Eq. 13 of Horta et al. 2025)."""
        name = self.session.state.label
        if self.plot is None or name not in self.data.names:
            return
        if self.pair.visible:
            self._forget_twin()
        i = self.data.names.index(name)
        self.plot.pixels.data = {**self.plot.pixels.data, "derivative": self.derivatives[i]}
        self.plot.slope.yaxis.axis_label = f"∂ {title(name)} / ∂ flux"

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        if self.plot is not None:
            self.plot.dress(theme)

    def _slider(self, name: str, low: float, high: float, value: float) -> pn.widgets.FloatSlider:
        places = digits(name, high - low)
        step = 10.0**-places if places else max(1.0, 10.0 ** np.floor(np.log10((high - low) / 200)))
        slider = pn.widgets.FloatSlider(
            label=title(name), start=round(low, places), end=round(high, places), step=step,
            value=float(np.clip(value, low, high)), format=f"0.{'0' * places}" if places else "0",
            css_classes=["label-slider", f"slider-{name}"], **WIDE,
        )  # fmt: skip
        slider.param.watch(self.session.guard(lambda _: self._draw()), "value")
        return slider

    def _recipe(self) -> tuple[dict, str]:
        survey, model, label = self.data.survey.name, self.data.model_id, self.session.state.label
        labels = [float(slider.value) for slider in self.sliders]
        names = "spectrum from labels", survey, model
        return figure_recipe(self.session.workspace, *names, labels=labels, label=label), f"{model}-from-labels"

    def _typical(self) -> None:
        if self.data is not None:
            self._set(self._middle)

    def _set(self, values: np.ndarray) -> None:
        self._busy = True
        for slider, value in zip(self.sliders, values, strict=True):
            slider.value = float(np.clip(value, slider.start, slider.end))
        self._busy = False
        self._draw()

    def _draw(self) -> None:
        if self._busy or self.plot is None:
            return
        labels = np.array([[slider.value for slider in self.sliders]])
        flux, sigma = self.model.spectra_from_labels(labels)
        flux = np.where(self._seen, flux[0], np.nan)
        data = dict(self.plot.pixels.data)
        data |= {"synthetic": flux, "low": flux - sigma[0], "high": flux + sigma[0]}
        self.plot.pixels.data = data
        off = self._off(labels)
        self.plot.veil(off)
        self.veil.param.update(visible=off, object=OFF.format(html.escape(self._taught_by)) if off else "")

    def _off(self, labels: np.ndarray) -> bool:
        """Whether labels (1, M) lie outside those of the training set, or where these are sparsest."""
        low, high = self._ends
        outside = ((labels < low) | (labels > high)).any()
        return bool(outside or self.support.percentile(labels / self._scale)[0] < EXTRAPOLATION)


def _pair(data: LabelData, row: int, other: int, differs: int) -> str:
    """How two objects differ, label by label, the one that may differ first."""
    order = [differs, *(i for i in range(len(data.names)) if i != differs)]
    gaps = data.predicted[other] - data.predicted[row]
    errors = np.hypot(data.errors[other], data.errors[row])
    labels = ", ".join(
        f"{title(data.names[i], unit=False)} {measured(data.names[i], gaps[i], errors[i])}" for i in order
    )
    name = html.escape(str(data.survey.ids[other]))
    return f"Dashed: doppelgänger {name}, beside the reconstruction of the picked object. It differs by {labels}."
