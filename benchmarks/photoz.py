"""Photometric redshifts beside a random forest, on SDSS and on zCOSMOS.

``python benchmarks/photoz.py [sdss] [cosmos] [--seeds 1] [--keep DIR]``

SDSS: 5000 galaxies to learn from, 3000 others to test on, ugriz. zCOSMOS: 6000 galaxies of which 500 have a
redshift that may be used, nine bands, and the rest, the same by the hashes of their ids in every draw, to test on; the
same model without the 5500 shows what those are worth, draw by draw (``--seeds 10`` takes half an hour). The forest has
200 trees and sees magnitudes and neighbouring colours of the labelled objects. All settings of the model are its
defaults, but that it needs no test part of its own. Prints a Markdown table; the files are read where
SPECVAE_REAL_DATA points to. With ``--keep`` trainings that were stopped go on from their checkpoints.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import RandomForestRegressor

from specvae_core.analysis.photoz import point_metrics, score
from specvae_core.data.photometry import photometry
from specvae_core.data.photometry_options import PhotometryOptions
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import object_names, split_objects
from specvae_core.models.sdgm.model import SDGM, SDGMConfig

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
N_LABELLED, N_LEARNING = 500, 6000
COLUMNS = ("rms", "nmad", "bias", "outliers_015", "pit_ks", "cde_loss", "crps")


def read(name: str, bands: str) -> SpectraSet:
    return photometry(pd.read_csv(DATA / name), PhotometryOptions(bands=bands), name).spectra


def sdss() -> tuple[SpectraSet, SpectraSet]:
    learning, judging = (read(f"photoz_sdss_{part}.csv", "u,g,r,i,z") for part in ("train", "test"))
    learning.table["use"] = 1.0
    return learning, judging


def cosmos(seed: int) -> tuple[SpectraSet, SpectraSet]:
    everything = read("photoz_zcosmos.csv", "u,b,v,g,r,i,z,j,k")
    n_test = len(everything) - N_LEARNING
    parts = split_objects(object_names(everything.table), 0.0, n_test / len(everything))
    learning, judging = everything.take(parts.training), everything.take(parts.test)
    chosen = np.random.default_rng(seed).permutation(len(learning)) < N_LABELLED
    learning.table["use"] = chosen.astype(float)
    return learning, judging


def forest(learning: SpectraSet, judging: SpectraSet) -> dict[str, float]:
    def inputs(spectra: SpectraSet) -> np.ndarray:
        return np.hstack([spectra.flux, spectra.flux[:, :-1] - spectra.flux[:, 1:]])

    use = learning.table["use"] > 0
    trees = RandomForestRegressor(200, random_state=0)
    trees.fit(inputs(learning)[use], learning.table["redshift"][use])
    return vars(point_metrics(trees.predict(inputs(judging)), judging.table["redshift"].to_numpy()))


def model(
    learning: SpectraSet, judging: SpectraSet, seed: int, checkpoint: Path | None = None
) -> dict[str, dict[str, float]]:
    """Metrics by estimator."""
    network = SDGM(learning.grid, SDGMConfig(labelled="use", test_fraction=0.0))
    network.fit(learning, seed=seed, checkpoint=checkpoint)
    skipped = np.mean([epoch["train/skipped"] for epoch in network.history])
    print(
        f"  {len(network.history)} epochs, widths x {float(network.width_scale):.2f}, skipped {skipped:.2%}", flush=True
    )
    found = {}
    for estimator in ("marginal", "importance"):
        pdf = network.redshift_pdf(judging, estimator)
        found[estimator] = score(network.redshift_grid, pdf, judging.table["redshift"].to_numpy()).metrics()
    return found


def row(name: str, runs: list[dict[str, float]], seconds: float) -> None:
    cells = [f"{np.mean([run[column] for run in runs]):.4f}" if column in runs[0] else "" for column in COLUMNS]
    print(f"| {name} | " + " | ".join(cells) + f" | {seconds / len(runs):.0f} |", flush=True)


def difference(name: str, ours: list[dict[str, float]], others: list[dict[str, float]]) -> None:
    """Mean over the draws of what one has beyond the other on the same draw, with its standard error."""
    cells = []
    for column in COLUMNS:
        each = np.array([one[column] - other[column] for one, other in zip(ours, others, strict=True)])
        cells.append(f"{each.mean():+.4f} ± {each.std(ddof=1) / len(each) ** 0.5:.4f}")
    print(f"| {name} | " + " | ".join(cells) + " | |", flush=True)


def compare(title: str, surveys: list[tuple[SpectraSet, SpectraSet]], kept: Path | None) -> None:
    print(f"\n{title}: {len(surveys[0][0])} to learn from, {len(surveys[0][1])} to test on\n")
    print("| method | " + " | ".join(COLUMNS) + " | seconds |")
    print("|---|" + "---|" * (len(COLUMNS) + 1), flush=True)
    start = time.perf_counter()
    row("random forest", [forest(*pair) for pair in surveys], time.perf_counter() - start)
    variants = {"SDGM": surveys}
    if (surveys[0][0].table["use"] == 0).any():
        labelled = [
            (learning.take(np.flatnonzero(learning.table["use"] > 0)), judging) for learning, judging in surveys
        ]
        variants["SDGM without the unlabelled"] = labelled
    found = []
    for name, pairs in variants.items():
        start = time.perf_counter()
        checkpoints = [kept and kept / f"{title}, {name}, {seed}.checkpoint" for seed in range(len(pairs))]
        runs = [model(*pair, seed, file) for (seed, pair), file in zip(enumerate(pairs), checkpoints, strict=True)]
        for estimator in runs[0]:
            row(f"{name}, {estimator}", [run[estimator] for run in runs], time.perf_counter() - start)
        found.append(runs)
    if len(found) == 2 and len(surveys) > 1:
        for estimator in found[0][0]:
            difference(f"with less without, {estimator}", *([run[estimator] for run in runs] for runs in found))


def main() -> None:
    parser = argparse.ArgumentParser(description="Photometric redshifts beside a random forest.")
    parser.add_argument("surveys", nargs="*", default=["sdss", "cosmos"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the checkpoints of trainings")
    options = parser.parse_args()
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {options.seeds} seeds")
    if "sdss" in options.surveys:
        compare("SDSS ugriz", [sdss() for _ in range(options.seeds)], options.keep)
    if "cosmos" in options.surveys:
        compare("zCOSMOS", [cosmos(seed) for seed in range(options.seeds)], options.keep)


if __name__ == "__main__":
    main()
