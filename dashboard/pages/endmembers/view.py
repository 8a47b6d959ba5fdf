"""One model of mixtures on one survey: simplex, spectra, abundances of the picked object, nuisances."""

import html
from collections.abc import Callable

import numpy as np
import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.page import Session
from dashboard.theme import OKABE_ITO, PALETTES
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.stepper import Stepper
from specvae_core.analysis.unmixing import pure_spectra
from specvae_core.data.fractions import read_fractions
from specvae_core.errors import UserError
from specvae_core.models import Ability, HasEndmembers
from specvae_core.tasks.figures import figure_recipe

from .plots import build_nuisance, build_spectra, colours_of
from .simplex_plot import build_simplex, fractions_at, place, short_names

MOST_POINTS = 20_000
"""Most objects drawn; of larger surveys every nth is, and the number drawn is shown."""


class EndmemberView(Viewer):
    """Follows the session's survey, model and picked object once `show` was called."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.diagram = pn.pane.Bokeh(None, css_classes=["plot"], **FULL)
        self.sliders = pn.Column(css_classes=["mixture-sliders"], **WIDE)
        self.spectra = pn.pane.Bokeh(None, css_classes=["plot"], **FULL)
        self.nuisance = pn.pane.Bokeh(None, css_classes=["plot"], **FULL)
        self.order = pn.widgets.Select(label="order by", options=["value"], css_classes=["picker", "small"], width=130)
        self.picked = pn.pane.HTML("", css_classes=["picked-abundances"], **WIDE)
        self._nuisance_plot = build_nuisance(session.state.theme)
        self._nuisance_plot.points.selected.on_change("indices", self._listen(self._tap_nuisance))
        self.order.param.watch(session.guard(lambda _: self._sort()), "value")
        self._setting = False
        self._fractions = np.empty(0)
        self._layout = self._arrange()

    def _arrange(self) -> Viewable:
        abundances = RecipeButton(self.session, "mixtures and nuisance", self._recipe_of_objects)
        self.mixtures = Card(
            "Mixtures", self.diagram, self.sliders, actions=(abundances,), css_classes=("simplex-card",), **FULL
        )
        legend = "thin: found by the model · wide: mean of pure objects of this survey"
        spectra = RecipeButton(self.session, "these spectra", self._recipe_of_spectra)
        top = Card("Spectra", self.spectra, note=legend, actions=(spectra,), **FULL)
        self.stepper = Stepper(self.session)
        object_card = Card("Object", self.picked, actions=self.stepper.parts, **FULL)
        self._nuisance_card = Card("Nuisance", self.nuisance, actions=(self.order,), **FULL)
        bottom = pn.Row(object_card, self._nuisance_card, css_classes=["pair-row"], **FULL)
        return pn.Row(
            self.mixtures, pn.Column(top, bottom, css_classes=["stage"], **FULL), css_classes=["endmembers"], **FULL
        )

    def show(self, model: HasEndmembers) -> None:
        """Show a model on the survey that the state names; its encoding must be there."""
        session, state = self.session, self.session.state
        self.model, self.names = model, list(model.endmember_names)
        self.short = short_names(self.names)
        self.survey = session.workspace.survey(state.survey_id)
        latents = session.workspace.encoding(state.model_id, state.survey_id).latents
        self.ids = self.survey.ids
        shares = np.clip(latents[:, : len(self.names)], 0, None)
        self.shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-30)
        self.nuisances = latents[:, len(self.names) :]
        self.fractions = self._known_fractions()
        self._draw_diagram()
        self._draw_spectra()
        self._draw_nuisance()
        self.mix(np.full(len(self.names), 1 / len(self.names)))
        self.pick()

    def _known_fractions(self) -> np.ndarray:
        """(n, k) from the catalogue, NaN where it has none."""
        if not set(self.names) <= set(self.survey.table.columns):
            return np.full(self.shares.shape, np.nan)
        try:
            return read_fractions(self.survey.table, self.names)
        except UserError as error:
            self.session.notify(str(error), kind="bad")
            return np.full(self.shares.shape, np.nan)

    def _draw_diagram(self) -> None:
        step = -(-len(self.ids) // MOST_POINTS)
        self._drawn = np.arange(0, len(self.ids), step)
        labelled = np.isfinite(self.fractions).all(axis=1)
        self._plot = build_simplex(self.names, self.session.state.theme)
        self._colour_points()
        self._plot.mixture.on_change("data", self._listen(self._drag))
        self._plot.objects.selected.on_change("indices", self._listen(self._tap))
        self.diagram.object = self._plot.figure
        drawn = f"{len(self._drawn):,} of {len(self.ids):,} objects" if step > 1 else f"{len(self.ids):,} objects"
        self.mixtures.entitle(
            "Mixtures",
            f'{drawn} · <i class="dot" style="background:{OKABE_ITO[0]}"></i>{labelled.sum():,} with known fractions · '
            f'<i class="dot grey"></i>{(~labelled).sum():,} without',
        )
        sliders = [
            pn.widgets.FloatSlider(label=name, start=0, end=1, step=0.01, css_classes=["fraction"], **WIDE)
            for name in self.short
        ]
        for i, slider in enumerate(sliders):
            slider.param.watch(self.session.guard(lambda event, i=i: self._slide(i, event.new)), "value")
        self.sliders.objects = sliders

    def _colour_points(self) -> None:
        grey = PALETTES[self.session.state.theme].context
        labelled = np.isfinite(self.fractions[self._drawn]).all(axis=1)
        points = place(self.shares[self._drawn])
        colours = np.where(labelled, OKABE_ITO[0], grey)
        self._plot.objects.data = {"x": points[:, 0], "y": points[:, 1], "colour": colours}

    def _draw_spectra(self) -> None:
        pure = np.flatnonzero((self.fractions > 0.99).any(axis=1))
        spectra = self.survey.read(pure)
        known = pure_spectra(spectra, self.fractions[pure])
        grid = self.survey.grid
        self._spectra = build_spectra(grid, self.short, self.model.endmembers, known, self.session.state.theme)
        self._spectra.figure.yaxis.axis_label = "flux" if spectra.scale == "none" else "flux / mean"
        self.spectra.object = self._spectra.figure

    def _draw_nuisance(self) -> None:
        self._nuisance_card.visible = self.nuisances.shape[1] > 0
        words = [name for name in self.survey.table if 1 < self.survey.table[name].nunique() <= 20]
        self.order.param.update(options=["value", *words], value="value")
        self._sort()

    def _sort(self) -> None:
        if not self.nuisances.shape[1]:
            return
        values = self.nuisances[:, 0]
        if self.order.value == "value":
            order = np.argsort(values)
        else:
            order = np.lexsort((values, self.survey.table[self.order.value].astype(str).to_numpy()))
        self._nuisance_plot.fill(values, order, self.ids)
        self.nuisance.object = self._nuisance_plot.figure

    def mix(self, fractions: np.ndarray) -> None:
        """Show the mixture with these fractions (k,): its place, its sliders and its spectrum."""
        self._setting, self._fractions = True, np.asarray(fractions, dtype=float)
        try:
            point = place(fractions[None])[0]
            self._plot.mixture.data = {"x": [float(point[0])], "y": [float(point[1])]}
            for slider, share in zip(self.sliders, fractions, strict=True):
                slider.value = round(float(share), 2)
        finally:
            self._setting = False
        spectrum = self.model.mixture(fractions[None].astype(np.float32))[0]
        self._spectra.curves.patch({"mixture": [(slice(None), spectrum.astype(float))]})

    def _drag(self) -> None:
        data = self._plot.mixture.data
        if not self._setting and len(data["x"]):
            self.mix(fractions_at((data["x"][-1], data["y"][-1]), len(self.names)))

    def _recipe_of_objects(self) -> tuple[dict, str]:
        names = self.survey.name, self.session.state.model_id
        return figure_recipe(self.session.workspace, "abundances", *names), "-".join((*names, "abundances"))

    def _recipe_of_spectra(self) -> tuple[dict, str]:
        state, names = self.session.state, (self.survey.name, self.session.state.model_id)
        shown = {"fractions": self._fractions.tolist(), "object": state.picked}
        return figure_recipe(self.session.workspace, "endmembers", *names, **shown), "-".join((*names, "endmembers"))

    def _slide(self, i: int, value: float) -> None:
        """Give one endmember a share, and the others what is left in their present proportions."""
        if self._setting:
            return
        shares = np.array([slider.value for slider in self.sliders])
        others = np.delete(shares, i)
        rest = others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / len(others))
        self.mix(np.insert((1 - value) * rest, i, value))

    def _tap(self) -> None:
        chosen = self._plot.objects.selected.indices
        if chosen:
            self.session.state.picked = str(self.ids[self._drawn[chosen[0]]])
            self._plot.objects.selected.indices = []

    def _tap_nuisance(self) -> None:
        points = self._nuisance_plot.points
        if points.selected.indices:
            self.session.state.picked = str(points.data["id"][points.selected.indices[0]])
            points.selected.indices = []

    def pick(self) -> None:
        """Show the picked object: its place, spectrum and abundances with errors."""
        if not len(self.ids):
            return
        row = self.stepper.begin()
        one, point = self.survey.row(row), place(self.shares[row : row + 1])
        self._plot.picked.data = {"x": point[:, 0], "y": point[:, 1]}
        observed = np.where(one.seen[0], one.flux[0], np.nan).astype(float)
        self._spectra.curves.patch({"observed": [(slice(None), observed)]})
        errors = self.model.predict_labels(one)[1][0] if Ability.PREDICTS_LABELS in self.model.abilities else None
        known = self.fractions[row]
        self.picked.object = _abundance_html(self.ids[row], self.short, self.shares[row], errors, known)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        for plot in (self._plot, self._spectra, self._nuisance_plot):
            plot.dress(theme)
        self._colour_points()

    def _listen(self, callback: Callable[[], None]) -> Callable:
        guarded = self.session.guard(callback)
        return lambda attr, old, new: guarded()

    def __panel__(self) -> Viewable:
        return self._layout


def _abundance_html(
    object_id: str, names: list[str], shares: np.ndarray, errors: np.ndarray | None, known: np.ndarray
) -> str:
    """Bars with numbers, and the catalogue's own fractions as ticks where it has them."""
    rows = []
    for i, (name, colour) in enumerate(zip(names, colours_of(names), strict=True)):
        number = f"{shares[i]:.2f}" + ("" if errors is None else f" ± {errors[i]:.2f}")
        tick = f'<b style="left:{100 * known[i]:.1f}%"></b>' if np.isfinite(known[i]) else ""
        rows.append(
            f'<span>{html.escape(name)}</span><span class="bar"><i style="width:{100 * shares[i]:.1f}%;'
            f'background:{colour}"></i>{tick}</span><span class="number">{number}</span>'
        )
    note = "tick: the catalogue’s own fraction" if np.isfinite(known).any() else "no fractions in the catalogue"
    return (
        f'<div class="object-id">{html.escape(object_id)}</div><div class="abundance-rows">{"".join(rows)}</div>'
        f'<p class="muted">{note}</p>'
    )
