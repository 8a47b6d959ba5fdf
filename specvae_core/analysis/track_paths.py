"""Paths through latent space along which synthetic spectra are made (Portillo et al. 2020, section 3.2).

Each way to make one is a small class with `latents(space)`: `Automatic` follows the objects of some classes bin by bin,
`Traverse` changes one component alone, `Between` joins two objects, `Points` follows a drawn path. `resampled` then
walks the path in equal steps. The basis being orthonormal, lengths are the same in latents and components.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from ..errors import BadConfig
from .track_space import Space, combination

MOST_STEPS = 200
"""Steps of a track at most."""

MIN_MEMBERS = 5
"""Objects of a bin at least; a bin with fewer is joined with the next one."""

LOCAL = 40
"""Neighbours in the plane of the path over which the local centroid is taken, with weights that fall with distance."""

Complete = Literal["local", "centroid"]
Frame = Literal["components", "latents"]


class Way(Protocol):
    """A way to make a track."""

    def latents(self, space: Space) -> np.ndarray:
        """(m, d) latents along the path, two points or more."""
        ...


@dataclass(frozen=True)
class Automatic:
    """Objects of some classes are binned by a value, and the centroid of each bin is a point (section 3.2).

    Parameters
    ----------
    classes
        Classes of the objects; empty for all.
    by
        See `Space.values_of`.
    low, high
        Percentiles of the value between which the bins lie.
    bins
        Number of bins, all of the same width.
    """

    classes: tuple[str, ...]
    by: str
    low: float = 5.0
    high: float = 97.0
    bins: int = 8

    def latents(self, space: Space) -> np.ndarray:
        """See `Way`."""
        value = np.where(space.members(self.classes), space.values_of(self.by), np.nan)
        chosen = np.isfinite(value)
        if chosen.sum() < 2 * MIN_MEMBERS:
            raise BadConfig(
                f"Only {chosen.sum()} objects of {', '.join(self.classes) or 'this survey'} have a value of {self.by}: "
                f"at least {2 * MIN_MEMBERS} are needed."
            )
        edges = np.percentile(value[chosen], [self.low, self.high])
        order = np.flatnonzero(chosen & (value >= edges[0]) & (value <= edges[1]))
        order = order[np.argsort(value[order], kind="stable")]
        bins = np.searchsorted(np.linspace(*edges, self.bins + 1)[1:-1], value[order], side="right")
        return np.array([space.values[rows].mean(axis=0, dtype=float) for rows in _joined(order, bins)])


@dataclass(frozen=True)
class Traverse:
    """One component changes, the others stay at the centroid of all objects, which is the middle (section 3.2.5).

    Parameters
    ----------
    by
        A component or combination of components.
    """

    by: str

    def latents(self, space: Space) -> np.ndarray:
        """See `Way`."""
        weights = combination(self.by, space.n_latent)
        if weights is None:
            raise BadConfig(f"{self.by!r} is not a component to traverse: give 1 to {space.n_latent}, or 1+0.5*2.")
        direction = weights / np.linalg.norm(weights)
        half = np.ptp(np.percentile(space.components @ direction, [1, 99])) / 2
        return space.basis.latents(np.outer([-half, half], direction))


@dataclass(frozen=True)
class Between:
    """A straight line from one object to another, by their ids."""

    start: str
    end: str

    def latents(self, space: Space) -> np.ndarray:
        """See `Way`."""
        return space.values[[space.row_of(self.start), space.row_of(self.end)]].astype(float)


@dataclass(frozen=True, eq=False)
class Points:
    """A path that was drawn or read, in some of the dimensions.

    Parameters
    ----------
    path
        (m, k) coordinates.
    axes
        The k dimensions of the coordinates, counted from 0; the others are completed.
    frame
        Whether these are components or raw latents.
    classes
        Objects whose local centroid completes the path; empty for all.
    complete
        ``local``: the other dimensions follow the centroid of the objects near each point of the path; ``centroid``:
        they are held at the centroid of all of these objects.
    """

    path: np.ndarray
    axes: tuple[int, ...]
    frame: Frame = "components"
    classes: tuple[str, ...] = ()
    complete: Complete = "local"

    def latents(self, space: Space) -> np.ndarray:
        """See `Way`."""
        members = (space.components if self.frame == "components" else space.values)[space.members(self.classes)]
        axes = list(self.axes)
        path = np.asarray(self.path, dtype=float).reshape(-1, len(axes))
        if not len(path):
            raise BadConfig("A track needs at least two different points, got none.")
        reached = members[:, axes]
        inside = (path >= reached.min(axis=0)) & (path <= reached.max(axis=0))
        if not inside.all(axis=1).any():
            raise BadConfig("The track lies outside the map, where no object is: draw it over the objects.")
        if len(axes) < space.n_latent:
            # Finely, so that the other dimensions follow the objects between the points drawn as well.
            path = _completed(resampled(path, 100), axes, members, self.complete)
        else:
            path = path[:, np.argsort(axes)]
        return space.basis.latents(path) if self.frame == "components" else path


def way_of(described: Mapping[str, object]) -> Way:
    """The way that a kept track describes: its ``kind``, the name of the class in small letters, and its fields.

    Raises
    ------
    KeyError, TypeError
        It describes none.
    """
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in described.items()}
    made = {way.__name__.lower(): way for way in (Automatic, Traverse, Between, Points)}[fields.pop("kind")]
    return made(**fields)


def distances(points: np.ndarray) -> np.ndarray:
    """(m,) distance along the polyline from the first of its points (m, d) to each.

    >>> distances(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]])).tolist()
    [0.0, 5.0, 6.0]
    """
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def resampled(points: np.ndarray, n: int) -> np.ndarray:
    """(n, d) points at equal steps along the polyline through (m, d) points.

    Raises
    ------
    BadConfig
        Without two different points, or for fewer than 2 or more than `MOST_STEPS` steps.

    Examples
    --------
    >>> resampled(np.array([[0.0, 0.0], [4.0, 0.0]]), 3).tolist()
    [[0.0, 0.0], [2.0, 0.0], [4.0, 0.0]]
    """
    if not 2 <= n <= MOST_STEPS:
        raise BadConfig(f"A track has 2 to {MOST_STEPS} steps, got {n}.")
    length = distances(points)
    if not length[-1] > 0:
        raise BadConfig("A track needs at least two different points, got one: give another.")
    keep = np.concatenate([[True], np.diff(length) > 0])
    at = np.linspace(0, length[-1], n)
    return np.column_stack([np.interp(at, length[keep], column[keep]) for column in np.asarray(points).T])


def _joined(order: np.ndarray, bins: np.ndarray) -> list[np.ndarray]:
    """The rows of each bin, in order; a bin of fewer than `MIN_MEMBERS` goes with the next, the last with the former.

    Parameters
    ----------
    order, bins
        (m,) rows by rising value, and the bin of each.
    """
    groups: list[np.ndarray] = []
    waiting = np.empty(0, int)
    for number in np.unique(bins):
        waiting = np.concatenate([waiting, order[bins == number]])
        if len(waiting) >= MIN_MEMBERS:
            groups.append(waiting)
            waiting = np.empty(0, int)
    if len(waiting):
        groups = [*groups[:-1], np.concatenate([*groups[-1:], waiting])]
    return groups


def _completed(path: np.ndarray, axes: list[int], members: np.ndarray, complete: Complete) -> np.ndarray:
    """(m, d) a path in some dimensions with the others filled in from members (n, d)."""
    whole = np.repeat(members.mean(axis=0, keepdims=True), len(path), axis=0)
    if complete == "local":
        from .nearest import PointTree

        near = PointTree(members[:, axes]).of(path, min(LOCAL, len(members)))
        weight = np.exp(-2 * np.square(near.distance / np.maximum(near.distance[:, -1:], 1e-15)))
        whole = np.einsum("mk,mkd->md", weight / weight.sum(axis=1, keepdims=True), members[near.rows])
    whole[:, axes] = path
    return whole
