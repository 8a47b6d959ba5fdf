"""How long Lux takes, on simulated stars.

``python benchmarks/lux.py [--sizes 1000x2000,5000x8575] [--latents 48] [--pollux PYTHON]``

Twelve labels with errors, of which a tenth is missing, and fluxes of S/N 50 with a twentieth of the pixels missing,
both linear in 20 numbers of each star. Trains with the default settings and infers the labels of as many new stars.
For the smaller size the same objective is also minimised by a general optimiser (L-BFGS over A, B and z together), as
implementations without the closed form do, and by the authors' package `pollux` where a Python that has it is given.
Prints a Markdown table; CPU seconds, of all threads together, hold on a busy machine too.
"""

import argparse
import json
import platform
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from specvae_core.data.spectra import SpectraSet
from specvae_core.grid import SpectralGrid
from specvae_core.models import Lux
from specvae_core.models.least_squares import weighted_least_squares
from specvae_core.models.lux.settings import LuxConfig

N_LABEL, N_TRUE, LABEL_ERROR, FLUX_ERROR = 12, 20, 0.1, 0.02


def stars(n: int, n_pixel: int, seed: int) -> tuple[SpectraSet, np.ndarray]:
    """A survey, and the true labels (n, 12)."""
    law, random = np.random.default_rng(0), np.random.default_rng(seed)
    to_labels = law.normal(size=(N_TRUE, N_LABEL)) / N_TRUE**0.5
    to_flux = 0.02 * law.normal(size=(N_TRUE, n_pixel)).astype(np.float32)
    latents = random.normal(size=(n, N_TRUE)).astype(np.float32)
    labels = latents @ to_labels
    table = pd.DataFrame({"id": [f"{seed}-{i}" for i in range(n)]})
    for i in range(N_LABEL):
        known = random.random(n) > 0.1
        table[f"label{i}"] = np.where(known, labels[:, i] + random.normal(0, LABEL_ERROR, n), np.nan)
        table[f"label{i}_err"] = LABEL_ERROR
    flux = 1 + latents @ to_flux + FLUX_ERROR * random.standard_normal((n, n_pixel), dtype=np.float32)
    seen = random.random((n, n_pixel), dtype=np.float32) > 0.05
    ivar = np.where(seen, np.float32(FLUX_ERROR**-2), np.float32(0))
    grid = SpectralGrid.from_range(15100.0, 17000.0, n_pixel)
    return SpectraSet(grid, np.where(seen, flux, np.float32(0)), ivar, table), labels


def by_gradient(training: SpectraSet, new: SpectraSet, n_latent: int, iterations: int) -> tuple[np.ndarray, float]:
    """Labels (n, 12) of new stars after L-BFGS on χ² of labels and fluxes with the penalty of Eq. 8; seconds."""
    start, generator = time.perf_counter(), torch.Generator().manual_seed(0)
    labels = torch.tensor(training.table[[f"label{i}" for i in range(N_LABEL)]].to_numpy(np.float32))
    weight = torch.isfinite(labels) / LABEL_ERROR**2
    labels = torch.nan_to_num(labels)
    flux, ivar = torch.from_numpy(training.flux) - 1, torch.from_numpy(training.ivar)
    shapes = {"labels": (n_latent, N_LABEL), "flux": (n_latent, flux.shape[1]), "latents": (len(flux), n_latent)}
    first = {"labels": 0.1, "flux": 0.02, "latents": 1.0}
    found = {
        name: (first[name] * torch.randn(shape, generator=generator)).requires_grad_() for name, shape in shapes.items()
    }
    settings = {"max_iter": iterations, "history_size": 10, "tolerance_change": 0, "tolerance_grad": 0}
    optimiser = torch.optim.LBFGS(list(found.values()), line_search_fn="strong_wolfe", **settings)

    def objective() -> torch.Tensor:
        optimiser.zero_grad()
        misfit = (weight * (labels - found["latents"] @ found["labels"]).square()).sum()
        misfit = misfit + (ivar * (flux - found["latents"] @ found["flux"]).square()).sum()
        loss = 0.5 * misfit + LuxConfig().regularisation * found["latents"].square().sum()
        loss.backward()
        return loss

    optimiser.step(objective)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        seen = torch.from_numpy(new.ivar)
        target = torch.where(seen > 0, torch.from_numpy(new.flux) - 1, 0.0)
        latents = weighted_least_squares(seen, target, found["flux"], 2 * LuxConfig().regularisation)[0]
        return (latents @ found["labels"]).numpy(), seconds


def by_pollux(
    python: str, training: SpectraSet, new: SpectraSet, truth: np.ndarray, n_latent: int
) -> Iterator[dict[str, str | float]]:
    """Seconds and label errors of `pollux`, run by another Python: its dependencies are not those of this package."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stars.npz"
        flux, new_flux = (np.where(one.ivar > 0, one.flux, np.nan) for one in (training, new))
        labels = training.table[[f"label{i}" for i in range(N_LABEL)]].to_numpy(np.float32)
        errors = {"label_error": LABEL_ERROR, "flux_error": FLUX_ERROR}
        np.savez(file, labels=labels, flux=flux, new_flux=new_flux, truth=truth, **errors)
        script = Path(__file__).with_name("lux_pollux.py")
        with subprocess.Popen([python, script, file, str(n_latent)], stdout=subprocess.PIPE, text=True) as pollux:
            yield from map(json.loads, pollux.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="Training and inference time of Lux.")
    parser.add_argument("--sizes", default="1000x2000,5000x8575")
    parser.add_argument("--latents", type=int, default=48)
    parser.add_argument("--pollux", metavar="PYTHON", help="a Python in which pollux is installed")
    options = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {torch.get_num_threads()} threads\n")
    words = (
        "stars x pixels",
        "label output",
        "train [s]",
        "of CPU [s]",
        "infer [s]",
        "label RMSE",
        "mean reported error",
    )
    print(f"| {' | '.join(words)} | memory [GB] |\n{'|---' * 8}|")
    names = ",".join(f"label{i}" for i in range(N_LABEL))
    for size in options.sizes.split(","):
        n, n_pixel = (int(number) for number in size.split("x"))
        training, (new, truth) = stars(n, n_pixel, 1)[0], stars(n, n_pixel, 2)
        for n_hidden in (0, LuxConfig().n_hidden):
            config = LuxConfig(n_latent=options.latents, labels=names, n_hidden=n_hidden)
            start, cpu = time.perf_counter(), time.process_time()
            model = Lux(training.grid, config).fit(training)
            trained, cpu = time.perf_counter(), time.process_time() - cpu
            labels, sigma = model.predict_labels(new)
            done = time.perf_counter()
            error = np.sqrt(np.mean((labels - truth) ** 2))
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            output = "network" if n_hidden else "linear"
            print(
                f"| {n} x {n_pixel} | {output} | {trained - start:.1f} | {cpu:.1f} | {done - trained:.2f} | "
                f"{error:.3f} | {sigma.mean():.3f} | {memory:.1f} |",
                flush=True,
            )
        for row in by_pollux(options.pollux, training, new, truth, options.latents) if options.pollux else ():
            print(
                f"| {n} x {n_pixel} | linear, {row['way']} | {row['train']:.1f} | {row['cpu']:.1f} | "
                f"{row['infer']:.2f} | {row['error']:.3f} | | |",
                flush=True,
            )
        for iterations in (100, 400, 1000) if n <= 1000 else ():
            labels, seconds = by_gradient(training, new, options.latents, iterations)
            error = np.sqrt(np.mean((labels - truth) ** 2))
            print(
                f"| {size} | linear, {iterations} steps of L-BFGS | {seconds:.1f} | | | {error:.3f} | | |", flush=True
            )


if __name__ == "__main__":
    main()
