"""Simulated stars whose flux is a quadratic function of two labels."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid

GRID = SpectralGrid.from_range(4000.0, 7000.0, 60)
NAMES = ("teff", "feh")


def quadratic_flux(teff: np.ndarray, feh: np.ndarray) -> np.ndarray:
    """Noiseless spectra (n, 60) of labels (n,) each."""
    u, v = ((teff - 5000) / 500)[:, None], feh[:, None]
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.3) / 0.1) ** 2)
    return 1 + 0.1 * u * position + 0.03 * u**2 * position**2 - (0.3 + 0.15 * v + 0.03 * u * v) * line


def quadratic_stars(n: int, seed: int, noise: float = 0.005) -> SpectraSet:
    """A survey with exact labels."""
    random = np.random.default_rng(seed)
    teff, feh = random.uniform(4000, 6000, n), random.uniform(-1, 0.5, n)
    flux = quadratic_flux(teff, feh) + random.normal(0, noise, (n, GRID.n_pixel))
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)], "teff": teff, "feh": feh})
    return SpectraSet(GRID, flux.astype(np.float32), np.full(flux.shape, noise**-2, np.float32), table)
