"""Spectra with lines of known strength."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import DEFAULT_GRID, SPEED_OF_LIGHT
from specvae_core.lines import LINE


def gaussian(wavelength, area, sigma):
    """A line of that area (flux times Angstrom) and width (km/s), averaged over pixels by fine sampling."""
    width = wavelength * sigma / SPEED_OF_LIGHT
    edges = DEFAULT_GRID.edges
    fine = edges[:-1, None] + np.diff(edges)[:, None] * (np.arange(20) + 0.5) / 20
    return (area * np.exp(-0.5 * ((fine - wavelength) / width) ** 2) / (width * np.sqrt(2 * np.pi))).mean(axis=1)


def galaxy(sigma=150.0, **areas):
    """A straight continuum of about 1 with lines of known area; [N II] and [O III] as doublets."""
    flux = 1 - 5e-5 * (DEFAULT_GRID.wavelength - 5500)
    for key, area in areas.items():
        flux = flux + gaussian(LINE[key].wavelength, area, sigma)
        partner = {"nii_6584": ("nii_6548", 2.96), "oiii_5007": ("oiii_4959", 2.98)}.get(key)
        if partner:
            flux = flux + gaussian(LINE[partner[0]].wavelength, area / partner[1], sigma)
    return flux


def noisy(flux, n=1, noise=0.03, seed=0):
    rng = np.random.default_rng(seed)
    flux = (flux + noise * rng.normal(size=(n, DEFAULT_GRID.n_pixel))).astype(np.float32)
    return SpectraSet(
        DEFAULT_GRID, flux, np.full(flux.shape, noise**-2, np.float32), pd.DataFrame({"id": [str(i) for i in range(n)]})
    )
