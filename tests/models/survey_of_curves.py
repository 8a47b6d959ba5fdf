"""A small survey whose truth is known, two parameters that deepen a line and tilt the continuum; and quick models."""

import dataclasses

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


USUAL = {"n_latent": 2, "max_epochs": 15, "epoch_steps": 100}
"""Settings under which a model is fitted within seconds, as far as it has them."""

OTHERWISE = {
    "multitask": {"regress": "slope,depth"},
    "nmf": {"n_latent": 3},
    "lux": {"labels": "slope,depth"},
    "cannon": {"n_latent": 0, "labels": "slope,depth"},
    "pls": {"labels": "slope,depth"},
    "glo": {"n_latent": 3, "max_epochs": 8, "hidden": 32, "batch_size": 32},
    "untapped": {"n_latent": 0, "max_epochs": 12, "setting": "libs", "components": "steep,deep,rest"},
    "sdgm": {"n_latent": 7, "max_epochs": 10, "redshift": "steep", "hidden": 48, "learning_rate": 3e-3},
}
"""Settings of models that need others: names of columns of this survey, more latents, a smaller network."""


def new_model(name: str, **settings: object) -> LatentModel:
    """An unfitted model that is fitted within seconds."""
    config = MODELS[name].Config
    usual = {setting: value for setting, value in USUAL.items() if has_setting(name, setting)}
    return MODELS[name](GRID, config(**{**usual, **OTHERWISE.get(name, {}), **settings}))


def has_setting(name: str, setting: str) -> bool:
    return setting in {field.name for field in dataclasses.fields(MODELS[name].Config)}


def passes(name: str, n: int) -> dict[str, int]:
    """The settings that end a fit after n short passes over the survey."""
    short = {"max_epochs": n, "max_iterations": n, "epoch_steps": 20}
    return {setting: value for setting, value in short.items() if has_setting(name, setting)}
