"""How time and memory of every long step grow with the number of spectra, under a hard limit on memory if one is set.

Spectra of five lines at redshifts of 0.01 to 0.12, 1000 pixels, in files of Parquet with 50,000 spectra each, are
ingested onto the default grid, an InfoVAE of six latents learns from them for some epochs, encodes them with the
likelihood, and ranks outliers (LOF); then the panels of the first corner are drawn. Each step is a command of its own,
so that its memory is its own, the largest of its processes counts, and ``--limit`` is the address space
(``ulimit -v``) of each of its processes. Seconds of processors are those of all of them together.

Without ``train`` among the ``--steps`` the demo's InfoVAE encodes.

``python benchmarks/scale.py [--n 10000 30000 100000] [--workers 1 2] [--limit 4] [--steps encode outliers]``
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from specvae_core.assets import asset

LINES = (4861.0, 4959.0, 5007.0, 6563.0, 6583.0)
PER_FILE, PIECE = 50_000, 2000
STEPS = ("train", "encode", "outliers", "corner")


@dataclass(frozen=True)
class Used:
    """What a step took.

    Parameters
    ----------
    seconds, processors
        By the clock, and of all processors.
    memory
        GB of the largest process.
    """

    seconds: float
    processors: float
    memory: float


def write_spectra(folder: Path, n: int) -> None:
    """Files of spectra, a piece at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def lists(values: np.ndarray) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])

    rng, wave = np.random.default_rng(0), np.geomspace(3800.0, 9200.0, 1000)
    folder.mkdir()
    for first in range(0, n, PER_FILE):
        writer = None
        for start in range(first, min(first + PER_FILE, n), PIECE):
            m = min(PIECE, n - start)
            redshift = rng.uniform(0.01, 0.12, m)
            flux = (1 + 0.3 * np.sin(wave / 700)) * (1 + 0.3 * rng.normal(size=(m, 1)) * (wave - 6000) / 6000)
            for line in LINES:
                shape = np.exp(-0.5 * ((wave - line * (1 + redshift[:, None])) / 4) ** 2)
                flux += rng.uniform(0, 2, (m, 1)) * shape
            flux = (flux + rng.normal(0, 0.05, flux.shape)).astype(np.float32)
            columns = {"id": [f"s{row}" for row in range(start, start + m)], "z": redshift, "flux": lists(flux)}
            columns |= {"ivar": lists(np.full_like(flux, 400)), "wave": lists(np.broadcast_to(wave, flux.shape))}
            table = pa.table(columns)
            writer = writer or pq.ParquetWriter(folder / f"{first:09d}.parquet", table.schema)
            writer.write_table(table)
        writer.close()


def run(limit: float | None, *command: object) -> Used:
    """One command, to its end."""

    def restrict() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (int(limit * 1e9), int(limit * 1e9)))

    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([sys.executable, *map(str, command)], stdout=said, stderr=said, preexec_fn=restrict)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{said.read().decode()[-2000:]}")
    return Used(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)


def steps(
    folder: Path, chosen: list[str], workers: int, epochs: int, limit: float | None
) -> Iterator[tuple[str, Used]]:
    """The chosen steps of one run, each by its name as it ends, in a workspace of its own."""
    workspace = folder / "w"
    shutil.rmtree(workspace, ignore_errors=True)
    specvae, at, several = ("-m", "specvae_core"), ("--workspace", workspace, "--json"), ("--workers", workers)
    yield "ingest", run(limit, *specvae, "ingest", folder / "spectra", "--name", "s", *several, *at)
    if "train" in chosen:
        train = ("train", "--survey", "s", "--model", "infovae", "--n-latent", 6, "--no-epochs")
        yield "train", run(limit, *specvae, *train, "--max-epochs", epochs, "--epoch-steps", 1, *at)
    else:
        shutil.copytree(asset("demo") / "models" / "infovae-6", workspace / "models" / "infovae-6")
    (model,) = [path.parent.name for path in (workspace / "models").glob("[!.]*/model.json")]
    encoding = ("--model", model, "--survey", "s")
    commands = {
        "encode": (*specvae, "encode", *encoding, "--out", folder / "latents.parquet", *several, *at),
        "outliers": (*specvae, "outliers", *encoding, "--top", 1, *at),
        "corner": (__file__, "--corner", workspace, model),
    }
    for name, command in commands.items():
        if name in chosen:
            yield name, run(limit, *command)


def draw_corner(folder: Path, model: str) -> None:
    """The fifteen panels of a map, as the server draws them for the first visitor."""
    from dashboard.latent_map import robust_limits
    from dashboard.pages.explore.maps.corner_plot import panel_images
    from dashboard.pages.explore.maps.overlay_plot import overlay_ink
    from dashboard.pages.explore.maps.panel_counts import count_panels, cut_panels
    from specvae_core.workspace import Workspace

    encoded = Workspace.open(folder).encoding(model, "s").latents
    latents = [np.ascontiguousarray(values) for values in encoded.T]
    limits = np.array([robust_limits(values) for values in latents])
    ink = overlay_ink(len(encoded), "light")
    panel_images(count_panels(cut_panels(latents, limits, (900, 900)), ink), ink)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[10_000], help="numbers of spectra")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="numbers of processes")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, help="which, after the ingest")
    parser.add_argument("--epochs", type=int, default=1, help="of the training")
    parser.add_argument("--limit", type=float, help="GB of address space of each process")
    parser.add_argument("--folder", help="where to write spectra and surveys: some 20 kB for each spectrum")
    parser.add_argument("--corner", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.corner:
        draw_corner(Path(options.corner[0]), options.corner[1])
        return
    limited = f", {options.limit:g} GB of address space a process" if options.limit else ""
    load = f"load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, {load}{limited}\n")
    print("| spectra | step | workers | s | spectra/s | s of processors | µs of them a spectrum | GB |")
    print("|---:|---|---:|---:|---:|---:|---:|---:|")
    for n in options.n:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            write_spectra(Path(folder) / "spectra", n)
            for workers in options.workers:
                for step, used in steps(Path(folder), options.steps, workers, options.epochs, options.limit):
                    rate, each = n / used.seconds, 1e6 * used.processors / n
                    numbers = f"{used.seconds:.1f} | {rate:,.0f} | {used.processors:.1f} | {each:,.0f}"
                    print(f"| {n:,} | {step} | {workers} | {numbers} | {used.memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
