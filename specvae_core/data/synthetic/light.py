"""The light of synthetic objects: put together at rest, shifted into the observed frame, scaled to its brightness."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from ...lines import D4000_WINDOWS, LINE
from . import spectrograph, stars
from .nebular import H_ALPHA_COLUMN, NARROW_LINES, gaussian, narrow_line_ratios, nucleus_light, observed_sigma, reddened
from .populations import INSTRUMENT_DISPERSION, PIXEL_VELOCITY, stellar_light, transmission

_DUST_ON_STARS = 0.44  # E(B-V) of the stars relative to that of the gas (Calzetti et al. 2000, Eq. 3)
_NARROW_WINDOW = 24  # pixels on either side of a narrow line: five sigma of the widest
_H_ALPHA = LINE["h_alpha"].wavelength
_BESIDE_H_ALPHA = (np.abs(stars.WAVELENGTH - _H_ALPHA) > 25) & (np.abs(stars.WAVELENGTH - _H_ALPHA) < 60)


@dataclass(frozen=True, eq=False)
class ObservedLight:
    """What reaches the spectrograph from n objects, before noise.

    Parameters
    ----------
    flux
        (n, n_pixel) on the survey's pixels, 1e-17 erg/s/cm2/Angstrom.
    line_area
        (n, n_line) narrow emission in the order of ``NARROW_LINES``, 1e-17 erg/s/cm2.
    h_alpha_continuum
        (n,) flux density under the lines at H alpha, 1e-17 erg/s/cm2/Angstrom; 0 for stars.
    broad_h_alpha
        (n,) area of the broad H alpha line, 1e-17 erg/s/cm2; 0 but in type 1 objects.
    d4000
        (n,) narrow 4000 Angstrom break of the galaxy's light without noise and narrow lines; NaN for stars.
    """

    flux: np.ndarray
    line_area: np.ndarray
    h_alpha_continuum: np.ndarray
    broad_h_alpha: np.ndarray
    d4000: np.ndarray


def observe_light(objects: pd.DataFrame) -> ObservedLight:
    """Light of n objects, rows as `draw_objects` makes them, in the observed frame."""
    redshift, star_light = objects["redshift"].to_numpy(), objects["star_light"].to_numpy()
    rest, continuum, nuclear = _galaxies_at_rest(objects)
    galaxy = _into_observed_frame(rest, redshift)
    area = _narrow_line_areas(objects, continuum)
    _add_narrow_lines(galaxy, area, redshift, objects["sigma_gas"].to_numpy())
    share = (1 - star_light) / np.median(galaxy, axis=1)
    flux = share[:, None] * galaxy
    contaminated = star_light > 0
    flux[contaminated] += star_light[contaminated, None] * _foreground_stars(objects[contaminated])
    level = spectrograph.flux_level(objects["sn"].to_numpy(), objects["noise"].to_numpy())
    red_arm = objects["red_arm"].to_numpy()[:, None]
    flux *= level[:, None] * _arm_factor(spectrograph.WAVELENGTH, red_arm)
    centres = np.array(list(NARROW_LINES.values())) * (1 + redshift[:, None])
    scale = (share * level)[:, None] * _arm_factor(centres, red_arm)
    at_h_alpha = scale[:, H_ALPHA_COLUMN]
    return ObservedLight(
        flux=flux,
        line_area=area * scale,
        h_alpha_continuum=continuum * at_h_alpha,
        broad_h_alpha=objects["broad_ew"].to_numpy() * nuclear * (1 + redshift) * at_h_alpha,
        d4000=np.where(star_light < 1, _d4000(rest), np.nan),
    )


def line_profile(
    wavelength: float, redshift: np.ndarray, velocity_sigma: np.ndarray, half_window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where a line falls on the survey's pixels, and its shape.

    Parameters
    ----------
    wavelength
        At rest, vacuum Angstrom.
    redshift, velocity_sigma
        (n,) each; dispersion in km/s without the spectrograph's.
    half_window
        Pixels to return on either side of the centre.

    Returns
    -------
    pixels, profile
        (n, 2 half_window + 1) each: pixel numbers, held at the first and last pixel, and the profile of unit area per
        Angstrom, 0 for what falls off the ends.
    """
    centre = wavelength * (1 + redshift)[:, None]
    middle = (np.log10(centre) - spectrograph.LOG10_WAVELENGTH[0]) / stars.LOG10_STEP
    pixels = np.rint(middle).astype(int) + np.arange(-half_window, half_window + 1)
    inside = (pixels >= 0) & (pixels < len(spectrograph.WAVELENGTH))
    pixels = np.clip(pixels, 0, len(spectrograph.WAVELENGTH) - 1)
    sigma = observed_sigma(centre, velocity_sigma[:, None])
    return pixels, np.where(inside, gaussian(spectrograph.WAVELENGTH[pixels], centre, sigma), 0.0)


def _galaxies_at_rest(objects: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stars and nuclei behind dust, without narrow lines.

    Returns
    -------
    light, continuum, nuclear
        (n, 5270); the continuum under H alpha, (n,); the nucleus's part of that, (n,).
    """
    dust, nucleus = objects["dust"].to_numpy(), objects["nucleus"].to_numpy()
    light = stellar_light(_age_weights(objects), objects["metallicity"].to_numpy(), objects["sigma_v"].to_numpy())
    light *= transmission(stars.WAVELENGTH, _DUST_ON_STARS * dust)
    light *= (1 - nucleus)[:, None]
    stellar = light[:, _BESIDE_H_ALPHA].mean(axis=1, dtype=float)
    type1 = nucleus > 0
    visible = nucleus[type1, None] * transmission(stars.WAVELENGTH, dust[type1])
    light[type1] += visible * nucleus_light(objects[type1], stars.WAVELENGTH)
    power_law = (_H_ALPHA / stars.REFERENCE_WAVELENGTH) ** -objects["slope"].to_numpy()
    nuclear = nucleus * power_law * transmission(np.array([_H_ALPHA]), dust)[:, 0]
    return light, stellar + nuclear, nuclear


def _age_weights(objects: pd.DataFrame) -> np.ndarray:
    """Shares of the light of the seven ages of the templates; (n, 7)."""
    names = ("young", "intermediate", "very_young_share", "recent_share", "old_share")
    young, intermediate, very_young, recent, old = (objects[name].to_numpy() for name in names)
    ancient = 1 - young - intermediate
    weights = [young * very_young, young * (1 - very_young) / 2, young * (1 - very_young) / 2]
    weights += [intermediate * recent, intermediate * (1 - recent), ancient * (1 - old), ancient * old]
    return np.stack(weights, axis=1)


def _into_observed_frame(rest: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """Shift (n, 5270) templates to the survey's pixels: on a log grid a redshift is one number of pixels a spectrum."""
    n_pixel = len(spectrograph.WAVELENGTH)
    first = spectrograph.LOG10_WAVELENGTH[0] - stars.LOG10_WAVELENGTH[0] - np.log10(1 + redshift)
    part, whole = np.modf(first / stars.LOG10_STEP)
    shifted = np.empty((len(rest), n_pixel))
    for row, spectrum, start, fraction in zip(shifted, rest, whole.astype(int), part, strict=True):
        window = spectrum[start : start + n_pixel + 1]
        row[:] = (1 - fraction) * window[:-1] + fraction * window[1:]
    return shifted


def _narrow_line_areas(objects: pd.DataFrame, continuum: np.ndarray) -> np.ndarray:
    """Areas of `NARROW_LINES` in the observed frame where the continuum under H alpha is as given; (n, n_line)."""
    # Flux is per observed Angstrom, so that a line of a given rest-frame equivalent width covers 1 + z times more.
    h_alpha = objects["h_alpha_ew"].to_numpy() * continuum * (1 + objects["redshift"].to_numpy())
    ratios = narrow_line_ratios(*(objects[name].to_numpy() for name in ("log_nii_ha", "log_oiii_hb", "active")))
    return h_alpha[:, None] * reddened(ratios, objects["dust"].to_numpy())


def _add_narrow_lines(flux: np.ndarray, area: np.ndarray, redshift: np.ndarray, velocity_sigma: np.ndarray) -> None:
    rows = np.arange(len(flux))[:, None]
    for wavelength, line_area in zip(NARROW_LINES.values(), area.T, strict=True):
        pixels, profile = line_profile(wavelength, redshift, velocity_sigma, _NARROW_WINDOW)
        np.add.at(flux, (rows, pixels), line_area[:, None] * profile)


def _foreground_stars(objects: pd.DataFrame) -> np.ndarray:
    """Spectra of stars of our Galaxy at rest on the survey's pixels, each with median 1; (n, n_pixel)."""
    sharp = stars.star_spectra(objects["star_temperature"].to_numpy())
    seen = gaussian_filter1d(sharp, INSTRUMENT_DISPERSION / PIXEL_VELOCITY, axis=1)
    observed = _into_observed_frame(seen, np.zeros(len(objects)))
    return observed / np.median(observed, axis=1, keepdims=True)


def _arm_factor(wavelength: np.ndarray, red_arm: np.ndarray) -> np.ndarray:
    """What wrong calibration does at observed wavelengths: scales everything that falls on the red arm."""
    return np.where(wavelength > spectrograph.ARM_JOIN, red_arm, 1.0)


def _d4000(rest: np.ndarray) -> np.ndarray:
    """Narrow 4000 Angstrom break, flux per frequency (Balogh et al. 1999, ApJ 527, 54); (n,)."""
    per_frequency = rest * stars.WAVELENGTH**2
    blue, red = (
        per_frequency[:, (low < stars.WAVELENGTH) & (high > stars.WAVELENGTH)].mean(axis=1)
        for low, high in D4000_WINDOWS
    )
    return red / blue
