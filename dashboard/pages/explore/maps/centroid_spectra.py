"""Decoded spectra at the centroids of the classes, in the empty corner of the corner plot."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dashboard.colouring import UNCLASSIFIED, Colouring, finite_part
from dashboard.latent_map import PIECE
from dashboard.live import Soon
from dashboard.plots.axes import axis_unit
from dashboard.plots.point_loops import add_members
from dashboard.plots.shade import colour_scale, scale_colours
from specvae_core.jobs import on_all_cores

from ..view import COLOURS, MapView
from .centroid_plot import centroid_data
from .corner_card import CornerCard
from .ticks import tick_label

MOST_CLASSES = 6
"""Spectra at most; classes beyond the most frequent are left out."""

PARTS = 5
"""Groups of equal numbers of objects, where numbers colour the points."""

_FEWEST = 5  # objects; the centroid of fewer means little
_DELAY = 60  # milliseconds after the panels, which matter more


@dataclass(frozen=True, eq=False)
class Groups:
    """Objects in groups.

    Parameters
    ----------
    codes
        Numbers of the groups of some of the objects, from 0, -1 for none: of millions not all are held.
    names, colours
        Of the groups.
    """

    codes: Callable[[slice], np.ndarray]
    names: list[str]
    colours: list[str]
    title: str


class CentroidSpectra:
    """One spectrum for each class, or for each fifth of the numbers; only objects in colour count."""

    def __init__(self, view: MapView, corner: CornerCard) -> None:
        self.view = view
        self._corner = corner
        self._draw_soon = Soon(view.session.guard(self._draw), _DELAY)

    def refresh(self, changed: set[str]) -> None:
        """Follow the state; ``changed`` names its parameters, or ``map``."""
        if changed & (COLOURS | {"map", "shown"}):
            self._draw_soon()

    def _draw(self) -> None:
        if self.view.map is None:
            return
        session, plot = self.view.session, self._corner.plot.centroids
        state, workspace = session.state, session.workspace
        groups = group(self.view.colouring, self.view.visible, state.theme)
        latents = workspace.encoding(state.model_id, state.survey_id).latents
        middles, counts = centroids(latents, groups)
        kept = np.flatnonzero(counts >= _FEWEST)[:MOST_CLASSES]
        if not len(kept):
            plot.clear()
            return
        spectra = workspace.model(state.model_id).decode(middles[kept])
        names, colours = [groups.names[i] for i in kept], [groups.colours[i] for i in kept]
        grid = workspace.survey(state.survey_id).grid
        order = np.argsort(grid.wavelength, kind="stable")  # bands may come in any order
        axis, n_shown = (grid.wavelength[order], axis_unit(grid)), len(state.shown)
        plot.fill(*centroid_data(*axis, spectra[:, order], names, colours, groups.title, n_shown))


def group(colouring: Colouring, visible: np.ndarray, theme: str) -> Groups:
    """Groups of objects: the classes, or five parts of equal size in order of the numbers, the highest first.

    Parameters
    ----------
    colouring
        What colours the points.
    visible
        (n,) bool; the others belong to no group.
    """
    if not colouring.numeric:
        names, colours = list(colouring.names), list(colouring.colours.values())
        none = names.index(UNCLASSIFIED) if UNCLASSIFIED in names else -1

        def of_class(some: slice) -> np.ndarray:
            codes = colouring.codes[some].astype(np.int64)
            return np.where(visible[some] & (codes != none), codes, -1)

        return Groups(of_class, names, colours, "decoded class centroids")
    values = finite_part(np.where(visible, -colouring.values, np.nan))
    if not len(values):
        return Groups(lambda some: np.full(len(visible[some]), -1), [], [], "")
    edges = np.quantile(values, np.linspace(0, 1, PARTS + 1)[1:-1]).astype(np.float32)
    parts = np.searchsorted(edges, values)
    found = np.unique(parts)
    medians = [-float(np.median(values[parts == part])) for part in found]
    names = [tick_label(float(f"{median:.3g}")) for median in medians]
    colours = scale_colours(np.array(medians), colouring.limits, colour_scale(theme))
    renumbered = np.full(PARTS + 1, -1)
    renumbered[found] = np.arange(len(found))

    def of_part(some: slice) -> np.ndarray:
        numbers = colouring.values[some]
        known = visible[some] & np.isfinite(numbers)
        return np.where(known, renumbered[np.searchsorted(edges, -numbers)], -1)

    return Groups(of_part, names, colours, f"centroids by {colouring.column}")


def centroids(latents: np.ndarray, groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """(n_groups, n_latent) float32, mean latents (n, n_latent) of each group, 0 if it is empty; (n_groups,) members."""

    def look(start: int) -> tuple[np.ndarray, np.ndarray]:
        some = slice(start, start + PIECE)
        sums, counts = np.zeros((len(groups.names), latents.shape[1])), np.zeros(len(groups.names), np.int64)
        add_members(np.asarray(latents[some]), groups.codes(some), sums, counts)
        return sums, counts

    pieces = [found for _, found in on_all_cores(look, range(0, len(latents), PIECE))]
    sums, counts = (np.sum(one, axis=0) for one in zip(*pieces, strict=True))
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32), counts
