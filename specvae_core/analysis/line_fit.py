"""Emission lines of many spectra at once, fitted group by group as Gaussians over a smooth continuum.

On a survey grid Hα and [N II] stand two or three pixels apart, so sums over windows would mix them. Here every group
of neighbouring lines is a linear model for given line widths: a parabola, one Gaussian of unit area for each line
(doublets of known ratio as one), integrated over pixels, and for the Balmer line optionally a second, broad one. It is
solved by weighted least squares for every pair of widths from a fixed ladder, for all pairs and spectra together, and
the pair with the smallest chi-square is kept, spectrum by spectrum.
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from ..data.spectra import SpectraSet
from ..grid import SPEED_OF_LIGHT, SpectralGrid
from ..lines import LINE
from .line_groups import Group
from .line_strength import Measure, within

NARROW = (80.0, 100.0, 125.0, 155.0, 195.0, 245.0, 305.0, 380.0, 475.0)
"""Ladder of observed widths of narrow lines, sigma in km/s; the top is a FWHM of 1120 km/s.

Beside a broad component every other rung will do: the narrow model, which is then at an advantage, is preferred."""

BROAD = (600.0, 900.0, 1350.0, 2000.0, 3000.0, 4500.0)
"""Ladder of widths of broad Balmer lines, sigma in km/s; the bottom is a FWHM of 1400 km/s."""

CORE = 500.0
"""Half width in km/s of the core of a line, of whose pixels the share `MIN_SEEN` has to be seen."""

MIN_SEEN = 0.7

CONTINUUM_TERMS = 3

MIN_BROAD_SIGNIFICANCE = 5.0
"""A broad component has to lower chi-square by the square of this and to exceed its own error so many times."""

MIN_BROAD_WIDTH = 10.0
"""Smallest equivalent width of a broad component in Angstrom: shallow bumps are stellar continuum."""

MIN_BROAD_SHARE = 0.15
"""Smallest area of a broad component over that of the narrow line: very strong narrow lines have wings, no Gaussian."""


@dataclass(frozen=True, eq=False)
class GroupFit:
    """Fit of one group, for n spectra.

    Parameters
    ----------
    areas
        Line flux by key (narrow component), in units of the normalised flux times Angstrom.
    continua
        (n,) continuum under each line by key, normalised flux.
    broad
        (n,) bool, whether the Balmer line needs a broad component.
    sigma
        (n,) width of the Balmer line in km/s, of the broad component where there is one; from the ladders.
    """

    areas: dict[str, Measure]
    continua: dict[str, np.ndarray]
    broad: np.ndarray
    sigma: np.ndarray

    def equivalent_width(self, key: str) -> Measure:
        """Equivalent width at rest in Angstrom, positive in emission; NaN where there is no continuum."""
        continuum = np.where(self.continua[key] > 0, self.continua[key], np.nan)
        return Measure(self.areas[key].value / continuum, self.areas[key].error / continuum)


@dataclass(frozen=True, eq=False)
class _Solution:
    """The best of several linear models, spectrum by spectrum.

    Parameters
    ----------
    chi2
        (n,).
    parameters, errors
        (n, k): the continuum's coefficients, the narrow lines, the broad line (0 in a model without).
    sigma
        (n, 2) km/s, narrow and broad.
    reduced
        (n,) chi-square per degree of freedom that errors were scaled by.
    """

    chi2: np.ndarray
    parameters: np.ndarray
    errors: np.ndarray
    sigma: np.ndarray
    reduced: np.ndarray

    def rescaled(self, weight: np.ndarray, floor: np.ndarray) -> "_Solution":
        """With errors scaled to a reduced chi-square of 1, where it is above ``floor`` (n,)."""
        n_seen = (weight > 0).sum(axis=1)
        reduced = np.maximum(self.chi2 / np.maximum(n_seen - self.parameters.shape[1], 1), np.maximum(floor, 1e-9))
        return replace(self, errors=self.errors * np.sqrt(reduced)[:, None], reduced=reduced)

    def where(self, choice: np.ndarray, other: "_Solution") -> "_Solution":
        """This solution where ``choice`` (n,) holds, the other one elsewhere."""
        pairs = [(getattr(self, field.name), getattr(other, field.name)) for field in fields(self)]
        return _Solution(
            *(np.where(choice.reshape(-1, *[1] * (mine.ndim - 1)), mine, theirs) for mine, theirs in pairs)
        )


def fit_group(spectra: SpectraSet, group: Group, assumed_errors: np.ndarray) -> GroupFit | None:
    """Fit one group of lines in all spectra; ``None`` where the group does not lie on the grid.

    Errors are scaled up where the reduced chi-square exceeds 1, because no parabola follows stellar absorption exactly;
    where the errors of a spectrum are only assumed, they are scaled down as well. They hold for the chosen widths; the
    choice itself adds up to a third to the scatter of a weak line.

    Parameters
    ----------
    spectra
        At rest.
    group
        Lines to fit.
    assumed_errors
        (n,) bool, spectra whose file had no errors.
    """
    grid = spectra.grid
    if not within(grid, group.low, group.high):
        return None
    pixels = _pixels(grid, group)
    flux, weight = spectra.flux[:, pixels].astype(float), spectra.ivar[:, pixels].astype(float)
    floor = np.where(assumed_errors, 0.0, 1.0)
    pairs = tuple((sigma, 0.0) for sigma in NARROW)
    narrow = _best(_Ladder.of(grid, group, pairs), flux, weight).rescaled(weight, floor)
    pairs = tuple((sigma, wide) for sigma in NARROW[1::2] for wide in BROAD)
    broad = _best(_Ladder.of(grid, group, pairs), flux, weight).rescaled(weight, floor)
    needed = _needs_broad(spectra, group, narrow, broad)
    best = broad.where(needed, narrow)
    areas, continua = {}, {}
    for column, key in enumerate(group.lines, start=CONTINUUM_TERMS):
        seen = _core_seen(spectra, LINE[key].wavelength)
        value, error = best.parameters[:, column], best.errors[:, column]
        areas[key] = Measure(np.where(seen, value, np.nan), np.where(seen, error, np.nan))
        continua[key] = _continuum(group, best, key)
    return GroupFit(areas, continua, broad=needed, sigma=np.where(needed, best.sigma[:, 1], best.sigma[:, 0]))


def _needs_broad(spectra: SpectraSet, group: Group, narrow: _Solution, broad: _Solution) -> np.ndarray:
    """(n,) bool, whether the Balmer line has a broad component: significant, not shallow, no mere wing."""
    balmer = group.balmer
    area, error, line = broad.parameters[:, -1], broad.errors[:, -1], broad.parameters[:, CONTINUUM_TERMS]
    gain = (narrow.chi2 - broad.chi2) / broad.reduced
    needed = _core_seen(spectra, LINE[balmer].wavelength) & (gain > MIN_BROAD_SIGNIFICANCE**2)
    needed &= area > MIN_BROAD_SIGNIFICANCE * error
    return needed & (area > MIN_BROAD_WIDTH * _continuum(group, broad, balmer)) & (area > MIN_BROAD_SHARE * line)


def _continuum(group: Group, solution: _Solution, key: str) -> np.ndarray:
    """(n,) continuum under a line."""
    return solution.parameters[:, :CONTINUUM_TERMS] @ legendre(group, LINE[key].wavelength)


@dataclass(frozen=True, eq=False)
class _Ladder:
    """The linear models of q pairs of widths, for p pixels.

    Parameters
    ----------
    pairs
        (q, 2) sigma in km/s, narrow and broad.
    active
        (k,) which of all parameters the models have: without a broad line, all others.
    columns
        (q, p, k).
    products
        (k * (k + 1) / 2, q, p) products of two columns, those of `np.triu_indices`.
    n_parameters
        Number of all parameters.
    """

    pairs: np.ndarray
    active: np.ndarray
    columns: np.ndarray
    products: np.ndarray
    n_parameters: int

    @classmethod
    @lru_cache(maxsize=16)
    def of(cls, grid: SpectralGrid, group: Group, pairs: tuple[tuple[float, float], ...]) -> "_Ladder":
        """The models of one group of lines; the same for all spectra on a grid."""
        models = np.array([design(grid, _pixels(grid, group), group, *pair) for pair in pairs])
        active = np.flatnonzero((np.abs(models).sum(axis=1) > 0).any(axis=0))
        columns = models[:, :, active]
        first, second = np.triu_indices(len(active))
        products = np.ascontiguousarray(np.moveaxis(columns[:, :, first] * columns[:, :, second], 2, 0))
        return cls(np.array(pairs), active, columns, products, models.shape[2])


def _best(ladder: _Ladder, flux: np.ndarray, weight: np.ndarray) -> _Solution:
    """The solution (n) of the pair of widths with the smallest chi-square, spectrum by spectrum.

    With N the normal matrix of a pair, L its Cholesky factor and r its right-hand side, a model explains
    ``|L^-1 r|^2`` of the sum of squares; parameters are needed of the best pair alone.
    """
    n, n_active = len(flux), len(ladder.active)
    q, p, k = ladder.columns.shape
    normal = (ladder.products.reshape(-1, p) @ weight.T).reshape(-1, q, n)
    right = (np.moveaxis(ladder.columns, 2, 0).reshape(-1, p) @ (weight * flux).T).reshape(k, q, n)
    first, second = np.triu_indices(n_active)
    diagonal = first == second
    # Parameters that no seen pixel constrains stay at 0 with a huge error.
    normal[diagonal] += 1e-9 * (1 + normal[diagonal])
    best = _explained(normal, right).argmax(axis=0)
    chosen = np.empty((n, k, k))
    chosen[:, first, second] = chosen[:, second, first] = normal[:, best, np.arange(n)].T
    right = right[:, best, np.arange(n)].T
    inverse = np.linalg.inv(chosen)
    parameters, errors = np.zeros((n, ladder.n_parameters)), np.zeros((n, ladder.n_parameters))
    parameters[:, ladder.active] = np.einsum("nij,nj->ni", inverse, right)
    errors[:, ladder.active] = np.sqrt(np.maximum(inverse[:, range(k), range(k)], 0.0))
    explained = np.einsum("ni,ni->n", parameters[:, ladder.active], right)
    chi2 = np.einsum("np,np,np->n", weight, flux, flux) - explained
    return _Solution(chi2, parameters, errors, ladder.pairs[best], np.ones(n))


def _explained(normal: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum of squares (…) that models explain, by Cholesky factors of their normal matrices.

    Parameters
    ----------
    normal
        (k * (k + 1) / 2, …) the upper triangles, row by row.
    right
        (k, …) right-hand sides.
    """
    k, explained = len(right), np.zeros(right.shape[1:])
    rows = np.split(normal, np.cumsum(range(k, 1, -1)))
    rows = [[*row, right[i]] for i, row in enumerate(rows)]  # the right-hand side is one more column of the factor
    for i, row in enumerate(rows):
        pivot = 1 / row[0]
        for j in range(1, k - i):
            share = row[j] * pivot
            for column in range(j, k - i + 1):
                rows[i + j][column - j] = rows[i + j][column - j] - share * row[column]
        explained += np.square(row[-1]) * pivot
    return explained


def _pixels(grid: SpectralGrid, group: Group) -> slice:
    """The pixels of a group."""
    first, last = np.searchsorted(grid.wavelength, [group.low, group.high])
    return slice(int(first), int(last))


def design(grid: SpectralGrid, pixels: slice, group: Group, narrow: float, broad: float) -> np.ndarray:
    """The linear model (p, terms + lines + 1): continuum, narrow lines, broad line (zeros where broad is 0)."""
    edges = grid.edges[pixels.start : pixels.stop + 1]
    lines = []
    for key, partner in group.lines.items():
        profile = _profile(edges, LINE[key].wavelength, narrow)
        if partner is not None:
            profile = profile + partner[1] * _profile(edges, partner[0], narrow)
        lines.append(profile)
    broad_line = _profile(edges, LINE[group.balmer].wavelength, broad) if broad else np.zeros(len(edges) - 1)
    return np.column_stack([legendre(group, grid.wavelength[pixels]).T, *lines, broad_line])


def _profile(edges: np.ndarray, wavelength: float, sigma: float) -> np.ndarray:
    """A Gaussian of unit area, mean over each pixel, per Angstrom."""
    from scipy.special import ndtr

    return np.diff(ndtr((edges - wavelength) / (wavelength * sigma / SPEED_OF_LIGHT))) / np.diff(edges)


def legendre(group: Group, wavelength: np.ndarray | float) -> np.ndarray:
    """(terms, …) Legendre polynomials over the group's stretch."""
    x = 2 * (np.asarray(wavelength) - group.low) / (group.high - group.low) - 1
    return np.array([np.ones_like(x), x, 1.5 * x**2 - 0.5])


def _core_seen(spectra: SpectraSet, wavelength: float) -> np.ndarray:
    """(n,) bool, whether enough pixels around a line are seen."""
    offset = np.abs(spectra.grid.wavelength / wavelength - 1) * SPEED_OF_LIGHT
    core = offset < max(CORE, 2 * float(offset.min()))
    return (spectra.ivar[:, core] > 0).mean(axis=1) >= MIN_SEEN
