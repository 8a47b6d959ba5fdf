"""The axes along which latents vary: PCA of the latent means (Portillo et al. 2020, section 3.2).

The axes of a latent space are arbitrary. Its principal components, in descending order of explained variance, are what
maps show and what tracks bin by: *VAE 1*, *VAE 2*… This is PCA in latent space, not of the spectra.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

UNUSED = 0.8
"""Share of the prior's variance from which on the posterior of a latent counts as unconstrained by spectra."""

ROWS_AT_ONCE = 4096
"""Objects whose latents are turned at a time."""


@dataclass(frozen=True, eq=False)
class Basis:
    """Principal components of d latents: an orthonormal rotation, so that distances are the same on either side.

    Parameters
    ----------
    centre
        (d,) mean of the latents.
    axes
        (d, d), row *i* is the direction of component *i* + 1.
    explained
        (d,) share of the variance of the latent means along each component, falling.
    width
        (d,) median posterior variance of each latent; NaN for models without one.
    """

    centre: np.ndarray
    axes: np.ndarray
    explained: np.ndarray
    width: np.ndarray

    def components(self, latents: np.ndarray) -> np.ndarray:
        """(n, d) float32 components of latents (n, d)."""
        return ((latents - self.centre) @ self.axes.T).astype(np.float32)

    def component(self, latents: np.ndarray, number: int) -> np.ndarray:
        """(n,) one component, counted from 0, of latents (n, d), which are not copied as a whole."""
        axis = self.axes[number]
        return np.concatenate([np.zeros(0), *(part @ axis for part in _centred(latents, self.centre))])

    def latents(self, components: np.ndarray) -> np.ndarray:
        """(n, d) float32 latents of components (n, d)."""
        return (components @ self.axes + self.centre).astype(np.float32)

    def variance(self, latent_variance: np.ndarray) -> np.ndarray:
        """(n, d) float32 variance of each component, from those of latents that are taken as independent."""
        return (latent_variance @ np.square(self.axes).T).astype(np.float32)

    @property
    def unused_latents(self) -> tuple[int, ...]:
        """Latents, counted from 0, whose posterior is as wide as the prior."""
        return tuple(np.flatnonzero(self.width >= UNUSED).tolist())

    @property
    def unused_components(self) -> tuple[int, ...]:
        """Components, counted from 0, along which the posterior is as wide as the prior."""
        return tuple(np.flatnonzero(self.variance(self.width[None])[0] >= UNUSED).tolist())


def principal_basis(latents: np.ndarray, log_variance: np.ndarray | None) -> Basis:
    """Principal components of the latents of a survey.

    The sign of a component is chosen so that its longer tail is positive; the largest loading decides where there is
    none.

    Parameters
    ----------
    latents
        (n, d) means; rows that are not finite are left out.
    log_variance
        (n, d) log of the posterior variance, or ``None``.
    """
    known = latents[np.isfinite(latents).all(axis=1)]
    d = latents.shape[1]
    centre = known.mean(axis=0, dtype=float) if len(known) else np.zeros(d)
    matrix = sum((part.T @ part for part in _centred(known, centre)), np.zeros((d, d)))
    variance, vectors = np.linalg.eigh(matrix / max(len(known), 1))
    order = np.argsort(-variance, kind="stable")
    variance, axes = np.maximum(variance[order], 0), vectors.T[order]
    axes = axes * _signs(known, centre, axes)[:, None]
    width = np.full(d, np.nan)
    if log_variance is not None and len(log_variance):
        width = np.exp(np.nanmedian(log_variance.astype(float), axis=0))
    return Basis(centre, axes, variance / (variance.sum() or 1.0), width)


def _centred(latents: np.ndarray, centre: np.ndarray) -> Iterator[np.ndarray]:
    """Latents (n, d) less their centre, float64, some at a time."""
    for first in range(0, len(latents), ROWS_AT_ONCE):
        yield latents[first : first + ROWS_AT_ONCE] - centre


def _signs(latents: np.ndarray, centre: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """(d,) 1 or -1: the sign of the third moment along each axis."""
    third, scale = np.zeros(len(axes)), np.zeros(len(axes))
    for part in _centred(latents, centre):
        projected = part @ axes.T
        cubed = projected * projected * projected  # a power takes ten times as long
        third += cubed.sum(axis=0)
        scale += np.abs(cubed).sum(axis=0)
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return np.where(np.where(np.abs(third) > 1e-6 * scale, third, largest) < 0, -1.0, 1.0)
