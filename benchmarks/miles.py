"""Held-out reconstruction error of every model on the MILES library of stars.

``python benchmarks/miles.py [FILE] [--latents 2,4,6,10] [--seeds 1] [--models pca,nmf,ae,infovae]``

The spectra are prepared as by ``specvae ingest miles.npz --grid 3600:7300:1000 --air``. A quarter of the stars,
by the hashes of their ids, is held out; all settings are the models' defaults. Prints a Markdown table of the mean
squared error of held-out flux, in units of each star's mean flux squared, averaged over seeds.
"""

import argparse
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import object_names, split_objects
from specvae_core.grid import SpectralGrid
from specvae_core.models import MODELS, LatentModel

DEFAULT_FILE = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data")) / "miles.npz"
DRAWS_NOTHING = ("pca",)


def miles(path: Path) -> SpectraSet:
    """The library on the grid."""
    options = PreprocessOptions(grid=SpectralGrid.parse("3600:7300:1000"), air=True)
    return collect([preprocess(star, options) for star in read_file(path)], options.grid)


def split(spectra: SpectraSet) -> tuple[SpectraSet, SpectraSet]:
    """Three quarters to learn from, and a quarter, by the hashes of the ids, to test on."""
    parts = split_objects(object_names(spectra.table), 0.0, 0.25)
    return spectra.take(parts.training), spectra.take(parts.test)


def squared_error(model: LatentModel, spectra: SpectraSet) -> float:
    """Mean over seen pixels of all spectra."""
    residual = model.reconstruct(spectra) - spectra.flux
    return float(np.mean(residual[spectra.seen] ** 2))


def main() -> None:
    parser = argparse.ArgumentParser(description="Held-out reconstruction error on the MILES library.")
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--latents", default="2,4,6,10")
    parser.add_argument("--models", default="pca,nmf,ae,infovae")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    learning, judging = split(miles(options.file))
    latents = [int(text) for text in options.latents.split(",")]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads, PyTorch ", end="")
    print(f"{torch.__version__}; {len(learning)} stars to learn from, {len(judging)} held out\n")
    print("| model | " + " | ".join(f"{k} latents" for k in latents) + " | seconds a model |")
    print("|---|" + "---|" * (len(latents) + 1))
    for name in options.models.split(","):
        seeds = range(1 if name in DRAWS_NOTHING else options.seeds)
        start = time.perf_counter()
        cells = []
        for k in latents:
            models = (MODELS[name](learning.grid, MODELS[name].Config(n_latent=k)) for _ in seeds)
            errors = [
                squared_error(model.fit(learning, seed=seed), judging)
                for seed, model in zip(seeds, models, strict=True)
            ]
            cells.append(f"{np.mean(errors):.2e}")
        seconds = (time.perf_counter() - start) / (len(latents) * len(seeds))
        print(f"| {MODELS[name].title} | " + " | ".join(cells) + f" | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
