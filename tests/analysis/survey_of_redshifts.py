"""Spectra of two parameters, slope and strength of three lines, at known true redshifts under a wrong catalogue."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid

GRID = SpectralGrid.from_range(4000.0, 8000.0, 400)
LINES = ((4700.0, 1.0), (5300.0, -0.5), (6600.0, 1.5))
SN = 30.0


def rest_flux(wavelength: np.ndarray, slope: float, strength: float) -> np.ndarray:
    """Flux at rest wavelengths (Angstrom), whatever they are."""
    flux = 1 + slope * (wavelength - 6000) / 4000
    for centre, height in LINES:
        flux = flux + strength * height * np.exp(-0.5 * ((wavelength - centre) / 18.0) ** 2)
    return flux


def observed(n: int, seed: int, z: np.ndarray | None = None, catalogue: np.ndarray | None = None) -> SpectraSet:
    """Spectra whose true redshifts are ``z`` (n,), stored at rest under the ``catalogue`` redshifts (n,)."""
    random = np.random.default_rng(seed)
    z = np.zeros(n) if z is None else z
    catalogue = z if catalogue is None else catalogue
    slope, strength = random.uniform(-0.5, 0.5, n), random.uniform(0.3, 1.0, n)
    flux = np.empty((n, GRID.n_pixel))
    for row in range(n):
        truly_rest = GRID.wavelength * (1 + catalogue[row]) / (1 + z[row])
        flux[row] = rest_flux(truly_rest, slope[row], strength[row])
    flux += random.normal(0, 1 / SN, flux.shape)
    seen = random.random(flux.shape) > 0.05
    mean = np.where(seen, flux, 0).sum(axis=1, keepdims=True) / seen.sum(axis=1, keepdims=True)
    ivar = np.where(seen, SN**2 * mean**2, 0)
    table = pd.DataFrame({"id": [f"{seed}-{row}" for row in range(n)], "z": catalogue, "class": "galaxy"})
    flux = np.where(seen, flux / mean, 0).astype(np.float32)
    return SpectraSet(GRID, flux, ivar.astype(np.float32), table)
