"""Dots that can be seen: single pixels grown to discs."""

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
