"""One spectrum: observed flux with its errors, infilled flux, reconstruction and residuals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColumnDataSource,
    CustomLabelingPolicy,
    FixedTicker,
    LinearAxis,
    PanTool,
    Range1d,
    ResetTool,
    WheelZoomTool,
)
from bokeh.plotting import figure as Figure

from specvae_core.lines import LINES, Line

from ..theme import PALETTES, Paint, ThemedPlot

RESIDUAL_LIMIT = 6.0
"""Half height of the residual strip, in sigma."""

_CURVES = ("low", "high", "observed", "infilled", "reconstruction", "residual", "minus", "plus")

_NAMED_FIRST = (
    "h_alpha",
    "h_beta",
    "oiii_5007",
    "oii_3727",
    "ca_k",
    "mg_b",
    "na_d",
    "h_gamma",
    "h_delta",
    "sii_6717",
    "g_band",
)
"""Lines whose names are written where two names would overlap."""

_DECLUTTER = """
const kept = [];
for (const i of indices)
  if (kept.every((k) => Math.max(distance(i, k), distance(k, i)) >= 6)) { kept.push(i); yield i; }
"""


@dataclass(frozen=True, eq=False)
class SpectrumPlot(ThemedPlot):
    """Two figures that share their wavelength axis, and the sources of their contents."""

    PAINT: ClassVar[Paint] = {
        "line": {
            "observed": "text", "residual": "text", "lines": "line", "infilled": "masked",
            "reconstruction": "accent", "zero": "line",
        },
        "fill": {"unseen": "masked", "band": "band"},
        "hatch": {"unseen": "masked"},
    }  # fmt: skip
    ENLARGED: ClassVar[tuple[str, ...]] = ("infilled", "observed", "reconstruction")

    flux: Figure
    residual: Figure
    pixels: ColumnDataSource
    unseen: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        frame_pair(self.flux, self.residual, theme)


def build_spectrum(wavelength: np.ndarray, theme: str) -> SpectrumPlot:
    """An empty plot for spectra on a grid.

    Parameters
    ----------
    wavelength
        (n_pixel,) Angstrom, rest frame, vacuum.
    """
    pixels = ColumnDataSource(
        {"wavelength": wavelength, **{name: np.full(len(wavelength), np.nan) for name in _CURVES}}
    )
    unseen = ColumnDataSource({"left": [], "right": []})
    flux, residual = build_pair(wavelength, "spectrum", "residual")
    for figure in (flux, residual):
        _add_tools(figure)
        add_strips(figure, unseen, "unseen", 0.06)
    _add_curves(flux, residual, pixels)
    plot = SpectrumPlot(flux, residual, pixels, unseen)
    plot.dress(theme)
    return plot


def frame_pair(flux: Figure, residual: Figure, theme: str) -> None:
    """Frame the figures of `build_pair` in a theme's colour; the names of lines above need no axis."""
    top = flux.above[0]
    top.axis_line_color = top.major_tick_line_color = None
    flux.outline_line_color = residual.outline_line_color = PALETTES[theme].line


def build_pair(wavelength: np.ndarray, flux: str, residual: str) -> tuple[Figure, Figure]:
    """Empty figures of flux and residual on one wavelength axis, with marks and names of lines.

    Parameters
    ----------
    wavelength
        (n_pixel,) Angstrom, rest frame, vacuum.
    flux, residual
        Names of the figures.
    """
    shared = {
        "x_range": Range1d(float(wavelength[0]), float(wavelength[-1])), "sizing_mode": "stretch_both",
        "toolbar_location": None, "min_border_left": 62, "min_border_right": 12, "x_axis_type": None,
    }  # fmt: skip
    above = Figure(
        y_range=Range1d(0, 2), y_axis_label="flux / mean", min_border_top=4, min_border_bottom=4, name=flux, **shared
    )
    below = Figure(
        y_range=Range1d(-RESIDUAL_LIMIT, RESIDUAL_LIMIT), y_axis_label="resid. / σ", min_border_bottom=40,
        name=residual, **shared,
    )  # fmt: skip
    for figure in (above, below):
        add_lines(figure)
    below.add_layout(LinearAxis(axis_label="rest wavelength in vacuum (Å)"), "below")
    below.yaxis.ticker = FixedTicker(ticks=[-5, 0, 5])
    add_line_names(above)
    return above, below


def _add_tools(figure: Figure) -> None:
    wheel, zoom = WheelZoomTool(dimensions="width"), BoxZoomTool()
    figure.tools = [zoom, wheel, PanTool(), ResetTool()]
    figure.toolbar.active_drag, figure.toolbar.active_scroll = zoom, wheel


def add_lines(figure: Figure) -> None:
    """Draw a dashed mark at each known line, with the name *lines*."""
    figure.vspan(x=[line.wavelength for line in LINES], line_dash=[3, 3], line_width=1, name="lines")


def move_lines(figures: Sequence[Figure], lines: Sequence[Line], factor: float) -> None:
    """Show other lines than the usual ones in the figures of `build_pair`, or the same at another redshift.

    Parameters
    ----------
    figures
        The one with the names of lines first.
    lines
        Lines at rest, the more important ones first.
    factor
        What their wavelengths are multiplied by.
    """
    places = [line.wavelength * factor for line in lines]
    for figure in figures:
        marks = next(renderer for renderer in figure.renderers if renderer.name == "lines")
        marks.data_source.data = {"x": places}
    names = dict(zip(places, (line.label for line in lines), strict=True))
    top = figures[0].above[0]
    top.ticker.ticks, top.major_label_overrides = places, names  # another ticker would cost a search of all models


def ranked_lines() -> list[Line]:
    """The usual lines, those first whose names are written where two would overlap."""
    return sorted(
        LINES, key=lambda line: _NAMED_FIRST.index(line.key) if line.key in _NAMED_FIRST else len(_NAMED_FIRST)
    )


def add_strips(figure: Figure, source: ColumnDataSource, name: str, opacity: float) -> None:
    """Hatch stretches of the wavelength axis, from ``left`` to ``right`` of a source."""
    figure.vstrip(
        x0="left", x1="right", source=source, fill_alpha=opacity, line_color=None, hatch_pattern="right_diagonal_line",
        hatch_alpha=0.28, hatch_scale=8, hatch_weight=0.7, name=name,
    )  # fmt: skip


def add_line_names(figure: Figure) -> None:
    """Write the names of lines on top; where two would overlap at the present zoom, the more important one."""
    axis = LinearAxis(
        ticker=FixedTicker(ticks=[line.wavelength for line in ranked_lines()]), major_tick_out=0,
        major_label_standoff=2,
        major_label_overrides={line.wavelength: line.label for line in LINES},
        major_label_policy=CustomLabelingPolicy(code=_DECLUTTER),
    )  # fmt: skip
    figure.add_layout(axis, "above")


def _add_curves(flux: Figure, residual: Figure, pixels: ColumnDataSource) -> None:
    x = "wavelength"
    flux.varea(x, "low", "high", source=pixels, fill_alpha=0.32, name="band")
    flux.line(x, "infilled", source=pixels, line_width=1.3, line_alpha=0.75, name="infilled")
    flux.line(x, "observed", source=pixels, line_width=1, name="observed")
    flux.line(x, "reconstruction", source=pixels, line_width=1.6, line_alpha=0.9, name="reconstruction")
    residual.varea(x, "minus", "plus", source=pixels, fill_alpha=0.22, name="band")
    residual.line(x, "residual", source=pixels, line_width=0.9, name="residual")


def spectrum_data(
    wavelength: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    infilled: np.ndarray | None,
    reconstruction: np.ndarray | None,
) -> dict[str, np.ndarray]:
    """Contents of the source of pixels; NaN where nothing is drawn.

    Parameters
    ----------
    wavelength
        (n_pixel,) Angstrom.
    flux, ivar
        (n_pixel,) normalised flux and inverse variance, 0 where unseen.
    infilled
        (n_pixel,) flux with unseen pixels estimated.
    reconstruction
        (n_pixel,) reconstructed flux.
    """
    seen = ivar > 0
    nothing = np.full(len(flux), np.nan)
    sigma = np.divide(
        1.0, np.sqrt(ivar, where=seen, out=np.ones_like(ivar, dtype=float)), where=seen, out=nothing.copy()
    )
    observed = np.where(seen, flux, np.nan)
    # One seen pixel on either side joins the infilled stretch to the observed one.
    edge = np.convolve(~seen, [1, 1, 1], mode="same") > 0
    model = nothing if reconstruction is None else reconstruction
    return {
        "wavelength": wavelength,
        "low": np.where(seen, flux - sigma, np.nan),
        "high": np.where(seen, flux + sigma, np.nan),
        "observed": observed,
        "infilled": nothing if infilled is None else np.where(edge, infilled, np.nan),
        "reconstruction": model,
        "residual": np.clip((observed - model) / sigma, -RESIDUAL_LIMIT, RESIDUAL_LIMIT),
        "minus": np.full(len(flux), -1.0),
        "plus": np.full(len(flux), 1.0),
    }


def unseen_runs(edges: np.ndarray, ivar: np.ndarray) -> dict[str, np.ndarray]:
    """Stretches of unseen pixels, in Angstrom.

    Parameters
    ----------
    edges
        (n_pixel + 1,) pixel edges.
    ivar
        (n_pixel,), 0 where unseen.
    """
    steps = np.diff(np.r_[False, ivar <= 0, False].astype(int))
    return {"left": edges[np.flatnonzero(steps == 1)], "right": edges[np.flatnonzero(steps == -1)]}


def flux_limits(data: dict[str, np.ndarray]) -> tuple[float, float]:
    """Ends of the flux axis: all of the reconstruction, and the observed flux up to its 0.2% extremes."""
    observed = data["observed"][np.isfinite(data["observed"])]
    model = data["reconstruction"][np.isfinite(data["reconstruction"])]
    if len(observed) == 0 and len(model) == 0:
        return 0.0, 2.0
    low, high = np.percentile(observed if len(observed) else model, [0.2, 99.8])
    if len(model):
        low, high = min(low, model.min()), max(high, model.max())
    pad = 0.09 * (high - low) or 0.5
    return float(low - pad), float(high + pad)
