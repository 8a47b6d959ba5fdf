"""Endmembers and abundances: the untapped model beside M2, PLS and NMF.

    python benchmarks/untapped.py [minerals] [samson] [asteroids] [digits] [libs] [--seeds N]

Reads ``minerals.npz``, ``samson.mat``, ``asteroids.npz`` and ``mnist_t10k.npz`` from SPECVAE_REAL_DATA (default
../shared/data); ``libs`` is simulated here. Without names, all are run. M2 is the same model without the reverse
direction; everything else is equal.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.io import loadmat
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import NMF

from specvae_core.analysis.unmixing import abundance_errors, endmember_errors, spectral_angles
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models.untapped.model import Untapped
from specvae_core.models.untapped.settings import UntappedConfig

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
KINDS = {"M2": 0.0, "untapped": -1.0}


def survey(flux: np.ndarray, fractions: np.ndarray, names: list[str], start: float = 4500, stop: float = 24500):
    table = pd.DataFrame(fractions, columns=names)
    table.insert(0, "id", [f"object-{i}" for i in range(len(flux))])
    grid = SpectralGrid.from_range(start, stop, flux.shape[1])
    return SpectraSet(grid, flux.astype(np.float32), np.full(flux.shape, 400.0, np.float32), table)


def with_corners(spectra: SpectraSet, names: list[str]) -> SpectraSet:
    """The survey and ten labels of each pure endmember, of which there is no spectrum."""
    corners = pd.DataFrame(np.repeat(np.eye(len(names)), 10, axis=0), columns=names)
    corners.insert(0, "id", [f"corner-{i}" for i in range(len(corners))])
    empty = np.zeros((len(corners), spectra.grid.n_pixel), np.float32)
    flux, ivar = np.concatenate([spectra.flux, np.nan * empty]), np.concatenate([spectra.ivar, empty])
    return SpectraSet(spectra.grid, flux, ivar, pd.concat([spectra.table, corners], ignore_index=True))


def fit(spectra: SpectraSet, kind: str, seed: int, **settings: object) -> Untapped:
    names = [name for name in spectra.table if name != "id"]
    config = UntappedConfig(components=",".join(names), reverse=KINDS[kind], **settings)
    return Untapped(spectra.grid, config).fit(spectra, seed=seed)


def reflectance(file: str) -> tuple[np.ndarray, dict]:
    """Spectra on 200 pixels from 450 to 2450 nm, each divided by its mean."""
    arrays = dict(np.load(DATA / file))
    grid = SpectralGrid.from_range(4500, 24500, 200)
    flux = np.array([np.interp(grid.wavelength, 10.0 * arrays["wave_nm"], row) for row in arrays["reflectance"]])
    return flux / flux.mean(axis=1, keepdims=True), arrays


MINERALS = ["olivine", "orthopyroxene", "clinopyroxene", "plagioclase"]
FOLDS = 4


def minerals(seeds: int) -> None:
    """Trained on mixtures and corners without spectra; tested on other mixtures (four folds) and the pure minerals."""
    flux, arrays = reflectance("minerals.npz")
    fractions = arrays["labels"][:, :4].astype(float)
    known = np.isfinite(fractions).all(axis=1)
    pure = known & (fractions.max(axis=1) > 0.99)
    folds = np.array_split(np.random.default_rng(0).permutation(np.flatnonzero(known & ~pure)), FOLDS)
    truth = np.array([flux[pure & (fractions[:, k] > 0.99)].mean(axis=0) for k in range(4)])
    splits = [(np.concatenate(folds[:i] + folds[i + 1 :]), test) for i, test in enumerate(folds)]
    for n in (5, 10, 15):
        found = [PLSRegression(n).fit(flux[train], fractions[train]).predict(flux[test]) for train, test in splits]
        errors = abundance_errors(np.concatenate(found), fractions[np.concatenate(folds)])
        print(f"  PLS-{n:<6} KL {errors['abundance_kl']:.4f}  rmse {errors['abundance_rmse']:.4f}", flush=True)
    rows = {kind: [] for kind in KINDS}
    for seed in range(seeds):
        for train, test in splits:
            for kind in KINDS:
                start = time.perf_counter()
                labelled = survey(flux[train], fractions[train], MINERALS)
                model = fit(with_corners(labelled, MINERALS), kind, seed)
                seconds = time.perf_counter() - start
                mixed, corners = (
                    abundance_errors(model.abundances(survey(flux[some], fractions[some], MINERALS)), fractions[some])
                    for some in (test, pure)
                )
                error = endmember_errors(model.endmembers, truth).mean()
                rows[kind].append([*mixed.values(), corners["abundance_kl"], error, seconds])
    for kind, values in rows.items():
        _print_means(kind, np.array(values))
    _print_means("difference", np.array(rows["untapped"]) - rows["M2"])


def _print_means(kind: str, rows: np.ndarray) -> None:
    """Means over folds and seeds and their standard errors; the difference is that of pairs."""
    names, error = ("rmse", "KL", "KL of pure", "endmember error"), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    sign, below = "", ""
    if kind == "difference":
        sign, below = "+", f"  (below M2: {(rows[:, :4] < 0).sum(axis=0)} of {len(rows)})"
    text = "  ".join(f"{name} {rows[:, i].mean():{sign}.4f} ± {error[i]:.4f}" for i, name in enumerate(names))
    print(f"  {kind:<10} {text}  {rows[:, 4].mean():.0f} s{below}", flush=True)


def samson(seeds: int) -> None:
    """500 labelled pixels without a pure one, all others unlabelled."""
    arrays = loadmat(DATA / "samson.mat")
    flux, truth = arrays["Y"].T.astype(float), arrays["GT"].astype(float)
    fractions = arrays["S_GT"].transpose(1, 0, 2).reshape(-1, 3).astype(float)
    other = arrays["S_GT"].reshape(-1, 3).astype(float)
    fits = [_misfit(flux, shares) for shares in (fractions, other)]
    fractions = fractions if fits[0] < fits[1] else other  # whichever is the order of the scene's pixels
    fractions = fractions / fractions.sum(axis=1, keepdims=True)
    scale = flux.mean()
    random = np.random.default_rng(0)
    labelled = random.choice(np.flatnonzero(fractions.max(axis=1) < 0.9), 500, replace=False)
    rest = random.choice(np.setdiff1d(np.arange(len(flux)), labelled), 1500, replace=False)
    known = np.full(fractions.shape, np.nan)
    known[labelled] = fractions[labelled]
    rows = np.concatenate([labelled, rest])
    names, everything = ["soil", "tree", "water"], np.setdiff1d(np.arange(len(flux)), labelled)
    found = NMF(3, init="nndsvda", max_iter=2000).fit(flux)
    _report("NMF", *_matched(found.components_, found.transform(flux), truth, fractions))
    for kind in KINDS:
        results = []
        for seed in range(seeds):
            model = fit(survey(flux[rows] / scale, known[rows], names, 4010, 8890), kind, seed)
            shares = model.abundances(survey(flux[everything] / scale, fractions[everything], names, 4010, 8890))
            rmse = np.sqrt(np.mean((shares - fractions[everything]) ** 2))
            results.append([*spectral_angles(model.endmembers, truth), rmse])
        mean = np.mean(results, axis=0)
        _report(kind, mean[:3], mean[3])


def _misfit(flux: np.ndarray, shares: np.ndarray) -> float:
    return float(np.square(flux - shares @ np.linalg.lstsq(shares, flux, rcond=None)[0]).sum())


def _matched(spectra: np.ndarray, shares: np.ndarray, truth: np.ndarray, fractions: np.ndarray):
    """Angles and error of abundances, each endmember beside the true one that is nearest in angle."""
    angle = [[spectral_angles(a[None], b[None])[0] for a in spectra] for b in truth]
    order = np.argmin(angle, axis=1)
    shares = shares * np.linalg.norm(spectra, axis=1)
    shares = shares[:, order] / shares.sum(axis=1, keepdims=True)
    return np.array(angle)[np.arange(len(truth)), order], np.sqrt(np.mean((shares - fractions) ** 2))


def _report(kind: str, angles: np.ndarray, rmse: float) -> None:
    print(f"  {kind:<10} spectral angles {np.round(angles, 3)} (mean {np.mean(angles):.3f})  abundance rmse {rmse:.3f}")


def asteroids(seeds: int) -> None:
    """Compositions of asteroids by a model of the laboratory's minerals, median by Bus-DeMeo class."""
    flux, arrays = reflectance("minerals.npz")
    fractions = arrays["labels"][:, :4].astype(float)
    model = fit(survey(flux, fractions, MINERALS), "untapped", 0)
    sky, found = reflectance("asteroids.npz")
    shares = model.abundances(survey(sky, np.full((len(sky), 4), np.nan), MINERALS))
    taxa = np.array([str(taxon)[:1] for taxon in np.ravel(found["taxon"])])
    for taxon in "ASQV":
        rows = taxa == taxon
        print(f"  class {taxon} ({rows.sum():3d})  " + "  ".join(
            f"{name} {value:.2f}" for name, value in zip(MINERALS, np.median(shares[rows], axis=0), strict=True)
        ))  # fmt: skip


def digits(seeds: int) -> None:
    """Labels for 0-4 only; KL of the predicted classes of new images, after matching the free five to digits."""
    from scipy.optimize import linear_sum_assignment

    arrays = np.load(DATA / "mnist_t10k.npz")
    images, labels = arrays["image"].reshape(-1, 784) / 255.0, arrays["label"].astype(int)
    rows = np.random.default_rng(0).permutation(len(images))
    train, test = rows[:5000], rows[5000:]
    known = np.full((len(images), 10), np.nan)
    some = train[labels[train] < 5][:1000]
    known[some] = np.eye(10)[labels[some]]
    names = [f"digit_{i}" for i in range(10)]
    for kind in KINDS:
        results = []
        for seed in range(seeds):
            steps = {"batch_size": 500, "learning_rate": 1e-3, "max_epochs": 80}
            model = fit(survey(images[train], known[train], names), kind, seed, setting="digits", n_nuisance=2, **steps)
            shares = model.abundances(survey(images[test], np.full((len(test), 10), np.nan), names))
            table = np.array([shares[labels[test] == digit].mean(axis=0) for digit in range(10)])
            order = np.arange(10)
            order[5:] = 5 + linear_sum_assignment(-table[5:, 5:])[1]
            probability = shares[np.arange(len(test)), order[labels[test]]]
            right = np.mean(shares[:, order].argmax(axis=1) == labels[test])
            results.append([-np.log(np.clip(probability, 1e-8, 1)).mean(), right])
        print(f"  {kind:<10} KL {np.mean(results, axis=0)[0]:.3f}  right {np.mean(results, axis=0)[1]:.3f}")


SILICON = (2881.6, 2987.6, 3905.5, 5056.0, 6347.1, 6371.4)
"""Lines of Si I and Si II, Angstrom."""


def libs(seeds: int) -> None:
    """Nine oxides with emission lines of their own; the spectrum at pure SiO2 must show those of silicon."""
    oxides = ["SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO", "Na2O", "K2O", "MnO"]
    random = np.random.default_rng(1)
    grid = SpectralGrid.from_range(2500, 8500, 1500)
    lines = [np.array(SILICON), *(random.uniform(2600, 8400, 6) for _ in oxides[1:])]
    profiles = [np.exp(-0.5 * ((grid.wavelength[:, None] - some) / 6.0) ** 2) for some in lines]
    pure = np.array([profile @ random.uniform(0.5, 1.5, 6) for profile in profiles])
    fractions = random.dirichlet([5, 0.5, 1.5, 1.5, 1.5, 1.5, 0.5, 0.5, 0.3], 600)
    plasma = 1 + 0.2 * random.uniform(-1, 1, (600, 1))
    flux = 0.2 + plasma * (fractions @ pure) + random.normal(0, 0.01, (600, 1500))
    for kind in KINDS:
        settings = {"setting": "libs", "n_nuisance": 2, "learning_rate": 0.01}
        model = fit(survey(flux, fractions, oxides, 2500, 8500), kind, 0, **settings)
        silicon = model.endmembers[0]
        peaks = [at for at in SILICON if _is_peak(grid.wavelength, silicon, at)]
        error = endmember_errors(model.endmembers, 0.2 + pure).mean()
        seen = f"{len(peaks)} of {len(SILICON)} Si lines stand out at pure SiO2"
        print(f"  {kind:<10} {seen}  endmember error {error:.2f}")


def _is_peak(wavelength: np.ndarray, spectrum: np.ndarray, at: float) -> bool:
    near, around = np.abs(wavelength - at) < 10, np.abs(wavelength - at) < 80
    return bool(spectrum[near].max() > np.median(spectrum[around]) + 5 * np.median(np.abs(np.diff(spectrum))))


BENCHMARKS = {"minerals": minerals, "samson": samson, "asteroids": asteroids, "digits": digits, "libs": libs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in options.names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name].__doc__.splitlines()[0]}", flush=True)
        BENCHMARKS[name](options.seeds)


if __name__ == "__main__":
    main()
