"""Plots of one object with the tools of a spectrum: frame, lines, pins, remarks, the marked place and its inset.

A page that shows a spectrum large makes a `PlotsWithTools`, puts its ``tools.more``, ``tools.physical`` and
``tools.panel`` into its layout, calls `attach` for new figures, `show` for another object, and takes wavelengths,
smoothed flux and its unit from here when it draws. It watches the parameters of the state in `FOLLOWED` and hands
them to `follow`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import panel as pn

from dashboard.page import Session
from dashboard.plots.spectrum import move_lines
from dashboard.plots.spectrum_marks import LargePlot, SpectrumMarks, add_marks
from specvae_core.analysis.smoothing import smooth
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid, Grid, SpectralGrid

from .tools import REDRAWN, SpectrumTools
from .undo import undo_annotation


class PlotsWithTools:
    """Serves one plot, or several with common axes that show the same object.

    Parameters
    ----------
    redraw
        Called when the spectrum has to be drawn again.
    """

    def __init__(self, session: Session, redraw: Callable[[], object]) -> None:
        self.session, self._redraw = session, redraw
        self.tools = SpectrumTools(session, self.mark)
        self.usable = False
        """Whether the plots have wavelengths; without them there are no tools."""
        self.insets: list[pn.Column] = []
        """The enlarged part, one for each plot."""
        self._plots: Sequence[LargePlot] = ()
        self._marks: list[SpectrumMarks] = []

    def attach(self, plots: Sequence[LargePlot], grid: Grid, *, at_rest: bool = False) -> None:
        """Serve new plots, of spectra on a grid, in the rest frame.

        Parameters
        ----------
        at_rest
            They stay so, normalised and without tools, where there is no room for these.
        """
        self.usable = isinstance(grid, SpectralGrid) and not at_rest
        self._has_units = not (at_rest or isinstance(grid, BandGrid))
        self.stretch, self._lines = 1.0, None
        self.lie_on(grid)
        self._plots, self._marks = plots, [add_marks(plot) for plot in plots]
        self.insets = [
            pn.Column(pn.pane.Bokeh(one.inset, sizing_mode="stretch_both"), css_classes=["enlarged"], visible=False)
            for one in self._marks
        ]
        self.tools.offer(self.usable)
        self.dress(self.session.state.theme)

    def lie_on(self, grid: Grid) -> None:
        """Serve the same plots for spectra on another grid of the same kind."""
        self._grid = grid
        self._order = np.argsort(grid.wavelength, kind="stable")  # bands may come in any order

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        for one in self._marks:
            one.dress(theme)

    def show(self, object_id: str, spectrum: SpectraSet) -> None:
        """Follow another object, a set of one row; its id is empty where nobody annotates it."""
        self.tools.show(object_id, redshift_of(spectrum))

    def follow(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters."""
        self.tools.follow()
        if changed & REDRAWN:
            self._redraw()

    @property
    def edges(self) -> np.ndarray:
        """Edges of pixels (n_pixel + 1,) in the frame that is drawn, Angstrom."""
        return self._grid.edges * self.stretch

    @property
    def ends(self) -> tuple[float, float]:
        """First and last wavelength in the frame that is drawn, Angstrom."""
        wavelength = self._grid.wavelength[self._order] * self.stretch
        return float(wavelength[0]), float(wavelength[-1])

    def take_frame(self) -> np.ndarray:
        """Wavelengths (n_pixel,) in the frame that is chosen, rising; the axis keeps what it shows of the spectrum."""
        stretch = self._stretch_of(self.tools.subject.redshift)
        if stretch != self.stretch:
            by, self.stretch = stretch / self.stretch, stretch
            axes = {id(plot.flux.x_range): plot.flux.x_range for plot in self._plots}
            for axis in axes.values():
                axis.update(start=axis.start * by, end=axis.end * by)
            for plot in self._plots:
                plot.residual.below[0].axis_label = f"{self.session.state.frame} wavelength in vacuum (Å)"
        return self._grid.wavelength[self._order] * self.stretch

    def _stretch_of(self, redshift: float) -> float:
        """Wavelengths of the plot over those of the survey, for an object of a redshift (NaN where unknown)."""
        observed = self.usable and self.session.state.frame == "observed" and np.isfinite(redshift)
        return 1 + redshift if observed else 1.0

    def smooth(self, flux: np.ndarray, ivar: np.ndarray, model: np.ndarray) -> tuple[np.ndarray, ...]:
        """Flux, inverse variance and model (n_pixel,), smoothed as is chosen; see `smooth`."""
        return smooth(flux, ivar, model, self.session.state.smoothing if self.usable else 0)

    def take_unit(self, spectrum: SpectraSet) -> float:
        """Factor from the flux of a set of one row to what is drawn; the axis and *Physical flux* name the unit."""
        button = self.tools.physical
        button.visible = known = self._has_units and bool(np.isfinite(spectrum.physical_scale[0]))
        physical, unit = known and self.session.state.physical, _unit(spectrum)
        button.label = f"Physical flux: {unit or 'as in the file'}" if physical else "Physical flux"
        if not isinstance(self._grid, BandGrid):
            plain = "flux" if physical or spectrum.scale == "none" else "flux / mean"
            for plot in self._plots:
                plot.flux.yaxis.axis_label = f"flux ({unit})" if physical and unit else plain
        return float(spectrum.physical_scale[0]) if physical else 1.0

    def draw_pins(self) -> None:
        """Draw pinned objects, each in its own frame, in the same unit and smoothed in the same way."""
        wavelengths, fluxes = [], []
        for one in self.tools.pins.spectra(self._grid) if self.usable else ():
            flux, ivar = one.flux[0][self._order], one.ivar[0][self._order]
            flux, ivar, _ = self.smooth(flux, ivar, flux)
            physical = self.tools.physical.visible and self.session.state.physical
            wavelengths.append(self._grid.wavelength[self._order] * self._stretch_of(redshift_of(one)))
            fluxes.append(np.where(ivar > 0, flux * (one.physical_scale[0] if physical else 1.0), np.nan))
        for one in self._marks:
            one.show_pins(wavelengths, fluxes)

    def mark(self) -> None:
        """Draw lines at the trial redshift, remarks, and the marked place with what is around it."""
        if not self.usable:
            return
        subject = self.tools.subject
        lines = self.tools.redshift.factor * self.stretch, tuple(self.tools.lines.lines)
        if lines != self._lines:
            self._lines = lines
            for plot in self._plots:
                move_lines((plot.flux, plot.residual), lines[1], lines[0])
        place = None if subject.place is None else subject.place * self.stretch
        for one, inset in zip(self._marks, self.insets, strict=True):
            one.show_remarks(subject.remarks, self.stretch)
            one.show_place(place)
            inset.visible = self.tools.enlarge.value and place is not None

    def mark_place(self, x: float | None) -> None:
        """Mark the place of a click, Angstrom in the frame that is drawn."""
        if self.usable and x is not None:
            self.tools.subject.mark_at(float(x) / self.stretch)

    def undo(self) -> None:
        """Undo the last annotation of this session."""
        undo_annotation(self.session)
        self.tools.follow()

    def key(self, key: str) -> bool:
        """Answer a key of the tools; whether there was one."""
        return self.usable and self.tools.key(key)


def redshift_of(spectrum: SpectraSet) -> float:
    """Redshift of a set of one row in the catalogue, NaN where it has none."""
    return float(spectrum.table["z"].iloc[0]) if "z" in spectrum.table else np.nan


def _unit(spectrum: SpectraSet) -> str:
    """Unit of the flux in the file, empty where it is unknown."""
    return str(spectrum.table["flux_unit"].iloc[0]) if "flux_unit" in spectrum.table else ""
