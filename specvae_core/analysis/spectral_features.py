"""Features of noisy spectra, object by object: equivalent widths of lines, indices, the break, the continuum.

They compare groups of objects, so that each is a plain sum over pixels without a fit: unbiased by noise, and quick.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..data.spectra import SpectraSet
from ..grid import SPEED_OF_LIGHT, SpectralGrid
from ..lines import INDICES, LINES, Line
from .line_strength import MIN_SEEN, break_4000, index_strength, within

CORE, SIDE = 700.0, 5000.0
"""Half widths in km/s of a line, and of the stretch that gives its continuum, less all lines in it."""

SUMMED = {"oiii_4959": "oiii_5007", "nii_6548": "nii_6584"}
"""Lines whose strength is a fixed share of another one's: left out."""

STRETCHES = 10
"""Stretches of equal logarithmic width in which the continuum is compared."""

COARSEST = 350.0
"""Largest pixel in km/s: on a coarser grid lines run into their continuum, and only stretches are compared."""


@dataclass(frozen=True, eq=False)
class Feature:
    """One quantity of n spectra.

    Parameters
    ----------
    key, label
        Column-safe name, and the name in plots: ``h_alpha`` and *Hα*.
    unit
        ``Angstrom`` for equivalent widths, empty for ratios.
    wavelength
        Where to point at, Angstrom; NaN where nowhere.
    values
        (n,) NaN where not measured. Emission lines count positive in emission, others in absorption.
    kind
        ``line``, ``index`` or ``continuum``.
    """

    key: str
    label: str
    unit: str
    wavelength: float
    values: np.ndarray
    kind: str


def spectral_features(spectra: SpectraSet) -> list[Feature]:
    """All features that lie on the grid of some spectra; of photometry, the bands."""
    if not isinstance(spectra.grid, SpectralGrid):
        seen = np.where(spectra.seen, spectra.flux, np.nan).astype(float)
        names = spectra.grid.names
        return [Feature(name, name, "", np.nan, seen[:, i], "continuum") for i, name in enumerate(names)]
    features = list(_continuum(spectra))
    if spectra.grid.pixel_velocity <= COARSEST:
        features += [*_lines(spectra), *_indices(spectra)]
    return [feature for feature in features if np.isfinite(feature.values).any()]


def _lines(spectra: SpectraSet) -> Iterator[Feature]:
    labels = [line.label for line in LINES if line.key not in SUMMED]
    for line in LINES:
        if line.key not in SUMMED:
            label = line.label if labels.count(line.label) == 1 else f"{line.label} {line.wavelength:.0f}"
            yield Feature(line.key, label, "Angstrom", line.wavelength, equivalent_width(spectra, line), "line")


def _indices(spectra: SpectraSet) -> Iterator[Feature]:
    yield Feature("d4000", "D4000", "", 4000.0, break_4000(spectra).value, "index")
    for index in INDICES:
        if index.key not in ("mg_b", "na_d"):  # among the lines already
            strength = index_strength(spectra, index).value
            yield Feature(index.key, index.label, "Angstrom", float(index.windows[0].mean()), strength, "index")


def _continuum(spectra: SpectraSet) -> Iterator[Feature]:
    """Mean flux in stretches of the grid, relative to the mean of the spectrum."""
    wavelength = spectra.grid.wavelength
    flux = np.where(spectra.seen, spectra.flux, np.nan).astype(float)
    for pixels in np.array_split(np.arange(len(wavelength)), min(STRETCHES, len(wavelength))):
        seen = np.isfinite(flux[:, pixels])
        total = np.where(seen, flux[:, pixels], 0).sum(axis=1)
        mean = np.divide(total, seen.sum(axis=1), out=np.full(len(flux), np.nan), where=seen.mean(axis=1) >= MIN_SEEN)
        low, high = wavelength[pixels[0]], wavelength[pixels[-1]]
        yield Feature(
            f"flux_{low:.0f}_{high:.0f}", f"flux {low:.0f}–{high:.0f} Å", "", (low + high) / 2, mean, "continuum"
        )


def equivalent_width(spectra: SpectraSet, line: Line) -> np.ndarray:
    """Equivalent width (n,) of a line in Angstrom; NaN where too little of it or of its continuum is seen.

    The continuum is the straight line, by least squares, through the seen pixels on either side that belong to no
    known line. Emission counts positive where the line is mostly seen in emission, absorption where not.

    Parameters
    ----------
    spectra
        At rest.
    line
        One of `LINES`.
    """
    grid, unmeasured = spectra.grid, np.full(len(spectra), np.nan)
    low, high = (line.wavelength * (1 + shift / SPEED_OF_LIGHT) for shift in (-SIDE, SIDE))
    if not within(grid, low, high):
        return unmeasured
    first, last = np.searchsorted(grid.wavelength, [low, high])
    wavelength = grid.wavelength[first:last]
    core = _velocity(wavelength, line.wavelength) <= CORE
    side = ~np.any([_velocity(wavelength, other.wavelength) <= CORE for other in LINES], axis=0)
    flux, seen = spectra.flux[:, first:last].astype(float), spectra.seen[:, first:last]
    continuum = _straight_line(wavelength - line.wavelength, flux, seen & side)
    width = np.diff(grid.edges[first : last + 1])
    weight = np.where(seen & core, width, 0.0)
    total, at_line = weight.sum(axis=1), continuum[:, core].mean(axis=1) if core.any() else unmeasured
    usable = (total >= MIN_SEEN * width[core].sum()) & ((seen & side).sum(axis=1) >= MIN_SEEN * side.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (weight * (1 - flux / continuum)).sum(axis=1) * width[core].sum() / total
    usable &= (at_line > 0) & (total > 0)
    return np.where(usable, -depth if line.emission else depth, np.nan)


def _velocity(wavelength: np.ndarray, centre: float) -> np.ndarray:
    return np.abs(wavelength / centre - 1) * SPEED_OF_LIGHT


def _straight_line(x: np.ndarray, flux: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(n, m) straight lines at x (m,) by least squares through the used pixels of flux (n, m); NaN without any."""
    count = used.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x = (used * x).sum(axis=1) / count
        mean = np.where(used, flux, 0).sum(axis=1) / count
        offset = x - mean_x[:, None]
        slope = (used * offset * np.where(used, flux, 0)).sum(axis=1) / (used * offset**2).sum(axis=1)
    return mean[:, None] + slope[:, None] * offset
