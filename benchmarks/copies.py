"""Large surveys made of copies of the demo."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.grid import SpectralGrid
from specvae_core.progress import ignore
from specvae_core.tasks.encode import encode_survey
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

COPIES = 16
MILLION = 250  # copies of the demo
COARSE = 10  # every so many pixels of theirs, for a map does not show spectra


def big_workspace(folder: Path) -> Path:
    """The demo's workspace with a survey of 64,000 spectra beside it."""
    shutil.copytree(asset("demo"), folder)
    workspace = Workspace.open(folder)
    write_copies(workspace, "large", workspace.survey("demo").read(), COPIES)
    encode_survey(workspace, "infovae-6", "large")
    return folder


def million_workspace(folder: Path) -> Path:
    """A workspace with a survey of a million noisy spectra of 100 pixels, under a model that was trained in no time."""
    workspace = Workspace.open(folder)
    demo = Workspace.open(asset("demo")).survey("demo").read()
    wavelength = demo.grid.wavelength[::COARSE]
    grid = SpectralGrid.from_range(wavelength[0], wavelength[-1], len(wavelength))
    coarse = {name: np.ascontiguousarray(getattr(demo, name)[:, ::COARSE]) for name in ("flux", "ivar", "infilled")}
    demo = replace(demo, grid=grid, **coarse)
    for name, copies in (("few", 1), ("million", MILLION)):
        write_copies(workspace, name, demo, copies, noise=0.05)
    config = {"n_latent": 6, "max_epochs": 2, "posterior": "encoder"}
    with tempfile.TemporaryDirectory() as job:
        train(workspace, ignore, Path(job), survey="few", model="infovae", config=config)
    encode_survey(workspace, "infovae-6", "million")
    return folder


def write_copies(workspace: Workspace, name: str, spectra: SpectraSet, copies: int, noise: float = 0.0) -> None:
    """A survey of so many copies, each with noise of its own, in units of the mean flux."""
    rng = np.random.default_rng(0)
    writer = SurveyWriter.create(workspace.survey_folder(name), name, spectra.grid, {"copies": copies})
    for copy in range(copies):
        added = (noise * rng.normal(size=spectra.flux.shape)).astype(np.float32)
        table = spectra.table.assign(id=[f"{each}-{copy}" for each in spectra.table["id"]])
        writer.append(replace(spectra, table=table, flux=spectra.flux + added, infilled=None))
        writer.write_infilled(slice(writer.n - len(spectra), writer.n), spectra.infilled + added)
    writer.finish()
