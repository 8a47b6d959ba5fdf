"""Galaxies in three bands of which the redshift density is known, and a small photo-z model of them."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import BandGrid
from specvae_core.models.sdgm.model import SDGM, SDGMConfig

BANDS = BandGrid(("u", "g", "r"))


def galaxies(n: int, seed: int = 0, error: float = 0.1) -> SpectraSet:
    """Three bands: one tells log z with a Gaussian error, the others an unrelated magnitude."""
    random = np.random.default_rng(seed)
    log_z = random.normal(-1.5, 0.4, n)
    other = random.normal(0.0, 1.0, n)
    clean = np.stack([20 + other, 20 + other - log_z, 19 + other], axis=1)
    flux = clean + random.normal(0, error, clean.shape) * [0.2, 1.0, 0.2]
    ivar = np.broadcast_to(1 / (error * np.array([0.2, 1.0, 0.2])) ** 2, flux.shape)
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)], "redshift": np.exp(log_z)})
    return SpectraSet(BANDS, flux.astype(np.float32), ivar.astype(np.float32), table)


def small(**settings: object) -> SDGM:
    return SDGM(BANDS, SDGMConfig(**{"n_latent": 3, "hidden": 16, **settings}))
