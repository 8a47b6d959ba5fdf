"""The spectra along a track: stacked as in Portillo et al. (2020, Fig. 10 to 13), as an image, and one at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.core.properties import value
from bokeh.models import BoxZoomTool, ColumnDataSource, LinearColorMapper, PanTool, Range1d, ResetTool, WheelZoomTool
from bokeh.plotting import figure as Figure

from dashboard.plots.axes import axis_title
from dashboard.plots.shade import colour_scale, hex_colour
from dashboard.plots.spectrum import add_line_names, add_lines
from dashboard.theme import FONT, PALETTES, Paint, ThemedPlot
from specvae_core.analysis.tracks import Track
from specvae_core.grid import Grid, SpectralGrid

from .track_marks import labelled

_TOP = 99.7


@dataclass(frozen=True, eq=False)
class TrackSpectra(ThemedPlot):
    """Three figures that share their wavelength axis."""

    PAINT: ClassVar[Paint] = {
        "line": {"lines": "line", "synthetic": "accent", "nearest": "muted", "place": "highlight"},
        "text": {"names": "text"},
        "fill": {"unsupported": "surface"},
    }

    stack: Figure
    image: Figure
    one: Figure
    stacked: ColumnDataSource
    names: ColumnDataSource
    picture: ColumnDataSource
    shown: ColumnDataSource
    nearest: ColumnDataSource
    place: ColumnDataSource
    unsupported: ColumnDataSource

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        for figure in self.figures:
            figure.outline_line_color = PALETTES[theme].line
            for axis in figure.above:
                axis.axis_line_color = axis.major_tick_line_color = None
        mapper = self.image.select_one({"name": "picture"}).glyph.color_mapper
        mapper.palette = [hex_colour(colour) for colour in colour_scale(theme)]

    def fill(self, track: Track, theme: str, letter: str) -> None:
        """Show a track; see `show_step` for the figure of one spectrum."""
        wavelength = track.grid.wavelength
        rows = labelled(len(track))
        low, high = np.percentile(track.flux, [0.3, _TOP])
        gap = 0.5 * (high - low)
        palette = PALETTES[theme]
        offsets = gap * np.arange(len(rows))[::-1]
        spectra = [np.minimum(track.flux[row], high + gap) + up for row, up in zip(rows, offsets, strict=True)]
        colours = [palette.context if track.extrapolated[row] else palette.text for row in rows]
        self.stacked.data = {"x": [wavelength] * len(rows), "y": spectra, "colour": colours}
        self.names.data = {
            "x": [float(wavelength[-1])] * len(rows),
            "y": [float(np.median(flux[-len(flux) // 12 :])) for flux in spectra],
            "text": [f"{letter}{number}" for number in range(1, len(rows) + 1)],
        }
        self.stack.y_range.update(start=float(low - 0.1 * gap), end=float(high + offsets[0] + 0.1 * gap))
        self.one.y_range.update(start=float(low - 0.05 * (high - low)), end=float(high + 0.15 * (high - low)))
        even = np.linspace(wavelength[0], wavelength[-1], len(wavelength))
        image = np.array([np.interp(even, wavelength, flux) for flux in track.flux])
        self.picture.data = {"image": [image], "x": [even[0]], "y": [0.5], "dw": [np.ptp(even)], "dh": [len(track)]}
        mapper = self.image.select_one({"name": "picture"}).glyph.color_mapper
        mapper.update(low=float(low), high=float(high))
        self.image.y_range.update(start=0.5, end=len(track) + 0.5)
        steps = np.flatnonzero(track.extrapolated) + 1.0
        self.unsupported.data = {"bottom": steps - 0.5, "top": steps + 0.5}

    def show_step(self, track: Track, step: int, nearest: np.ndarray | None) -> None:
        """Show one synthetic spectrum, and the real one nearest to it beneath.

        Parameters
        ----------
        track
            The track.
        step
            Which step, from 0.
        nearest
            (n_pixel,) flux, NaN where unseen, or ``None``.
        """
        wavelength = track.grid.wavelength
        self.shown.data = {"x": wavelength, "y": track.flux[step]}
        self.nearest.data = {"x": wavelength, "y": np.full(len(wavelength), np.nan) if nearest is None else nearest}
        self.place.data = {"y": [step + 1]}


def build_track_spectra(grid: Grid, theme: str) -> TrackSpectra:
    """Empty figures for spectra on a grid; lines are named where it knows wavelengths."""
    x_range, title = Range1d(float(grid.wavelength[0]), float(grid.wavelength[-1])), axis_title(grid)
    stack, image, one = (_figure(x_range, title, name) for name in ("track stack", "track image", "track one"))
    stack.yaxis.axis_label, one.yaxis.axis_label, image.yaxis.axis_label = "flux / mean + offset", "flux / mean", "step"
    stacked, names = (
        ColumnDataSource({"x": [], "y": [], "colour": []}),
        ColumnDataSource({"x": [], "y": [], "text": []}),
    )
    picture = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
    shown, nearest = ColumnDataSource({"x": [], "y": []}), ColumnDataSource({"x": [], "y": []})
    place, unsupported = ColumnDataSource({"y": []}), ColumnDataSource({"bottom": [], "top": []})
    for figure in (stack, one) if isinstance(grid, SpectralGrid) else ():
        add_lines(figure)
        add_line_names(figure)
    stack.multi_line("x", "y", source=stacked, line_color="colour", line_width=1.2, name="stacked")
    stack.text(
        "x", "y", "text", source=names, text_align="right", y_offset=-3, name="names",
        text_font=value(FONT), text_font_size="12px", text_font_style="bold",
    )  # fmt: skip
    one.line("x", "y", source=nearest, line_width=0.9, line_alpha=0.8, name="nearest")
    one.line("x", "y", source=shown, line_width=1.6, name="synthetic")
    mapper = LinearColorMapper(palette=["#000000"])
    image.image("image", "x", "y", "dw", "dh", source=picture, color_mapper=mapper, name="picture")
    image.hstrip(y0="bottom", y1="top", source=unsupported, fill_alpha=0.72, line_color=None, name="unsupported")
    image.hspan(y="y", source=place, line_width=2, name="place")
    plot = TrackSpectra(stack, image, one, stacked, names, picture, shown, nearest, place, unsupported)
    plot.dress(theme)
    return plot


def _figure(x_range: Range1d, title: str, name: str) -> Figure:
    wheel, zoom = WheelZoomTool(dimensions="width"), BoxZoomTool(dimensions="width")
    figure = Figure(
        x_range=x_range, y_range=Range1d(0, 1), tools=[zoom, wheel, PanTool(), ResetTool()], toolbar_location=None,
        sizing_mode="stretch_both", min_border=4, min_border_left=48, min_border_right=10, name=name,
        x_axis_label=title,
    )  # fmt: skip
    figure.toolbar.active_drag, figure.toolbar.active_scroll = zoom, wheel
    return figure
