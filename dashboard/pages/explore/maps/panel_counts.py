"""Numbers of objects in the pixels of all panels of the corner plot, and in the bars of its histograms."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.plots.shade import FINER, MOST_THREADS, Ink, Pixels
from specvae_core.jobs import on_all_cores

from .bins import Tally, bin_values
from .centroid_plot import GAP
from .corner_panels import BINS, panels

PIECE = 1 << 18
"""Objects that are cut into bins at once, for all panels: of fewer, the panels push each other out of the cache."""

FEW = 250_000
"""Objects that one thread counts in less time than two: each has images of its own."""


@dataclass(frozen=True, eq=False)
class Panels:
    """What is counted.

    Parameters
    ----------
    latents
        m arrays (n,) float32, the latents shown.
    limits
        (m, 2) ends of their axes.
    shape
        Width and height of a panel in pixels as drawn, ``FINER`` times those of the screen.
    """

    latents: Sequence[np.ndarray]
    limits: np.ndarray
    shape: tuple[int, int]


@dataclass(frozen=True, eq=False)
class PanelCounts:
    """What was counted: the images of all pairs (x, y), and the bars of each latent, in one row of `BINS` pixels."""

    images: dict[tuple[int, int], Pixels]
    bars: list[Pixels]


def cut_panels(latents: Sequence[np.ndarray], limits: np.ndarray, size: tuple[int, int]) -> Panels:
    """Panels for a size on the screen: width and height of the whole plot in pixels."""
    width, height = (FINER * max(round(pixels * (1 - 2 * GAP) / len(latents)), 16) for pixels in size)
    return Panels(latents, limits, (width, height))


def count_panels(wanted: Panels, ink: Ink) -> PanelCounts:
    """Count all objects once, on all cores."""
    n = len(wanted.latents[0])
    parts = min(os.cpu_count() or 1, MOST_THREADS, 1 + n // FEW)
    slices = [slice(n * part // parts, n * (part + 1) // parts) for part in range(parts)]
    first, *others = (found for _, found in on_all_cores(lambda rows: _counted(wanted, ink, rows), slices))
    for other in others:
        for key, tally in other.items():
            first[key].merge(tally)
    m = len(wanted.latents)
    return PanelCounts({pair: first[pair].pixels for pair in panels(m)}, [first[i, i].pixels for i in range(m)])


def _counted(wanted: Panels, ink: Ink, rows: slice) -> dict[tuple[int, int], Tally]:
    """A part of the objects in all panels, by their pairs, and on the diagonal in the bars."""
    m, (width, height) = len(wanted.latents), wanted.shape
    found = {pair: Tally(ink, wanted.shape) for pair in panels(m)} | {(i, i): Tally(ink, (BINS, 1)) for i in range(m)}
    bottom = np.zeros(PIECE, np.uint16)
    for start in range(rows.start, rows.stop, PIECE):
        some = slice(start, min(start + PIECE, rows.stop))
        x, y, bars = (
            [bin_values(one[some], ends, n_bins) for one, ends in zip(wanted.latents, wanted.limits, strict=True)]
            for n_bins in (width, height, BINS)
        )
        for (i, j), tally in found.items():
            if i == j:
                tally.add(bars[i], bottom[: some.stop - start], ink, some)
            else:
                tally.add(x[i], y[j], ink, some)
    return found
