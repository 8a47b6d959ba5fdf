"""A synthetic photometric survey: galaxies in five bands, with known redshifts.

Magnitudes are AB, from photons counted in bands of the shape of a trapezium near those of SDSS: the templates end at
9265 Angstrom, so the reddest band is narrower.
"""

import numpy as np
import pandas as pd
from numpy.random import default_rng

from ...grid import SPEED_OF_LIGHT
from .objects import bounded
from .populations import AGES, stellar_light, transmission
from .stars import WAVELENGTH

BANDS = {"u": (3100, 3950), "g": (3950, 5450), "r": (5600, 6950), "i": (6950, 8350), "z": (8350, 9200)}
"""First and last wavelength of each band, Angstrom."""

DEPTH = {"u": 22.0, "g": 22.2, "r": 22.2, "i": 21.3, "z": 20.5}
"""Magnitude at which a galaxy's S/N is 5."""

FLOOR = 0.02
"""Error that bright galaxies keep, mag."""

FARTHEST = 0.25
"""Largest redshift: beyond it the u band sees light bluer than the templates have."""

_LIGHT_HUBBLE = SPEED_OF_LIGHT / 70.0  # Mpc
_SLOPE = 60.0  # Angstrom over which a band opens


def galaxy_colours(n: int, seed: int) -> pd.DataFrame:
    """Magnitudes of ``n`` galaxies.

    Returns
    -------
    table
        ``id``, ``redshift``, ``class`` (quiescent or star-forming), and for each of `BANDS` its magnitude and its
        error, ``u`` and ``u_err`` and so on.
    """
    rng = default_rng(seed)
    quiescent = rng.random(n) < 0.45
    young = np.where(quiescent, rng.uniform(0, 0.03, n), rng.uniform(0.15, 0.9, n))
    share = np.exp(-0.5 * ((np.log10(AGES)[None] - np.where(quiescent, 0.9, 0.4)[:, None]) / 0.25) ** 2)
    burst = np.exp(-0.5 * ((np.log10(AGES)[None] + 1.0) / 0.6) ** 2)
    weights = _shares(share) * (1 - young[:, None]) + _shares(burst) * young[:, None]
    metals = np.where(quiescent, bounded(rng, 0.0, 0.15, -0.4, 0.2, n), bounded(rng, -0.3, 0.2, -0.7, 0.2, n))
    dust = np.where(quiescent, rng.exponential(0.02, n), rng.gamma(2.0, 0.08, n)).clip(0, 0.6)
    redshift = FARTHEST * rng.beta(2.2, 2.2, n)
    rest = stellar_light(weights, metals, np.full(n, 150.0)) * transmission(WAVELENGTH, dust)
    bright = rng.normal(np.where(quiescent, -21.6, -20.9), 0.6) + 5 * np.log10(_LIGHT_HUBBLE * redshift * 1e5)
    columns: dict[str, object] = {"id": [f"galaxy-{row:05d}" for row in range(n)], "redshift": redshift}
    columns["class"] = np.where(quiescent, "quiescent", "star-forming")
    counts = {band: _photons(rest, redshift, *ends) for band, ends in BANDS.items()}
    for band in BANDS:
        truth = bright - 2.5 * np.log10(counts[band] / counts["r"])
        error = np.hypot(FLOOR, 0.2 * 10 ** (0.4 * (truth - DEPTH[band])))
        columns |= {band: truth + rng.normal(0, error), f"{band}_err": error}
    return pd.DataFrame(columns)


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=1, keepdims=True)


def _photons(rest: np.ndarray, redshift: np.ndarray, low: float, high: float) -> np.ndarray:
    """Photons in a band per unit frequency and time, up to one factor for each galaxy; (n,)."""
    observed = np.linspace(low, high, 120)
    open_ = np.clip(np.minimum(observed - low, high - observed) / _SLOPE, 0, 1)
    flux = np.stack([np.interp(observed / (1 + z), WAVELENGTH, light) for z, light in zip(redshift, rest, strict=True)])
    return (flux * open_ * observed).sum(axis=1) / (open_ / observed).sum()
