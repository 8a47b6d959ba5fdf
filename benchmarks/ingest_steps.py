"""Seconds of a core for the steps between reading a spectrum and having it in a survey, on synthetic spectra.

Run as ``python benchmarks/ingest_steps.py [--rows 64000]``; prints a Markdown table.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from specvae_core.analysis.classify import assign_classes
from specvae_core.data.infill import fit_infill
from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess, preprocess_all
from specvae_core.data.resample import resample
from specvae_core.data.synthetic import demo_observations
from specvae_core.grid import DEFAULT_GRID


def best_of(work: Callable[[], object], repeats: int = 3) -> float:
    """Seconds of a core of the fastest of several runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=64_000, help="spectra of the infill")
    n_rows = parser.parse_args().rows
    observations = list(demo_observations(n=500, seed=0))
    options = PreprocessOptions()
    prepared = [preprocess(observation, options) for observation in observations]
    spectra = collect(prepared, DEFAULT_GRID)
    line_fits = [observation.line_fits for observation in observations]

    def resample_all() -> None:
        for each in observations:
            resample(each.wavelength / (1 + each.redshift), each.flux, each.ivar, DEFAULT_GRID)

    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(spectra), n_rows)
    flux = spectra.flux[rows] * rng.uniform(0.95, 1.05, (n_rows, 1)).astype(np.float32)
    ivar = spectra.ivar[rows]
    n_pixel = len(observations[0].wavelength)
    per_spectrum = {
        f"resample, {n_pixel} pixels onto {DEFAULT_GRID.n_pixel}": resample_all,
        "preprocess, resampling included, one by one": lambda: [preprocess(each, options) for each in observations],
        "preprocess, all at once": lambda: preprocess_all(observations, options),
        "classify, lines fitted on the spectra": lambda: assign_classes(spectra, line_fits),
    }
    print("| step | time |\n|---|---|")
    for name, work in per_spectrum.items():
        print(f"| {name} | {1e3 * best_of(work) / len(observations):.2f} ms per spectrum |")
    start = time.process_time()
    result = fit_infill(flux, ivar)
    seconds = time.process_time() - start
    print(f"| infill of {n_rows:,} spectra, {result.n_iterations} iterations | {seconds:.0f} s |")
    print(
        f"| fill {n_rows:,} spectra from a known basis | {best_of(lambda: result.basis.apply(flux, ivar), 1):.1f} s |"
    )


if __name__ == "__main__":
    main()
