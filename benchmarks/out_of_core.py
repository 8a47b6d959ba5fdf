"""Training from memory and from disk: seconds of an epoch, memory, and the validation loss that is reached.

Spectra of five lines, 1000 pixels, written straight into a survey. Both trainings are of one InfoVAE of six latents
in processes of their own; that from disk runs under a limit on its address space (``ulimit -v``), so that it has no
other choice. Each is given the same seeds.

``python benchmarks/out_of_core.py [--n 100000] [--epochs 3] [--seeds 2] [--limit 4] [--skip-memory]``
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from specvae_core.data.spectra import SpectraSet
from specvae_core.data.store import SurveyWriter
from specvae_core.grid import SpectralGrid
from specvae_core.progress import Progress
from specvae_core.workspace import Workspace

LINES = (4861.0, 4959.0, 5007.0, 6563.0, 6583.0)
GRID = SpectralGrid.from_range(3800.0, 7500.0, 1000)
PIECE = 4096


def write_survey(workspace: Workspace, n: int) -> None:
    rng = np.random.default_rng(0)
    wave = GRID.wavelength
    shapes = np.array([np.exp(-0.5 * ((wave - line) / 4) ** 2) for line in LINES])
    writer = SurveyWriter.create(workspace.survey_folder("s"), "s", GRID, {})
    for start in range(0, n, PIECE):
        m = min(PIECE, n - start)
        flux = 1 + 0.3 * rng.normal(size=(m, 1)) * (wave - 5500) / 5500 + rng.uniform(0, 2, (m, len(LINES))) @ shapes
        flux = (flux + rng.normal(0, 0.05, flux.shape)).astype(np.float32)
        table = pd.DataFrame({"id": [f"{i}" for i in range(start, start + m)], "class": "made up"})
        writer.append(SpectraSet(GRID, flux, np.full_like(flux, 400), table))
        writer.write_infilled(slice(start, start + m), flux)
    writer.finish(report={}, infill={})


def train_here(folder: Path, epochs: int, seed: int) -> None:
    """One training in this process; prints seconds of each epoch, the losses and the memory as JSON."""
    from specvae_core.tasks.train import train

    ends = []

    def report(progress: Progress) -> None:
        if progress.step is not None or "laying out" in progress.message:
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory(dir=folder) as job:
        workspace = Workspace.open(folder / "w")
        settings = {"n_latent": 6, "max_epochs": epochs, "epoch_steps": 1}
        model_id = train(workspace, report, Path(job), survey="s", model="infovae", config=settings, seed=seed)
    losses = [record["validation/loss"] for record in workspace.model(model_id).history]
    seconds = np.diff(ends[-epochs:]).tolist()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps({"seconds": seconds, "losses": losses, "memory": memory}))


def train_apart(folder: Path, epochs: int, seed: int, limit: float | None) -> dict:
    """The same in a process of its own, under a limit in GB where one is given."""

    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (int(limit * 1e9), int(limit * 1e9)))

    command = [sys.executable, __file__, "--child", str(folder), "--epochs", str(epochs), "--seed", str(seed)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, preexec_fn=restrict)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100_000, help="spectra")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--limit", type=float, default=4.0, help="GB of address space for the training from disk")
    parser.add_argument("--skip-memory", action="store_true", help="from disk alone, where memory has no room")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        train_here(options.child, options.epochs, options.seed)
        return
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{options.n:,} spectra\n\n| from | seed | s an epoch | spectra/s | validation loss | GB resident |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        write_survey(Workspace.open(Path(folder) / "w"), options.n)
        places = {"disk": options.limit} if options.skip_memory else {"memory": None, "disk": options.limit}
        for seed in range(options.seeds):
            for place, limit in places.items():
                found = train_apart(Path(folder), options.epochs, seed, limit)
                seconds, loss = min(found["seconds"]), min(found["losses"])
                rate = f"{0.8 * options.n / seconds:,.0f}"
                print(f"| {place} | {seed} | {seconds:.1f} | {rate} | {loss:.5g} | {found['memory']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
