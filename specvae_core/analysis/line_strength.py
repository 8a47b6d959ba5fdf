"""Absorption indices and the 4000 Angstrom break of spectra at rest, with errors."""

from typing import NamedTuple

import numpy as np

from ..data.spectra import SpectraSet
from ..grid import SpectralGrid
from ..lines import D4000_WINDOWS, Index

MIN_SEEN = 0.75
"""A window with a smaller part seen gives no measurement."""


class Measure(NamedTuple):
    """A measured quantity of n spectra: value and 1-sigma error, (n,) each, NaN where it could not be measured."""

    value: np.ndarray
    error: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """(n,) bool."""
        return np.isfinite(self.value) & np.isfinite(self.error)

    @property
    def significance(self) -> np.ndarray:
        """(n,) value over error; -inf where not measured, so that no comparison takes it for a detection."""
        return np.divide(self.value, self.error, out=np.full(len(self.value), -np.inf), where=self.known)


def within(grid: SpectralGrid, low: float, high: float) -> bool:
    """Whether a window (Angstrom, vacuum, rest frame) lies on the grid."""
    return bool(grid.edges[0] <= low and high <= grid.edges[-1])


def index_strength(spectra: SpectraSet, index: Index) -> Measure:
    """Strength of an absorption index in Angstrom, positive in absorption.

    The continuum is the straight line through the mean fluxes of the two side windows at their centres; the strength is
    the integral of 1 - flux / continuum over the feature (Worthey et al. 1994, ApJS 94, 687, Eq. 2). Pixels that a
    window cuts count in part, unseen pixels of the feature as its mean. Errors: pixels are taken as independent, and
    the error of the continuum as that at the centre of the feature.

    Parameters
    ----------
    spectra
        At rest.
    index
        Its windows have to lie on the grid, else all is NaN.
    """
    (low, high), blue, red = index.windows
    if not within(spectra.grid, index.windows.min(), index.windows.max()):
        return _unmeasured(len(spectra))
    level_blue, level_red = _window_mean(spectra, *blue), _window_mean(spectra, *red)
    centre_blue, centre_red = blue.mean(), red.mean()
    pixels, width = _overlap(spectra.grid, low, high)
    flux, ivar = spectra.flux[:, pixels].astype(float), spectra.ivar[:, pixels].astype(float)
    share = (spectra.grid.wavelength[pixels] - centre_blue) / (centre_red - centre_blue)
    continuum = np.outer(level_blue.value, 1 - share) + np.outer(level_red.value, share)
    middle = (0.5 * (low + high) - centre_blue) / (centre_red - centre_blue)
    continuum_error = np.hypot((1 - middle) * level_blue.error, middle * level_red.error)
    seen = ivar > 0
    weight = np.where(seen, width, 0.0)
    total = weight.sum(axis=1)
    usable = (total >= MIN_SEEN * width.sum()) & (continuum > 0).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = (high - low) / total
        depth = (weight * (1 - flux / continuum)).sum(axis=1) * scale
        noise = np.sqrt((weight**2 / np.where(seen, ivar, 1.0) / continuum**2).sum(axis=1)) * scale
        tilt = (weight * flux / continuum**2).sum(axis=1) * scale * continuum_error
    return _masked(depth, np.hypot(noise, tilt), usable)


def break_4000(spectra: SpectraSet) -> Measure:
    """The 4000 Angstrom break: mean flux density per frequency above it over that below (Balogh et al. 1999)."""
    (low, middle), (start, high) = D4000_WINDOWS
    if not within(spectra.grid, low, high):
        return _unmeasured(len(spectra))
    below = _window_mean(spectra, low, middle, per_frequency=True)
    above = _window_mean(spectra, start, high, per_frequency=True)
    usable = below.known & above.known & (below.value > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = above.value / below.value
        error = np.hypot(above.error, ratio * below.error) / below.value
    return _masked(ratio, error, usable)


def _window_mean(spectra: SpectraSet, low: float, high: float, *, per_frequency: bool = False) -> Measure:
    """Mean flux over a window, pixels weighted by the part of them that lies in it."""
    pixels, width = _overlap(spectra.grid, low, high)
    flux, ivar = spectra.flux[:, pixels].astype(float), spectra.ivar[:, pixels].astype(float)
    factor = (spectra.grid.wavelength[pixels] / 4000.0) ** 2 if per_frequency else np.ones(len(width))
    seen = ivar > 0
    weight = np.where(seen, width, 0.0)
    total = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight * factor * flux).sum(axis=1) / total
        error = np.sqrt(((weight * factor) ** 2 / np.where(seen, ivar, 1.0)).sum(axis=1)) / total
    return _masked(mean, error, total >= MIN_SEEN * width.sum())


def _overlap(grid: SpectralGrid, low: float, high: float) -> tuple[slice, np.ndarray]:
    """The pixels that a window touches, and the width in Angstrom that each shares with it."""
    edges = grid.edges
    first = int(np.searchsorted(edges, low, side="right")) - 1
    last = int(np.searchsorted(edges, high, side="left"))
    return slice(first, last), np.diff(np.clip(edges[first : last + 1], low, high))


def _masked(value: np.ndarray, error: np.ndarray, usable: np.ndarray) -> Measure:
    return Measure(np.where(usable, value, np.nan), np.where(usable, error, np.nan))


def _unmeasured(n: int) -> Measure:
    return Measure(np.full(n, np.nan), np.full(n, np.nan))
