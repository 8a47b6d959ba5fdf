"""Priors of latents in inverse problems: one Gaussian against a normalising flow, on injected truth.

``python benchmarks/priors.py [--n 200] [--problems inpaint:0.4,inpaint:0.8,denoise:0.2]``

Spectra are those that a model of the embedded demo decodes from latents of galaxies which neither it nor the priors
have learnt, with new noise; latents and spectra are sought by either prior. Prints the RMS error of the latents and the
mean squared error of the pixels that a problem hides or spoils, with the standard error of their difference.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import Part
from specvae_core.inverse import parse_problem, solve
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.density import LatentDensity
from specvae_core.workspace import Workspace

METHODS = ("regularised", "density")


def compare(model: LatentModel, spectra: SpectraSet, problem: str, n: int, noise: float) -> list[str]:
    """One row of the table for each method."""
    latents = model.encode(spectra)
    held_out = model.in_part(Part.VALIDATION, spectra.ids) | model.in_part(Part.TEST, spectra.ids)
    learnt = latents[~held_out]
    rows = np.flatnonzero(held_out)[:n]
    stop = learnt[::10]
    density = LatentDensity.fit(np.delete(learnt, np.s_[::10], axis=0), stop, stop)
    truth, random = model.decode(latents[rows]), np.random.default_rng(0)
    flux = (truth + random.normal(0, noise, truth.shape)).astype(np.float32)
    ids = pd.DataFrame({"id": spectra.ids[rows]})
    ivar = np.full(flux.shape, noise**-2, dtype=np.float32)
    injected = SpectraSet(spectra.grid, flux, ivar, ids, scale=spectra.scale)
    posed, compared = parse_problem(problem, spectra.grid).pose(injected, 1)
    scale = learnt.std(axis=0)
    found = {
        method: solve(posed, model, method=method, candidates=learnt[:1000], density=density) for method in METHODS
    }
    of_latents = {m: np.square((one.latents - latents[rows]) / scale).mean(axis=1) for m, one in found.items()}
    of_pixels = {
        m: (np.square(one.spectra - truth) * compared).sum(axis=1) / compared.sum(axis=1) for m, one in found.items()
    }
    better = of_latents["density"] - of_latents["regularised"]
    closer = of_pixels["density"] - of_pixels["regularised"]
    cells = [f"{model.name}-{model.n_latent}", problem]
    cells += [f"{np.sqrt(of_latents[m].mean()):.3f}" for m in METHODS]
    cells += [f"{better.mean():+.3f} ± {better.std() / len(rows) ** 0.5:.3f}"]
    cells += [f"{of_pixels[m].mean():.2e}" for m in METHODS]
    cells += [f"{closer.mean():+.1e} ± {closer.std() / len(rows) ** 0.5:.1e}"]
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description="Priors of latents on injected truth.")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--problems", default="inpaint:0.4,inpaint:0.8,denoise:0.2")
    parser.add_argument("--noise", type=float, default=0.05)
    options = parser.parse_args()
    workspace = Workspace.open(shutil.copytree(asset("demo"), Path(tempfile.mkdtemp()) / "demo"))
    spectra = workspace.survey("demo").read()
    pca = MODELS["pca"](spectra.grid, MODELS["pca"].Config(n_latent=6)).fit(spectra)
    print("| model | problem | latents, Gaussian | flow | of squares | pixels, Gaussian | flow | difference |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for model in (workspace.model("infovae-6"), pca):
        for problem in options.problems.split(","):
            print("| " + " | ".join(compare(model, spectra, problem, options.n, options.noise)) + " |", flush=True)


if __name__ == "__main__":
    main()
