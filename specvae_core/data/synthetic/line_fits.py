"""The line fits that a survey's own pipeline would have made of the synthetic spectra."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from ..spectra import LineFit
from . import spectrograph, stars
from .light import ObservedLight, line_profile
from .nebular import BROAD_STRENGTHS, FWHM_PER_SIGMA, NARROW_LINES
from .populations import PIXEL_VELOCITY

FITTED_LINES = ("[O_II] 3727", "H_beta", "[O_III] 5007", "H_alpha", "[N_II] 6583", "[S_II] 6716")
"""Lines that are fitted, by the names that the SDSS pipeline gives them."""


def fit_lines(
    objects: pd.DataFrame, light: ObservedLight, flux: np.ndarray, ivar: np.ndarray, rng: Generator
) -> list[tuple[LineFit, ...]]:
    """Fit areas of lines whose centres, widths and neighbours are known, on a known continuum.

    A line of which less than half was seen has area 0 and error -1, as the SDSS pipeline writes it. In type 1 objects
    one broad profile stands for a Balmer line and takes its narrow part with it.

    Parameters
    ----------
    objects, light
        The n objects and their light.
    flux, ivar
        (n, n_pixel) what was observed.
    rng
        Source of the scatter of the fitted widths.
    """
    noise = np.where(ivar > 0, flux - light.flux, 0.0)
    return list(zip(*(_fit_line(name, objects, light, noise, ivar, rng) for name in FITTED_LINES), strict=True))


def _fit_line(
    name: str, objects: pd.DataFrame, light: ObservedLight, noise: np.ndarray, ivar: np.ndarray, rng: Generator
) -> list[LineFit]:
    """One line in all objects: the least-squares area is the true one plus the noise projected on the profile."""
    wavelength, redshift = NARROW_LINES[name], objects["redshift"].to_numpy()
    area, dispersion = light.line_area[:, list(NARROW_LINES).index(name)], objects["sigma_gas"].to_numpy()
    if name in BROAD_STRENGTHS:
        area = area + BROAD_STRENGTHS[name] * light.broad_h_alpha
        dispersion = np.where(light.broad_h_alpha > 0, objects["broad_fwhm"] / FWHM_PER_SIGMA, dispersion)
    half_window = int(np.ceil(3.5 * dispersion.max() / PIXEL_VELOCITY)) + 10
    pixels, profile = line_profile(wavelength, redshift, dispersion, half_window)
    rows = np.arange(len(objects))[:, None]
    weight = profile * ivar[rows, pixels]
    width = spectrograph.WAVELENGTH[pixels] * np.log(10.0) * stars.LOG10_STEP
    fitted = (profile * width * (weight > 0)).sum(axis=1) > 0.5
    information = np.where(fitted, (weight * profile).sum(axis=1), 1.0)
    error = np.where(fitted, information**-0.5, -1.0)
    area = np.where(fitted, area + (weight * noise[rows, pixels]).sum(axis=1) / information, 0.0)
    scatter = np.clip(0.7 * error / np.maximum(np.abs(area), 1e-3), 0.0, 0.5) * rng.standard_normal(len(area))
    dispersion = np.where(fitted, dispersion * np.exp(scatter), 0.0)
    continuum = np.maximum(0.5 * (light.flux[rows, pixels[:, [0, -1]]]).sum(axis=1), 1e-3)
    numbers = np.stack([area, error, dispersion, area / continuum], axis=1).tolist()
    return [LineFit(name, wavelength, *row) for row in numbers]
