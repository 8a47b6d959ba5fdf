"""A second survey drawn over a map, in a colour of its own: one image in each panel, or points where they are few."""

from dataclasses import dataclass

import numpy as np
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure as Figure

from dashboard.plots.shade import Ink
from dashboard.theme import PALETTES, rgb

_IMAGES = {"image": [], "x": [], "y": [], "dw": [], "dh": []}
_POINTS = {"x": [], "y": [], "colour": [], "size": []}


@dataclass(frozen=True, eq=False)
class OverlayLayer:
    """Sources of the images and of the points of one figure."""

    images: ColumnDataSource
    points: ColumnDataSource

    def fill(self, images: dict | None = None, points: dict | None = None) -> None:
        """Show images, points, or nothing."""
        self.images.data, self.points.data = images or dict(_IMAGES), points or dict(_POINTS)


def add_overlay(figure: Figure) -> OverlayLayer:
    """Put an empty layer on top of what a figure has."""
    layer = OverlayLayer(ColumnDataSource(_IMAGES), ColumnDataSource(_POINTS))
    figure.image_rgba("image", "x", "y", "dw", "dh", source=layer.images, name="overlay images")
    figure.scatter(
        "x", "y", source=layer.points, size="size", marker="diamond", fill_color="colour", line_color=None,
        fill_alpha=0.85, name="overlay points",
    )  # fmt: skip
    return layer


def overlay_colour(theme: str) -> str:
    """Colour of an overlay: that of the text, which no class has in either theme."""
    return PALETTES[theme].text


def overlay_ink(n: int, theme: str) -> Ink:
    """Ink of the n objects of an overlay: all in one colour."""
    return Ink(
        np.zeros(n, np.uint8), None, np.array([rgb(overlay_colour(theme))]), (0.0, 1.0), rgb(PALETTES[theme].context)
    )
