"""The large card: the observed spectrum, its hidden ranges and the solution."""

from collections.abc import Callable

import numpy as np
import panel as pn
from bokeh.events import DoubleTap, Reset, SelectionGeometry, Tap

from dashboard.page import Session
from dashboard.theme import hint
from dashboard.widgets.card import Card
from dashboard.widgets.layout import FULL, WIDE
from dashboard.widgets.spectrum_tools.plots_with_tools import PlotsWithTools
from specvae_core.grid import SpectralGrid

from .hidden_ranges import HiddenRanges
from .spectrum_plot import CROSS_ZONE, NOT_FLUX, Ranges, ReconstructionPlot, build_reconstruction
from .target import Target

LEGEND = (
    '<span><i class="key observed"></i>observed</span><span><i class="key infilled"></i>hidden truth</span>'
    '<span><i class="key reconstruction"></i>solution</span><span><i class="key band68"></i>68%</span>'
    '<span><i class="key band95"></i>95%</span><span><i class="key other"></i>other model</span>'
    '<span><i class="key alternative"></i>fits as well</span>'
)


class SpectrumCard:
    """Figure, drag tools and hidden ranges, with Run and Stop.

    Parameters
    ----------
    on_problem
        Called when the hidden ranges have changed.
    on_run, on_stop
        Called by the buttons.
    redraw
        Called when everything has to be drawn again.
    """

    def __init__(
        self,
        session: Session,
        on_problem: Callable[[], object],
        on_run: Callable[[], object],
        on_stop: Callable[[], object],
        redraw: Callable[[], object],
    ) -> None:
        self.session = session
        guard = session.guard
        self.plot: ReconstructionPlot | None = None
        self.grid: SpectralGrid | None = None
        self._target: Target | None = None
        self.large = PlotsWithTools(session, redraw)
        tools = self.large.tools
        self.ranges = HiddenRanges(on_problem, guard)
        self.status = pn.pane.HTML("", css_classes=["muted", "run-status"])
        self.drag = pn.widgets.RadioButtonGroup(
            options={"Drag hides": "hide", "Drag zooms": "zoom"}, value="hide", css_classes=["tabs", "small"]
        )
        reset = pn.widgets.Button(
            label="", css_classes=["pill", "icon", "icon-reset"], description=hint("Show everything (double click)")
        )
        self.run = pn.widgets.Button(label="Run", color="primary", css_classes=["primary", "run"])
        self.stop = pn.widgets.Button(label="Stop", css_classes=["pill", "stop"], visible=False)
        self.drag.param.watch(guard(lambda event: self._choose_drag(event.new)), "value")
        reset.on_click(guard(lambda _: self.reset()))
        self.run.on_click(guard(lambda _: on_run()))
        self.stop.on_click(guard(lambda _: on_stop()))
        self._panes = pn.Column(**FULL, css_classes=["spectrum"])
        legend = pn.pane.HTML(LEGEND, css_classes=["plain-legend"])
        self.card = Card(
            "",
            pn.Row(self.ranges, legend, css_classes=["bar-row", "ranges-line"], **WIDE),
            pn.Row(self._panes, tools.panel, css_classes=["spectrum-beside"], **FULL),
            actions=(self.status, tools.physical, tools.more, self.drag, reset, self.stop, self.run),
            css_classes=("reconstruct-spectrum",),
            **FULL,
        )

    def show_grid(self, grid: SpectralGrid) -> None:
        """Make the figures fit spectra on a grid."""
        if self.grid is not None and self.grid.matches(grid):
            return
        self.grid = grid
        if self.plot is None:
            self._build(grid)
        else:  # new figures would take far longer
            self.large.lie_on(grid)
            start, end = self.large.ends
            self.plot.flux.x_range.update(start=start, end=end)

    def _build(self, grid: SpectralGrid) -> None:
        """Draw empty figures for spectra on a grid."""
        self.plot = build_reconstruction(grid.wavelength, self.session.state.theme)
        guard = self.session.guard
        self.plot.flux.on_event(Tap, guard(self._tap))
        for figure in (self.plot.flux, self.plot.residual):
            figure.on_event(SelectionGeometry, guard(self.hide))
            figure.on_event(DoubleTap, guard(lambda _: self.reset()))
            figure.on_event(Reset, guard(lambda _: self.reset()))
        self.large.attach([self.plot], grid)
        self._panes.objects = [
            *self.large.insets,
            pn.pane.Bokeh(self.plot.flux, css_classes=["plot"], **FULL),
            pn.pane.Bokeh(self.plot.residual, height=104, css_classes=["plot"], **WIDE),
        ]
        self._choose_drag(self.drag.value)

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        if self.plot is not None:
            self.plot.dress(theme)
            self.large.dress(theme)

    def follow(self, target: Target | None) -> None:
        """Follow another spectrum; one that is uploaded cannot be annotated."""
        self._target = target
        if target is not None:
            self.large.show(target.object_id if target.survey else "", target.spectra)

    def show(self, curves: dict[str, np.ndarray], data: tuple[np.ndarray, np.ndarray], others: np.ndarray) -> None:
        """Draw a problem and its solution in the frame and unit that are chosen.

        Parameters
        ----------
        curves
            (n_pixel,) each, by the names of `CURVES`.
        data
            Wavelengths at rest (m,) and flux (m,) of data that are not pixels.
        others
            (n, n_pixel) spectra that fit as well.
        """
        factor = 1.0 if self._target is None else self.large.take_unit(self._target.spectra)
        wavelength = self.large.take_frame()
        scaled = {name: curve if name in NOT_FLUX else curve * factor for name, curve in curves.items()}
        self.plot.show(wavelength, scaled)
        self.plot.show_data(np.asarray(data[0]) * self.large.stretch, np.asarray(data[1]) * factor)
        self.plot.show_alternatives(wavelength, np.asarray(others) * factor)
        self.show_hidden(self.ranges.ranges)
        self.large.draw_pins()
        self.large.mark()

    def show_hidden(self, ranges: Ranges) -> None:
        """Hatch ranges of wavelength at rest (Angstrom)."""
        self.plot.show_hidden([(low * self.large.stretch, high * self.large.stretch) for low, high in ranges])

    def say(self, text: str, *, running: bool, ready: bool) -> None:
        """Show the state of the search, HTML; ``ready`` to run."""
        changes = (
            (self.status, {"object": text}),
            (self.run, {"disabled": running or not ready}),
            (self.stop, {"visible": running}),
        )
        for widget, values in changes:
            new = {name: value for name, value in values.items() if getattr(widget, name) != value}
            if new:
                widget.param.update(**new)

    def reset(self) -> None:
        """Show all wavelengths and all flux."""
        if self.plot is not None:
            start, end = self.large.ends
            self.plot.flux.x_range.update(start=start, end=end)
            self.plot.fit_height()

    def _choose_drag(self, drag: str) -> None:
        if self.plot is not None:
            for figure in (self.plot.flux, self.plot.residual):
                figure.tags = [drag]

    def hide(self, event: SelectionGeometry) -> None:
        """Hide the pixels inside the box."""
        geometry = event.geometry
        if geometry["type"] != "rect" or not event.final:
            return
        edges, ends = self.grid.edges, np.array([geometry["x0"], geometry["x1"]]) / self.large.stretch
        low, high = np.clip(np.sort(ends), edges[0], edges[-1])
        if np.searchsorted(self.grid.wavelength, high) > np.searchsorted(self.grid.wavelength, low):
            self.ranges.add(float(low), float(high))

    def _tap(self, event: Tap) -> None:
        """A tap on a range's × shows it again; any other marks a place."""
        number = self.ranges.at(event.x / self.large.stretch)
        y_range = self.plot.flux.y_range
        if number is not None and event.y > y_range.start + CROSS_ZONE * (y_range.end - y_range.start):
            self.ranges.remove(number)
        else:
            self.large.mark_place(event.x)
