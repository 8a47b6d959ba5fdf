"""Figures of labels: one number of each object against another, spectra from labels, and derivative spectra."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.models import (
    BoxZoomTool,
    ColorBar,
    ColumnDataSource,
    HoverTool,
    LinearAxis,
    LinearColorMapper,
    PanTool,
    Range1d,
    ResetTool,
    SaveTool,
    WheelZoomTool,
)
from bokeh.palettes import Viridis256
from bokeh.plotting import figure as Figure

from dashboard.plots.spectrum import add_line_names, add_lines
from dashboard.theme import FONT, PALETTES, Paint, ThemedPlot

REACH = 0.03
"""A click picks the nearest object within this share of the axes."""


@dataclass(frozen=True, eq=False)
class LabelScatter(ThemedPlot):
    """Points that can be clicked, a guide line and a ring around the picked one."""

    PAINT: ClassVar[Paint] = {"line": {"guide": "muted", "ring": "highlight"}}

    figure: Figure
    points: ColumnDataSource
    guide: ColumnDataSource
    ring: ColumnDataSource
    colours: LinearColorMapper | None

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        palette = PALETTES[theme]
        self.figure.grid.grid_line_color = palette.line
        self.figure.grid.grid_line_alpha = 0.45
        if self.colours is None:
            glyph = self.figure.select_one({"name": "points"}).glyph
            glyph.fill_color = glyph.line_color = palette.accent
        for bar in self.figure.select({"type": ColorBar}):
            bar.update(background_fill_color=None, major_label_text_color=palette.muted, title_text_color=palette.muted)

    def fill(
        self,
        x: np.ndarray,
        y: np.ndarray,
        ids: np.ndarray,
        value: np.ndarray | None = None,
        flipped: str = "",
        flagged: np.ndarray | None = None,
    ) -> None:
        """Draw these objects, (n,) each, and fit the axes; those without both numbers are left out.

        The axes named in ``flipped``, as ``"xy"``, run backwards; objects that are ``flagged`` are drawn as crosses.
        """
        drawn = np.isfinite(x) & np.isfinite(y)
        value = np.zeros(len(x)) if value is None else value
        crossed = np.zeros(len(x), bool) if flagged is None else flagged
        marker, size = np.where(crossed, "x", "circle"), np.where(crossed, 9.0, 5.5)
        columns = {"x": x, "y": y, "value": value, "id": ids, "marker": marker, "size": size}
        self.points.data = {name: column[drawn] for name, column in columns.items()}
        _fit(self.figure.x_range, x[drawn], "x" in flipped)
        _fit(self.figure.y_range, y[drawn], "y" in flipped)
        finite = value[drawn][np.isfinite(value[drawn])]
        if self.colours is not None and len(finite):
            low, high = np.percentile(finite, [2, 98])
            self.colours.update(low=float(low), high=float(high if high > low else low + 1))

    def nearest(self, x: float, y: float) -> str | None:
        """Id of the object that a click at x, y means."""
        data = self.points.data
        if not len(data["x"]):
            return None
        spans = [np.ptp(data[axis]) or 1.0 for axis in "xy"]
        distance = np.hypot((data["x"] - x) / spans[0], (data["y"] - y) / spans[1])
        best = int(np.argmin(distance))
        return str(data["id"][best]) if distance[best] < REACH else None

    def mark(self, object_id: str) -> None:
        """Put the ring around an object, or nowhere where it is not drawn."""
        data = self.points.data
        found = np.flatnonzero(np.asarray(data["id"]) == object_id)[:1]
        self.ring.data = {"x": np.asarray(data["x"])[found], "y": np.asarray(data["y"])[found]}


def _fit(axis: Range1d, values: np.ndarray, flipped: bool) -> None:
    """Let an axis hold all values with some room to spare."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5
    start, end = (high + room, low - room) if flipped else (low - room, high + room)
    axis.update(start=start, end=end, reset_start=start, reset_end=end)


def label_scatter(name: str, theme: str, *, coloured: bool = False) -> LabelScatter:
    """An empty figure; with ``coloured`` its points take the colour of a number."""
    tools = [PanTool(), WheelZoomTool(), BoxZoomTool(), ResetTool(), SaveTool()]
    figure = Figure(
        tools=tools, toolbar_location=None, sizing_mode="stretch_both", min_border_left=58, min_border_bottom=42,
        min_border_right=10, min_border_top=6, name=name, x_range=Range1d(0, 1), y_range=Range1d(0, 1),
    )  # fmt: skip
    figure.toolbar.active_scroll = tools[1]
    figure.xaxis.ticker.desired_num_ticks = 4
    points = ColumnDataSource({"x": [], "y": [], "value": [], "id": [], "marker": [], "size": []})
    guide, ring = ColumnDataSource({"x": [], "y": []}), ColumnDataSource({"x": [], "y": []})
    colours = LinearColorMapper(Viridis256, low=0, high=1, nan_color="#98a0ae") if coloured else None
    figure.line("x", "y", source=guide, line_width=1.2, line_dash=[5, 4], name="guide")
    colour = {"field": "value", "transform": colours} if colours else "#4f52d9"
    dots = figure.scatter("x", "y", source=points, size="size", marker="marker", fill_color=colour, line_color=colour,
                          line_alpha=0.75, fill_alpha=0.75, name="points")  # fmt: skip
    figure.scatter("x", "y", source=ring, size=15, fill_color=None, line_width=2.5, name="ring")
    figure.add_tools(
        HoverTool(renderers=[dots], tooltips=[("object", "@id"), ("x", "@x{0.[00]}"), ("y", "@y{0.[00]}")])
    )
    if colours:
        bar = ColorBar(
            color_mapper=colours, width=9, padding=4, label_standoff=6, major_label_text_font=FONT,
            major_label_text_font_size="11px", major_tick_line_color=None, title_text_font=FONT,
            title_text_font_size="11px", title_text_font_style="normal", bar_line_color=None,
        )  # fmt: skip
        figure.add_layout(bar, "right")
    scatter = LabelScatter(figure, points, guide, ring, colours)
    scatter.dress(theme)
    return scatter


@dataclass(frozen=True, eq=False)
class EmulatorPlot(ThemedPlot):
    """The spectrum that labels make, with its error, above the derivative of one label; one wavelength axis."""

    PAINT: ClassVar[Paint] = {
        "line": {
            "lines": "line", "zero": "line", "derivative": "highlight", "observed": "text",
            "synthetic": "accent", "own": "text", "twin": "highlight",
        },
        "fill": {"band": "accent"},
    }  # fmt: skip

    flux: Figure
    slope: Figure
    pixels: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        top = self.flux.above[0]
        top.axis_line_color = top.major_tick_line_color = None

    def veil(self, off: bool) -> None:
        """Fade what is drawn where labels are off the training set."""
        glyphs = {renderer.name: renderer.glyph for renderer in self.flux.renderers}
        glyphs["synthetic"].update(line_alpha=0.45 if off else 0.95, line_dash=[4, 3] if off else [])
        glyphs["band"].fill_alpha = 0.08 if off else 0.2


def emulator_plot(wavelength: np.ndarray, theme: str) -> EmulatorPlot:
    """An empty plot for spectra on (n_pixel,) wavelengths, Angstrom."""
    nothing = np.full(len(wavelength), np.nan)
    columns = ("observed", "synthetic", "low", "high", "derivative", "own", "twin")
    pixels = ColumnDataSource({"wavelength": wavelength, **dict.fromkeys(columns, nothing)})
    shared = {"x_range": Range1d(float(wavelength[0]), float(wavelength[-1])), "sizing_mode": "stretch_both",
              "toolbar_location": None, "min_border_left": 66, "min_border_right": 12, "x_axis_type": None}  # fmt: skip
    flux = Figure(y_axis_label="flux / mean", min_border_bottom=4, name="emulator", **shared)
    slope = Figure(min_border_bottom=40, min_border_top=4, name="derivative", **shared)
    for figure in (flux, slope):
        wheel, zoom = WheelZoomTool(dimensions="width"), BoxZoomTool()
        figure.tools = [zoom, wheel, PanTool(), ResetTool()]
        figure.toolbar.active_drag, figure.toolbar.active_scroll = zoom, wheel
        add_lines(figure)
    add_line_names(flux)
    x = "wavelength"
    flux.varea(x, "low", "high", source=pixels, fill_alpha=0.2, name="band")
    observed = flux.line(x, "observed", source=pixels, line_width=1, line_alpha=0.75, name="observed")
    synthetic = flux.line(x, "synthetic", source=pixels, line_width=1.6, name="synthetic")
    flux.line(x, "own", source=pixels, line_width=1.4, name="own")
    flux.line(x, "twin", source=pixels, line_width=1.6, line_dash=[5, 3], name="twin")
    flux.y_range.renderers = [observed, synthetic]  # a wide band at the ends would press them flat
    slope.hspan(y=[0], name="zero")
    slope.line(x, "derivative", source=pixels, line_width=1.1, name="derivative")
    slope.add_layout(LinearAxis(axis_label="rest wavelength in vacuum (Å)"), "below")
    plot = EmulatorPlot(flux, slope, pixels)
    plot.dress(theme)
    return plot
