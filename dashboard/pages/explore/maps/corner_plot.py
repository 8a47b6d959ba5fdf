"""The corner plot: all pairs of latents in one Bokeh figure.

The figure's own coordinates count panels, see `corner_panels`. One glyph draws all images, one all bars; that makes it
appear at once.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from bokeh.events import MouseLeave, MouseMove
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    FixedTicker,
    ImageRGBA,
    LinearAxis,
    NoOverlap,
    Quad,
    Range1d,
    Scatter,
)
from bokeh.plotting import figure as Figure

from dashboard.plots.shade import Ink, Pixels, hex_colour, paint, scale_colours
from dashboard.theme import Paint, ThemedPlot
from specvae_core.jobs import on_all_cores

from ..tracks.track_marks import TrackMarks, add_track
from .centroid_plot import GAP, CentroidPlot, add_centroids
from .corner_panels import BINS, panels, square_of, within
from .panel_counts import PanelCounts
from .ticks import round_ticks, tick_label

FEW = 30
"""Objects; the histogram of a smaller class is drawn lower in proportion."""

_POINT = """
const column = Math.floor(cb_obj.x), row = Math.floor(cb_obj.y), n = figure.x_range.end;
const bar = Math.floor((cb_obj.x - column - gap) / (1 - 2 * gap) * bins), diagonal = column === n - 1 - row;
const on = column >= 0 && row >= 0 && (diagonal ? bar >= 0 && bar < bins : column < n - 1 - row);
const old = hover.data.left[0];
const area = (this.area ??= Bokeh.index.find_one(figure)?.canvas_view.events_el);
if (area != null && this.styled !== area) {  // Bokeh writes its own cursor into the element: only a rule can beat it
  const rule = {textContent: ".over { cursor: pointer !important; }"};
  area.parentNode.append(Object.assign(document.createElement("style"), rule));
  this.styled = area;
}
area?.classList.toggle("over", on);
const left = on ? [column + gap + (diagonal ? bar * (1 - 2 * gap) / bins : 0)] : [];
const bottom = on ? [row + gap] : [];
if (left[0] !== old || hover.data.bottom[0] !== bottom[0]) {
  const far = (sides, part) => sides.map((side) => side + (1 - 2 * gap) * part);
  hover.data = {left, right: far(left, diagonal ? 1 / bins : 1), bottom, top: far(bottom, 1)};
}
"""


@dataclass(frozen=True, eq=False)
class Corner(ThemedPlot):
    """The figure and the sources of its contents; see `panel_images`, `bars`, `ring_points`."""

    PAINT: ClassVar[Paint] = {
        "line": {"frames": "line", "hover": "accent", "outline": "accent", "rings": "highlight"},
    }

    figure: Figure
    images: ColumnDataSource
    bars: ColumnDataSource
    frames: ColumnDataSource
    outline: ColumnDataSource
    rings: ColumnDataSource
    centroids: CentroidPlot
    track: TrackMarks

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs."""
        self.centroids.dress(theme)
        self.track.dress(theme)
        for axis in self.figure.axis:
            axis.axis_line_color = None
            axis.major_label_text_font_size = "10.5px"
            axis.major_tick_out = 4 if axis.name == "numbers" else 0

    def scale(self, names: list[str], limits: np.ndarray) -> None:
        """Make room for other latents: frames, and axes with numbers and names.

        Parameters
        ----------
        names
            m names of the latents shown, two or more.
        limits
            (m, 2) ends of their axes.
        """
        m = len(names)
        self.figure.x_range.end = self.figure.y_range.end = m
        self.frames.data = _frames(m)
        for side, axes in (("below", self.figure.below), ("left", self.figure.left)):
            for axis, labels in zip(axes, (_numbers(side, limits), _names(side, names)), strict=True):
                axis.ticker.ticks, axis.major_label_overrides = sorted(labels), labels


def build_corner(theme: str) -> Corner:
    """An empty corner plot; `Corner.scale` gives it axes."""
    figure = Figure(
        x_range=Range1d(0, 1), y_range=Range1d(0, 1), tools="", toolbar_location=None, sizing_mode="stretch_both",
        min_border=4, x_axis_type=None, y_axis_type=None, name="corner",
    )  # fmt: skip
    quad = {"left": [], "right": [], "top": [], "bottom": []}
    sources = [ColumnDataSource(data) for data in (_NO_IMAGES, _NO_BARS, quad, quad, quad, {"x": [], "y": []})]
    images, bars, frames, outline, hover, rings = sources
    # Glyphs of their own, without those for selected and other points that figure.quad would make: a third of the time.
    figure.add_glyph(frames, Quad(**_SIDES, fill_color=None, line_width=1), name="frames")
    figure.add_glyph(images, ImageRGBA(), name="images")
    figure.add_glyph(bars, Quad(**_SIDES, fill_color="colour", fill_alpha="alpha", line_color=None), name="bars")
    # What moves lies in the overlay, which Bokeh redraws without the rest.
    over = {"level": "overlay"}
    figure.add_glyph(hover, Quad(**_SIDES, fill_color=None, line_width=1.5, line_alpha=0.6), name="hover", **over)
    figure.add_glyph(outline, Quad(**_SIDES, fill_color=None, line_width=2.5), name="outline", **over)
    figure.add_glyph(rings, Scatter(size=9, fill_color=None, line_width=2), name="rings", **over)
    for side in ("below", "left"):  # the numbers, and the names beside them
        figure.add_layout(_axis(marks=True), side)
        figure.add_layout(_axis(marks=False, vertical=side == "left"), side)
    pointing = CustomJS(args={"figure": figure, "hover": hover, "gap": GAP, "bins": BINS}, code=_POINT)
    figure.js_on_event(MouseMove, pointing)
    leave = "hover.data = {left: [], right: [], top: [], bottom: []};"
    figure.js_on_event(MouseLeave, CustomJS(args={"hover": hover}, code=leave))
    corner = Corner(figure, images, bars, frames, outline, rings, add_centroids(figure), add_track(figure, small=True))
    corner.dress(theme)
    return corner


_NO_IMAGES = {"image": [], "x": [], "y": [], "dw": [], "dh": []}
_SIDES = {side: side for side in ("left", "right", "top", "bottom")}
_NO_BARS = {"left": [], "right": [], "top": [], "bottom": [], "colour": [], "alpha": []}


def _frames(m: int) -> dict[str, list[float]]:
    squares = [square_of(column, row) for column in range(m) for row in range(m - column)]
    left, right, bottom, top = (list(side) for side in zip(*squares, strict=True))
    return {"left": left, "right": right, "bottom": bottom, "top": top}


def _numbers(side: str, limits: np.ndarray) -> dict[float, str]:
    """Numbers below the last row, or on the left of the first column, by their places in the figure."""
    m = len(limits)
    labels = {}
    for i in range(m) if side == "below" else range(1, m):
        start = i if side == "below" else m - 1 - i
        for value in round_ticks(*limits[i], 3 if m > 4 else 5):
            labels[float(within(np.array([value]), start, limits[i])[0])] = tick_label(value)
    return labels


def _names(side: str, names: list[str]) -> dict[float, str]:
    """Names of latents by the middles of their panels; the panel on top of the first column is a histogram."""
    m = len(names)
    if side == "below":
        return {i + 0.5: names[i] for i in range(m)}
    return {m - i - 0.5: names[i] for i in range(1, m)}


def _axis(marks: bool, vertical: bool = False) -> LinearAxis:
    return LinearAxis(
        ticker=FixedTicker(ticks=[]), name="numbers" if marks else "names", minor_tick_line_color=None,
        major_label_orientation="vertical" if vertical else "horizontal",
        major_label_standoff=3 if marks else 1, major_label_policy=NoOverlap(min_distance=7),
    )  # fmt: skip


def panel_images(counted: PanelCounts, ink: Ink) -> dict[str, list]:
    """Contents of the source of images: the panels of `count_panels` in the colours of an ink."""
    m, side = len(counted.bars), 1 - 2 * GAP
    data: dict[str, list] = {name: [] for name in _NO_IMAGES}
    images = dict(on_all_cores(lambda panel: paint(counted.images[panel], ink), panels(m)))
    for i, j in panels(m):
        image = images[i, j]
        left, _, bottom, _ = square_of(i, m - 1 - j)
        for name, value in zip(_NO_IMAGES, (image, left, bottom, side, side), strict=True):
            data[name].append(value)
    return data


def bars(counted: list[Pixels], ink: Ink) -> dict[str, list]:
    """Contents of the source of bars: on the diagonal, the distribution of each class in each latent.

    Every class is drawn to the same area, so that rare ones are seen; one of fewer than ``FEW`` objects is drawn
    smaller in proportion. Numbers are drawn as one histogram in the colour of each bin's mean.

    Parameters
    ----------
    counted
        Bars of m latents, as `count_panels` counts them.
    ink
        Colours of the objects.
    """
    m = len(counted)
    data: dict[str, list] = {name: [] for name in _NO_BARS}
    for i, found in enumerate(counted):
        shares, colours, alpha = _shares(found, ink)
        left, right, bottom, top = square_of(i, m - 1 - i)
        edges = np.linspace(left, right, BINS + 1)
        height = shares / (shares.max() or 1) * 0.94 * (top - bottom)
        which, at = np.nonzero(height > 0)
        values = edges[at], edges[at + 1], bottom + height[which, at], np.full(len(at), bottom), colours[which, at]
        for name, value in zip(_NO_BARS, (*values, np.full(len(at), alpha)), strict=True):
            data[name].extend(value)
    return data


def _shares(found: Pixels, ink: Ink) -> tuple[np.ndarray, np.ndarray, float]:
    """Heights and colours of the bars, (layers, BINS) each, and their opacity."""
    if found.means is not None:
        colours = scale_colours(found.means[0], ink.limits, ink.colours)
        return np.where(np.isfinite(found.means), found.counts, 0).astype(float), np.array([colours], dtype=object), 0.9
    layers = [-1, *range(len(ink.colours))]  # the context beneath
    counts = found.counts[0].T[layers]
    colours = [hex_colour(ink.context), *(hex_colour(colour) for colour in ink.colours)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), FEW)
    return shares, np.repeat(np.array(colours, dtype=object)[:, None], BINS, axis=1), 0.5
