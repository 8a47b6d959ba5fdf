"""What GLO loses when a third of its training pixels are missing, on the MILES library of stars.

``python benchmarks/glo.py [FILE] [--missing 0.3] [--models glo,infovae,pca] [--seeds 1]``

Stars and split are those of ``benchmarks/miles.py``; all settings are the models' defaults. Each model is trained
once on complete spectra and once on spectra of which a share of the pixels, drawn at random for each star, was never
seen. Both are compared with the complete spectra of the same held-out stars. Prints a Markdown table of the mean
squared error of held-out flux, in units of each star's mean flux squared, averaged over seeds, with epochs and seconds.
"""

import argparse
import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from miles import DEFAULT_FILE, miles, split, squared_error

from specvae_core.data.spectra import SpectraSet
from specvae_core.models import MODELS


def with_holes(spectra: SpectraSet, share: float, seed: int = 0) -> SpectraSet:
    """The same survey with a share of all pixels unseen, drawn at random."""
    lost = np.random.default_rng(seed).random(spectra.flux.shape) < share
    return replace(spectra, flux=np.where(lost, 0, spectra.flux), ivar=np.where(lost, 0, spectra.ivar))


def errors(name: str, learning: SpectraSet, judging: SpectraSet, seeds: int) -> tuple[float, float, float]:
    """Held-out squared error, epochs and seconds of a training, means over seeds."""
    start = time.perf_counter()
    models = [MODELS[name](learning.grid, MODELS[name].Config()).fit(learning, seed=seed) for seed in range(seeds)]
    seconds = (time.perf_counter() - start) / seeds
    error = np.mean([squared_error(model, judging) for model in models])
    return float(error), float(np.mean([len(model.history) for model in models])), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Training on incomplete spectra of the MILES library.")
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--missing", type=float, default=0.3)
    parser.add_argument("--models", default="glo,infovae,pca")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    learning, judging = split(miles(options.file))
    surveys = {"complete": learning, f"{options.missing:.0%} missing": with_holes(learning, options.missing)}
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads, PyTorch ", end="")
    print(f"{torch.__version__}; {len(learning)} stars to learn from, {len(judging)} held out\n")
    print("| model | " + " | ".join(f"{name} | epochs | s" for name in surveys) + " | loss |")
    print("|---|" + "---:|" * (3 * len(surveys) + 1))
    for name in options.models.split(","):
        rows = [errors(name, survey, judging, options.seeds) for survey in surveys.values()]
        cells = [f"{error:.2e} | {epochs:.0f} | {seconds:.0f}" for error, epochs, seconds in rows]
        print(f"| {MODELS[name].title} | " + " | ".join(cells) + f" | {rows[1][0] / rows[0][0] - 1:+.0%} |", flush=True)


if __name__ == "__main__":
    main()
