"""An inverse problem and its solution: observed and hidden pixels, the solution with its error bands, residuals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import (
    BoxSelectTool,
    BoxZoomTool,
    ColumnDataSource,
    CustomJS,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure as Figure

from dashboard.plots.spectrum import RESIDUAL_LIMIT, add_strips, build_pair, frame_pair
from dashboard.theme import PALETTES, Paint, ThemedPlot

CURVES = ("observed", "truth", "spectrum", "low68", "high68", "low95", "high95", "other", "residual", "hidden_residual")
"""Columns of the pixels' source beside the wavelength; NaN where there is nothing to draw."""

NOT_FLUX = frozenset({"residual", "hidden_residual"})
"""Curves in units of their error."""

CROSS_ZONE = 0.9
"""Share of the height above which a tap in a hidden range is meant for its ×."""

Ranges = Sequence[tuple[float, float]]

Smoothing = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Flux, inverse variance and model (n_pixel,) -> the same, smoothed."""


@dataclass(frozen=True, eq=False)
class ReconstructionPlot(ThemedPlot):
    """Two figures that share their wavelength axis, and their sources."""

    PAINT: ClassVar[Paint] = {
        "line": {
            "observed": "text", "residual": "text", "truth": "masked", "other": "highlight",
            "hidden_residual": "masked", "spectrum": "accent", "alternatives": "muted", "lines": "line",
            "zero": "line", "data": "text",
        },
        "fill": {"hidden": "masked", "band68": "accent", "band95": "accent", "sigma": "band", "data": "surface"},
        "hatch": {"hidden": "masked"},
        "text": {"crosses": "text"},
    }  # fmt: skip
    ENLARGED: ClassVar[tuple[str, ...]] = ("truth", "observed", "spectrum")

    flux: Figure
    residual: Figure
    pixels: ColumnDataSource
    data: ColumnDataSource
    hidden: ColumnDataSource
    alternatives: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        palette = PALETTES[theme]
        for kind, colour in ((BoxSelectTool, palette.masked), (BoxZoomTool, palette.accent)):
            for tool in (*self.flux.select({"type": kind}), *self.residual.select({"type": kind})):
                tool.overlay.update(line_color=colour, fill_color=colour, fill_alpha=0.15)
        frame_pair(self.flux, self.residual, theme)

    def show_hidden(self, ranges: Ranges) -> None:
        """Hatch these ranges (Angstrom of the axis)."""
        low, high = np.array(ranges, dtype=float).reshape(-1, 2).T
        self.hidden.data = {"left": low, "right": high, "x": (low + high) / 2, "y": np.full(len(low), 0.99),
                            "text": np.full(len(low), "×")}  # fmt: skip

    def show(self, wavelength: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        """Draw these curves (`CURVES`) along wavelengths (n_pixel,), and nothing else."""
        nothing = np.full(len(wavelength), np.nan)
        self.pixels.data = {"wavelength": wavelength} | {name: columns.get(name, nothing) for name in CURVES}

    def show_data(self, x: np.ndarray, y: np.ndarray) -> None:
        """Draw data that are not pixels: bands, or means of pixels."""
        self.data.data = {"x": x, "y": y}

    def show_alternatives(self, x: np.ndarray, spectra: np.ndarray) -> None:
        """Draw other spectra (n, n_pixel) that fit as well, along wavelengths (n_pixel,)."""
        self.alternatives.data = {"x": [x] * len(spectra), "y": list(spectra)}

    def fit_height(self) -> None:
        """Fit the flux axis to the solution and to all but the most extreme 0.2% of the data."""
        curves = [self.pixels.data[name] for name in ("observed", "truth", "spectrum")] + [self.data.data["y"]]
        values = np.concatenate([np.asarray(curve, dtype=float) for curve in curves])
        values = values[np.isfinite(values)]
        if len(values):
            low, high = np.percentile(values, [0.2, 99.8])
            found = self.pixels.data["spectrum"]
            low, high = np.nanmin([low, *found]), np.nanmax([high, *found])
            pad = 0.09 * (high - low) or 0.5
            self.flux.y_range.update(start=float(low - pad), end=float(high + 1.6 * pad))


def build_reconstruction(wavelength: np.ndarray, theme: str) -> ReconstructionPlot:
    """An empty plot on a grid. The figures' ``tags``, ``hide`` or ``zoom``, are what dragging does.

    Parameters
    ----------
    wavelength
        (n_pixel,) Angstrom, rest frame, vacuum.
    """
    sources = {
        "pixels": ColumnDataSource(
            {"wavelength": wavelength} | dict.fromkeys(CURVES, np.full(len(wavelength), np.nan))
        ),
        "data": ColumnDataSource({"x": [], "y": []}),
        "hidden": ColumnDataSource({"left": [], "right": [], "x": [], "y": [], "text": []}),
        "alternatives": ColumnDataSource({"x": [], "y": []}),
    }
    flux, residual = build_pair(wavelength, "reconstruction", "reconstruction-residual")
    for figure in (flux, residual):
        figure.tags = ["hide"]
        _add_tools(figure)
        add_strips(figure, sources["hidden"], "hidden", 0.1)
    _add_curves(flux, residual, sources)
    plot = ReconstructionPlot(flux, residual, **sources)
    plot.dress(theme)
    return plot


def _add_tools(figure: Figure) -> None:
    # the server hides what lies in the box, so the tool itself selects nothing
    tools = {"hide": BoxSelectTool(dimensions="width", continuous=False, renderers=[]), "zoom": BoxZoomTool()}
    wheel = WheelZoomTool(dimensions="width")
    figure.tools = [*tools.values(), wheel, PanTool(), ResetTool()]
    figure.toolbar.active_drag, figure.toolbar.active_scroll = tools["hide"], wheel
    figure.js_on_change("tags", CustomJS(args=tools, code="({hide, zoom})[this.tags[0]].active = true;"))


def _add_curves(flux: Figure, residual: Figure, sources: dict[str, ColumnDataSource]) -> None:
    x, pixels = "wavelength", sources["pixels"]
    flux.varea(x, "low95", "high95", source=pixels, fill_alpha=0.16, name="band95")
    flux.varea(x, "low68", "high68", source=pixels, fill_alpha=0.28, name="band68")
    flux.multi_line("x", "y", source=sources["alternatives"], line_width=1, line_dash=[4, 3], name="alternatives")
    flux.line(x, "truth", source=pixels, line_width=1.4, name="truth")
    flux.line(x, "observed", source=pixels, line_width=1, name="observed")
    flux.line(x, "other", source=pixels, line_width=1.4, line_alpha=0.9, name="other")
    flux.line(x, "spectrum", source=pixels, line_width=1.7, line_alpha=0.95, name="spectrum")
    flux.scatter("x", "y", source=sources["data"], size=7, line_width=1.5, name="data")
    flux.extra_y_ranges = {"share": Range1d(0, 1)}
    flux.text("x", "y", "text", source=sources["hidden"], y_range_name="share", text_align="center",
              text_baseline="top", text_font_size="16px", name="crosses")  # fmt: skip
    residual.line(x, "residual", source=pixels, line_width=0.9, name="residual")
    residual.line(x, "hidden_residual", source=pixels, line_width=0.9, name="hidden_residual")


def posed(
    flux: np.ndarray, compared: np.ndarray, observed: np.ndarray, ivar: np.ndarray, smooth: Smoothing
) -> dict[str, np.ndarray]:
    """Curves of a problem without a solution.

    Parameters
    ----------
    flux, compared
        (n_pixel,) the whole spectrum, smoothed, and whether each of its pixels was hidden or degraded.
    observed, ivar
        (n_out,) data of the problem; drawn, smoothed, only where they are pixels of the grid.
    """
    curves = {"truth": np.where(compared, flux, np.nan)}
    if len(observed) == len(flux):
        observed, ivar, _ = smooth(observed, ivar, flux)
        curves["observed"] = np.where(ivar > 0, observed, np.nan)
    return curves


def solved(
    flux: np.ndarray, flux_ivar: np.ndarray, hidden: np.ndarray, spectrum: np.ndarray, sigma: np.ndarray,
    band68: np.ndarray, band95: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Curves of a solution and its residuals.

    Parameters
    ----------
    flux, flux_ivar
        (n_pixel,) the whole spectrum and its inverse variance, 0 where unseen.
    hidden
        (n_pixel,) bool, observed but hidden from the solver.
    spectrum, sigma
        (n_pixel,) solution and its standard deviation.
    band68, band95
        (2, n_pixel) limits.
    """
    seen = flux_ivar > 0
    noise = np.divide(1.0, flux_ivar, out=np.zeros(len(flux)), where=seen)
    error = np.sqrt(sigma**2 + noise).clip(1e-12)
    residual = np.where(seen, np.clip((flux - spectrum) / error, -RESIDUAL_LIMIT, RESIDUAL_LIMIT), np.nan)
    # One pixel on either side joins the hidden stretches of the strip to the seen ones.
    near = np.convolve(hidden, [1, 1, 1], mode="same") > 0
    return {
        "spectrum": spectrum, "low68": band68[0], "high68": band68[1], "low95": band95[0], "high95": band95[1],
        "residual": np.where(hidden, np.nan, residual), "hidden_residual": np.where(near, residual, np.nan),
    }  # fmt: skip
