"""Median spectra of two groups with bootstrap bands, and their difference in standard errors."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import BasicTicker, ColumnDataSource, PanTool, ResetTool, WheelZoomTool
from bokeh.plotting import figure as Figure

from dashboard.plots.spectrum import build_pair, frame_pair
from dashboard.theme import PALETTES, Paint, ThemedPlot

_CURVES = ("median_a", "low_a", "high_a", "median_b", "low_b", "high_b", "sigma")


@dataclass(frozen=True, eq=False)
class ExplainPlot(ThemedPlot):
    """Two figures on one wavelength axis, and the source of their curves."""

    PAINT: ClassVar[Paint] = {
        "line": {"a": "accent", "b": "muted", "difference": "accent", "zero": "line", "lines": "line"},
        "fill": {"band a": "accent", "band b": "muted"},
    }

    flux: Figure
    difference: Figure
    pixels: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        frame_pair(self.flux, self.difference, theme)

    def show(self, arrays: dict[str, np.ndarray]) -> None:
        """Show an explanation's curves."""
        curves = {name: arrays[name] for name in _CURVES}
        self.pixels.data = {"wavelength": self.pixels.data["wavelength"], **curves}
        seen = np.concatenate([curves["median_a"], curves["median_b"]])
        seen = seen[np.isfinite(seen)]
        if len(seen):
            pad = 0.06 * float(np.ptp(seen)) or 0.1
            self.flux.y_range.update(start=float(seen.min()) - pad, end=float(seen.max()) + pad)
        top = float(np.nanmax(np.abs(curves["sigma"]), initial=5.0))
        self.difference.y_range.update(start=-1.05 * top, end=1.05 * top)


def build_explain(wavelength: np.ndarray, theme: str) -> ExplainPlot:
    """An empty plot on wavelengths (n_pixel,), Angstrom."""
    nothing = np.full(len(wavelength), np.nan)
    pixels = ColumnDataSource({"wavelength": wavelength, **dict.fromkeys(_CURVES, nothing)})
    flux, difference = build_pair(wavelength, "explain", "difference")
    flux.yaxis.axis_label, difference.yaxis.axis_label = "flux / mean", "A − B / σ"
    difference.yaxis.ticker = BasicTicker(desired_num_ticks=3)
    flux.yaxis.ticker = BasicTicker(desired_num_ticks=4)
    for figure in (flux, difference):
        wheel = WheelZoomTool(dimensions="width")
        figure.tools = [PanTool(dimensions="width"), wheel, ResetTool()]
        figure.toolbar.active_scroll = wheel
    for name in "ba":
        flux.varea("wavelength", f"low_{name}", f"high_{name}", source=pixels, fill_alpha=0.3, name=f"band {name}")
        flux.line("wavelength", f"median_{name}", source=pixels, line_width=1.2, name=name)
    difference.hspan(0.0, line_width=1, name="zero")
    difference.line("wavelength", "sigma", source=pixels, line_width=1, name="difference")
    plot = ExplainPlot(flux, difference, pixels)
    plot.dress(theme)
    return plot


def legend(theme: str, a: str, b: str) -> str:
    """The two names in their colours, HTML; names are escaped by the caller."""
    palette = PALETTES[theme]
    return f'<b style="color:{palette.accent}">A</b> {a} &nbsp; <b style="color:{palette.muted}">B</b> {b}'
