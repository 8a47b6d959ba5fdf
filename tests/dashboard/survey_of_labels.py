"""A small survey with two labels in a workspace, and Lux trained on it."""

from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.grid import SpectralGrid
from specvae_core.progress import ignore
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

GRID = SpectralGrid.from_range(4000.0, 7000.0, 80)


def write_stars(workspace: Workspace, name: str = "stars", n: int = 100) -> None:
    """Spectra whose slope is a temperature and whose line is a metallicity; a few stars have no metallicity."""
    random = np.random.default_rng(0)
    teff, feh = random.uniform(4000, 6000, n), random.uniform(-1, 0.5, n)
    position = np.linspace(-1, 1, GRID.n_pixel)
    line = np.exp(-0.5 * ((position - 0.3) / 0.1) ** 2)
    flux = 1 + (teff[:, None] - 5000) / 5000 * position - (0.3 + 0.2 * feh[:, None]) * line
    flux += random.normal(0, 0.01, flux.shape)
    table = pd.DataFrame({"id": [f"star-{i:03d}" for i in range(n)], "class": "star", "sn": random.uniform(50, 150, n)})
    table["teff"], table["teff_err"], table["feh"] = teff, 20.0, np.where(np.arange(n) < 5, np.nan, feh)
    writer = SurveyWriter.create(workspace.survey_folder(name), name, GRID, {})
    flux = flux.astype(np.float32)
    writer.append(SpectraSet(GRID, flux, np.full(flux.shape, 1e4, np.float32), table))
    writer.write_infilled(slice(0, n), flux)
    writer.finish(report={}, infill={})


def train_lux(workspace: Workspace, folder: Path, survey: str = "stars") -> str:
    """A model ``lux-4`` of both labels."""
    folder.mkdir(exist_ok=True)
    return train(workspace, ignore, folder, survey=survey, model="lux", config={"labels": "teff,feh", "n_latent": 4})
