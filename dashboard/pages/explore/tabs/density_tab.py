"""The density of objects in latent space, and spectra of objects that could exist."""

import numpy as np
import pandas as pd
import panel as pn

from dashboard.widgets.computed import Computed
from dashboard.widgets.table import Table
from specvae_core.analysis.support import nearest_rows
from specvae_core.models.density import LatentDensity
from specvae_core.results import Kind, Result
from specvae_core.tasks.colour_columns import results_of
from specvae_core.tasks.density import DRAWN

from ..added_columns import DENSITY
from .drawn_plot import drawn_figure
from .tab import Tab


class DensityTab(Tab):
    """Each press on the button draws twelve objects; a click on one picks the object of the survey nearest to it."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        guard = self.view.session.guard
        self._result: Result | None = None
        self._random = np.random.default_rng()
        self._spectra = np.empty((0, 0))
        self.again = pn.widgets.Button(label="Draw 12 new objects", css_classes=["pill", "primary"])
        self.again.on_click(guard(lambda _: self._draw()))
        self.colour = pn.widgets.Button(label="Colour the map by density", css_classes=["pill"])
        self.colour.on_click(
            guard(lambda _: self.view.session.state.param.update(colour_by=DENSITY, hidden=[], first_class=0))
        )
        self._summary = pn.pane.HTML("", css_classes=["muted", "grow"], sizing_mode="stretch_width")
        head = pn.Row(
            self.again, self.colour, self._summary, css_classes=["bar-row"], sizing_mode="stretch_width"
        )  # fmt: skip
        self.table = Table(guard(self._pick), sizing_mode="stretch_both", css_classes=["rows"])
        self.plot = pn.Row(sizing_mode="stretch_both", css_classes=["plot"])
        both = pn.Row(self.table, self.plot, sizing_mode="stretch_both", css_classes=["split"])
        body = pn.Column(head, both, sizing_mode="stretch_both", css_classes=["tab"])
        self.density = Computed(self.view.session, "density", body, lambda _: self._load())
        return pn.Column(self.density, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if changed & {"map", "columns"}:
            self._load()
        elif "theme" in changed and len(self._spectra):
            self._plot()

    def _load(self) -> None:
        """Show the newest density of this survey under this model, and draw from it."""
        state, here = self.view.session.state, self.view.map
        found = results_of(self.view.session.workspace, Kind.DENSITIES, state.survey_id, state.model_id)
        result = next((one for one in found if one.header["n"] == here.n), None)
        if result is None:
            self._result = None
            self.density.offer(*_EMPTY, model=state.model_id, survey=state.survey_id)
            return
        self.density.show()
        if self._result is None or result.id != self._result.id:
            self._result = result
            gain = result.header["log_density"] - result.header["log_density_gaussian"]
            self._summary.object = (
                f"fitted to <b>{result.header['n_fitted']:,}</b> objects; on <b>{result.header['n_held_out']:,}</b> "
                f"others log p(z) is higher by <b>{gain:.2f}</b> than that of one Gaussian"
            )
            self._draw()

    def _draw(self) -> None:
        state, workspace = self.view.session.state, self.view.session.workspace
        density = LatentDensity.from_arrays(self._result.arrays)
        latents = density.draw(DRAWN, self._random)
        encoding = workspace.encoding(state.model_id, state.survey_id)
        near = nearest_rows(encoding.latents, latents, 1)[:, 0]
        self._near = {str(number + 1): self.view.map.id_of(row) for number, row in enumerate(near)}
        self._spectra = workspace.model(state.model_id).decode(latents)
        percentile = density.percentile(latents)
        numbers, nearest = list(self._near), list(self._near.values())
        self.table.fill(
            pd.DataFrame({"id": numbers, "rarer objects": [f"{p:.0f}%" for p in percentile], "nearest": nearest})
        )
        self._plot()

    def _plot(self) -> None:
        state, workspace = self.view.session.state, self.view.session.workspace
        grid = workspace.model(state.model_id).grid
        self.plot[:] = [pn.pane.Bokeh(drawn_figure(grid, self._spectra, state.theme), sizing_mode="stretch_both")]

    def _pick(self, number: str) -> None:
        self.view.session.state.picked = self._near[number]


_EMPTY = (
    "Where are objects common, and which could exist?",
    "A normalising flow learns the density of the latents in a few seconds. It colours the map, says how rare a place "
    "is, and draws new objects as likely as those of the survey.",
    "Learn the density",
)
