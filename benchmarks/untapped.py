"""Endmembers and abundances: the untapped model beside M2, PLS and NMF.

    python benchmarks/untapped.py [minerals] [samson] [asteroids] [digits] [libs] [geometry] [--seeds N] [--kinds …]
        [--first-seed N] [--epochs N] [--keep FILE]

Reads ``minerals.npz``, ``samson.mat``, ``asteroids.npz`` and ``mnist_t10k.npz`` from SPECVAE_REAL_DATA (default
../shared/data); ``libs`` and ``geometry`` are simulated here. Without names, all are run. With ``--keep`` the
figures of every training are kept in a JSON file, and a training that is in it is not run again. The kinds differ in
the reverse direction and in the recomposed spectra (see `specvae_core.models.untapped.objective`), in nothing else:

- ``plain-m2``: neither, the model M2 as published;
- ``m2``: recomposed spectra alone;
- ``untapped``: both, the bound ``decoder``;
- ``eq20``, ``eq21``: both, the bounds of the paper's Eqs. 9 and 20, or 21 and 22.
"""

import argparse
from pathlib import Path

import numpy as np
from kept_runs import KeptRuns, in_folds, in_seeds
from scipy.io import loadmat
from sklearn.cross_decomposition import PLSRegression
from untapped_data import DATA, reflectance, survey, with_corners
from untapped_scores import misfit, print_angles, print_crossed, print_linear, print_pairs

from specvae_core.analysis.unmixing import abundance_errors, endmember_errors, spectral_angles
from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models.untapped.model import Untapped
from specvae_core.models.untapped.settings import UntappedConfig

KINDS = {
    "plain-m2": {"reverse": 0.0, "recompose": False},
    "m2": {"reverse": 0.0},
    "untapped": {},
    "eq20": {"bound": "eq20"},
    "eq21": {"bound": "eq21"},
}


def fit(spectra: SpectraSet, kind: str, seed: int, **settings: object) -> Untapped:
    names = [name for name in spectra.table if name != "id"]
    config = UntappedConfig(components=",".join(names), **KINDS[kind], **settings)
    return Untapped(spectra.grid, config).fit(spectra, seed=seed)


MINERALS = ["olivine", "orthopyroxene", "clinopyroxene", "plagioclase"]
FOLDS = 4


def minerals(options: argparse.Namespace) -> None:
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

    def figures(kind: str, seed: int, fold: int) -> tuple[float, ...]:
        train, test = splits[fold]
        labelled = survey(flux[train], fractions[train], MINERALS)
        model = fit(with_corners(labelled, MINERALS), kind, seed, max_epochs=options.epochs)
        mixed, corners = (
            abundance_errors(model.abundances(survey(flux[some], fractions[some], MINERALS)), fractions[some])
            for some in (test, pure)
        )
        return *mixed.values(), corners["abundance_kl"], endmember_errors(model.endmembers, truth).mean()

    rows = in_folds(options, FOLDS, f"minerals, {options.epochs} epochs", figures)
    print_crossed(rows, ("rmse", "KL", "KL of pure", "endmember error"))


SAMSON = ["soil", "tree", "water"]


def samson(options: argparse.Namespace) -> None:
    """500 labelled pixels without a pure one, 1500 others unlabelled; tested on all that are not labelled."""
    arrays = loadmat(DATA / "samson.mat")
    flux, truth = arrays["Y"].T.astype(float), arrays["GT"].astype(float)
    fractions = arrays["S_GT"].transpose(1, 0, 2).reshape(-1, 3).astype(float)
    other = arrays["S_GT"].reshape(-1, 3).astype(float)
    fits = [misfit(flux, shares) for shares in (fractions, other)]
    fractions = fractions if fits[0] < fits[1] else other  # whichever is the order of the scene's pixels
    fractions = fractions / fractions.sum(axis=1, keepdims=True)
    scale, random = flux.mean(), np.random.default_rng(0)
    labelled = random.choice(np.flatnonzero(fractions.max(axis=1) < 0.9), 500, replace=False)
    rest = random.choice(np.setdiff1d(np.arange(len(flux)), labelled), 1500, replace=False)
    known = np.full(fractions.shape, np.nan)
    known[labelled] = fractions[labelled]
    rows, everything = np.concatenate([labelled, rest]), np.setdiff1d(np.arange(len(flux)), labelled)
    print_linear(flux, truth, fractions, everything)
    whole = survey(flux[everything] / scale, fractions[everything], SAMSON, 4010, 8890, scale="none")
    learnt = survey(flux[rows] / scale, known[rows], SAMSON, 4010, 8890, scale="none")
    inputs = {"flux": {}, "shape": {"inputs": "shape", "nonnegative": True}}
    for name, settings in inputs.items():
        for kind in options.kinds:
            results = []
            for seed in options.all_seeds:
                model = fit(learnt, kind, seed, max_epochs=options.epochs, **settings)
                rmse = np.sqrt(np.mean((model.abundances(whole) - fractions[everything]) ** 2))
                results.append([*spectral_angles(model.endmembers, truth), rmse])
                print_angles(f"    {kind} of {name}, seed {seed}", np.array(results[-1][:3]), rmse)
            mean = np.mean(results, axis=0)
            print_angles(f"{kind} of {name}", mean[:3], mean[3])


def asteroids(options: argparse.Namespace) -> None:
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


def digits(options: argparse.Namespace) -> None:
    """Labels for 0-4 only; KL of the predicted classes of new images, after matching the free five to digits."""
    from scipy.optimize import linear_sum_assignment

    arrays = np.load(DATA / "mnist_t10k.npz")
    step = 28 // options.side
    images = arrays["image"].reshape(-1, options.side, step, options.side, step).mean(axis=(2, 4)) / 255.0
    images, labels = images.reshape(len(images), -1), arrays["label"].astype(int)
    rows = np.random.default_rng(0).permutation(len(images))
    train, test = rows[:5000], rows[5000:]
    known = np.full((len(images), 10), np.nan)
    some = train[labels[train] < 5][:1000]
    known[some] = np.eye(10)[labels[some]]
    names = [f"digit_{i}" for i in range(10)]
    settings = {"setting": "digits", "n_nuisance": 2, "learning_rate": options.rate}
    settings |= {"batch_size": options.batch, "max_epochs": min(options.epochs, 80)}

    def figures(kind: str, seed: int) -> tuple[float, ...]:
        model = fit(survey(images[train], known[train], names), kind, seed, **settings)
        shares = model.abundances(survey(images[test], np.full((len(test), 10), np.nan), names))
        table = np.array([shares[labels[test] == digit].mean(axis=0) for digit in range(10)])
        order = np.arange(10)
        order[5:] = 5 + linear_sum_assignment(-table[5:, 5:])[1]
        found = shares[:, order]
        probability = found[np.arange(len(test)), labels[test]]
        right = found.argmax(axis=1) == labels[test]
        unnamed = labels[test] >= 5
        return -np.log(np.clip(probability, 1e-8, 1)).mean(), right.mean(), right[unnamed].mean()

    name = f"digits of {options.side} x {options.side}, batches of {options.batch}, {settings['max_epochs']} epochs"
    name += f" at {options.rate:g}"
    rows = in_seeds(options, name, figures)
    print_pairs(rows, ("KL", "right", "right of 5 to 9"))


SILICON = (2881.6, 2987.6, 3905.5, 5056.0, 6347.1, 6371.4)
"""Lines of Si I and Si II, Angstrom."""


def libs(options: argparse.Namespace) -> None:
    """Nine oxides with lines of their own: pure SiO2 shows those of silicon; rocks unlike those learnt (Table 3)."""
    oxides = ["SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO", "Na2O", "K2O", "MnO"]
    random = np.random.default_rng(1)
    grid = SpectralGrid.from_range(2500, 8500, 1500)
    lines = [np.array(SILICON), *(random.uniform(2600, 8400, 6) for _ in oxides[1:])]
    profiles = [np.exp(-0.5 * ((grid.wavelength[:, None] - some) / 6.0) ** 2) for some in lines]
    pure = np.array([profile @ random.uniform(0.5, 1.5, 6) for profile in profiles])

    def shots(rocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Spectra of some shots at each rock, under another plasma each, and their fractions."""
        fractions = np.repeat(rocks, SHOTS, axis=0)
        plasma = 1 + 0.2 * random.uniform(-1, 1, (len(fractions), 1))
        return 0.2 + plasma * (fractions @ pure) + random.normal(0, 0.01, (len(fractions), 1500)), fractions

    settings = {"setting": "libs", "n_nuisance": 2, "learning_rate": 0.01, "max_epochs": min(options.epochs, 60)}
    many = shots(random.dirichlet(ROCKS, 40))
    few = [shots(random.dirichlet(ROCKS, 6)) for _ in range(FOLDS)]
    half = 3 * SHOTS
    pls = [
        abundance_errors(PLSRegression(2).fit(flux[:half], y[:half]).predict(flux[half:]), y[half:])["abundance_kl"]
        for flux, y in few
    ]

    def of_endmembers(kind: str, seed: int) -> tuple[float, ...]:
        model = fit(survey(*many, oxides, 2500, 8500), kind, seed, **settings)
        peaks = sum(_is_peak(grid.wavelength, model.endmembers[0], at) for at in SILICON)
        return peaks, endmember_errors(model.endmembers, 0.2 + pure).mean()

    def of_rocks(kind: str, seed: int, fold: int) -> tuple[float, ...]:
        flux, fractions = few[fold]
        learnt = survey(flux[:half], fractions[:half], oxides, 2500, 8500)
        model = fit(with_corners(learnt, oxides), kind, seed, **settings)
        new = survey(flux[half:], np.full(fractions[half:].shape, np.nan), oxides, 2500, 8500)
        return (abundance_errors(model.abundances(new), fractions[half:])["abundance_kl"],)

    name = f"libs, {settings['max_epochs']} epochs"
    print(f"  three rocks left out of six: PLS KL {np.mean(pls):.3f} ± {np.std(pls, ddof=1) / len(pls) ** 0.5:.3f}")
    print_crossed(in_folds(options, FOLDS, f"{name}, rocks left out", of_rocks), ("KL",))
    print_pairs(in_seeds(options, name, of_endmembers), ("lines of silicon", "endmember error"))


ROCKS = (5, 0.5, 1.5, 1.5, 1.5, 1.5, 0.5, 0.5, 0.3)
"""Dirichlet parameters of the fractions of oxides in rocks."""

SHOTS = 15
"""Shots of the laser at each rock: the paper has 88 at six."""


def geometry(options: argparse.Namespace) -> None:
    """Minerals under three illuminations: the nuisance takes three levels (Fig. 6a).

    Samples of many laboratories differ in their own slopes by more than illuminations do; those of the paper were of
    one laboratory and one range of grain sizes. So their deviations from linear mixtures are reduced.
    """
    flux, arrays = reflectance("minerals.npz")
    fractions = arrays["labels"][:, :4].astype(float)
    rows = np.flatnonzero(np.isfinite(fractions).all(axis=1))
    pixel = np.linspace(-1, 1, flux.shape[1])
    slopes = np.array([0.0, 0.1, 0.3])  # reddening by phase angle, in the proportions of the paper's Table 1
    angle = np.random.default_rng(0).integers(3, size=len(rows))
    mixed = fractions[rows] @ np.linalg.lstsq(fractions[rows], flux[rows], rcond=None)[0]
    seen = (mixed + options.variety * (flux[rows] - mixed)) * (1 + slopes[angle][:, None] * pixel)
    spectra = survey(seen, fractions[rows], MINERALS)

    def figures(kind: str, seed: int) -> tuple[float, ...]:
        nuisance = fit(spectra, kind, seed, max_epochs=options.epochs).encode(spectra)[:, -1]
        levels = np.array([np.median(nuisance[angle == a]) for a in range(3)])
        between = np.var([nuisance[angle == a].mean() for a in range(3)])
        share = between / (between + np.mean([nuisance[angle == a].var() for a in range(3)]))
        nearest = np.abs(nuisance[:, None] - levels).argmin(axis=1)
        steps = np.diff(levels)
        return share, (nearest == angle).mean(), steps[1] / steps[0]

    print_pairs(
        in_seeds(options, f"geometry, variety {options.variety:g}, {options.epochs} epochs", figures),
        ("share of the variance", "at the right level", "ratio of steps"),
    )


def _is_peak(wavelength: np.ndarray, spectrum: np.ndarray, at: float) -> bool:
    near, around = np.abs(wavelength - at) < 10, np.abs(wavelength - at) < 80
    return bool(spectrum[near].max() > np.median(spectrum[around]) + 5 * np.median(np.abs(np.diff(spectrum))))


BENCHMARKS = {
    "minerals": minerals,
    "samson": samson,
    "asteroids": asteroids,
    "digits": digits,
    "libs": libs,
    "geometry": geometry,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0, help="so that long runs can be taken in parts")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=["m2", "untapped"])
    parser.add_argument("--epochs", type=int, default=400, help="at most")
    parser.add_argument("--side", type=int, choices=(28, 14, 7), default=28, help="pixels of a side of the digits")
    parser.add_argument("--batch", type=int, default=500, help="images in a step of the digits")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate of the digits")
    parser.add_argument("--variety", type=float, default=0.2, help="factor on deviations from mixtures for geometry")
    parser.add_argument("--keep", type=Path, help="JSON file with the figures of the runs that are done")
    options = parser.parse_args()
    options.runs = KeptRuns(options.keep)
    options.all_seeds = range(options.first_seed, options.first_seed + options.seeds)
    for name in options.names or BENCHMARKS:
        print(f"{name}: {BENCHMARKS[name].__doc__.splitlines()[0]}", flush=True)
        BENCHMARKS[name](options)


if __name__ == "__main__":
    main()
