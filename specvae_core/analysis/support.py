"""Support of places in latent space by training spectra.

A decoder answers everywhere, but a synthetic spectrum is meaningful only near spectra that the model was trained on
(Portillo et al. 2020, section 4).
"""

from functools import cached_property

import numpy as np

NEIGHBOURS = 20
"""The distance to the neighbour of this rank is the measure of local density, as in the outlier search of the paper."""

SAMPLE = 4000
"""Training spectra at most, evenly taken, whose own density gives the percentiles."""

EXTRAPOLATION = 1.0
"""Percentile of support below which a place counts as extrapolation."""


class Support:
    """Density of training spectra in latent space.

    Parameters
    ----------
    latents
        (n, d) latent means of the training set; rows that are not finite are left out.
    """

    def __init__(self, latents: np.ndarray) -> None:
        self._latents = latents[np.isfinite(latents).all(axis=1)].astype(float)

    @cached_property
    def _tree(self):
        from .nearest import PointTree

        return PointTree(self._latents)

    @property
    def _rank(self) -> int:
        return min(NEIGHBOURS, len(self._latents) - 1)

    @cached_property
    def _own(self) -> np.ndarray:
        """(m,) rising distances from training spectra to their neighbour of rank `NEIGHBOURS`, itself not counted."""
        rows = np.unique(np.linspace(0, len(self._latents) - 1, SAMPLE).astype(int))
        return np.sort(self._tree.of(self._latents[rows], self._rank + 1).distance[:, -1])

    def prepare(self) -> None:
        """Measure the density of the training set ahead of time: some seconds for a million spectra."""
        if self._rank > 0:
            _ = self._own

    def percentile(self, latents: np.ndarray) -> np.ndarray:
        """(m,) share in per cent of the training set that lies less densely than each place; NaN without neighbours.

        Parameters
        ----------
        latents
            (m, d) places.
        """
        if self._rank < 1:
            return np.full(len(latents), np.nan)
        distance = self._tree.of(latents, self._rank).distance[:, -1]
        sparser = len(self._own) - np.searchsorted(self._own, distance, side="right")
        return 100.0 * sparser / len(self._own)


def nearest_rows(latents: np.ndarray, places: np.ndarray, k: int) -> np.ndarray:
    """(m, k) rows of the objects nearest to each place, the nearest first; fewer columns where there are fewer objects.

    Parameters
    ----------
    latents
        (n, d); rows that are not finite are never near.
    places
        (m, d).
    k
        Number of objects.
    """
    k = min(k, int(np.isfinite(latents).all(axis=1).sum()))
    rows = []
    for place in np.asarray(places, dtype=np.float32):
        distance = np.square(latents - place).sum(axis=1)
        distance[~np.isfinite(distance)] = np.inf
        near = np.argpartition(distance, k - 1)[:k] if k else np.empty(0, int)
        rows.append(near[np.argsort(distance[near], kind="stable")])
    return np.array(rows, dtype=np.int64).reshape(len(places), k)
