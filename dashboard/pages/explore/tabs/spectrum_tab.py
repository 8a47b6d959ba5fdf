"""The spectrum of the picked object."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, RangesUpdate, Reset, Tap
from bokeh.models import ColumnDataSource

from dashboard.plots.photometry import dress_bands, show_bands, show_pixels
from dashboard.plots.spectrum import (
    SpectrumPlot,
    build_spectrum,
    flux_limits,
    spectrum_data,
    unseen_runs,
)
from dashboard.theme import PALETTES
from dashboard.widgets.empty import EmptyState
from dashboard.widgets.layout import WIDE
from dashboard.widgets.recipe_button import RecipeButton
from dashboard.widgets.spectrum_tools.plots_with_tools import PlotsWithTools
from dashboard.widgets.spectrum_tools.tools import FOLLOWED
from specvae_core.analysis.latent_errors import reconstruction_scatter
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid, Grid, PixelGrid, SpectralGrid
from specvae_core.models import LatentModel
from specvae_core.tasks.figures import figure_recipe

from .column_table import column_table
from .raw_fit import RawFit
from .tab import Tab

RAW_COLOUR = "#cc79a7"
"""Curve of a fit to raw pixels; legible on both themes."""


class SpectrumTab(Tab):
    """Observed and reconstructed flux, residuals underneath; the zoom is kept from object to object."""

    has_tools: ClassVar[bool] = True
    """Whether there is room for the tools; without them the spectrum stays at rest and normalised."""
    residual_height: ClassVar[int] = 104
    """Pixels of the residuals with their axis."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        self.plot: SpectrumPlot | None = None
        self._grid: Grid | None = None
        self._zoomed = False
        self._panes = pn.Column(sizing_mode="stretch_both", css_classes=["spectrum"])
        self.hint = EmptyState(*_EMPTY)
        self._legend = pn.pane.HTML(_LEGEND, css_classes=["spectrum-legend"])
        self.raw = RawFit(self.view.session, self._draw_again)
        self.columns = pn.pane.HTML("", visible=False, css_classes=["spectrum-columns"], **WIDE)
        self.recipe = RecipeButton(self.view.session, "this figure", self._recipe)
        self.large = PlotsWithTools(self.view.session, self._draw_again)
        self.tools = self.large.tools
        parts = self._legend, self.tools.physical, self.raw.button, self.recipe, self.tools.more
        top = pn.Row(*parts, sizing_mode="stretch_width", css_classes=["spectrum-head"])
        found = [self.raw.progress, self.raw.words]
        beside = pn.Row(self._panes, self.tools.panel, sizing_mode="stretch_both", css_classes=["spectrum-beside"])
        return pn.Column(top, *found, self.hint, beside, self.columns, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self._take_grid()
        elif "theme" in changed:
            self._dress()
        shown = self.shown()
        self.hint.visible = shown is None
        self._panes.visible = self._legend.visible = self.recipe.visible = shown is not None
        self.columns.visible = shown is not None and bool(self.columns.object)
        if shown is not None and changed & {"map", "picked", "author"}:
            self._draw(*shown)
        elif shown is not None and self.has_tools and changed & (FOLLOWED | {"columns"}):
            self.large.follow(changed)

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the figure, and a name for its file."""
        workspace, state = self.view.session.workspace, self.view.session.state
        survey, row = self.shown()
        names = survey, state.model_id, str(workspace.survey(survey).ids[row])
        return figure_recipe(workspace, "spectrum", *names[:2], object=names[2]), "-".join(names)

    def key(self, key: str) -> bool:
        """Keys of the tools, see `SpectrumTools`."""
        return self.plot is not None and self.shown() is not None and self.large.key(key)

    def shown(self) -> tuple[str, int] | None:
        """Survey and row of the object."""
        return None if self.view.row is None else (self.view.session.state.survey_id, self.view.row)

    def _take_grid(self) -> None:
        """Show spectra of the survey at hand: in the present figures where they fit, since new ones take far longer."""
        grid = self.view.session.workspace.survey(self.view.session.state.survey_id).grid
        self._order = np.argsort(grid.wavelength, kind="stable")  # bands may come in any order
        same_kind = isinstance(grid, SpectralGrid) and isinstance(self._grid, SpectralGrid)
        self._grid, self._zoomed = grid, False
        if not same_kind:
            self._rebuild(grid)
            return
        self.large.lie_on(grid)
        start, end = self.large.ends
        self.plot.flux.x_range.update(start=start, end=end)
        self._dress()

    def _rebuild(self, grid: Grid) -> None:
        session = self.view.session
        self.plot = build_spectrum(grid.wavelength[self._order], session.state.theme)
        self._raw = ColumnDataSource({"wavelength": [], "flux": []})
        self._scatter = ColumnDataSource({"wavelength": [], "low": [], "high": []})
        self.plot.flux.varea("wavelength", "low", "high", source=self._scatter, name="scatter", fill_alpha=0.3)
        self.plot.flux.line("wavelength", "flux", source=self._raw, name="raw fit", line_width=1.4, line_dash=[5, 3],
                            line_color=RAW_COLOUR)  # fmt: skip
        self._bands = isinstance(grid, BandGrid)
        self.large.attach([self.plot], grid, at_rest=not self.has_tools)
        if self._bands:
            show_bands(self.plot, grid)
        elif isinstance(grid, PixelGrid):
            show_pixels(self.plot, grid)
        self._dress()
        for figure in (self.plot.flux, self.plot.residual):
            figure.on_event(DoubleTap, session.guard(self._reset))
            figure.on_event(Reset, session.guard(self._reset))
            figure.on_event(Tap, session.guard(lambda event: self.large.mark_place(event.x)))
        self.plot.flux.on_event(RangesUpdate, self._note_zoom)
        self._panes.objects = [
            *self.large.insets,
            pn.pane.Bokeh(self.plot.flux, sizing_mode="stretch_both", css_classes=["plot"]),
            pn.pane.Bokeh(
                self.plot.residual, sizing_mode="stretch_width", height=self.residual_height, css_classes=["plot"]
            ),
        ]

    def _dress(self) -> None:
        theme = self.view.session.state.theme
        self.plot.dress(theme)
        self.large.dress(theme)
        self.plot.flux.select_one({"name": "scatter"}).glyph.fill_color = PALETTES[theme].accent
        if self._bands:
            dress_bands(self.plot, PALETTES[theme].text)

    def _draw(self, survey_id: str, row: int) -> None:
        session = self.view.session
        state, workspace = session.state, session.workspace
        survey, model = workspace.survey(survey_id), workspace.model(state.model_id)
        one = survey.row(row)
        encoding = workspace.encoding(state.model_id, survey_id)
        latents = model.encode(one) if encoding is None else encoding.latents[row : row + 1]
        order = self._order
        self.columns.object = column_table(model, one, latents)
        self.columns.visible = bool(self.columns.object)
        self.large.show(str(one.ids[0]), one)
        factor, wavelength = self.large.take_unit(one), self.large.take_frame()
        self.raw.show(survey_id, row)
        self._draw_raw(model, one, factor, wavelength)
        infilled = None if one.infilled is None else one.infilled[0][order] * factor
        decoded = model.decode_like(one, latents)[0][order] * factor
        scatter = self._scatter_of(model, one, latents, row) * factor
        self._scatter.data = {"wavelength": wavelength, "low": decoded - scatter, "high": decoded + scatter}
        flux, ivar = one.flux[0][order] * factor, one.ivar[0][order] / factor**2
        flux, ivar, decoded = self.large.smooth(flux, ivar, decoded)
        data = spectrum_data(wavelength, flux, ivar, infilled, decoded)
        self.plot.pixels.data = data
        self.plot.unseen.data = unseen_runs(self.large.edges, ivar)
        self.large.draw_pins()
        self.large.mark()
        self._limits = flux_limits(data)[:: -1 if self._bands else 1]  # bright magnitudes are low ones
        if not self._zoomed:
            self.plot.flux.y_range.update(start=self._limits[0], end=self._limits[1])

    def _scatter_of(self, model: LatentModel, one: SpectraSet, latents: np.ndarray, row: int) -> np.ndarray:
        """Standard deviation of reconstructions drawn from the posterior of the latents; NaN where a model has none."""
        state = self.view.session.state
        encoding = self.view.session.workspace.encoding(state.model_id, self.shown()[0])
        if encoding is None or encoding.errors is None:
            return np.full(len(self._order), np.nan)
        random = np.random.default_rng(row)
        return reconstruction_scatter(model, one, latents, encoding.errors.of(row), random)[self._order]

    def _draw_raw(self, model: LatentModel, one: SpectraSet, factor: float, wavelength: np.ndarray) -> None:
        """The curve of the fit to raw pixels, at rest and at the level of the survey's spectrum."""
        fitted = self.raw.latents
        curve = np.full(len(self._order), np.nan)
        if fitted is not None:
            curve = model.decode_like(one, fitted)[0][self._order] * factor
        self._raw.data = {"wavelength": wavelength, "flux": curve}

    def _draw_again(self) -> None:
        shown = self.shown()
        if shown is not None and self.plot is not None:
            self._zoomed = False
            self._draw(*shown)

    def _note_zoom(self, event: RangesUpdate) -> None:
        """Dragging in the flux axis is a zoom that stays; what the server itself has set is not."""
        self._zoomed = (event.y0, event.y1) != self._limits

    def _reset(self, *event: object) -> None:
        self._zoomed = False
        start, end = self.large.ends
        self.plot.flux.x_range.update(start=start, end=end)
        self.plot.flux.y_range.update(start=self._limits[0], end=self._limits[1])


_LEGEND = (
    '<span><i class="key observed"></i>observed</span><span><i class="key band"></i>±1σ</span>'
    '<span title="the shade around it is the scatter of reconstructions drawn from q(z|x)">'
    '<i class="key reconstruction"></i>reconstruction</span><span><i class="key infilled"></i>infilled</span>'
    '<span><i class="key unseen"></i>unseen</span>'
)

_EMPTY = (
    "No object picked",
    "Click a point in the map above: its spectrum, the model’s reconstruction and the residuals appear here.",
)
