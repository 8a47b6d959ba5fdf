"""What GLO loses when a third of its training pixels are missing, on the MILES library of stars.

``python benchmarks/glo.py [FILE] [--missing 0.3] [--models glo,infovae,pca] [--seeds 1]
    [--epoch-steps 500] [--max-epochs 400] [--keep FILE]``

Stars and test part are those of ``benchmarks/miles.py``; other settings are the models' defaults. Each model is trained
once on complete spectra and once on spectra of which a share of the pixels, drawn at random for each star, was never
seen. Both are compared with the complete spectra of the same held-out stars. Prints a Markdown table of the mean
squared error of held-out flux, in units of each star's mean flux squared, averaged over seeds, with epochs and seconds.
With ``--keep`` each training is kept, and a run that was stopped goes on.
"""

import argparse
import dataclasses
import platform
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from kept_runs import KeptRuns
from miles import DEFAULT_FILE, TEST_FRACTION, miles, split, squared_error

from specvae_core.data.spectra import SpectraSet
from specvae_core.models import MODELS


def with_holes(spectra: SpectraSet, share: float, seed: int = 0) -> SpectraSet:
    """The same survey with a share of all pixels unseen, drawn at random."""
    lost = np.random.default_rng(seed).random(spectra.flux.shape) < share
    return replace(spectra, flux=np.where(lost, 0, spectra.flux), ivar=np.where(lost, 0, spectra.ivar))


def errors(name: str, judging: SpectraSet, settings: dict[str, int], spectra: SpectraSet, seed: int) -> list[float]:
    """Held-out squared error, epochs and seconds of one training."""
    kind = MODELS[name].Config
    known = {field.name for field in dataclasses.fields(kind)}
    config = kind(test_fraction=TEST_FRACTION, **{key: value for key, value in settings.items() if key in known})
    start = time.perf_counter()
    model = MODELS[name](spectra.grid, config).fit(spectra, seed=seed)
    seconds = time.perf_counter() - start
    return [squared_error(model, judging), len(model.history), seconds]


def main() -> None:
    parser = argparse.ArgumentParser(description="Training on incomplete spectra of the MILES library.")
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--missing", type=float, default=0.3)
    parser.add_argument("--models", default="glo,infovae,pca")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epoch-steps", type=int, default=500)
    parser.add_argument("--max-epochs", type=int, default=400)
    parser.add_argument("--keep", type=Path, help="JSON file for the figures of each training")
    options = parser.parse_args()
    runs, spectra = KeptRuns(options.keep), miles(options.file)
    learning, judging = split(spectra)
    surveys = {"complete": spectra, f"{options.missing:.0%} missing": with_holes(spectra, options.missing)}
    settings = {"epoch_steps": options.epoch_steps, "max_epochs": options.max_epochs}
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads, PyTorch ", end="")
    print(f"{torch.__version__}; {len(learning)} stars to learn from, {len(judging)} held out\n")
    print("| model | " + " | ".join(f"{name} | epochs | s" for name in surveys) + " | loss |")
    print("|---|" + "---:|" * (3 * len(surveys) + 1))
    for name in options.models.split(","):
        rows = []
        for what, survey in surveys.items():
            figures = partial(errors, name, judging, settings, survey)
            each = [
                runs.of(f"{name}, {what}, seed {seed}, {settings}", partial(figures, seed))
                for seed in range(options.seeds)
            ]
            rows.append(np.mean(each, axis=0))
        cells = [f"{error:.2e} | {epochs:.0f} | {seconds:.0f}" for error, epochs, seconds in rows]
        print(f"| {MODELS[name].title} | " + " | ".join(cells) + f" | {rows[1][0] / rows[0][0] - 1:+.0%} |", flush=True)


if __name__ == "__main__":
    main()
