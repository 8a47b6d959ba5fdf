"""Priors of latents in inverse problems and in fits of redshifts: one Gaussian against a normalising flow, on truth.

``python benchmarks/priors.py [--n 200] [--problems inpaint:0.4,inpaint:0.8,denoise:0.2] [--signal-to-noise 2,5]``

Spectra are those that a model of the embedded demo decodes from latents of galaxies which neither it nor the priors
have learnt, with new noise; latents and spectra are sought by either prior. Prints the RMS error of the latents and the
mean squared error of the pixels that a problem hides or spoils, with the standard error of their difference.

Then redshifts: the same decoded spectra are shifted, sampled by pixels of an observed frame and given noise, and
redshift and latents are fitted to these pixels by either prior. Prints the RMS error of both, the standard deviation of
their pulls, and the share of truths within one error.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline

from specvae_core.analysis.robust import nmad
from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.split import Part
from specvae_core.inverse import parse_problem, solve
from specvae_core.inverse.observed import fit_observed
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.density import LatentDensity
from specvae_core.models.latent_prior import FlowPrior, GaussianPrior
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


HALF_PIXEL = 5.0
"""Half the width of a simulated pixel, Angstrom."""

WAVELENGTH = np.arange(3900.0, 8900.0, 2 * HALF_PIXEL)
"""Pixels of the simulated spectra in the observed frame, Angstrom."""


def redshifts(model: LatentModel, spectra: SpectraSet, snr: float, n: int) -> None:
    """One row of the second table for each prior."""
    latents = model.encode(spectra)
    held_out = model.in_part(Part.VALIDATION, spectra.ids) | model.in_part(Part.TEST, spectra.ids)
    learnt, rows = latents[~held_out], np.flatnonzero(held_out)[:n]
    stop = learnt[::10]
    flow = LatentDensity.fit(np.delete(learnt, np.s_[::10], axis=0), stop, stop)
    priors = {"Gaussian": GaussianPrior.of(learnt), "flow": FlowPrior(flow)}
    found = {name: [] for name in priors}
    random, scale = np.random.default_rng(0), learnt.std(axis=0)
    for truth, decoded in zip(latents[rows], model.decode(latents[rows]), strict=True):
        z = random.uniform(0.02, 0.2)
        low, high = (
            (np.log10((WAVELENGTH + half) / (1 + z)) - model.grid.log10_start) / model.grid.log10_step
            for half in (-HALF_PIXEL, HALF_PIXEL)
        )
        sums = np.concatenate([[0.0], np.cumsum(decoded)])
        total = CubicSpline(np.arange(model.grid.n_pixel + 1) - 0.5, sums)  # means over pixels are the decoded values
        clean = (total(high) - total(low)) / (high - low)
        seen = (low >= 0) & (high <= model.grid.n_pixel - 1)
        flux, ivar = clean + random.normal(0, 1 / snr, len(clean)), np.where(seen, snr**2, 0.0)
        for name, prior in priors.items():
            fit = fit_observed(model, WAVELENGTH, flux, ivar, [(z + 3e-4, prior.mean.numpy())], prior)
            pulls = (fit.latents - truth) / np.sqrt(fit.covariance.diagonal())
            errors = (fit.latents - truth) / scale
            found[name].append([(fit.z - z) / (1 + z), (fit.z - z) / fit.z_error, *errors, *pulls])
    for name, values in found.items():
        values, k = np.array(values), len(scale)
        parts = values[:, :1], values[:, 1:2], values[:, 2 : 2 + k], values[:, 2 + k :]
        z_error, z_pull, errors, pulls = parts
        cells = [f"{snr:g}", name, f"{1e5 * nmad(z_error[:, 0]):.1f}", f"{(np.abs(z_error) > 0.001).mean():.1%}"]
        cells += [f"{nmad(z_pull[:, 0]):.2f}", f"{(np.abs(z_pull) < 1).mean():.1%}"]
        cells += [f"{np.sqrt(np.square(errors).mean()):.3f}", f"{pulls.std():.2f}", f"{(np.abs(pulls) < 1).mean():.1%}"]
        print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Priors of latents on injected truth.")
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--problems", default="inpaint:0.4,inpaint:0.8,denoise:0.2")
    parser.add_argument("--noise", type=float, default=0.05)
    parser.add_argument("--signal-to-noise", default="2,5,15", help="of pixels of spectra whose redshift is fitted")
    options = parser.parse_args()
    workspace = Workspace.open(shutil.copytree(asset("demo"), Path(tempfile.mkdtemp()) / "demo"))
    spectra = workspace.survey("demo").read()
    pca = MODELS["pca"](spectra.grid, MODELS["pca"].Config(n_latent=6)).fit(spectra)
    print("| model | problem | latents, Gaussian | flow | of squares | pixels, Gaussian | flow | difference |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for model in (workspace.model("infovae-6"), pca):
        for problem in filter(None, options.problems.split(",")):
            print("| " + " | ".join(compare(model, spectra, problem, options.n, options.noise)) + " |", flush=True)
    print(
        "\n| S/N | prior | NMAD of z, 1e-5 | beyond 0.001 | pulls of z | in 1σ | latents, rms | pulls | in 1σ |\n"
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    for snr in (float(word) for word in options.signal_to_noise.split(",")):
        redshifts(workspace.model("infovae-6"), spectra, snr, options.n)


if __name__ == "__main__":
    main()
