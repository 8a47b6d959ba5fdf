"""Inverse problems: models with residuals against interpolation, splines, probabilistic and iterative PCA.

``python benchmarks/inverse.py [miles|demo|vandels …] [--figure] [--n 100] [--models ae-10,infovae-10]
    [--workspace DIR]``

Real data are those that ``SPECVAE_REAL_DATA`` names. A quarter of the spectra, by the hashes of their ids, is held out
of all trainings; with ``--workspace``, one of ``benchmarks/compare.py``, models of MILES are those there. Prints
Markdown tables of the error on pixels that the problem hides or spoils: mean squared error in units of the mean flux
squared, median and mean over spectra, and χ² per datum where spectra have errors (1 is the truth itself).
"""

import argparse
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from miles import TEST_FRACTION, miles, split

from specvae_core.data.preprocess import PreprocessOptions, collect, preprocess
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import Part
from specvae_core.data.synthetic import demo_observations
from specvae_core.errors import Refused
from specvae_core.grid import SpectralGrid
from specvae_core.inverse.bench import FIGURE, Row, compare
from specvae_core.models import MODELS, LatentModel
from specvae_core.workspace import Workspace

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))


def demo() -> SpectraSet:
    """1500 galaxies with known noise."""
    options = PreprocessOptions()
    return collect([preprocess(item, options) for item in demo_observations(1500, 0)], options.grid)


def vandels() -> SpectraSet:
    """Galaxies at redshifts of 3 to 6, rest-frame ultraviolet."""
    options = PreprocessOptions(grid=SpectralGrid.parse("1200:1900:600"), min_coverage=0.5)
    kept = []
    for item in read_file(DATA / "vandels.npz"):
        try:
            kept.append(preprocess(item, options))
        except Refused:
            continue
    return collect(kept, options.grid)


SURVEYS = {"miles": lambda: miles(DATA / "miles.npz"), "demo": demo, "vandels": vandels}


def trained(text: str, spectra: SpectraSet, workspace: Workspace | None) -> LatentModel:
    """A model such as ``ae-10`` that knows nothing of the test part: that of a workspace, or a new one."""
    if workspace is not None and text in {model.id for model in workspace.models()}:
        return workspace.model(text)
    kind, k = text.rsplit("-", 1)
    config = MODELS[kind].Config(n_latent=int(k), test_fraction=TEST_FRACTION)
    return MODELS[kind](spectra.grid, config).fit(spectra)


def show(row: Row) -> None:
    """One line of the table."""
    numbers = [f"{value:.2e}" for value in (row.mse_median, row.mse_mean)]
    numbers += [f"{value:.2f}" for value in (row.chi2_median, row.chi2_mean)]
    numbers += [f"{100 * value:.0f}%" for value in (row.coverage68, row.coverage95)]
    cells = [row.problem, f"{row.who} {row.method}".strip(), row.part, *numbers, f"{row.seconds:.1f}", str(row.steps)]
    print("| " + " | ".join(cells).replace("nan %", "").replace("nan", "") + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Inverse problems with learned priors.")
    parser.add_argument("surveys", nargs="*", default=["miles"], choices=list(SURVEYS))
    parser.add_argument("--problems", help="in words, with commas (default inpaint:0.4)")
    parser.add_argument("--figure", action="store_true", help="all problems of the paper's Fig. 2")
    parser.add_argument("--models", default="ae-10,infovae-10")
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--workspace", type=Path)
    options = parser.parse_args()
    problems = FIGURE if options.figure else (options.problems or "inpaint:0.4").split(",")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads, ", end="")
    print(f"PyTorch {torch.__version__}")
    for name in options.surveys:
        spectra = SURVEYS[name]()
        learning, judging = split(spectra)
        workspace = Workspace.open(options.workspace) if options.workspace and name == "miles" else None
        print(f"\n## {name}: {len(learning)} spectra to learn from, {len(judging)} held out\n")
        models = {}
        for text in options.models.split(","):
            start = time.perf_counter()
            models[text] = trained(text, spectra, workspace)
            if models[text].in_part(Part.TEST, judging.ids).mean() < 1:
                parser.error(f"{text} has learnt from stars of the test part: train it with benchmarks/compare.py.")
            print(f"{text}: {len(models[text].history)} epochs, {time.perf_counter() - start:.0f} s", flush=True)
        print("\n| problem | who | part | MSE median | MSE mean | χ² median | χ² mean | in 68% | in 95% | s | steps |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for row in compare(models, learning, judging, problems, n=options.n):
            show(row)


if __name__ == "__main__":
    main()
