"""Fits of a spectrum by ordinary light of its survey, by a star at rest in the observed frame, or by both.

Ordinary light is the mean and the first principal components of unremarkable spectra of the survey, in the rest frame
that the catalogue's redshift gives; star light is a non-negative sum of templates at redshift 0. Each is fitted alone
and both together, weighted by the errors and a floor for the errors of templates.

A break at the join of two spectrograph arms is looked for in the same way: the flux redwards of a trial wavelength may
be scaled by a factor s. With P the projection that takes ordinary light out of a weighted spectrum, and b and r the
weighted flux bluewards and redwards, s minimises ::

    chi2(s) = |P (b + s r)|^2      so that      s - 1 = - P(b + r).P r / |P r|^2      sigma(s) = sqrt(chi2 / n) / |P r|
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from ..data.spectra import SpectraSet
from .stellar_light import covered, star_templates

COMPONENTS = 10
"""Principal components of ordinary light, as many as the infill uses (Yip et al. 2004)."""

FLOOR = 0.03
"""Share of the flux that templates may be wrong by in any pixel."""

TRIAL_JOINS = np.arange(5200.0, 6801.0, 40.0)
"""Observed wavelengths where a break is tried, Angstrom: a true break at the join beats all others."""

MARGIN = 100
"""Seen pixels that there have to be on either side of a break: fewer are an edge, where ordinary light fits worst."""

FEWEST = 100
"""Seen pixels below which nothing is fitted."""


@dataclass(frozen=True)
class ArmBreak:
    """The best break that scales all flux redwards of it.

    Parameters
    ----------
    factor
        Flux on the red side over its expected value.
    sigma
        Significance: difference of the factor from 1, in its own errors.
    observed
        Observed wavelength of the break, Angstrom.
    chi2
        χ² per pixel of ordinary light with that break.
    """

    factor: float
    sigma: float
    observed: float
    chi2: float


@dataclass(frozen=True)
class LightFit:
    """χ² per pixel of each explanation, with the floor included.

    Parameters
    ----------
    n
        Pixels fitted.
    ordinary, star, both
        χ² per pixel of ordinary light, star light, and their sum.
    star_share
        Share of the light that is a star's, in the sum.
    step
        The best break; ``None`` where the join is not in the spectrum.
    """

    n: int
    ordinary: float
    star: float
    both: float
    star_share: float
    step: ArmBreak | None


@dataclass(frozen=True, eq=False)
class OrdinaryLight:
    """Linear model of the unremarkable spectra of a survey.

    Parameters
    ----------
    basis
        (n_pixel, n_component + 1): the mean spectrum and principal components.
    """

    basis: np.ndarray

    @classmethod
    def of(cls, spectra: SpectraSet) -> Self:
        """Fitted to some hundred unremarkable spectra."""
        flux = spectra.complete.astype(float)
        mean = flux.mean(axis=0)
        components = np.linalg.svd(flux - mean, full_matrices=False)[2][: min(COMPONENTS, len(flux) // 10)]
        return cls(np.column_stack([mean, components.T]))

    def fit(self, spectra: SpectraSet, redshift: float) -> LightFit | None:
        """Explain one spectrum; ``None`` where too little of it is seen at wavelengths of the star templates.

        Parameters
        ----------
        spectra
            One object, at rest by its catalogue's redshift.
        redshift
            That redshift.
        """
        observed = spectra.grid.log10_wavelength + np.log10(1 + redshift)
        pixels = np.flatnonzero((spectra.ivar[0] > 0) & covered(observed))
        if len(pixels) < FEWEST:
            return None
        flux, weight = _weighted(spectra.flux[0], spectra.ivar[0], pixels)
        rotation = np.linalg.qr(self.basis[pixels] * weight[:, None])[0]
        stars = star_templates(observed[pixels]) * weight[:, None]
        n = len(pixels)
        left = _without(flux, rotation)
        both, shares = _non_negative(_without(stars, rotation), left)
        return LightFit(
            n=n,
            ordinary=float(left @ left) / n,
            star=_non_negative(stars, flux)[0] / n,
            both=both / n,
            star_share=float(shares.sum() / (flux / weight).mean()),
            step=_best_step(flux, rotation, 10 ** observed[pixels]),
        )


def _weighted(flux: np.ndarray, ivar: np.ndarray, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flux times weight, and the weight, of the given pixels: one over the error with the floor of the templates."""
    from scipy.ndimage import uniform_filter1d

    flux, variance = flux[pixels].astype(float), 1 / ivar[pixels].astype(float)
    level = np.maximum(uniform_filter1d(np.abs(flux), 15), np.median(np.abs(flux)))
    weight = 1 / np.sqrt(variance + (FLOOR * level) ** 2)
    return flux * weight, weight


def _without(vectors: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Vectors (m,) or (m, k) without what the orthonormal columns of ``rotation`` (m, j) explain."""
    return vectors - rotation @ (rotation.T @ vectors)


def _non_negative(templates: np.ndarray, flux: np.ndarray) -> tuple[float, np.ndarray]:
    """χ² and coefficients of the best sum of templates (m, k) with no negative part."""
    from scipy.optimize import nnls

    coefficients, residual = nnls(templates, flux)
    return residual**2, coefficients


def _best_step(flux: np.ndarray, rotation: np.ndarray, observed: np.ndarray) -> ArmBreak | None:
    """The break that lowers χ² most, for weighted flux at observed wavelengths (m,), rising."""
    first = np.searchsorted(observed, TRIAL_JOINS)
    joins = TRIAL_JOINS[(first >= MARGIN) & (len(observed) - first >= MARGIN)]
    if not len(joins):
        return None
    left = _without(flux, rotation)
    red = _without(np.where(observed[:, None] > joins, flux[:, None], 0.0), rotation)
    power = np.square(red).sum(axis=0)
    product = left @ red
    gain = product**2 / power
    best = int(np.argmax(gain))
    chi2 = float(left @ left - gain[best]) / len(flux)
    scale = 1 - product[best] / power[best]
    sigma = abs(scale - 1) * float(np.sqrt(power[best] / chi2))
    return ArmBreak(factor=float(1 / scale), sigma=sigma, observed=float(joins[best]), chi2=chi2)
