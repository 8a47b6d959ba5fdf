"""How time and memory of ingest, encoding and LOF grow with the number of spectra, on one process and on several.

Spectra of five lines at redshifts of 0.01 to 0.12, 1400 pixels, ingested from one ``.npz`` onto the default grid of
1000 pixels and encoded by the demo's InfoVAE of six latents, likelihood included. Each step is a command of its own, so
that its memory is its own; numbers of workers alternate, and the best of several runs counts.

``python benchmarks/scale.py [--n 10000 100000] [--workers 1 2] [--repeat 2]``
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from specvae_core.assets import asset

LINES = (4861.0, 4959.0, 5007.0, 6563.0, 6583.0)
MODEL = "infovae-6"


def write_spectra(path: Path, n: int) -> None:
    rng = np.random.default_rng(0)
    wave = np.geomspace(3800.0, 9200.0, 1400)
    redshift = rng.uniform(0.01, 0.12, n)
    flux = (1 + 0.3 * np.sin(wave / 700)) * (1 + 0.3 * rng.normal(size=(n, 1)) * (wave - 6000) / 6000)
    for line in LINES:
        flux += rng.uniform(0, 2, (n, 1)) * np.exp(-0.5 * ((wave - line * (1 + redshift[:, None])) / 4) ** 2)
    flux = (flux + rng.normal(0, 0.05, flux.shape)).astype(np.float32)
    np.savez(path, wave=wave, flux=flux, ivar=np.full_like(flux, 400), z=redshift)


def run(*arguments: object) -> tuple[float, float, float]:
    """Seconds, seconds of processors, and GB at most of the largest process of one command."""
    command = [sys.executable, "-m", "specvae_core", *map(str, arguments), "--json"]
    start = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=quiet)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def steps(folder: Path, file: Path, workers: int) -> dict[str, tuple[float, float, float]]:
    """One run of all steps in a workspace that has nothing but the demo's model."""
    workspace = folder / "w"
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(asset("demo"), workspace)
    chosen = ("--workspace", workspace, "--workers", workers)
    encode = ("encode", "--model", MODEL, "--survey", "s", "--out", folder / "latents.parquet")
    found = {"ingest": run("ingest", file, "--name", "s", *chosen), "encode": run(*encode, *chosen)}
    outliers = ("outliers", "--model", MODEL, "--survey", "s", "--top", 1, "--workspace", workspace)
    return found | {"outliers": run(*outliers)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[10_000], help="numbers of spectra")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of processes")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each, of which the best counts")
    options = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| spectra | step | workers | s | spectra/s | s of processors | GB |\n|---:|---|---:|---:|---:|---:|---:|")
    for n in options.n:
        with tempfile.TemporaryDirectory() as folder:
            write_spectra(file := Path(folder) / "spectra.npz", n)
            best: dict[tuple[str, int], tuple[float, float, float]] = {}
            for _ in range(options.repeat):
                for workers in options.workers:
                    for step, figures in steps(Path(folder), file, workers).items():
                        best[step, workers] = min(figures, best.get((step, workers), figures))
        for (step, workers), (seconds, processors, memory) in sorted(best.items()):
            rate = f"{n / seconds:,.0f}"
            print(
                f"| {n:,} | {step} | {workers} | {seconds:.1f} | {rate} | {processors:.1f} | {memory:.2f} |", flush=True
            )


if __name__ == "__main__":
    main()
