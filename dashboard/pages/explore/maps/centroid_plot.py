"""Glyphs of one spectrum for each class, in the empty corner of the corner plot."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bokeh.core.properties import field, value
from bokeh.models import ColumnDataSource, MultiLine, Text
from bokeh.plotting import figure as Figure

from dashboard.theme import FONT, PALETTES

from .ticks import round_ticks, tick_label

GAP = 0.035
"""Margin on each side of a panel, as a fraction of its width."""

_NO_LINES = {"x": [], "y": [], "colour": []}
_NO_TEXTS = {"x": [], "y": [], "text": [], "align": [], "baseline": []}


@dataclass(frozen=True, eq=False)
class CentroidPlot:
    """Sources of spectra, of their names and of the wavelength scale, in the coordinates of the corner plot."""

    lines: ColumnDataSource
    names: ColumnDataSource
    scale: ColumnDataSource
    glyphs: tuple

    def fill(self, lines: dict[str, list], names: dict[str, list], scale: dict[str, list]) -> None:
        """Show contents made by `centroid_data`."""
        self.lines.data, self.names.data, self.scale.data = lines, names, scale

    def clear(self) -> None:
        """Show nothing."""
        self.fill(*({column: [] for column in source.data} for source in (self.lines, self.names, self.scale)))

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        self.glyphs[1].text_color = PALETTES[theme].muted
        self.glyphs[0].update(background_fill_color=PALETTES[theme].surface, background_fill_alpha=0.75)


def add_centroids(figure: Figure) -> CentroidPlot:
    """Put empty glyphs into a corner plot."""
    lines, scale = ColumnDataSource(_NO_LINES), ColumnDataSource(_NO_TEXTS)
    names = ColumnDataSource({**_NO_TEXTS, "colour": []})
    curves = MultiLine(xs="x", ys="y", line_color="colour", line_width=1.1, line_alpha=0.95)
    figure.add_glyph(lines, curves, name="centroids")
    style = {
        "text_align": field("align"), "text_baseline": field("baseline"),
        "text_font": value(FONT), "text_font_size": "10.5px",
    }  # fmt: skip
    named = figure.add_glyph(names, Text(text_color=field("colour"), **style), name="centroid names")
    scaled = figure.add_glyph(scale, Text(**style), name="centroid scale")
    return CentroidPlot(lines, names, scale, (named.glyph, scaled.glyph))


def place(m: int) -> tuple[float, float, float, float]:
    """Left, right, bottom, top of the largest rectangle that m x m panels leave free, in panels."""
    return m - (m + 1) // 2 + GAP, m - GAP, m - m // 2 + GAP, m - GAP


def centroid_data(
    wavelength: np.ndarray, unit: str, spectra: np.ndarray, names: list[str], colours: list[str], title: str, m: int
) -> tuple[dict[str, list], dict[str, list], dict[str, list]]:
    """Contents of the three sources.

    Parameters
    ----------
    wavelength
        (n_pixel,), in ``unit``.
    spectra
        (k, n_pixel) flux in units of its mean, from top to bottom.
    names, colours
        k of each.
    m
        Number of latents shown in the corner plot.
    """
    left, right, bottom, top = place(m)
    floor, ceiling = bottom + 0.13 * (top - bottom), top - 0.17 * (top - bottom)
    low, high = np.percentile(spectra, [0.5, 99.5])
    gain = min(1.6 / len(spectra), 0.45) * (ceiling - floor) / max(high - low, 1e-6)
    first = gain * (np.percentile(spectra[0], 99.5) - low)  # the first spectrum ends below the title
    lane = (ceiling - floor - first) / max(len(spectra) - 1, 1)
    # Across equal pixels, which are equal steps of the logarithm of the wavelength.
    x = np.linspace(left, right, len(wavelength))
    bases = [ceiling - first - lane * i for i in range(len(spectra))]
    heights = (np.clip(spectra, low, None) - low) * gain
    lines = {
        "x": [x] * len(spectra),
        "y": [np.minimum(base + height, ceiling) for base, height in zip(bases, heights, strict=True)],
        "colour": list(colours),
    }
    ends = [base + float(np.median(height[-len(height) // 8 :])) for base, height in zip(bases, heights, strict=True)]
    ends = _apart(ends, 0.065 * (top - bottom))
    named = _names(right, ends, names, colours, 0.035 * (top - bottom))
    return lines, named, _scale(wavelength, unit, x, floor, top, title)


def _apart(ends: list[float], least: float) -> list[float]:
    """The same heights, the lower ones moved down where two names would overlap."""
    moved = list(ends)
    order = sorted(range(len(ends)), key=lambda i: -ends[i])
    for upper, lower in pairwise(order):
        moved[lower] = min(moved[lower], moved[upper] - least)
    return moved


def _names(right: float, ends: list[float], names: list[str], colours: list[str], lift: float) -> dict[str, list]:
    k = len(names)
    return {
        "x": [right] * k, "y": [end + lift for end in ends], "text": list(names), "colour": list(colours),
        "align": ["right"] * k, "baseline": ["bottom"] * k,
    }  # fmt: skip


def _scale(wavelength: np.ndarray, unit: str, x: np.ndarray, floor: float, top: float, title: str) -> dict[str, list]:
    """Title on top, wavelengths below."""
    ticks = round_ticks(float(wavelength[0]), float(wavelength[-1]), 3)
    at = np.interp(ticks, wavelength, x).tolist()
    if at and at[-1] > x[-1] - 0.09 * (x[-1] - x[0]):  # its unit would not fit
        ticks, at = ticks[:-1], at[:-1]
    words = [tick_label(tick) for tick in ticks]
    if words:
        words[-1] += f" {unit}"
    n = len(ticks)
    return {
        "x": [float(x[0]), *at], "y": [top, *[floor - 0.02] * n], "text": [title, *words],
        "align": ["left", *["center"] * n], "baseline": ["top"] * (n + 1),
    }  # fmt: skip
