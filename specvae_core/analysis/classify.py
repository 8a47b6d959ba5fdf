"""Spectral classes of galaxies, by the rules of Portillo et al. (2020, section 3).

A quasar, by the catalogue or by broad Balmer lines, is a ``broad-line AGN``. A galaxy without Balmer emission of three
sigma is ``quiescent``; the others are divided by the maximum-starburst line of Kewley et al. (2001, ApJ 556, 121,
Eq. 5) in [O III]/Hβ over [N II]/Hα: ``narrow-line AGN`` above it, ``emission-line`` below. Line strengths come from the
fits in the object's file, which subtract the stellar continuum, or else from the spectrum itself (`evidence`). Objects
of any other catalogue class keep that class.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..data.spectra import LineFit, SpectraSet
from ..grid import SpectralGrid
from ..lines import FWHM_PER_SIGMA
from .evidence import DETECTED, Strengths, find_line, fitted_strengths, measure

QUIESCENT, EMISSION, NARROW, BROAD = "quiescent", "emission-line", "narrow-line AGN", "broad-line AGN"
CLASSES = (QUIESCENT, EMISSION, NARROW, BROAD)

GALAXY_NAMES = ("galaxy", "gal")
QUASAR_NAMES = ("qso", "quasar", "hiz_qso")
STAR_NAMES = ("star", "star_late")
UNKNOWN_NAMES = ("", "unknown", "nan", "none")

KEWLEY_END = 0.47
"""log10 of the [N II]/Hα at which the curve of Kewley et al. (2001) ends: beyond it, star formation is ruled out."""

BROAD_FWHM = 1200.0
"""km/s; a Balmer line as wide as this is broad."""

MIN_REDSHIFT = 0.001
"""An object that the catalogue gives no class counts as a galaxy only beyond this: nearer ones are mostly stars."""


def assign_classes(spectra: SpectraSet, line_fits: Sequence[tuple[LineFit, ...]]) -> pd.DataFrame:
    """Classes of objects, their sources and the evidence, as columns for the catalogue.

    ``class`` is the class; ``class_source`` is ``line fits``, ``spectrum``, ``catalogue`` or empty where there is none;
    ``catalogue_class`` is the class in the catalogue. An object without one there is classified by its lines if it
    has a redshift that makes it a galaxy (`MIN_REDSHIFT`), else it has no class. Where neither the fits nor
    the grid have a Balmer line, the catalogue decides. The other columns, see `evidence.measure`, are measured on the
    spectra alike for all objects.

    Parameters
    ----------
    spectra
        n spectra at rest; column ``class`` holds the catalogue's classes; ``subclass``, ``z`` and ``assumed_sn`` are
        used where present.
    line_fits
        n tuples, empty where a file has no fits.
    """
    table = spectra.table
    catalogue, subclass = _words(table, "class"), _words(table, "subclass")
    is_far = _numbers(table, "z") > MIN_REDSHIFT
    if not isinstance(spectra.grid, SpectralGrid):  # no wavelength, no line
        return pd.DataFrame({"class": catalogue, "class_source": ["catalogue" if name else "" for name in catalogue]})
    evidence = measure(spectra, np.isfinite(_numbers(table, "assumed_sn")))
    by_spectrum = galaxy_classes(evidence.strengths)
    decided = [
        _decide(catalogue[row], subclass[row], fits, by_spectrum[row], bool(evidence.broad[row]), bool(is_far[row]))
        for row, fits in enumerate(line_fits)
    ]
    names, sources = np.array(decided, dtype=object).reshape(-1, 2).T
    columns = {"class": names, "class_source": sources, "catalogue_class": np.array(catalogue, dtype=object)}
    return pd.DataFrame(columns | evidence.columns, index=range(len(table)))


def galaxy_classes(strengths: Strengths) -> np.ndarray:
    """Classes of n galaxies by their narrow lines, (n,) strings; empty where no Balmer line was measured.

    The Balmer line is Hα, or Hβ where Hα was not measured. An AGN needs evidence: [N II] and Hα must be detected, and
    either [N II]/Hα alone lies beyond the curve's end, or [O III] is detected and its ratio to Hβ, or to Hβ's
    three-sigma limit where that is larger, lies above the curve.

    Parameters
    ----------
    strengths
        Line fluxes, free of stellar absorption.

    Examples
    --------
    >>> from specvae_core.analysis.line_strength import Measure
    >>> flux = {"h_alpha": [10.0, 10.0, 1.0], "h_beta": [3.0, 3.0, 0.0], "nii_6584": [3.0, 12.0, 1.0]}
    >>> flux |= {"oiii_5007": [3.0, 20.0, 1.0]}
    >>> strengths = {key: Measure(np.array(values), np.full(3, 0.5)) for key, values in flux.items()}
    >>> galaxy_classes(strengths).tolist()
    ['emission-line', 'narrow-line AGN', 'quiescent']
    """
    alpha, beta, nii, oiii = (strengths[key] for key in ("h_alpha", "h_beta", "nii_6584", "oiii_5007"))
    balmer = np.where(alpha.known, alpha.significance, beta.significance)
    known = alpha.known | beta.known
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where((nii.significance >= DETECTED) & (alpha.significance >= DETECTED), nii.value / alpha.value, np.nan)
        largest_beta = np.maximum(beta.value, DETECTED * beta.error)
        y = np.where(oiii.significance >= DETECTED, oiii.value / largest_beta, np.nan)
        x, y = np.log10(x), np.log10(y)
        active = (x >= KEWLEY_END) | (y > maximum_starburst(x))
    names = np.where(active, NARROW, EMISSION).astype(object)
    names[known & (balmer < DETECTED)] = QUIESCENT
    names[~known] = ""
    return names


def maximum_starburst(log_nii_ha: np.ndarray) -> np.ndarray:
    """log10 of the largest [O III]/Hβ that star formation gives at an [N II]/Hα (Kewley et al. 2001, Eq. 5).

    >>> float(maximum_starburst(np.array(-0.5)).round(2))
    0.56
    """
    return 0.61 / (log_nii_ha - KEWLEY_END) + 1.19


def _decide(
    catalogue_class: str, subclass: str, fits: tuple[LineFit, ...], by_spectrum: str, is_broad: bool, is_far: bool
) -> tuple[str, str]:
    """Class of one object and where it comes from."""
    name = catalogue_class.lower()
    if name in STAR_NAMES:
        return "star", "catalogue"
    if name in QUASAR_NAMES:
        return BROAD, "catalogue"
    if name not in (*GALAXY_NAMES, *UNKNOWN_NAMES):
        return catalogue_class, "catalogue"
    if name in UNKNOWN_NAMES and not is_far:
        return "", ""
    if name in UNKNOWN_NAMES and is_broad:
        return BROAD, "spectrum"
    if "BROADLINE" in subclass.upper() and _has_broad_fit(fits):
        return BROAD, "catalogue"
    by_fits = str(galaxy_classes(fitted_strengths(fits))[0]) if fits else ""
    choices = ((by_fits, "line fits"), (by_spectrum, "spectrum"), (_by_subclass(subclass), "catalogue"))
    return next((choice for choice in choices if choice[0]), ("", ""))


def _has_broad_fit(fits: tuple[LineFit, ...]) -> bool:
    """Whether the file's Balmer lines are broad, or are missing.

    The SDSS pipeline writes BROADLINE from a sigma of 200 km/s on, which massive galaxies reach in narrow lines.
    """
    balmer = [fit for fit in (find_line(fits, "h_alpha"), find_line(fits, "h_beta")) if fit and fit.area_error > 0]
    return not balmer or any(FWHM_PER_SIGMA * fit.sigma >= BROAD_FWHM for fit in balmer)


def _by_subclass(subclass: str) -> str:
    """The class that an SDSS subclass of a galaxy stands for, empty where it has none."""
    words = subclass.upper().split()
    if "BROADLINE" in words:
        return BROAD
    if "AGN" in words:
        return NARROW
    return EMISSION if {"STARFORMING", "STARBURST"} & set(words) else ""


def _words(table: pd.DataFrame, name: str) -> list[str]:
    return [str(value).strip() for value in table[name]] if name in table else [""] * len(table)


def _numbers(table: pd.DataFrame, name: str) -> np.ndarray:
    return table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)
