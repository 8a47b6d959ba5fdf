"""Redshifts by reconstruction: a single template, principal components and the demo's InfoVAE, in one run.

``python benchmarks/redshift.py [--n 150]``

All three learn from the demo survey (the InfoVAE is the one that comes with it). They are tested on demo galaxies that
none has met, and by the real galaxies of ``SPECVAE_REAL_DATA/sdss``, which none has seen the like of. A survey keeps
spectra at rest, cut at the ends of its grid, and those ends alone would give the redshift away; so each spectrum is cut
to a window of three quarters of the grid at a random place, inside which many redshifts cover every pixel. Prints a
Markdown table, then what latents know of window and noise (`specvae leak`).
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from specvae_core.analysis.leak import leak
from specvae_core.analysis.redshift import RedshiftFinder
from specvae_core.analysis.redshift_fit import summarise
from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.models import MODELS, LatentModel, load_model
from specvae_core.progress import ignore
from specvae_core.tasks.ingest import ingest
from specvae_core.workspace import Workspace

DEFAULT_DATA = Path(os.environ.get("SPECVAE_REAL_DATA", "../shared/data"))
WINDOW = 0.75


def cut(spectra: SpectraSet, random: np.random.Generator) -> SpectraSet:
    """Each spectrum seen in a window at a random place."""
    n_pixel = spectra.grid.n_pixel
    start = random.integers(0, int((1 - WINDOW) * n_pixel), len(spectra))[:, None]
    pixel = np.arange(n_pixel)
    seen = spectra.seen & (pixel >= start) & (pixel < start + int(WINDOW * n_pixel))
    ivar = np.where(seen, spectra.ivar, 0).astype(np.float32)
    return SpectraSet(spectra.grid, np.where(seen, spectra.flux, 0).astype(np.float32), ivar, spectra.table)


def real_galaxies(folder: Path, workspace: Workspace) -> SpectraSet:
    """The SDSS galaxies that fit on the demo's grid."""
    job = workspace.folder / "jobs" / "ingest"
    job.mkdir()
    survey = workspace.survey(ingest(workspace, ignore, job, paths=[str(folder)], name="sdss", options={}))
    column = next(name for name in survey.table if name.lower() == "class_sdss" or name.lower() == "class")
    stars = survey.table[column].astype(str).str.lower().str.contains("star")
    return survey.read(np.flatnonzero(~stars & (survey.table["z"] > 0.005)))


def measure(finder: RedshiftFinder, spectra: SpectraSet) -> str:
    """One cell group of the table."""
    start = time.perf_counter()
    z = np.array([np.nan if fit is None else fit.z for fit in finder.find(spectra)])
    milliseconds = 1e3 * (time.perf_counter() - start) / len(spectra)
    summary = summarise(z, spectra.table["z"].to_numpy(float))
    return f"{summary.n} | {summary.nmad:.1e} | {100 * summary.outliers:.1f}% | {milliseconds:.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Redshifts by reconstruction.")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--n", type=int, default=150, help="demo galaxies to test on")
    options = parser.parse_args()
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Path(folder) / "workspace")
        demo = Workspace.open(asset("demo")).survey("demo")
        vae = load_model(asset("demo") / "models" / "infovae-6")
        held_out = vae.unseen(demo.ids).mask
        learning = demo.read(np.flatnonzero(~held_out))
        ordinary = held_out & ~demo.table["true_kind"].str.contains("star|blend").to_numpy()
        judging = {"demo": cut(demo.read(np.flatnonzero(ordinary)[: options.n]), random)}
        judging["SDSS"] = cut(real_galaxies(options.data / "sdss", workspace), random)
        models: dict[str, LatentModel] = {
            f"PCA, {k}": MODELS["pca"](demo.grid, MODELS["pca"].Config(n_latent=k)).fit(learning) for k in (1, 10)
        }
        print("| model | galaxies | n | NMAD | beyond 0.005 | ms each |\n|---|---|---:|---:|---:|---:|")
        for name, model in {**models, "InfoVAE, 6": vae}.items():
            finder = RedshiftFinder(model, model.encode(learning))
            for source, spectra in judging.items():
                print(f"| {name} | {source} | {measure(finder, spectra)} |", flush=True)
        print(
            "\n| latent of InfoVAE, 6 | noise | window | both | correlation with redshift |\n|---|---:|---:|---:|---:|"
        )
        for row in leak(vae, learning.take(slice(0, 400)), random).latents:
            print(
                f"| {row.latent} | {row.noise:.2f} | {row.window:.2f} | {row.both:.2f} | "
                f"{row.redshift_correlation:+.2f} |"
            )


if __name__ == "__main__":
    main()
