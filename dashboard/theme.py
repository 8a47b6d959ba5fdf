"""Colours, the stylesheet, and the look of Bokeh figures in light and dark."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import ClassVar

import numpy as np
from bokeh.models import AllLabels, NoOverlap, Tooltip
from bokeh.plotting import figure as Figure
from panel.theme import Design
from panel.theme.base import Inherit
from panel.viewable import Viewable

from specvae_core.assets import asset

ASSETS = asset("style.css").parent
"""Stylesheet, logo and the page's script; served under ``assets/``."""

STYLESHEET = f"assets/style.css?v={md5(asset('style.css').read_bytes(), usedforsecurity=False).hexdigest()[:12]}"
"""Where the browser finds the one stylesheet, relative to the page.

With its version the browser asks for it once: each new part of a page would stand bare until a busy server answers.
"""

THEME_COOKIE = "specvae-theme"
"""Says light or dark; set by ``assets/theme.js``."""

OKABE_ITO = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#8C6D1F",
    "#7A5FD0",
    "#4D8C57",
    "#B04A5A",
)
"""Colours that colour-blind people can tell apart (Okabe and Ito 2008), without the black and the pale yellow that
vanish on one of the two backgrounds; four more of the same lightness follow for surveys with many classes."""

CLASS_COLOURS = {
    "quiescent": "#D55E00",
    "emission-line": "#0072B2",
    "narrow-line AGN": "#E69F00",
    "broad-line AGN": "#009E73",
    "star": "#CC79A7",
}
"""The classes that SpecVAE itself assigns keep their colour in every survey."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Palette:
    """Colours of figures; the same values as the variables of ``style.css``."""

    surface: str
    text: str
    muted: str
    line: str
    context: str
    accent: str
    highlight: str
    band: str
    masked: str


PALETTES = {
    "light": Palette("#ffffff", "#1d2433", "#667085", "#d5dae3", "#c3c9d4", "#4f52d9", "#d6225f", "#8f95a3", "#e69f00"),
    "dark": Palette("#171b24", "#e8ebf2", "#98a2b6", "#3a4252", "#4a5365", "#8f93ff", "#ff6d9d", "#7f899d", "#e69f00"),
}
"""One palette a theme: ``light`` and ``dark``."""


SHAPES = ("circle", "square", "diamond", "triangle", "inverted_triangle")
"""Marks of points, Bokeh's names; classes that share a colour differ in these."""


class SpecVAEDesign(Design):
    """Gives the one stylesheet to every Panel component: their shadow roots do not see that of the page."""

    modifiers = {Viewable: {"stylesheets": [Inherit, STYLESHEET]}}  # noqa: RUF012 - the base class's own form

    @classmethod
    def _get_modifiers(cls, viewable: Viewable, theme: object = None, isolated: bool = True) -> tuple[dict, dict]:
        """Leave out Panel's own style sheet of the theme.

        Panel adds it to a text at its first change. With it all style sheets of the text are sent once more, and the
        models of the whole document are gathered, for each of the hundred texts of a page.
        """
        return super()._get_modifiers(viewable, theme, isolated=False)


def class_colours(names: list[str]) -> dict[str, str]:
    """A colour for each class: fixed ones for SpecVAE's own classes, the others in the order given."""
    free = [colour for colour in OKABE_ITO if colour not in {CLASS_COLOURS.get(name) for name in names}]
    colours, used = {}, 0
    for name in names:
        if name in CLASS_COLOURS:
            colours[name] = CLASS_COLOURS[name]
        else:
            colours[name] = (free or OKABE_ITO)[used % len(free or OKABE_ITO)]
            used += 1
    return colours


Paint = Mapping[str, Mapping[str, str]]
"""For ``line``, ``fill``, ``hatch`` or ``text``: names of renderers, and of the colour in the `Palette` they take."""


def colour_glyphs(figure: Figure, paint: Paint, theme: str) -> None:
    """Give glyphs of a figure their colours in a theme."""
    for part, colours in paint.items():
        for renderer in figure.renderers:
            if renderer.name in colours:
                renderer.glyph.update(**{f"{part}_color": getattr(PALETTES[theme], colours[renderer.name])})


class ThemedPlot:
    """A dataclass of figures and their sources that takes the colours of a theme; subclasses name theirs in `PAINT`."""

    PAINT: ClassVar[Paint] = {}

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures, by default every field that is one."""
        return tuple(value for value in vars(self).values() if isinstance(value, Figure))

    def dress(self, theme: str) -> None:
        """Take the colours of a theme."""
        for figure in self.figures:
            dress(figure, theme)
            colour_glyphs(figure, self.PAINT, theme)
        self.finish(theme)

    def finish(self, theme: str) -> None:
        """Colour axes, legends and all else but glyphs, after these."""


def hint(text: str) -> Tooltip:
    """Tooltip at the left of a button: those with an icon stand at the right edge of the window."""
    return Tooltip(content=text, position="left")


def rgb(colour: str) -> np.ndarray:
    """(3,) float, red, green and blue of ``#rrggbb`` between 0 and 255."""
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)


def dress(figure: Figure, theme: str) -> None:
    """Give a figure the colours and letters of a theme; call it again when the theme changes."""
    palette = PALETTES[theme]
    figure.background_fill_color = None
    figure.border_fill_color = None
    figure.outline_line_color = None
    for axis in figure.axis:
        axis.axis_line_color = axis.major_tick_line_color = palette.line
        axis.minor_tick_line_color = None
        axis.major_label_text_color = axis.axis_label_text_color = palette.muted
        axis.major_label_text_font = axis.axis_label_text_font = FONT
        axis.major_label_text_font_size = axis.axis_label_text_font_size = "11px"
        axis.axis_label_text_font_style = "normal"
        axis.major_tick_in, axis.major_tick_out, axis.axis_label_standoff = 0, 4, 6
        if isinstance(axis.major_label_policy, AllLabels):
            axis.major_label_policy = NoOverlap()  # in a narrow window figures are small
    for grid in figure.grid:
        grid.grid_line_color = None
    for legend in figure.legend:
        legend.label_text_color = palette.muted
        legend.label_text_font, legend.label_text_font_size = FONT, "11px"
        legend.background_fill_color, legend.background_fill_alpha = palette.surface, 0.8
        legend.border_line_color = None
