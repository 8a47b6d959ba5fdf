"""What the tools of a spectrum draw on its plot: pinned spectra, remarks, the marked place, and an enlarged part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource, LabelSet, Range1d
from bokeh.plotting import figure as Figure

from dashboard.plots.spectrum import SpectrumPlot
from dashboard.theme import PALETTES, dress
from specvae_core.annotation_record import Feature

PIN_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours of pinned spectra (Okabe & Ito 2008); there are as many pins."""

WINDOW = 0.02
"""Half width of the enlarged part, in units of its wavelength."""


@dataclass(frozen=True, eq=False)
class SpectrumMarks:
    """Sources of what is drawn, and the figure of the enlarged part."""

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

    def show_place(self, wavelength: float | None, data: dict[str, np.ndarray]) -> None:
        """Mark a wavelength of the plot (Angstrom), and enlarge what is around it; ``data`` is that of the pixels."""
        self.place.data = {"x": [] if wavelength is None else [wavelength]}
        if wavelength is None:
            return
        low, high = wavelength * (1 - WINDOW), wavelength * (1 + WINDOW)
        self.inset.x_range.update(start=low, end=high)
        near = (data["wavelength"] > low) & (data["wavelength"] < high)
        values = np.concatenate([data[name][near] for name in ("observed", "infilled", "reconstruction")])
        values = values[np.isfinite(values)]
        if len(values):
            pad = 0.1 * np.ptp(values) or 0.5
            self.inset.y_range.update(start=float(values.min() - pad), end=float(values.max() + pad))

    def dress(self, theme: str) -> None:
        """Follow a theme."""
        palette = PALETTES[theme]
        dress(self.inset, theme)
        self.label.text_color = palette.accent
        for figure_renderer, colour in zip(self.inset.renderers, _INSET.values(), strict=True):
            figure_renderer.glyph.line_color = getattr(palette, colour)


_INSET = {"infilled": "masked", "observed": "text", "reconstruction": "accent", "place": "accent"}
"""Curves of the enlarged part, and their colours in a palette."""


def add_marks(plot: SpectrumPlot) -> SpectrumMarks:
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
    return SpectrumMarks(pins, remarks, place, _inset(plot, place), label)


def _inset(plot: SpectrumPlot, place: ColumnDataSource) -> Figure:
    inset = Figure(
        x_range=Range1d(0, 1), y_range=Range1d(0, 2), toolbar_location=None, tools="", name="enlarged",
        min_border=2, sizing_mode="stretch_both",
    )  # fmt: skip
    for name in tuple(_INSET)[:-1]:
        inset.line("wavelength", name, source=plot.pixels, line_width=1.2, name=f"enlarged {name}")
    inset.vspan(x="x", source=place, line_width=1, line_dash=[2, 3])
    inset.xaxis.ticker.desired_num_ticks = 3
    inset.yaxis.ticker.desired_num_ticks = 4
    return inset
