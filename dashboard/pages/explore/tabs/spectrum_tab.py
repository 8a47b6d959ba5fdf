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
    move_lines,
    spectrum_data,
    unseen_runs,
)
from dashboard.theme import PALETTES
from dashboard.widgets.empty import EmptyState
from specvae_core.analysis.latent_errors import reconstruction_scatter
from specvae_core.analysis.smoothing import smooth
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid, PixelGrid, SpectralGrid
from specvae_core.models import LatentModel
from specvae_core.tasks.figures import spectrum_recipe

from ..recipe_button import RecipeButton
from .raw_fit import RawFit
from .spectrum_marks import add_marks
from .spectrum_tools import SpectrumTools
from .tab import Tab

RAW_COLOUR = "#cc79a7"
"""Curve of a fit to raw pixels; legible on both themes."""


class SpectrumTab(Tab):
    """Observed and reconstructed flux, residuals underneath; the zoom is kept from object to object."""

    has_tools: ClassVar[bool] = True
    """Whether there is room for the tools; without them the spectrum stays at rest under the usual lines."""

    def build(self) -> pn.viewable.Viewable:
        """See `Tab`."""
        self.plot: SpectrumPlot | None = None
        self._zoomed = False
        self._panes = pn.Column(sizing_mode="stretch_both", css_classes=["spectrum"])
        self.hint = EmptyState(*_EMPTY)
        self._legend = pn.pane.HTML(_LEGEND, css_classes=["spectrum-legend"])
        self.physical = pn.widgets.Toggle(label="Physical flux", css_classes=["pill", "small"], visible=False)
        self.physical.param.watch(self.view.session.guard(lambda _: self._switch_scale()), "value")
        self.raw = RawFit(self.view.session, self._switch_scale)
        self.recipe = RecipeButton(self.view, "this figure", self._recipe)
        self.tools = SpectrumTools(self.view, self._switch_scale, self._draw_marks)
        parts = self._legend, self.physical, self.raw.button, self.recipe, self.tools.more
        top = pn.Row(*parts, sizing_mode="stretch_width", css_classes=["spectrum-head"])
        found = [self.raw.progress, self.raw.words]
        beside = pn.Row(self._panes, self.tools.panel, sizing_mode="stretch_both", css_classes=["spectrum-beside"])
        return pn.Column(top, *found, self.hint, beside, sizing_mode="stretch_both", css_classes=["tab"])

    def refresh(self, changed: set[str]) -> None:
        """See `Tab`."""
        if "map" in changed:
            self.tools.pins = [name for name in self.tools.pins if self.view.map.index.row_of(name) is not None]
            self._rebuild()
        elif "theme" in changed:
            self._dress()
        shown = self.shown()
        self.hint.visible = shown is None
        self._panes.visible = self._legend.visible = self.recipe.visible = shown is not None
        if shown is not None and changed & {"map", "picked", "author"}:
            self._read_redshift(*shown)
            if self.has_tools:
                self.tools.show(self._redshift)
            self._draw(*shown)
        elif shown is not None and "columns" in changed and self.has_tools:
            self.tools.follow()

    def _recipe(self) -> tuple[Mapping, str]:
        """Recipe of the figure, and a name for its file."""
        workspace, state = self.view.session.workspace, self.view.session.state
        survey, row = self.shown()
        names = survey, state.model_id, str(workspace.survey(survey).ids[row])
        return spectrum_recipe(workspace, *names), "-".join(names)

    def key(self, key: str) -> bool:
        """Keys of the tools, see `SpectrumTools`."""
        return self.plot is not None and self._spectral and self.shown() is not None and self.tools.key(key)

    def _read_redshift(self, survey_id: str, row: int) -> None:
        """The survey's redshift of an object, NaN where it has none."""
        table = self.view.session.workspace.survey(survey_id).row(row).table
        self._redshift = float(table["z"].iloc[0]) if "z" in table else np.nan

    def shown(self) -> tuple[str, int] | None:
        """Survey and row of the object."""
        return None if self.view.row is None else (self.view.session.state.survey_id, self.view.row)

    def _rebuild(self) -> None:
        session = self.view.session
        survey = session.workspace.survey(session.state.survey_id)
        self._order = np.argsort(survey.grid.wavelength, kind="stable")  # bands may come in any order
        self.plot = build_spectrum(survey.grid.wavelength[self._order], session.state.theme)
        self._wavelength = survey.grid.wavelength[self._order]
        self._raw = ColumnDataSource({"wavelength": [], "flux": []})
        self._scatter = ColumnDataSource({"wavelength": [], "low": [], "high": []})
        self.plot.flux.varea("wavelength", "low", "high", source=self._scatter, name="scatter", fill_alpha=0.3)
        self.plot.flux.line("wavelength", "flux", source=self._raw, name="raw fit", line_width=1.4, line_dash=[5, 3],
                            line_color=RAW_COLOUR)  # fmt: skip
        self._marks = add_marks(self.plot)
        self._stretch, self._lines = 1.0, None
        self._zoomed, self._bands = False, isinstance(survey.grid, BandGrid)
        self._spectral = isinstance(survey.grid, SpectralGrid)
        self.tools.more.visible = self._spectral
        self.tools.panel.visible = self._spectral and self.tools.more.value
        if self._bands:
            show_bands(self.plot, survey.grid)
        elif isinstance(survey.grid, PixelGrid):
            show_pixels(self.plot, survey.grid)
        self._dress()
        self._ends = self.plot.flux.x_range.start, self.plot.flux.x_range.end
        for figure in (self.plot.flux, self.plot.residual):
            figure.on_event(DoubleTap, session.guard(self._reset))
            figure.on_event(Reset, session.guard(self._reset))
            figure.on_event(Tap, session.guard(self._mark_place))
        self.plot.flux.on_event(RangesUpdate, self._note_zoom)
        inset = pn.pane.Bokeh(self._marks.inset, sizing_mode="stretch_both")
        self._enlarged = pn.Column(inset, css_classes=["enlarged"], visible=False)
        self._panes.objects = [
            self._enlarged,
            pn.pane.Bokeh(self.plot.flux, sizing_mode="stretch_both", css_classes=["plot"]),
            pn.pane.Bokeh(self.plot.residual, sizing_mode="stretch_width", height=104, css_classes=["plot"]),
        ]

    def _dress(self) -> None:
        theme = self.view.session.state.theme
        self.plot.dress(theme)
        self._marks.dress(theme)
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
        known = bool(np.isfinite(one.physical_scale[0])) and not self._bands
        self.physical.visible = known
        physical = known and self.physical.value
        factor = one.physical_scale[0] if physical else 1.0
        if not self._bands:
            unit = f"flux ({_unit(one)})" if physical and _unit(one) else "flux"
            self.plot.flux.yaxis.axis_label = unit if physical or one.scale == "none" else "flux / mean"
        self.raw.show(survey_id, row)
        self._draw_raw(model, one, factor)
        self.physical.label = _physical_label(one) if physical else "Physical flux"
        infilled = None if one.infilled is None else one.infilled[0][order] * factor
        decoded = model.decode_like(one, latents)[0][order] * factor
        scatter = self._scatter_of(model, one, latents, row) * factor
        wavelength = self._take_frame()
        self._scatter.data = {"wavelength": wavelength, "low": decoded - scatter, "high": decoded + scatter}
        flux, ivar, decoded = smooth(
            one.flux[0][order] * factor, one.ivar[0][order] / factor**2, decoded, self.tools.width.value
        )
        data = spectrum_data(wavelength, flux, ivar, infilled, decoded)
        self.plot.pixels.data = data
        self.plot.unseen.data = unseen_runs(survey.grid.edges * self._stretch, ivar)
        self._draw_pins(physical)
        self._draw_marks()
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

    def _draw_raw(self, model: LatentModel, one: SpectraSet, factor: float) -> None:
        """The curve of the fit to raw pixels, at rest and at the level of the survey's spectrum."""
        fitted = self.raw.latents
        curve, wavelength = np.full(len(self._order), np.nan), self._wavelength * self._stretch
        if fitted is not None:
            curve = model.decode_like(one, fitted)[0][self._order] * factor
        self._raw.data = {"wavelength": wavelength, "flux": curve}

    def _take_frame(self) -> np.ndarray:
        """Wavelengths (n_pixel,) in the frame that is chosen; the axis keeps what it shows of the spectrum."""
        stretch = self.tools.stretch(self._redshift)
        if stretch != self._stretch:
            axis, by = self.plot.flux.x_range, stretch / self._stretch
            axis.update(start=axis.start * by, end=axis.end * by)
            self._ends = self._ends[0] * by, self._ends[1] * by
            self._stretch = stretch
            self.plot.residual.below[0].axis_label = f"{self.tools.frame.value} wavelength in vacuum (Å)"
        return self._wavelength * stretch

    def _draw_pins(self, physical: bool) -> None:
        """Pinned objects, each in its own frame and smoothed in the same way."""
        shown = self.shown()
        rows = [self.view.map.index.row_of(name) for name in self.tools.pins]
        survey = self.view.session.workspace.survey(shown[0])
        wavelengths, fluxes = [], []
        for one in map(survey.row, (row for row in rows if row is not None)):
            flux, ivar = one.flux[0][self._order], one.ivar[0][self._order]
            flux, ivar, _ = smooth(flux, ivar, flux, self.tools.width.value)
            redshift = float(one.table["z"].iloc[0]) if "z" in one.table else np.nan
            wavelengths.append(self._wavelength * self.tools.stretch(redshift))
            fluxes.append(np.where(ivar > 0, flux * (one.physical_scale[0] if physical else 1.0), np.nan))
        self._marks.show_pins(wavelengths, fluxes)

    def _draw_marks(self) -> None:
        """Lines at the trial redshift, remarks, and the marked place with what is around it."""
        if not self.has_tools or self.plot is None or not self._spectral or self.shown() is None:
            return
        lines = self.tools.trial.factor * self._stretch, tuple(self.tools.lines)
        if lines != self._lines:
            self._lines = lines
            move_lines((self.plot.flux, self.plot.residual), self.tools.lines, lines[0])
        self._marks.show_remarks(self.tools.remarks_shown(), self._stretch)
        place = self.tools.place
        self._marks.show_place(None if place is None else place * self._stretch, self.plot.pixels.data)
        self._enlarged.visible = self.tools.enlarge.value and place is not None

    def _mark_place(self, event: Tap) -> None:
        if self.has_tools and self._spectral and event.x is not None:
            self.tools.mark_at(float(event.x) / self._stretch)

    def _switch_scale(self) -> None:
        shown = self.shown()
        if shown is not None and self.plot is not None:
            self._zoomed = False
            self._draw(*shown)

    def _note_zoom(self, event: RangesUpdate) -> None:
        """Dragging in the flux axis is a zoom that stays; what the server itself has set is not."""
        self._zoomed = (event.y0, event.y1) != self._limits

    def _reset(self, *event: object) -> None:
        self._zoomed = False
        self.plot.flux.x_range.update(start=self._ends[0], end=self._ends[1])
        self.plot.flux.y_range.update(start=self._limits[0], end=self._limits[1])


def _physical_label(one: SpectraSet) -> str:
    return f"Physical flux: {_unit(one) or 'as in the file'}"


def _unit(one: SpectraSet) -> str:
    """Unit of the flux in the file, empty where it is unknown."""
    return str(one.table["flux_unit"].iloc[0]) if "flux_unit" in one.table else ""


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
