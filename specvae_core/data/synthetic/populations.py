"""Stellar populations from synthetic stars: templates by age, metallicity and velocity dispersion.

A population of one age is a main sequence up to the turn-off (Salpeter mass function; luminosity and temperature as
power laws of mass) and the giants that have left it. Galaxies are weighted sums of the templates, dimmed by dust.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ...grid import SPEED_OF_LIGHT
from .stars import LOG10_STEP, REFERENCE_WAVELENGTH, WAVELENGTH, normalised, planck, star_spectra

AGES = np.array([0.005, 0.03, 0.1, 0.4, 1.0, 3.0, 12.0])
"""Ages of the templates, Gyr."""

METALLICITIES = np.array([-0.8, -0.3, 0.3])
"""[M/H] of the templates, dex."""

DISPERSIONS = np.array([50.0, 90.0, 130.0, 180.0, 240.0, 320.0])
"""Stellar velocity dispersions of the templates, km/s."""

INSTRUMENT_DISPERSION = 69.0
"""Gaussian sigma of the spectrograph's resolution, km/s (R = 1850)."""

PIXEL_VELOCITY = SPEED_OF_LIGHT * np.log(10.0) * LOG10_STEP
"""Width of a pixel, km/s."""

# Share of the light at 5500 Angstrom that comes from stars off the main sequence, at each of AGES.
_GIANT_LIGHT = np.array([0.0, 0.10, 0.12, 0.20, 0.38, 0.55, 0.64])
# Temperatures of those stars (K) at solar metallicity and their shares: clump and branch, its upper part, its tip.
_GIANTS = ((4800.0, 0.57), (4250.0, 0.28), (3600.0, 0.15))


def _single_age(age: float, giant_light: float, metallicity: float) -> np.ndarray:
    """Spectrum of stars of one age (Gyr) and metallicity, 1 at 5500 Angstrom; (n_pixel,)."""
    mass = np.geomspace(0.3, min(45.0, (age / 10.0) ** -0.4), 30)
    # Metal-rich stars of the same mass are cooler, and old turn-offs more so than hot ones.
    temperature = np.clip(5777.0 * mass**0.57, 3000.0, 42000.0) - 250.0 * metallicity
    bolometric = mass**3.5 * mass**-2.35 * mass  # luminosity, Salpeter's numbers, equal steps in ln(mass)
    visual = bolometric * planck(temperature, REFERENCE_WAVELENGTH) / temperature**4
    dwarfs = (visual / visual.sum()) @ star_spectra(temperature, metallicity)
    giant_temperature, share = np.array(_GIANTS).T
    giants = share @ star_spectra(giant_temperature - 200.0 * metallicity, metallicity)
    return normalised((1 - giant_light) * dwarfs + giant_light * giants)


@lru_cache(maxsize=1)
def templates() -> np.ndarray:
    """(7 ages x 3 metallicities x 6 dispersions, n_pixel) float32 spectra, each 1 at 5500 Angstrom."""
    sharp = np.array([[_single_age(a, g, m) for m in METALLICITIES] for a, g in zip(AGES, _GIANT_LIGHT, strict=True)])
    sigmas = np.hypot(DISPERSIONS, INSTRUMENT_DISPERSION) / PIXEL_VELOCITY
    broadened = np.stack([gaussian_filter1d(sharp, sigma, axis=-1, mode="nearest") for sigma in sigmas], axis=2)
    return broadened.reshape(-1, len(WAVELENGTH)).astype(np.float32)


def interpolation_weights(values: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """(n, n_node) weights that interpolate linearly between nodes; values beyond the ends are held there."""
    return np.stack([np.interp(values, nodes, unit) for unit in np.eye(len(nodes))], axis=1)


def stellar_light(age_weights: np.ndarray, metallicity: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """Stellar continua without dust at the spectrograph's resolution, each about 1 at 5500 Angstrom.

    Parameters
    ----------
    age_weights
        (n, 7) shares of the light at 5500 Angstrom of populations of `AGES`.
    metallicity
        (n,) stellar [M/H], dex.
    dispersion
        (n,) stellar velocity dispersion, km/s.

    Returns
    -------
    (n, n_pixel) float32 flux per Angstrom.
    """
    metals = interpolation_weights(metallicity, METALLICITIES)
    # Between two Gaussians the mixture that keeps the variance is linear in the square of the width.
    widths = interpolation_weights(dispersion**2, DISPERSIONS**2)
    weights = np.einsum("na,nm,nd->namd", age_weights, metals, widths).reshape(len(age_weights), -1)
    return weights.astype(np.float32) @ templates()


def dust_law(wavelength: np.ndarray | float) -> np.ndarray:
    """Starburst attenuation k = A / E(B-V) of Calzetti et al. (2000, ApJ 533, 682, Eq. 4), 1200 to 22000 Angstrom."""
    x = 1e4 / np.asarray(wavelength, dtype=float)
    optical = 2.659 * (-2.156 + 1.509 * x - 0.198 * x**2 + 0.011 * x**3) + 4.05
    red = 2.659 * (-1.857 + 1.040 * x) + 4.05
    return np.where(x > 1 / 0.63, optical, red)


def transmission(wavelength: np.ndarray, colour_excess: np.ndarray) -> np.ndarray:
    """Share of light that dust of the given E(B-V), (n,), lets through; (n, n_wavelength)."""
    return 10 ** (-0.4 * np.outer(colour_excess, dust_law(wavelength)))
