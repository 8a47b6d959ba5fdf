"""How fast LOF is, beside scikit-learn's and beside SciPy's k-d tree alone, and whether the scores are the same.

Points are drawn from a mixture of Gaussians in six dimensions: dense and thin groups, as in a latent space. One
process, one thread for each way but the last.

``python benchmarks/lof.py [--n 50000 500000] [--k 20] [--ours]``
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import scipy
import sklearn
from scipy.spatial import KDTree
from sklearn.neighbors import LocalOutlierFactor

from specvae_core.analysis.lof import local_outlier_factor
from specvae_core.jobs import on_all_cores

DIMENSIONS = 6


def points(n: int) -> np.ndarray:
    """(n, 6): ten groups whose widths differ by up to ten."""
    rng = np.random.default_rng(0)
    centres, widths = rng.normal(size=(10, DIMENSIONS)), rng.uniform(0.1, 1.0, 10)
    group = rng.integers(0, 10, n)
    return centres[group] + widths[group, None] * rng.normal(size=(n, DIMENSIONS))


def of_scikit_learn(latents: np.ndarray, k: int) -> np.ndarray:
    return -LocalOutlierFactor(n_neighbors=k).fit(latents).negative_outlier_factor_


def of_scipy(latents: np.ndarray, k: int) -> None:
    """The neighbours alone, without a score."""
    KDTree(latents).query(latents, k + 1)


def of_specvae(latents: np.ndarray, k: int) -> np.ndarray:
    return local_outlier_factor(latents, k).scores


def on_all(latents: np.ndarray, k: int) -> np.ndarray:
    return local_outlier_factor(latents, k, each=on_all_cores).scores


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare LOF with scikit-learn's.")
    parser.add_argument("--n", type=int, nargs="+", default=[50_000], help="numbers of points")
    parser.add_argument("--k", type=int, default=20, help="neighbours")
    parser.add_argument("--ours", action="store_true", help="SpecVAE alone, on one core and on all")
    options = parser.parse_args()
    of_specvae(points(1000), options.k)  # compiles, once and for all
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, scikit-learn {sklearn.__version__}, "
        f"SciPy {scipy.__version__}, k = {options.k}\n"
    )
    print("| points x 6 | way | s | ratio | largest difference |\n|---|---|---:|---:|---:|", flush=True)
    ways: dict[str, Callable] = {
        "scikit-learn": of_scikit_learn,
        "SciPy, k-d tree query alone": of_scipy,
        "SpecVAE": of_specvae,
        f"SpecVAE, {os.cpu_count()} cores": on_all,
    }
    if options.ours:
        ways = {name: way for name, way in ways.items() if "SpecVAE" in name}
    for n in options.n:
        latents, expected, first = points(n), None, None
        for name, way in ways.items():
            start = time.perf_counter()
            scores = way(latents, options.k)
            seconds = time.perf_counter() - start
            expected, first = (scores, seconds) if first is None else (expected, first)
            difference = (
                "" if scores is None or way is next(iter(ways.values())) else f"{np.abs(scores - expected).max():.0e}"
            )
            print(f"| {n:,} | {name} | {seconds:.1f} | {first / seconds:.1f} | {difference} |", flush=True)


if __name__ == "__main__":
    main()
