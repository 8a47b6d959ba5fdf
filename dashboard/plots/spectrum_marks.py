"""What the tools of a spectrum draw on its plot: pinned spectra, remarks, the marked place, and an enlarged part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from bokeh.models import ColumnDataSource, LabelSet, Range1d
from bokeh.plotting import figure as Figure

from specvae_core.annotation_record import Feature

from ..theme import PALETTES, Paint, dress

PIN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours of pinned spectra (Okabe & Ito 2008); there are as many pins."""

WINDOW = 0.02
"""Half width of the enlarged part, in units of its wavelength."""


class LargePlot(Protocol):
    """A plot that takes marks: figures of `build_pair`, and the source of their curves by ``wavelength``."""

    PAINT: ClassVar[Paint]
    ENLARGED: ClassVar[tuple[str, ...]]
    """Curves of the enlarged part: columns of the pixels, and names in `PAINT`."""

    flux: Figure
    residual: Figure
    pixels: ColumnDataSource


@dataclass(frozen=True, eq=False)
class SpectrumMarks:
    """Sources of what is drawn, and the figure of the enlarged part."""

    plot: LargePlot
    pins: ColumnDataSource
    remarks: ColumnDataSource
    place: ColumnDataSource
    inset: Figure
    label: LabelSet

    def show_pins(self, wavelengths: Sequence[np.ndarray], fluxes: Sequence[np.ndarray]) -> None:
        """Draw other spectra behind that of the object, (n_pixel,) each."""
        self.pins.data = {
            "xs": list(wavelengths), "ys": list(fluxes), "colour": list(PIN_COLOURS[: len(fluxes)]),
        }  # fmt: skip

    def show_remarks(self, features: Sequence[Feature], stretch: float) -> None:
        """Draw remarks at their places."""
        self.remarks.data = {
            "x": [feature.wavelength * stretch for feature in features],
            "note": [feature.note for feature in features],
        }

    def show_place(self, wavelength: float | None) -> None:
        """Mark a wavelength of the plot (Angstrom), and enlarge what is around it."""
        self.place.data = {"x": [] if wavelength is None else [wavelength]}
        if wavelength is None:
            return
        low, high = wavelength * (1 - WINDOW), wavelength * (1 + WINDOW)
        self.inset.x_range.update(start=low, end=high)
        data = self.plot.pixels.data
        near = (data["wavelength"] > low) & (data["wavelength"] < high)
        values = np.concatenate([data[name][near] for name in self.plot.ENLARGED])
        values = values[np.isfinite(values)]
        if len(values):
            pad = 0.1 * np.ptp(values) or 0.5
            self.inset.y_range.update(start=float(values.min() - pad), end=float(values.max() + pad))

    def dress(self, theme: str) -> None:
        """Follow a theme."""
        palette = PALETTES[theme]
        dress(self.inset, theme)
        self.label.text_color = palette.accent
        colours = [self.plot.PAINT["line"][name] for name in self.plot.ENLARGED]
        for renderer, colour in zip(self.inset.renderers, (*colours, "accent"), strict=True):
            renderer.glyph.line_color = getattr(palette, colour)


def add_marks(plot: LargePlot) -> SpectrumMarks:
    """Add empty marks to a plot of a spectrum."""
    pins = ColumnDataSource({"xs": [], "ys": [], "colour": []})
    remarks = ColumnDataSource({"x": [], "note": []})
    place = ColumnDataSource({"x": []})
    plot.flux.multi_line("xs", "ys", source=pins, line_color="colour", line_width=1.1, line_alpha=0.8, name="pins")
    for figure in (plot.flux, plot.residual):
        figure.vspan(x="x", source=remarks, line_width=1.5, line_alpha=0.6, line_color="#d55e00", name="remarks")
        figure.vspan(x="x", source=place, line_width=1, line_color="#d55e00", line_dash=[2, 3], name="place")
    label = LabelSet(
        x="x", y=6, y_units="screen", text="note", source=remarks, x_offset=4, text_font_size="11px", name="notes"
    )
    plot.flux.add_layout(label)
    return SpectrumMarks(plot, pins, remarks, place, _inset(plot, place), label)


def _inset(plot: LargePlot, place: ColumnDataSource) -> Figure:
    inset = Figure(
        x_range=Range1d(0, 1), y_range=Range1d(0, 2), toolbar_location=None, tools="", name="enlarged",
        min_border=2, sizing_mode="stretch_both",
    )  # fmt: skip
    for name in plot.ENLARGED:
        inset.line("wavelength", name, source=plot.pixels, line_width=1.2, name=f"enlarged {name}")
    inset.vspan(x="x", source=place, line_width=1, line_dash=[2, 3])
    inset.xaxis.ticker.desired_num_ticks = 3
    inset.yaxis.ticker.desired_num_ticks = 4
    return inset
