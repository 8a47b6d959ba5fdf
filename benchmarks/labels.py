"""Labels of stars from spectra: Lux beside partial least squares and a quadratic Cannon, on held-out stars.

``python benchmarks/labels.py [miles] [spectra] [lamost] [transfer]``

SPECVAE_REAL_DATA holds ``miles.npz`` and ``lamost.npz``. Prints Markdown tables of RMSE and robust scatter (1.4826 MAD)
of Teff in K, log g and [Fe/H] in dex, all or those named:

- MILES stars of 3500 to 7000 K with all three labels, on 3600:7300:1000: four folds by the hashes of their ids, the
  same for all methods, each star predicted by a model that was trained without it;
- spectra made from the catalogue labels of the same stars, and the labels read in them;
- LAMOST stars with the labels and errors of the survey's own pipeline, on 3750:8800:1000, ten folds,
  by the hashes as well;
- the same LAMOST stars from models that were trained on MILES: label transfer, with its biases; once as they are, and
  once with both surveys divided by their own smooth continuum, since their flux calibrations differ.
"""

import argparse
import os
import platform
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch

from specvae_core.analysis.label_quality import label_quality
from specvae_core.data.label_columns import read_labels
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import object_names, split_objects
from specvae_core.errors import Refused
from specvae_core.grid import SpectralGrid
from specvae_core.models import MODELS

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
NAMES = ("teff", "logg", "feh")
Method = Callable[[SpectraSet, SpectraSet], np.ndarray]


def survey(path: Path, grid: str, *, air: bool) -> SpectraSet:
    """Stars with all labels, 3500 to 7000 K."""
    options = PreprocessOptions(grid=SpectralGrid.parse(grid), air=air)
    prepared = []
    for star in read_file(path):
        with suppress(Refused):  # too few good pixels on this grid
            prepared.append(preprocess(star, options))
    spectra = collect(prepared, options.grid)
    labels = read_labels(spectra.table, NAMES)
    cool = (labels.values[:, 0] > 3500) & (labels.values[:, 0] < 7000)
    return spectra.take(np.flatnonzero(labels.known.all(axis=1) & cool))


def method(name: str, **settings: object) -> Method:
    """Train a model with its defaults but for these settings, and predict."""

    def predict(training: SpectraSet, new: SpectraSet) -> np.ndarray:
        config = MODELS[name].Config(labels=",".join(NAMES), validation_fraction=0.0, test_fraction=0.0, **settings)
        return MODELS[name](training.grid, config).fit(training).predict_labels(new)[0]

    return predict


def methods(n_components: int, n_latent: int) -> dict[str, Method]:
    return {
        f"PLS, {n_components} components": method("pls", n_latent=n_components),
        "The Cannon": method("cannon"),
        f"Lux, linear (P = {n_latent})": method("lux", n_hidden=0, n_latent=n_latent),
        f"Lux (P = {n_latent})": method("lux", n_latent=n_latent),
    }


def flattened(spectra: SpectraSet) -> SpectraSet:
    """Flux divided by itself smoothed over some 300 Angstrom."""
    from scipy.ndimage import gaussian_filter1d

    weight = gaussian_filter1d(spectra.seen.astype(float), 30, axis=1)
    smooth = gaussian_filter1d(np.where(spectra.seen, spectra.flux, 0).astype(float), 30, axis=1)
    smooth = np.where(weight > 0.05, smooth / np.maximum(weight, 0.05), 1).clip(min=0.02).astype(np.float32)
    return replace(spectra, flux=spectra.flux / smooth, ivar=spectra.ivar * smooth**2, infilled=None)


def folds(spectra: SpectraSet, n: int) -> np.ndarray:
    """Fold (m,) of each star, by the hash of its id."""
    fold, names = np.zeros(len(spectra), dtype=int), object_names(spectra.table)
    for k in range(1, n):
        fold[split_objects(names, 0.0, 1 / n, k).test] = k
    return fold


def row(name: str, predicted: np.ndarray, spectra: SpectraSet, seconds: float, bias: bool = False) -> None:
    quality = label_quality(predicted, read_labels(spectra.table, NAMES))
    cells = []
    for label in NAMES:
        digits, found = (0 if label == "teff" else 3), quality[label]
        shown = f"{found.rmse:.{digits}f} / {found.robust:.{digits}f}"
        cells.append(f"{found.bias:+.{digits}f}, {shown}" if bias else shown)
    print(f"| {name} | " + " | ".join(cells) + f" | {seconds:.1f} |", flush=True)


def cross_validated(spectra: SpectraSet, n_folds: int, tried: dict[str, Method]) -> None:
    fold = folds(spectra, n_folds)
    for name, method in tried.items():
        predicted, start = np.empty((len(spectra), len(NAMES))), time.perf_counter()
        for k in range(n_folds):
            new = np.flatnonzero(fold == k)
            predicted[new] = method(spectra.take(np.flatnonzero(fold != k)), spectra.take(new))
        row(name, predicted, spectra, (time.perf_counter() - start) / n_folds)


def emulated(spectra: SpectraSet, n_folds: int, n_latent: int) -> None:
    """Spectra of held-out stars from their catalogue labels, and the labels that Lux reads in these spectra."""
    labels, fold = read_labels(spectra.table, NAMES).values, folds(spectra, n_folds)
    names = ("Lux, linear", "The Cannon", "mean of the five nearest stars", "Lux")
    flux = {name: np.empty_like(spectra.flux) for name in names}
    again = {name: np.empty_like(labels) for name in names}
    for k in range(n_folds):
        training, new = spectra.take(np.flatnonzero(fold != k)), np.flatnonzero(fold == k)
        models = {
            name: MODELS[kind].Config(labels=",".join(NAMES), validation_fraction=0.0, test_fraction=0.0, **settings)
            for name, kind, settings in (
                ("Lux, linear", "lux", {"n_hidden": 0, "n_latent": n_latent}),
                ("The Cannon", "cannon", {}),
                ("Lux", "lux", {"n_latent": n_latent}),
            )
        }
        models = {name: MODELS["cannon" if "Cannon" in name else "lux"](training.grid, config).fit(training)
                  for name, config in models.items()}  # fmt: skip
        for name, model in models.items():
            flux[name][new] = model.spectra_from_labels(labels[new])[0]
        flux[names[2]][new] = nearest(training, labels[new])
        for name in names:
            again[name][new] = models["Lux"].predict_labels(replace(spectra.take(new), flux=flux[name][new]))[0]
    print("\n| spectrum from labels | MSE, mean | median | round trip: Teff [K] | log g [dex] | [Fe/H] [dex] |")
    print("|---|---|---|---|---|---|")
    for name in names:
        squared = np.mean((flux[name] - spectra.flux) ** 2, axis=1)
        off = np.sqrt(np.mean((again[name] - labels) ** 2, axis=0))
        cells = f"{squared.mean():.2e} | {np.median(squared):.2e} | {off[0]:.0f} | {off[1]:.3f} | {off[2]:.3f}"
        print(f"| {name} | {cells} |", flush=True)


def nearest(training: SpectraSet, labels: np.ndarray, k: int = 5) -> np.ndarray:
    """Mean spectra of the k training stars with the most similar labels; 600 K, 1 dex and 0.5 dex count alike."""
    known = read_labels(training.table, NAMES).values
    distance = (((labels[:, None] - known[None]) / [600.0, 1.0, 0.5]) ** 2).sum(axis=2)
    return training.flux[distance.argsort(axis=1)[:, :k]].mean(axis=1)


def table(title: str) -> None:
    print(f"\n{title}\n\n| method | Teff [K] | log g [dex] | [Fe/H] [dex] | seconds |\n|---|---|---|---|---|")


def of_miles(n_latent: int) -> None:
    """Labels of MILES stars."""
    miles = survey(DATA / "miles.npz", "3600:7300:1000", air=True)
    table(f"MILES, {len(miles)} stars, RMSE / robust")
    cross_validated(miles, 4, methods(20, n_latent))


def of_spectra(n_latent: int) -> None:
    """Spectra of MILES stars from their labels."""
    emulated(survey(DATA / "miles.npz", "3600:7300:1000", air=True), 4, n_latent)


def of_lamost(n_latent: int) -> None:
    """Labels of LAMOST stars."""
    lamost = survey(DATA / "lamost.npz", "3750:8800:1000", air=False)
    table(f"LAMOST, {len(lamost)} stars, RMSE / robust")
    cross_validated(lamost, 10, methods(8, 12))


def of_transfer(n_latent: int) -> None:
    """Labels of LAMOST stars from models of MILES."""
    common = "3750:7300:1000"
    miles, lamost = survey(DATA / "miles.npz", common, air=True), survey(DATA / "lamost.npz", common, air=False)
    table(f"MILES to LAMOST, {len(miles)} to {len(lamost)} stars, bias, RMSE / robust")
    for suffix, prepared in (("", lambda spectra: spectra), (", flattened", flattened)):
        for name, method in methods(20, n_latent).items():
            start = time.perf_counter()
            predicted = method(prepared(miles), prepared(lamost))
            row(name + suffix, predicted, lamost, time.perf_counter() - start, bias=True)


PARTS = {"miles": of_miles, "spectra": of_spectra, "lamost": of_lamost, "transfer": of_transfer}


def main() -> None:
    parser = argparse.ArgumentParser(description="Held-out labels of MILES and LAMOST stars.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all by default")
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"there is no part {sorted(unknown)[0]!r}: choose from {', '.join(PARTS)}")
    warnings.filterwarnings("ignore", module="sklearn")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads")
    for part in parts:
        PARTS[part](MODELS["lux"].Config().n_latent)


if __name__ == "__main__":
    main()
