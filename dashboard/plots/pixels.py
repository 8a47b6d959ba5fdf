"""Compiled loops over pixels: mix the colours of classes, grow dots to discs, halve images."""

import numba
import numpy as np


@numba.njit(nogil=True, cache=True)
def stamp(image, radius, grown):  # pragma: no cover - compiled
    """Grow every dot of an RGBA image (height, width, 4) uint8 to a disc, laid over what ``grown`` holds already.

    Datashader's ``spread`` does the same, but takes five seconds to compile at every start; this is kept on disk.
    """
    height, width = image.shape[:2]
    for y in range(height):
        for x in range(width):
            if image[y, x, 3] == 0:
                continue
            alpha = image[y, x, 3] / 255.0
            for v in range(max(0, y - radius), min(height, y + radius + 1)):
                for u in range(max(0, x - radius), min(width, x + radius + 1)):
                    if (v - y) ** 2 + (u - x) ** 2 > radius**2:
                        continue
                    beneath = grown[v, u, 3] / 255.0 * (1.0 - alpha)
                    both = alpha + beneath
                    for c in range(3):
                        grown[v, u, c] = np.uint8((image[y, x, c] * alpha + grown[v, u, c] * beneath) / both + 0.5)
                    grown[v, u, 3] = np.uint8(both * 255.0 + 0.5)


@numba.njit(nogil=True, cache=True)
def mix(counts, colours, total, colour, grey):  # pragma: no cover - compiled
    """Mean colour of the objects in each pixel, weighted by their counts; the last slot is the grey context.

    Parameters
    ----------
    counts
        (height, width, slots).
    colours
        (m, 3) of the first m slots.
    total, colour, grey
        (height, width), (height, width, 3) and (height, width) zeros, filled.
    """
    height, width, slots = counts.shape
    for y in range(height):
        for x in range(width):
            grey[y, x] = counts[y, x, slots - 1]
            for k in range(colours.shape[0]):
                n = counts[y, x, k]
                if n:
                    total[y, x] += n
                    for c in range(3):
                        colour[y, x, c] += n * colours[k, c]
            if total[y, x]:
                for c in range(3):
                    colour[y, x, c] /= total[y, x]


@numba.njit(nogil=True, cache=True)
def halve_pixels(image, halved):  # pragma: no cover - compiled
    """Average squares of 2 x 2 pixels (2 h, 2 w, 4) uint8, weighted by their opacity, into (h, w, 4) uint8."""
    for y in range(halved.shape[0]):
        for x in range(halved.shape[1]):
            square = image[2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
            opacity = 0.0
            for v in range(2):
                for u in range(2):
                    opacity += square[v, u, 3]
            if opacity == 0.0:
                continue
            for c in range(3):
                colour = 0.0
                for v in range(2):
                    for u in range(2):
                        colour += float(square[v, u, c]) * square[v, u, 3]
                halved[y, x, c] = np.uint8(colour / opacity + 0.5)
            halved[y, x, 3] = np.uint8(opacity / 4.0 + 0.5)
