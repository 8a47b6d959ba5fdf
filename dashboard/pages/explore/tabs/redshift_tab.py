"""The redshift of the picked object, found by reconstruction."""

import html
from dataclasses import dataclass
from functools import partial

import numpy as np
import panel as pn

from dashboard.aside import Aside
from dashboard.widgets.empty import EmptyState
from specvae_core.analysis.redshift import RedshiftFinder
from specvae_core.analysis.redshift_fit import OUTLIER, RedshiftFit
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SPEED_OF_LIGHT, SpectralGrid
from specvae_core.models import Ability
from specvae_core.tasks.redshift import redshift_finder
from specvae_core.workspace import Workspace

from .redshift_plot import chi2_figure, fit_figure
from .tab import Tab


@dataclass(frozen=True, eq=False)
class ObjectFit:
    """A spectrum and its fit, ``None`` where too little was seen."""

    spectrum: SpectraSet
    fit: RedshiftFit | None


class RedshiftTab(Tab):
    """χ² against trial redshift, and the fit at its minimum. A worker computes, in some tenths of a second."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        self._finders: dict[tuple[str, str, str], RedshiftFinder] = {}
        self._fits: Aside[ObjectFit] = Aside(self.view.session.runner.aside)
        self._drawn: ObjectFit | None = None
        self.summary = pn.pane.HTML("", css_classes=["redshift-words"], sizing_mode="stretch_width")
        self._hint = EmptyState(*_EMPTY)
        self.plots = pn.Row(sizing_mode="stretch_both", css_classes=["redshift-plots"], visible=False)
        session = self.view.session
        session.live.watch(session.guard(self._look))
        self.prior = pn.widgets.Select(
            label="prior of latents", options=_PRIORS, css_classes=["picker"], width=130, visible=False
        )
        self.prior.param.watch(session.guard(lambda _: self.refresh({"picked"})), "value")
        head = pn.Row(self.prior, self.summary, css_classes=["bar-row"], sizing_mode="stretch_width")
        return pn.Column(head, self._hint, self.plots, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        row = self.view.row
        if row is None:
            self._say(*_EMPTY)
        elif changed & {"map", "picked"}:
            self._ask(row)
        elif "theme" in changed and self._drawn is not None:
            self._draw(self._drawn)

    def _ask(self, row: int) -> None:
        """Fit on a worker's thread; `_look` fetches the answer."""
        state, workspace = self.view.session.state, self.view.session.workspace
        self.summary.object = '<span class="muted">fitting…</span>'
        self._hint.visible = False
        model = workspace.model(state.model_id)
        self.prior.visible = Ability.DECODES_LINEARLY not in model.abilities and isinstance(model.grid, SpectralGrid)
        asked = state.survey_id, state.model_id, self.prior.value if self.prior.visible else "gaussian"
        self._fits.ask(partial(self._find, workspace, *asked, row))

    def _find(self, workspace: Workspace, survey_id: str, model_id: str, prior: str, row: int) -> ObjectFit:
        """Runs on a worker's thread and touches no widget."""
        asked = survey_id, model_id, prior
        if asked not in self._finders:
            if self._finders and next(iter(self._finders))[:2] != asked[:2]:
                self._finders.clear()  # both priors of one model are kept: a flow takes some seconds to fit
            self._finders[asked] = redshift_finder(workspace, model_id, survey_id, prior)
        spectrum = workspace.survey(survey_id).row(row)
        return ObjectFit(spectrum, next(self._finders[asked].find(spectrum)))

    def _look(self) -> None:
        answer = self._fits.take()
        if answer is None:
            return
        if answer.value is None:
            self._say("No redshift", html.escape(answer.trouble))
        elif answer.value.fit is None:
            self._say("No redshift", "Too few pixels of this spectrum were observed.")
        else:
            self._draw(answer.value)

    def _say(self, head: str, text: str) -> None:
        self._fits.forget()
        self._drawn = None
        self.summary.object = ""
        self._hint.show(head, text)
        self._hint.visible, self.plots.visible = True, False

    def _draw(self, answer: ObjectFit) -> None:
        self._drawn = answer
        spectrum, fit, theme = answer.spectrum, answer.fit, self.view.session.state.theme
        catalogue = float(spectrum.table.iloc[0].get("z", np.nan))
        stored = 0.0 if np.isnan(catalogue) else catalogue
        wavelength = spectrum.grid.wavelength * (1 + stored) / (1 + fit.z)
        self.summary.object = _words(fit, catalogue)
        figures = (
            chi2_figure(fit, catalogue, theme),
            fit_figure(wavelength, spectrum.flux[0], spectrum.seen[0], fit.flux, theme),
        )
        self.plots.objects = [
            pn.pane.Bokeh(figure, sizing_mode="stretch_both", css_classes=["plot"]) for figure in figures
        ]
        self._hint.visible, self.plots.visible = False, True


def _words(fit: RedshiftFit, catalogue: float) -> str:
    error = f" ± {fit.z_error:.5f}" if np.isfinite(fit.z_error) else ""
    parts = [f"<b>z = {_signed(fit.z)}</b>{error}"]
    if np.isfinite(catalogue):
        shift = (fit.z - catalogue) / (1 + catalogue)
        far = ' class="trouble"' if abs(shift) > OUTLIER else ""
        parts.append(f"catalogue {_signed(catalogue)}, <span{far}>{round(SPEED_OF_LIGHT * shift):+,d} km/s off</span>")
    if np.isfinite(fit.second_z):
        parts.append(f"second best {_signed(fit.second_z)}, Δχ² = {fit.second_chi2 - fit.chi2:,.0f}")
    parts.append(
        f"χ² per pixel {fit.chi2 / fit.n_pixel:.2f}, the model covers {100 * fit.covered:.0f}% of the observed pixels"
    )
    return "".join(f"<span>{part}</span>" for part in parts)


def _signed(z: float) -> str:
    return f"{z:.5f}".replace("-", "−")


_PRIORS = {"one Gaussian": "gaussian", "flow": "density"}
"""Priors of the latents of models that are not linear, as `latent_prior` knows them."""

_EMPTY = (
    "No object picked",
    "Click a point in the map above: the redshift at which the model reproduces its spectrum best appears "
    "here, beside the catalogue’s.",
)
