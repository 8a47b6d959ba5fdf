"""Evidence of the class of spectra: line widths, ratios and indices, for the rules and for the catalogue."""

from dataclasses import dataclass

import numpy as np

from ..data.spectra import LineFit, SpectraSet
from ..lines import D4000_WINDOWS, FWHM_PER_SIGMA, INDICES, LINE
from .line_fit import GroupFit, fit_group
from .line_groups import H_ALPHA_GROUP, H_BETA_GROUP
from .line_strength import Measure, break_4000, index_strength, within

LINES_USED = ("h_alpha", "h_beta", "nii_6584", "oiii_5007")

DETECTED = 3.0
"""Significance, in sigma, of a detection: the paper's limit for Balmer emission, used for other lines as well."""

ABSORPTION = {"h_alpha": (1.5, 0.5), "h_beta": (1.7, 0.7)}
"""Equivalent width (Angstrom) of stellar absorption under narrow Balmer lines, and its spread among galaxies.

Added to widths measured on the spectrum itself, which sees emission and absorption summed. The values are rounded from
the median offset between such widths and those of the SDSS pipeline, which subtracts stellar templates, in some ten
galaxies with weak lines (1.7 and 1.5); Hopkins et al. (2003, ApJ 599, 971) use 1.3 Angstrom for Hα. The spread enters
the error, so that absorption that is weaker than usual is not taken for emission.
"""

SAME_LINE = 5.0
"""Angstrom within which a fitted line's rest wavelength is taken for that of a line in `LINE`, in air or vacuum."""

MAX_PIXEL = 600.0
"""Largest pixel in km/s: on a coarser grid lines are not resolved from their neighbours, and none is measured."""

MAX_ERROR_WIDTH = 3.0
"""Largest error of a width in Angstrom; see `_informative`."""

MAX_ERROR_BREAK = 0.3
"""Largest error of the 4000 Angstrom break; see `_informative`."""

Strengths = dict[str, Measure]
"""Flux of each of `LINES_USED`, any unit that is common to a spectrum; NaN where not measured."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Measurements on n spectra.

    Parameters
    ----------
    strengths
        Line fluxes, corrected for stellar absorption.
    broad
        (n,) bool, whether a Balmer line has a broad component.
    columns
        Columns for the catalogue, (n,) each.
    """

    strengths: Strengths
    broad: np.ndarray
    columns: dict[str, np.ndarray]


def measure(spectra: SpectraSet, assumed_errors: np.ndarray) -> Evidence:
    """Measure lines and indices on spectra at rest; columns hold only what lies on the grid.

    Equivalent widths ``ew_*`` are in Angstrom, positive in emission, stellar absorption not corrected; ``hd_a``,
    ``mg_b`` and ``na_d`` in Angstrom, positive in absorption; ``log_nii_ha`` and ``log_oiii_hb`` are corrected for
    stellar absorption and NaN where a line is not detected; ``balmer_fwhm`` is in km/s, that of the broad component
    where there is one, in the steps of the ladders of `line_fit`.

    Parameters
    ----------
    spectra
        At rest.
    assumed_errors
        (n,) bool, spectra whose file had no errors.
    """
    is_fine = spectra.grid.pixel_velocity <= MAX_PIXEL
    groups = (H_ALPHA_GROUP, H_BETA_GROUP) if is_fine else ()
    fits = [fit_group(spectra, group, assumed_errors) for group in groups]
    present = [fit for fit in fits if fit is not None]
    strengths = measured_strengths(len(spectra), present)
    columns: dict[str, np.ndarray] = {}
    for fit in present:
        widths = {key: fit.equivalent_width(key) for key in fit.areas if key in LINES_USED}
        columns |= {f"ew_{key}": _informative(width, MAX_ERROR_WIDTH) for key, width in widths.items()}
    if any("h_alpha" in fit.areas for fit in present):
        columns["log_nii_ha"] = log_ratio(strengths["nii_6584"], strengths["h_alpha"])
    if any("h_beta" in fit.areas for fit in present):
        columns["log_oiii_hb"] = log_ratio(strengths["oiii_5007"], strengths["h_beta"])
    if present:
        columns["balmer_fwhm"] = _balmer_fwhm(present)
    if is_fine:
        columns |= _indices(spectra)
    broad = np.any([fit.broad for fit in present], axis=0) if present else np.zeros(len(spectra), bool)
    return Evidence(strengths, broad, columns)


def measured_strengths(n: int, fits: list[GroupFit]) -> Strengths:
    """Line fluxes of n spectra from fits to them, stellar absorption added back."""
    strengths = {key: Measure(np.full(n, np.nan), np.full(n, np.nan)) for key in LINES_USED}
    for fit in fits:
        for key in set(fit.areas) & set(LINES_USED):
            area = fit.areas[key]
            absorbed, spread = ABSORPTION.get(key, (0.0, 0.0))
            continuum = np.maximum(fit.continua[key], 0.0)
            strengths[key] = Measure(area.value + absorbed * continuum, np.hypot(area.error, spread * continuum))
    return strengths


def fitted_strengths(line_fits: tuple[LineFit, ...]) -> Strengths:
    """Line fluxes of one object, arrays of length 1, from its file; an error of 0 or less means "not fitted"."""
    strengths = {}
    for key in LINES_USED:
        fit = find_line(line_fits, key)
        known = fit is not None and fit.area_error > 0
        value, error = (fit.area, fit.area_error) if known else (np.nan, np.nan)
        strengths[key] = Measure(np.array([value]), np.array([error]))
    return strengths


def find_line(line_fits: tuple[LineFit, ...], key: str) -> LineFit | None:
    """The fit of a line, identified by its rest wavelength, since names differ between releases."""
    near = [fit for fit in line_fits if abs(fit.wavelength - LINE[key].wavelength) < SAME_LINE]
    return min(near, key=lambda fit: abs(fit.wavelength - LINE[key].wavelength)) if near else None


def log_ratio(upper: Measure, lower: Measure) -> np.ndarray:
    """(n,) log10 of the ratio of two lines, NaN unless both are detected."""
    detected = (upper.significance >= DETECTED) & (lower.significance >= DETECTED)
    ratio = np.divide(upper.value, lower.value, out=np.full(len(detected), np.nan), where=detected)
    return np.log10(ratio)


def _balmer_fwhm(fits: list[GroupFit]) -> np.ndarray:
    """(n,) km/s of Hα, or Hβ where that is not seen; NaN where neither is a line in emission."""
    width = np.full(len(fits[0].broad), np.nan)
    for fit in reversed(fits):
        balmer = next(iter(fit.areas))
        found = fit.broad | (fit.areas[balmer].significance >= DETECTED)
        width = np.where(found, FWHM_PER_SIGMA * fit.sigma, width)
    return width


def _informative(measure: Measure, limit: float) -> np.ndarray:
    """(n,) values, NaN where the error exceeds both the limit and half the value: others would only stretch axes."""
    informative = measure.known & (measure.error <= np.maximum(limit, 0.5 * np.abs(measure.value)))
    return np.where(informative, measure.value, np.nan)


def _indices(spectra: SpectraSet) -> dict[str, np.ndarray]:
    grid = spectra.grid
    columns = {}
    if within(grid, D4000_WINDOWS[0][0], D4000_WINDOWS[1][1]):
        columns["d4000"] = _informative(break_4000(spectra), MAX_ERROR_BREAK)
    for index in INDICES:
        if within(grid, index.windows.min(), index.windows.max()):
            columns[index.key] = _informative(index_strength(spectra, index), MAX_ERROR_WIDTH)
    return columns
