"""Small surveys of other kinds than the demo, with a model each."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.data.preprocess import PreprocessOptions
from specvae_core.data.spectra import Observation
from specvae_core.data.store import SurveyWriter
from specvae_core.progress import ignore
from specvae_core.tasks.ingest_run import Ingest
from specvae_core.tasks.photometry import ingest_photometry
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

N_STARS = 120
PHOTOMETRIC_SETTINGS = {"n_latent": 3, "hidden": 16, "max_epochs": 2, "learning_rate": 0.005}


def star_observations() -> Iterator[tuple[str, Observation]]:
    """Stars whose Teff sets the slope and whose [Fe/H] sets two lines."""
    random = np.random.default_rng(0)
    wave = np.linspace(3600.0, 8200.0, 1500)
    for i in range(N_STARS):
        teff, feh = random.uniform(4000, 6000), random.uniform(-1, 0.5)
        line = np.exp(-0.5 * ((wave - 5175) / 20) ** 2) + np.exp(-0.5 * ((wave - 6563) / 15) ** 2)
        flux = 1 + (teff - 5000) / 4000 * (wave - 6000) / 2500 - (0.3 + 0.2 * feh) * line
        flux += random.normal(0, 0.01, len(wave))
        columns = {"teff": teff, "teff_err": 30.0, "feh": feh}
        yield "made", Observation(f"star-{i:03d}", wave, flux, np.full(len(wave), 1e4), columns=columns)


def add_stars(workspace: Workspace, name: str, options: PreprocessOptions) -> None:
    """A survey of stars on the grid of the options."""
    writer = SurveyWriter.create(workspace.survey_folder(name), name, options.grid, {})
    Ingest(writer, options, ignore).run(star_observations(), N_STARS)


def add_sky(workspace: Workspace, folder: Path) -> str:
    """A photometric survey ``sky`` of 200 objects and a model of it; the model's id."""
    random = np.random.default_rng(0)
    log_z, bright = random.normal(-1.5, 0.4, 200), random.normal(20, 1, 200)
    table = pd.DataFrame({"u": bright, "g": bright - log_z, "r": bright - 1, "redshift": np.exp(log_z)})
    table.assign(u_err=0.05, g_err=0.05, r_err=0.05).to_csv(folder / "sky.csv", index=False)
    ingest_photometry(workspace, ignore, folder, paths=[str(folder / "sky.csv")], name="sky", bands="u,g,r")
    return train(workspace, ignore, folder, survey="sky", model="sdgm", config=PHOTOMETRIC_SETTINGS)
