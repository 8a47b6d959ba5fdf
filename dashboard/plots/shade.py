"""Images of millions of points: compiled loops count them in pixels, and a few lines of NumPy give the colour.

Datashader draws the same, but compiles at every start.
"""

import os
from dataclasses import dataclass

import numpy as np
from bokeh.palettes import Viridis256

from specvae_core.jobs import on_all_cores

from ..colouring import Colouring
from ..theme import PALETTES, SHAPES, rgb
from .pixels import halve_pixels, mix, stamp
from .point_loops import count_classes, sum_values

FINER = 2
"""Pixels drawn for each pixel of the screen, along each side."""

FEW_POINTS, MOST_THREADS = 2_000_000, 4
"""Points that one thread counts in less time than two, and threads at most: each has an image of its own."""

_FAINTEST = 0.55  # opacity of a pixel with one object

Range = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Ink:
    """Colours of n points, made once for a colouring, a theme and a selection and used by every panel.

    Parameters
    ----------
    codes
        (n,) uint8, class of each point, for classes; that behind the last class is grey context.
    values
        (n,) float32, NaN for what is drawn grey, for numbers.
    colours
        (m, 3) red, green, blue of each class, or of the steps of a colour scale.
    limits
        Values at the ends of the colour scale.
    context
        (3,) colour of the grey context.
    shapes
        A mark for each class, one of `SHAPES`; empty for numbers.
    """

    codes: np.ndarray | None
    values: np.ndarray | None
    colours: np.ndarray
    limits: Range
    context: np.ndarray
    shapes: tuple[str, ...] = ()


def make_ink(colouring: Colouring, visible: np.ndarray, theme: str) -> Ink:
    """Colours of n points.

    Parameters
    ----------
    colouring
        Classes or numbers.
    visible
        (n,) bool, drawn in colour; the others are grey context.
    """
    context = rgb(PALETTES[theme].context)
    if colouring.numeric:
        values = colouring.values if visible.all() else np.where(visible, colouring.values, np.float32(np.nan))
        return Ink(None, values, colour_scale(theme), colouring.limits, context)
    codes = colouring.codes if visible.all() else np.where(visible, colouring.codes, np.uint8(len(colouring.names)))
    colours = np.array([rgb(colouring.colours[name]) for name in colouring.names])
    return Ink(codes, None, colours, (0.0, 1.0), context, colouring.shapes)


def colour_scale(theme: str) -> np.ndarray:
    """(m, 3) colours from low to high, without the end of viridis that the background swallows."""
    steps = Viridis256[:236] if theme == "light" else Viridis256[56:]
    return np.array([rgb(step) for step in steps])


def draw(x: np.ndarray, y: np.ndarray, ink: Ink, x_range: Range, y_range: Range, shape: tuple[int, int]) -> np.ndarray:
    """Points as an image for Bokeh's ``image_rgba``.

    Parameters
    ----------
    x, y, ink
        (n,) float32, and their colours.
    x_range, y_range, shape
        What the image covers; its width and height in pixels of the screen. It is drawn
        twice as fine and averaged, for Bokeh does not smooth.

    Returns
    -------
    (height, width) uint32, RGBA, the first row at the bottom.
    """
    return paint(count_points(x, y, ink, x_range, y_range, shape), ink)


def count_points(
    x: np.ndarray, y: np.ndarray, ink: Ink, x_range: Range, y_range: Range, shape: tuple[int, int]
) -> "Pixels":
    """Numbers of points in the pixels of an image, for `paint`; parameters as in `draw`."""
    width, height = FINER * shape[0], FINER * shape[1]
    ends = np.array([*x_range, *y_range])
    scale = np.array([width / (x_range[1] - x_range[0]), height / (y_range[1] - y_range[0])])
    parts = min(os.cpu_count() or 1, MOST_THREADS, 1 + len(x) // FEW_POINTS)
    slices = [slice(len(x) * part // parts, len(x) * (part + 1) // parts) for part in range(parts)]
    found = [
        one for _, one in on_all_cores(lambda rows: _counted(x, y, ink, rows, ends, scale, (height, width)), slices)
    ]
    counts, sums = (sum(each) for each in zip(*found, strict=True))
    if ink.codes is not None:
        return Pixels(counts, None)
    known = counts[..., 0]
    return Pixels(counts.sum(axis=-1), np.divide(sums, known, out=np.full(known.shape, np.nan), where=known > 0))


def _counted(
    x: np.ndarray, y: np.ndarray, ink: Ink, rows: slice, ends: np.ndarray, scale: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray | int]:
    """Counts of a part of the points, and for numbers their sums."""
    if ink.codes is not None:
        counts = np.zeros((*shape, len(ink.colours) + 1), dtype=np.uint32)
        count_classes(x[rows], y[rows], ink.codes[rows], ends, scale, counts)
        return counts, 0
    counts, sums = np.zeros((*shape, 2), dtype=np.uint32), np.zeros(shape)
    sum_values(x[rows], y[rows], ink.values[rows], ends, scale, counts, sums)
    return counts, sums


@dataclass(frozen=True, eq=False)
class Pixels:
    """Numbers of objects in the pixels of an image.

    Parameters
    ----------
    counts
        (height, width, slots) objects of each class for classes, (height, width) objects for numbers.
    means
        (height, width) mean of the numbers, NaN where none is known; ``None`` for classes.
    """

    counts: np.ndarray
    means: np.ndarray | None

    @property
    def n(self) -> int:
        """Number of objects in all pixels."""
        return int(self.counts.sum())


def paint(pixels: Pixels, ink: Ink) -> np.ndarray:
    """Pixels, ``FINER`` times finer than the screen, as an image; see `draw`."""
    if pixels.means is None:
        total, colour, grey = mix_classes(pixels.counts, ink.colours)
    else:
        total, colour, grey = map_values(pixels.counts, pixels.means, ink)
    image = _grown(total, colour)
    if grey.any():
        image = over(_grown(grey, np.broadcast_to(ink.context.astype(np.float32), colour.shape)), image)
    return halve(image)


def over(beneath: np.ndarray, image: np.ndarray) -> np.ndarray:
    """An image laid over another one, both (height, width) uint32 of the bytes red, green, blue, alpha.

    Datashader's `stack` does the same, but compiles when it is imported, and waits, with the whole server, for all that
    other threads compile: the first selection after a start could take half a minute.
    """
    found = np.where(image == 0, beneath, image)
    y, x = np.nonzero((image != 0) & (image >> 24 < 255) & (beneath != 0))
    upper, lower = (one[y, x].view(np.uint8).reshape(-1, 4) / np.float32(255) for one in (image, beneath))
    share = lower[:, 3:] * (1 - upper[:, 3:])
    alpha = upper[:, 3:] + share
    colour = (upper[:, :3] * upper[:, 3:] + lower[:, :3] * share) / alpha
    mixed = np.rint(np.hstack([colour, alpha]) * 255).astype(np.uint8)
    found[y, x] = mixed.view(np.uint32)[:, 0]
    return found


def _grown(counts: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """A layer with dots grown to discs: large where there are few, small where many would run together."""
    n = counts.sum()
    size = 3 if n < 300 else 2 if n < 20_000 else 1
    image = layer(counts, colour)
    grown = np.zeros_like(image)
    stamp(image.view(np.uint8).reshape(*image.shape, 4), size, grown.view(np.uint8).reshape(*image.shape, 4))
    return grown


def halve(image: np.ndarray) -> np.ndarray:
    """Average squares of 2 x 2 pixels of an RGBA image (2 h, 2 w) uint32, weighted by their opacity, to (h, w)."""
    halved = np.zeros((image.shape[0] // 2, image.shape[1] // 2, 4), dtype=np.uint8)
    halve_pixels(image.view(np.uint8).reshape(*image.shape, 4), halved)
    return halved.view(np.uint32)[..., 0]


def mix_classes(counts: np.ndarray, colours: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mix the colours of the classes in each pixel, weighted by their counts.

    Parameters
    ----------
    counts
        (height, width, slots), the last slot holding the context.
    colours
        (m, 3) of the first m slots.

    Returns
    -------
    total
        (height, width) objects in colour.
    colour
        (height, width, 3) their mean colour.
    grey
        (height, width) objects of the context.
    """
    shape = counts.shape[:2]
    total, colour, grey = (np.zeros(size, dtype=np.float32) for size in (shape, (*shape, 3), shape))
    mix(counts, colours, total, colour, grey)
    return total, colour, grey


def map_values(counts: np.ndarray, means: np.ndarray, ink: Ink) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour pixels by their mean value; those without one are context. Returns what `mix_classes` does."""
    known = np.isfinite(means)
    colour = ink.colours.astype(np.float32)[_steps(means, ink.limits, len(ink.colours))]
    return np.where(known, counts, 0), colour, np.where(known, 0, counts)


def layer(counts: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """(height, width) uint32 RGBA: clear where nothing is, then more opaque with the logarithm of the count."""
    height = np.log(np.maximum(counts, 1), dtype=np.float32)
    height *= (1 - _FAINTEST) / max(float(height.max()), 1.0)
    pixels = np.empty((*counts.shape, 4), dtype=np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = 255 * np.where(counts > 0, height + np.float32(_FAINTEST), np.float32(0))
    return pixels.view(np.uint32)[..., 0]


def _steps(values: np.ndarray, limits: Range, n: int) -> np.ndarray:
    """Index into a scale of n colours; values beyond the limits, and NaN, take its ends."""
    low, high = limits
    return (np.clip((np.nan_to_num(values, nan=low) - low) / (high - low), 0, 1) * (n - 1)).astype(int)


def scale_colours(values: np.ndarray, limits: Range, scale: np.ndarray) -> list[str]:
    """``#rrggbb`` of values between limits on a scale of (m, 3) colours."""
    return [hex_colour(colour) for colour in scale[_steps(values, limits, len(scale))]]


def hex_colour(colour: np.ndarray) -> str:
    """``#rrggbb`` of red, green and blue."""
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour))


def point_colours(ink: Ink, rows: np.ndarray) -> np.ndarray:
    """(m,) ``#rrggbb`` for single points that are drawn as such."""
    table = np.array([hex_colour(colour) for colour in (*ink.colours, ink.context)], dtype=object)
    if ink.codes is not None:
        return table[ink.codes[rows]]
    values = ink.values[rows]
    return table[np.where(np.isfinite(values), _steps(values, ink.limits, len(ink.colours)), len(ink.colours))]


def point_shapes(ink: Ink, rows: np.ndarray) -> np.ndarray | str:
    """(m,) marks for single points, or the one that all have."""
    if set(ink.shapes) <= {SHAPES[0]}:
        return SHAPES[0]
    return np.array([*ink.shapes, SHAPES[0]], dtype=object)[ink.codes[rows]]  # the last one for the context


def in_colour(ink: Ink) -> np.ndarray:
    """(n,) bool, which points are not context."""
    if ink.codes is not None:
        return ink.codes < len(ink.colours)
    return np.isfinite(ink.values)
