"""From light at the top of the atmosphere to a reduced spectrum: noise, night sky, bad pixels.

The numbers are like those of the original SDSS spectrographs: noise grows towards both ends, under the airglow line
at 5577 Angstrom and under the OH bands redwards of 7200 Angstrom, and the sky is subtracted imperfectly there.
"""

import numpy as np
from numpy.random import Generator

from ...lines import air_to_vacuum
from .nebular import gaussian

LOG10_WAVELENGTH = 3.5797 + 1e-4 * np.arange(3841)
WAVELENGTH = 10.0**LOG10_WAVELENGTH
"""Observed wavelengths of all spectra in vacuum Angstrom, (3841,): 3799 to 9198."""

ARM_JOIN = 6000.0
"""Where the blue and the red arm of the spectrograph meet, Angstrom."""

_PHOTON_NOISE = 0.02
"""Variance that the object's own light adds, per unit of flux."""

# Air wavelength and strength of night-sky lines in units of the noise between lines.
_SKY_LINES = """
4358.3:0.8 5461.0:0.8 5577.3:9.0 5892.9:2.0 6300.3:3.0 6363.8:1.2 6498.7:0.3 6533.0:0.5 6553.6:0.5 6863.9:0.8 6923.2:0.9
6949.0:0.5 7244.9:0.8 7276.4:1.2 7316.3:1.4 7340.9:1.4 7369.3:0.8 7401.7:0.9 7524.1:0.6 7571.7:0.7 7715.0:0.8 7750.6:2.0
7794.1:2.0 7821.5:1.8 7853.3:1.3 7913.7:2.0 7949.2:0.9 7964.6:1.9 7993.3:1.9 8025.8:1.5 8061.9:0.7 8288.6:1.5 8298.6:1.0
8344.6:2.6 8352.8:1.0 8382.4:1.3 8399.2:3.2 8415.2:1.3 8430.2:3.4 8452.3:1.7 8465.4:2.6 8493.4:1.6 8504.6:1.5 8548.7:0.7
8767.9:1.8 8778.3:2.0 8791.2:1.8 8827.1:3.2 8836.0:1.2 8850.3:2.0 8867.6:1.8 8885.9:3.2 8903.1:1.8 8919.6:3.2 8943.4:1.8
8957.9:2.6 8988.4:2.0 9001.4:1.4 9038.1:1.6 9049.7:1.3 9102.0:1.0
"""


def _sky_noise() -> np.ndarray:
    """Standard deviation that the night-sky lines add, in units of the noise between lines; (n_pixel,)."""
    air, strength = np.array([pair.split(":") for pair in _SKY_LINES.split()], dtype=float).T
    sigma = 1.3e-4 * np.log(10) * air  # Gaussian sigma of 1.3 pixels
    profiles = gaussian(WAVELENGTH[:, None], air_to_vacuum(air), sigma)
    return profiles @ (strength * sigma * np.sqrt(2 * np.pi))


SKY_NOISE = _sky_noise()
_END_NOISE = (
    1 + 1.8 * np.exp((3800.0 - WAVELENGTH) / 230.0) + 0.5 * np.clip((WAVELENGTH - 7800.0) / 1400.0, 0, None) ** 2
)
_SKY = np.hypot(_END_NOISE, SKY_NOISE)
_MEDIAN_SKY = float(np.median(_SKY))


def flux_level(signal_to_noise: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Median flux at which a spectrum has the wanted median S/N, given the noise of the dark sky; all (n,).

    Solves S/N = F / sqrt(noise^2 + photon noise F) for F.
    """
    own = _PHOTON_NOISE * signal_to_noise**2
    return 0.5 * (own + np.sqrt(own**2 + 4 * (signal_to_noise * noise * _MEDIAN_SKY) ** 2))


def expose(clean: np.ndarray, noise: np.ndarray, missing: np.ndarray, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Observe spectra.

    Parameters
    ----------
    clean
        (n, n_pixel) flux without noise, 1e-17 erg/s/cm2/Angstrom.
    noise
        (n,) standard deviation of the dark sky between lines in the middle of the range, same unit.
    missing
        (n,) share of the pixels lost in one stretch on top of the usual bad pixels.
    rng
        Source of randomness.

    Returns
    -------
    flux, ivar
        (n, n_pixel) each; ivar is 0 at bad pixels, where flux is 0 or a cosmic ray.
    """
    n, n_pixel = clean.shape
    sigma = np.sqrt((noise[:, None] * _SKY) ** 2 + _PHOTON_NOISE * np.clip(clean, 0, None))
    flux = clean + sigma * rng.standard_normal(clean.shape)
    # The sky is scaled a little wrongly in each spectrum; 5577 has its own, worse luck, within limits: an ordinary
    # object is not to become an outlier by it.
    wrong = np.where(
        np.abs(WAVELENGTH - 5578.9) < 10,
        np.clip(rng.standard_t(4, (n, 1)), -2.5, 2.5),
        0.5 * rng.standard_normal((n, 1)),
    )
    flux += wrong * SKY_NOISE / _SKY * sigma
    ivar = 1 / sigma**2
    lost = _lost_stretches(n, n_pixel, missing, rng)
    flux[lost], ivar[lost] = 0.0, 0.0
    struck = rng.uniform(size=clean.shape) < 8e-4
    flux[struck] += rng.exponential(15.0, struck.sum()) * sigma[struck]
    ivar[struck] = 0.0
    return flux, ivar


def _lost_stretches(n: int, n_pixel: int, missing: np.ndarray, rng: Generator) -> np.ndarray:
    """(n, n_pixel) bool: ragged ends, a short gap in every fifth spectrum, and the long gaps that were asked for."""
    pixel = np.arange(n_pixel)
    first, last = rng.integers(0, 40, (2, n, 1))
    lost = (pixel < first) | (pixel >= n_pixel - last)
    length = np.where(rng.uniform(size=n) < 0.2, rng.integers(3, 50, n), 0)
    length = np.where(missing > 0, np.round(missing * n_pixel).astype(int), length)
    start = (rng.uniform(0.1, 0.9, n) * (n_pixel - length)).astype(int)
    return lost | ((pixel >= start[:, None]) & (pixel < (start + length)[:, None]))
