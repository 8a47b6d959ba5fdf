"""Figures and glyphs in the colours of a theme."""

from dataclasses import dataclass
from typing import ClassVar

from bokeh.plotting import figure as Figure

from dashboard.theme import PALETTES, Paint, ThemedPlot


@dataclass(frozen=True, eq=False)
class Curve(ThemedPlot):
    PAINT: ClassVar[Paint] = {"line": {"curve": "accent", "dots": "surface"}, "fill": {"dots": "highlight"}}

    upper: Figure
    lower: Figure


def test_glyphs_of_all_figures_take_the_colours_that_the_plot_names() -> None:
    plot = Curve(Figure(), Figure())
    plot.upper.line([0, 1], [0, 1], name="curve")
    plot.lower.scatter([0, 1], [0, 1], name="dots")
    plot.lower.line([0, 1], [0, 1], line_color="#123456", name="other")
    for theme, palette in PALETTES.items():
        plot.dress(theme)
        curve, dots, other = (renderer.glyph for figure in plot.figures for renderer in figure.renderers)
        assert curve.line_color == palette.accent
        assert (dots.line_color, dots.fill_color) == (palette.surface, palette.highlight)
        assert other.line_color == "#123456"
        assert plot.upper.xaxis[0].axis_line_color == palette.line
