"""Whether error bands of inverse problems hold the true flux as often as they promise, where the truth is known.

``python benchmarks/bands.py [--surveys demo,miles] [--models pca-10,infovae-6] [--noise 0.02,0.05,0.10]``

White noise of a known size is added to spectra without noise (synthetic galaxies) or with hardly any (MILES). Models,
residuals and calibration know the noisy spectra alone; a quarter of the objects is kept out of all of them, and the
share of its true pixels inside of the bands is counted. Prints one Markdown table for each survey and model.
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from miles import miles, split

from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.spectra import Observation, SpectraSet
from specvae_core.data.synthetic.spectrograph import WAVELENGTH
from specvae_core.data.synthetic.survey import synthetic_batches
from specvae_core.errors import Refused
from specvae_core.grid import SpectralGrid
from specvae_core.inverse import learn_residuals, parse_problem, solve
from specvae_core.models import MODELS, LatentModel

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
PROBLEMS = ("inpaint:0.4", "random:0.4", "denoise:0.02", "denoise:0.1", "denoise:0.2", "blur:300", "bands:ugr", "as-is")
NOISE = (0.02, 0.05, 0.10)
N_TEST = 200


def demo(n: int = 1600) -> SpectraSet:
    """Synthetic galaxies before they were observed, at rest."""
    options = PreprocessOptions(grid=SpectralGrid.parse("3700:6900:600"))
    ivar = np.full(len(WAVELENGTH), 1e6)
    kept = []
    for batch in synthetic_batches(n, 0):
        for row, flux in enumerate(batch.light.flux):
            z = float(batch.objects.at[row, "redshift"])
            scaled = flux / flux.mean()
            try:
                kept.append(preprocess(Observation(f"{batch.first + row}", WAVELENGTH, scaled, ivar, z), options))
            except Refused:
                continue
    return collect(kept, options.grid)


SURVEYS = {"demo": demo, "miles": lambda: miles(DATA / "miles.npz")}


def noisy(truth: SpectraSet, sigma: float, seed: int) -> SpectraSet:
    """The spectra with white noise, and the inverse variance of that noise."""
    noise = sigma * np.random.default_rng(seed).standard_normal(truth.flux.shape)
    flux = np.where(truth.seen, truth.flux + noise, 0.0).astype(np.float32)
    ivar = np.where(truth.seen, 1 / sigma**2, 0.0).astype(np.float32)
    table = truth.table.drop(columns=["assumed_sn"], errors="ignore")
    return replace(truth, flux=flux, ivar=ivar, table=table, infilled=None)


def coverage(model: LatentModel, learning: SpectraSet, test: SpectraSet, truth: SpectraSet) -> Iterator[tuple]:
    """Problem, then the share of true pixels inside of the 68 and the 95% band, and the mean width of the first."""
    residuals = learn_residuals(model, learning)
    for text in PROBLEMS:
        question = parse_problem(text, test.grid)
        prior = residuals.prior(model, question)
        problem, compared = question.pose(test, seed=1)
        compared = truth.seen & (compared if compared.any() else True)
        solution = solve(problem, model, **vars(prior))
        shares = []
        for band in (solution.band68, solution.band95):
            held = (truth.flux > band[:, 0]) & (truth.flux < band[:, 1])
            shares.append(held[compared].mean())
        yield text, *shares, solution.sigma[compared].mean(), prior.calibration


def main() -> None:
    parser = argparse.ArgumentParser(description="True coverage of the bands of inverse problems.")
    parser.add_argument("--surveys", default="demo,miles")
    parser.add_argument("--models", default="pca-10,infovae-6")
    parser.add_argument("--noise", default=",".join(map(str, NOISE)))
    options = parser.parse_args()
    for survey in options.surveys.split(","):
        learning, truth = split(SURVEYS[survey]())
        truth = truth.take(slice(0, N_TEST))
        for text in options.models.split(","):
            kind, k = text.rsplit("-", 1)
            print(f"\n## {survey}, {text}: {len(learning)} to learn from, {len(truth)} held out\n", flush=True)
            print("| own noise | problem | in 68% | in 95% | mean sigma | factors |\n|---|---|---|---|---|---|")
            for sigma in map(float, options.noise.split(",")):
                both = noisy(learning, sigma, 1), noisy(truth, sigma, 2)
                start = time.perf_counter()
                model = MODELS[kind](learning.grid, MODELS[kind].Config(n_latent=int(k))).fit(both[0])
                fitted = time.perf_counter() - start
                for row in coverage(model, *both, truth):
                    problem, in68, in95, width, factors = row
                    cells = f"{sigma:g} | {problem} | {100 * in68:.0f}% | {100 * in95:.0f}% | {width:.4f}"
                    print(f"| {cells} | {factors.hidden68:.2f}, {factors.seen68:.2f} |", flush=True)
                print(f"<!-- trained in {fitted:.0f} s, all in {time.perf_counter() - start:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
