"""Decoded spectra at the centroids of the classes, in the empty corner of the corner plot."""

from dataclasses import dataclass

import numpy as np

from dashboard.colouring import UNCLASSIFIED, Colouring
from dashboard.live import Soon
from dashboard.plots.axes import axis_unit
from dashboard.plots.shade import colour_scale, scale_colours

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
    """Objects in groups: ``codes`` (n,) number the groups from 0, -1 for none; names and colours go with them."""

    codes: np.ndarray
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
        middles, counts = centroids(latents, groups.codes, len(groups.names))
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
        codes = np.where(visible, colouring.codes.astype(np.int64), -1)
        if UNCLASSIFIED in colouring.names:
            codes[codes == colouring.names.index(UNCLASSIFIED)] = -1
        names, colours = list(colouring.names), list(colouring.colours.values())
        return Groups(codes, names, colours, "decoded class centroids")
    values = np.where(visible, -colouring.values, np.nan)
    known = np.isfinite(values)
    if not known.any():
        return Groups(np.full(len(values), -1), [], [], "")
    edges = np.quantile(values[known], np.linspace(0, 1, PARTS + 1)[1:-1])
    codes = np.where(known, np.searchsorted(edges, values), -1)
    found = [part for part in range(PARTS) if (codes == part).any()]
    medians = [float(np.median(colouring.values[codes == part])) for part in found]
    names = [tick_label(float(f"{median:.3g}")) for median in medians]
    colours = scale_colours(np.array(medians), colouring.limits, colour_scale(theme))
    renumbered = np.full(PARTS + 1, -1)
    renumbered[found] = np.arange(len(found))
    return Groups(renumbered[codes], names, colours, f"centroids by {colouring.column}")


def centroids(latents: np.ndarray, codes: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """(n_groups, n_latent) float32, mean latents of each group, 0 where it is empty; and (n_groups,) members.

    Parameters
    ----------
    latents
        (n, n_latent).
    codes
        (n,) number of the group, -1 for none.
    n_groups
        How many groups.
    """
    counts = np.bincount(codes + 1, minlength=n_groups + 1)[1:]
    sums = [np.bincount(codes + 1, weights=column, minlength=n_groups + 1)[1:] for column in latents.T]
    return (np.array(sums).T / np.maximum(counts, 1)[:, None]).astype(np.float32), counts
