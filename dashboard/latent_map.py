"""A survey encoded by a model, ready to draw: coordinates, limits of the axes, catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.analysis.basis import Basis
from specvae_core.analysis.latent_errors import LatentErrors
from specvae_core.data.catalogue import ObjectIndex
from specvae_core.data.stored_index import StoredIndex
from specvae_core.data.stored_table import StoredTable
from specvae_core.jobs import on_all_cores

from .colouring import MOST_WORDS, Colouring, colour_columns, colouring_of, finite_part

_PADDING = 0.06

PIECE = 1 << 18
"""Objects that are compared with the ends of axes at once."""

CHI2 = "log χ² / "
"""Name of the axis beside a single latent, before what the χ² is of: pixel or band."""


@dataclass(frozen=True, eq=False)
class LatentMap:
    """Read by all sessions; nothing in it changes.

    Parameters
    ----------
    table
        The catalogue, n rows, with ``chi2_per_pixel`` added; of a long survey no more than is asked for is in memory.
    latents
        (n_latent, n) float32, each component contiguous.
    errors
        Errors of the latents; ``None`` where the model has none.
    names
        Labels of the axes.
    unused
        Axes, counted from 0, along which the posterior is as wide as the prior: spectra do not constrain them.
    basis
        The principal components that are the axes; ``None`` where the axes are the latents themselves.
    index
        Rows by object id; made from the table unless given.
    folder
        Where the places are kept, and what is counted of them; ``None`` where they are in memory.
    """

    survey_id: str
    model_id: str
    table: pd.DataFrame | StoredTable
    latents: np.ndarray
    errors: LatentErrors | None
    names: tuple[str, ...]
    unused: tuple[int, ...] = ()
    basis: Basis | None = None
    index: ObjectIndex | StoredIndex | None = None
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.index is None:
            object.__setattr__(self, "index", ObjectIndex(self.table["id"]))

    def coordinates(self, latents: np.ndarray) -> np.ndarray:
        """Coordinates (m, d) of latents (m, d) along the axes of this map."""
        return latents if self.basis is None else self.basis.components(latents)

    def covariance(self, row: int, i: int, j: int) -> np.ndarray | None:
        """Covariance (2, 2) of an object along two axes of this map; ``None`` where it is not known."""
        if self.errors is None or max(i, j) >= self.n_components:
            return None
        axes = None if self.basis is None else self.basis.axes
        return self.errors.covariance(np.array([row]), axes)[0][np.ix_([i, j], [i, j])]

    def sigma(self, row: int) -> np.ndarray:
        """Posterior standard deviations of an object along the axes, (n_components,), or (0,) where none is known."""
        if self.errors is None:
            return np.empty(0, np.float32)
        axes = None if self.basis is None else self.basis.axes
        return self.errors.sigma(np.array([row]), axes)[0]

    @property
    def n(self) -> int:
        """Number of objects."""
        return self.latents.shape[1]

    @property
    def n_latent(self) -> int:
        """Number of latent components."""
        return len(self.latents)

    @property
    def n_components(self) -> int:
        """Number of axes that are latents or components; a χ² beside a single latent is none."""
        return self.n_latent - self.names[-1].startswith(CHI2)

    def id_of(self, row: int) -> str:
        """Id of the object in a row."""
        return self.index.ids_of([row])[0]

    @cached_property
    def limits(self) -> np.ndarray:
        """(n_latent, 2) ends of the axes: `robust_limits` of each component."""
        return limits_of(self.latents)

    @cached_property
    def columns(self) -> list[str]:
        """Columns that can colour the points."""
        return colour_columns(self.table)

    @cached_property
    def _colourings(self) -> dict[tuple[str, int], Colouring]:
        return {}

    def colouring(self, column: str, first: int = 0) -> Colouring:
        """The colouring of a column, made once; see `colouring_of`."""
        first = first if first < MOST_WORDS else 0  # an address may ask for anything
        if (column, first) not in self._colourings:
            self._colourings[column, first] = colouring_of(self.table, column, first)
        return self._colourings[column, first]

    def is_catalogued(self, column: str) -> bool:
        """Whether a column is in the file of the catalogue, and so the same as long as that is."""
        return isinstance(self.table, StoredTable) and self.table.is_stored(column)

    def with_columns(self, extra: Mapping[str, np.ndarray]) -> "LatentMap":
        """The same map with more columns in its table; a name that the catalogue has gets a dot at its end."""
        extra = {f"{name}." if name in self.table else name: values for name, values in extra.items()}
        other = replace(self, table=self.table.assign(**extra))
        first, rest = self.columns[:1], self.columns[1:]
        own = colour_columns(pd.DataFrame(extra))
        # What does not depend on the new columns is kept.
        vars(other).update(limits=self.limits, columns=[*first, *own, *rest])
        vars(other)["_colourings"] = dict(self._colourings)
        return other

    def outside(self, shown: list[int]) -> int:
        """How many objects lie beyond the axes of at least one of the components shown."""

        def look(start: int) -> int:
            some = slice(start, start + PIECE)
            ends = ((self.latents[i][some], *self.limits[i]) for i in shown)
            return np.count_nonzero(np.logical_or.reduce([(one < low) | (one > high) for one, low, high in ends]))

        return sum(found for _, found in on_all_cores(look, range(0, self.n, PIECE)))


def limits_of(latents: np.ndarray) -> np.ndarray:
    """(d, 2) `robust_limits` of each component of (d, n)."""
    found = dict(on_all_cores(lambda i: robust_limits(latents[i]), range(len(latents))))
    return np.array([found[i] for i in range(len(latents))])


def robust_limits(values: np.ndarray) -> tuple[float, float]:
    """Limits of an axis, robust to a few outliers.

    The 0.1st to 99.9th percentile and a margin; everything, where everything reaches no further than half that span
    beyond. The two limits always differ. Of many values the percentiles are those of a million of them, evenly taken.
    """
    some = finite_part(values)
    if len(some) == 0:
        return -1.0, 1.0
    low, high = np.percentile(some, [0.1, 99.9])
    span = float(high - low)
    least, most = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    if least >= low - span / 2 and most <= high + span / 2:
        low, high, span = least, most, most - least
    pad = _PADDING * span or 0.5
    return float(low - pad), float(high + pad)
