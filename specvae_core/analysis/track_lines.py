"""Lines of noiseless spectra on a grid: what changes along a track.

The linear model is that of `line_fit` (a parabola, Gaussians integrated over pixels, a broad Balmer line beside them).
But these spectra carry no noise and all pixels the same weight, so that one decomposition for each pair of widths
serves all spectra; the ladder of widths can be fine, and a parabola through its best rungs refines them.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import pandas as pd

from ..data.spectra import SpectraSet
from ..grid import SpectralGrid
from ..lines import FWHM_PER_SIGMA, LINE
from .evidence import ABSORPTION, MAX_PIXEL
from .line_fit import CONTINUUM_TERMS, MIN_BROAD_SHARE, MIN_BROAD_WIDTH, design, legendre
from .line_groups import H_ALPHA_GROUP, H_BETA_GROUP, Group
from .line_strength import break_4000, within

OII_GROUP = Group(3670.0, 3790.0, {"oii_3727": None})

GROUPS = (H_ALPHA_GROUP, H_BETA_GROUP, OII_GROUP)

NARROW = np.geomspace(70.0, 500.0, 14)
"""Ladder of widths of narrow lines, sigma in km/s."""

BROAD = np.geomspace(560.0, 4500.0, 14)
"""Ladder of widths of broad Balmer lines, sigma in km/s."""

MIN_BROAD_GAIN = 2.0
"""Factor by which a broad component has to lower the squared residual."""

MIN_EW = 0.3
"""Least equivalent width in Angstrom of a forbidden line with a ratio."""

MIN_BALMER_EW = 1.0
"""Least equivalent width in Angstrom of a Balmer line with a ratio (stellar absorption added back) or a width."""


@dataclass(frozen=True, eq=False)
class _Fit:
    """One group in n spectra: equivalent widths (Angstrom, positive in emission) and widths of lines."""

    widths: dict[str, np.ndarray]
    broad: np.ndarray
    sigma: np.ndarray


def measure_lines(grid: SpectralGrid, spectra: np.ndarray) -> dict[str, np.ndarray]:
    """Lines of n noiseless spectra at rest, (n,) each; NaN where the grid does not have them or cannot resolve them.

    ``ew_*`` are equivalent widths in Angstrom, positive in emission, stellar absorption not corrected, broad and
    narrow components of Balmer lines together, both lines of [O II] and of [S II]; ``log_*`` are log10 of ratios of
    narrow lines, Balmer lines corrected for typical stellar absorption (`evidence.ABSORPTION`), NaN where a line is not
    in emission; ``fwhm_h_alpha`` is in km/s, that of the broad component where there is one; ``d4000`` is the break of
    Balogh et al. (1999).

    Parameters
    ----------
    grid
        Where the pixels lie.
    spectra
        (n, n_pixel) flux, any unit.
    """
    flux = np.asarray(spectra, dtype=float)
    unknown = np.full(len(flux), np.nan)
    lines = dict.fromkeys(COLUMNS, unknown)
    if grid.pixel_velocity > MAX_PIXEL:
        return lines
    alpha, beta, oii = (_fit(grid, group, flux) for group in GROUPS)
    narrow: dict[str, np.ndarray] = {}
    for fit in filter(None, (alpha, beta, oii)):
        narrow |= fit.widths
    if "sii_6717" in narrow:
        narrow["sii"] = narrow["sii_6717"] + narrow["sii_6731"]
    lines |= {f"ew_{key}": width for key, width in narrow.items() if f"ew_{key}" in lines}
    for fit, key in ((alpha, "h_alpha"), (beta, "h_beta")):
        if fit is not None:
            lines[f"ew_{key}"] = narrow[key] + fit.broad
            narrow[key] = narrow[key] + ABSORPTION[key][0]
    for name, (upper, lower) in RATIOS.items():
        if upper in narrow and lower in narrow:
            lines[name] = _log_ratio(narrow[upper], narrow[lower])
    if alpha is not None:
        seen = lines["ew_h_alpha"] > MIN_BALMER_EW
        lines["fwhm_h_alpha"] = np.where(seen, FWHM_PER_SIGMA * alpha.sigma, np.nan)
    lines["d4000"] = _break(grid, flux)
    return lines


RATIOS = {
    "log_oiii_hb": ("oiii_5007", "h_beta"),
    "log_nii_ha": ("nii_6584", "h_alpha"),
    "log_sii_ha": ("sii", "h_alpha"),
}

COLUMNS = (
    "ew_h_alpha", "ew_h_beta", "ew_oii_3727", "ew_oiii_5007", "ew_nii_6584", "ew_sii", *RATIOS, "fwhm_h_alpha", "d4000",
)  # fmt: skip
"""Columns of `measure_lines`."""


def _log_ratio(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """(n,) log10, from equivalent widths: the continua of neighbouring lines differ by a per cent."""
    both = (upper > MIN_EW) & (lower > MIN_BALMER_EW)
    return np.log10(np.divide(upper, lower, out=np.full(len(upper), np.nan), where=both))


def _break(grid: SpectralGrid, flux: np.ndarray) -> np.ndarray:
    ones, ids = np.ones_like(flux), pd.DataFrame({"id": range(len(flux))})
    return break_4000(SpectraSet(grid, flux, ones, ids)).value


def _fit(grid: SpectralGrid, group: Group, flux: np.ndarray) -> _Fit | None:
    """Fit one group in all spectra; ``None`` where it does not lie on the grid."""
    if not within(grid, group.low, group.high):
        return None
    first, last = (int(edge) for edge in np.searchsorted(grid.wavelength, [group.low, group.high]))
    part = flux[:, first:last]
    solve = partial(_solve, grid, group, slice(first, last))
    fits = [solve(one, *widths) for one, widths in zip(part, _best_widths(grid, group, part, False), strict=True)]
    if group is not OII_GROUP:
        wide = [solve(one, *widths) for one, widths in zip(part, _best_widths(grid, group, part, True), strict=True)]
        fits = [both if _needs_broad(single, both) else single for single, both in zip(fits, wide, strict=True)]
    lines = np.array([fit.lines for fit in fits]).reshape(-1, len(group.lines))
    widths = dict(zip(group.lines, lines.T, strict=True))
    return _Fit(widths, np.array([fit.broad for fit in fits]), np.array([fit.sigma for fit in fits]))


@dataclass(frozen=True)
class _One:
    """The fit of one spectrum: equivalent widths in Angstrom, width of the Balmer line in km/s, squared residual."""

    lines: list[float]
    broad: float
    sigma: float
    residual: float


def _needs_broad(single: _One, both: _One) -> bool:
    if both.residual * MIN_BROAD_GAIN > single.residual:
        return False
    return both.broad > MIN_BROAD_WIDTH and both.broad > MIN_BROAD_SHARE * both.lines[0]


def _solve(grid: SpectralGrid, group: Group, pixels: slice, flux: np.ndarray, narrow: float, broad: float) -> _One:
    """Least squares of one spectrum for given widths, km/s; ``broad`` 0 for none."""
    model = design(grid, pixels, group, narrow, broad)
    model = model if broad else model[:, :-1]
    solution = np.linalg.lstsq(model, flux, rcond=None)[0]
    terms, lines = np.split(solution, [CONTINUUM_TERMS])
    keys = [*group.lines, *([group.balmer] if broad else [])]
    continua = np.array([terms @ legendre(group, LINE[key].wavelength) for key in keys])
    widths = np.divide(lines, continua, out=np.full(len(lines), np.nan), where=continua > 0).tolist()
    residual = float(np.square(flux - model @ solution).sum())
    return _One(widths[: len(group.lines)], widths[-1] if broad else 0.0, broad or narrow, residual)


def _best_widths(grid: SpectralGrid, group: Group, flux: np.ndarray, with_broad: bool) -> np.ndarray:
    """(n, 2) widths in km/s, narrow and broad, of the smallest squared residual; broad is 0 where it is not asked for.

    Parameters
    ----------
    flux
        (n, p) the group's stretch of the spectra.
    """
    ladders = (NARROW, BROAD) if with_broad else (NARROW, np.zeros(1))
    explained = np.square(np.einsum("apk,np->nak", _orthonormal(grid, GROUPS.index(group), with_broad), flux)).sum(
        axis=2
    )
    cost = -explained.reshape(len(flux), *(len(ladder) for ladder in ladders))
    best = [np.unravel_index(one.argmin(), one.shape) for one in cost]
    narrow = [_refined(NARROW, one[:, j], i) for one, (i, j) in zip(cost, best, strict=True)]
    broad = [_refined(BROAD, one[i], j) if with_broad else 0.0 for one, (i, j) in zip(cost, best, strict=True)]
    return np.column_stack([narrow, broad])


def _refined(ladder: np.ndarray, cost: np.ndarray, i: int) -> float:
    """The width at the minimum of the parabola through a rung and its neighbours, in the logarithm of the width."""
    if not 0 < i < len(ladder) - 1:
        return float(ladder[i])
    below, here, above = cost[i - 1 : i + 2]
    bend = below - 2 * here + above
    shift = 0.5 * (below - above) / bend if bend > 0 else 0.0
    return float(ladder[i] * (ladder[i + 1] / ladder[i]) ** shift)


@lru_cache(maxsize=12)
def _orthonormal(grid: SpectralGrid, which: int, with_broad: bool) -> np.ndarray:
    """(pairs of widths, p, k) orthonormal bases of the linear models of a group for all pairs of widths."""
    group = GROUPS[which]
    first, last = (int(edge) for edge in np.searchsorted(grid.wavelength, [group.low, group.high]))
    pairs = [(narrow, broad) for narrow in NARROW for broad in (BROAD if with_broad else [0.0])]
    models = np.array([design(grid, slice(first, last), group, *pair) for pair in pairs])
    return np.linalg.qr(models if with_broad else models[:, :, :-1])[0]
