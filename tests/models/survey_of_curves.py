"""A small survey whose truth is known, two parameters that deepen a line and tilt the continuum; and quick models."""

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import MODELS, LatentModel

GRID = SpectralGrid.from_range(4000.0, 7000.0, 60)
SN = 30.0


def truth(parameters: np.ndarray) -> np.ndarray:
    """Noiseless spectra (n, 60) of parameters (n, 2) in [-1, 1]: slope, and depth of a line that is always there."""
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.2) / 0.1) ** 2)
    flux = 1 + 0.3 * parameters[:, :1] * position - (0.4 + 0.3 * parameters[:, 1:]) * line
    return flux / flux.mean(axis=1, keepdims=True)


def curves(n: int = 400, seed: int = 0, holes: float = 0.1) -> tuple[SpectraSet, np.ndarray]:
    """A survey with noise and holes, and the noiseless spectra (n, 60)."""
    random = np.random.default_rng(seed)
    parameters = random.uniform(-1, 1, (n, 2))
    clean = truth(parameters)
    seen = random.random(clean.shape) > holes
    noisy = clean + random.normal(0, 1 / SN, clean.shape)
    fractions = (1 + parameters) / 4  # of endmembers, with the rest as a third
    table = pd.DataFrame(
        {
            "id": [f"{seed}-{i}" for i in range(n)],
            "slope": parameters[:, 0],
            "depth": parameters[:, 1],
            "steep": fractions[:, 0],
            "deep": fractions[:, 1],
            "rest": 1 - fractions.sum(axis=1),
        }
    )
    flux = np.where(seen, noisy, 0).astype(np.float32)
    return SpectraSet(GRID, flux, np.where(seen, SN**2, 0).astype(np.float32), table), clean


FAST = {
    "infovae": {"max_epochs": 15, "epoch_steps": 100},
    "multitask": {"max_epochs": 15, "epoch_steps": 100, "regress": "slope,depth"},
    "ae": {"max_epochs": 15, "epoch_steps": 100},
    "pca": {},
    "nmf": {},
    "lux": {"labels": "slope,depth"},
    "glo": {"max_epochs": 8, "hidden": 32, "batch_size": 32},
    "untapped": {"max_epochs": 12, "setting": "libs", "components": "steep,deep,rest"},
    "sdgm": {"max_epochs": 10, "redshift": "steep", "hidden": 48, "learning_rate": 3e-3},
}
N_LATENT = {"infovae": 2, "multitask": 2, "ae": 2, "pca": 2, "nmf": 3, "lux": 2, "glo": 3, "untapped": 0, "sdgm": 7}


def new_model(name: str, **settings: object) -> LatentModel:
    """An unfitted model that is fitted within seconds."""
    model_class = MODELS[name]
    return model_class(GRID, model_class.Config(**{"n_latent": N_LATENT[name], **FAST[name], **settings}))
