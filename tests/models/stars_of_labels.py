"""Simulated stars: labels and spectra that are linear in a latent whose truth is known."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import Lux
from specvae_core.models.lux.settings import LuxConfig

GRID = SpectralGrid.from_range(4000.0, 7000.0, 120)
FLUX_ERROR, LABEL_ERROR = 0.02, 0.05
_random = np.random.default_rng(42)
TO_LABELS = _random.normal(size=(2, 3))
TO_FLUX = 0.1 * _random.normal(size=(120, 3))
UNITS, CENTRES = np.array([500.0, 1.0]), np.array([5000.0, 3.0])


def stars(n: int = 400, seed: int = 0, holes: float = 0.1, unlabelled: float = 0.2) -> tuple[SpectraSet, dict]:
    """A survey with labels ``teff`` and ``logg`` and their errors, and its truth: ``labels`` (n, 2), ``flux``."""
    random = np.random.default_rng(seed)
    latents = random.normal(size=(n, 3))
    labels, clean = CENTRES + UNITS * (latents @ TO_LABELS.T), 1 + latents @ TO_FLUX.T
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)]})
    for i, name in enumerate(("teff", "logg")):
        noisy = labels[:, i] + UNITS[i] * random.normal(0, LABEL_ERROR, n)
        table[name] = np.where(random.random(n) < unlabelled, np.nan, noisy)
        table[f"{name}_err"] = UNITS[i] * LABEL_ERROR
    seen = random.random(clean.shape) > holes
    flux = np.where(seen, clean + random.normal(0, FLUX_ERROR, clean.shape), 0).astype(np.float32)
    spectra = SpectraSet(GRID, flux, np.where(seen, FLUX_ERROR**-2, 0).astype(np.float32), table)
    return spectra, {"labels": labels, "flux": clean}


def new_lux(**settings: object) -> Lux:
    """An unfitted model of three latents without network, as the truth is linear."""
    return Lux(
        GRID, LuxConfig(**{"n_latent": 3, "labels": "teff,logg", "n_hidden": 0, "regularisation": 0.01, **settings})
    )
