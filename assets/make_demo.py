"""Make ``assets/demo``, the workspace that the first start copies: ``python assets/make_demo.py [SCRATCH_FOLDER]``.

The demo survey is generated, its numbers are rounded so that they shrink on disk (7 bits of mantissa for fluxes, 4 for
inverse variances: the rounding is a tenth of the smallest error), and a six-latent InfoVAE is trained on it with the
default settings and seed 0. Takes some minutes.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import zarr

from specvae_core.progress import Progress
from specvae_core.tasks.demo import MODEL, SURVEY, make_survey, make_tracks
from specvae_core.tasks.train import train
from specvae_core.workspace import Workspace

BITS = {"flux": 7, "ivar": 4, "fill": 7}
TARGET = Path(__file__).resolve().parent / "demo"


def rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """The nearest float32 with so many explicit bits of mantissa."""
    dropped = 23 - bits
    whole = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    return ((whole + np.uint32(1 << (dropped - 1))) & np.uint32(0xFFFFFFFF << dropped & 0xFFFFFFFF)).view(np.float32)


def shrink(survey: Path) -> None:
    """Round the arrays and the catalogue of a survey in place."""
    arrays = zarr.open_group(survey / "arrays.zarr", mode="r+")
    for name, bits in BITS.items():
        arrays[name][:] = rounded(arrays[name][:], bits)
    table = pd.read_parquet(survey / "catalogue.parquet")
    numbers = table.select_dtypes("float64").columns
    table[numbers] = table[numbers].astype(np.float32)
    table.to_parquet(survey / "catalogue.parquet", index=False, compression="zstd")


def show(progress: Progress) -> None:
    """Print one line over the last one."""
    print(f"\r{progress.message:<78.78}", end="", flush=True)


def main() -> None:
    """Make the workspace in a scratch folder, then put it in the place of the old one."""
    scratch = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    workspace = Workspace.open(scratch / "demo")
    if not workspace.surveys():
        make_survey(workspace, show, "make_demo")
        shrink(workspace.survey_folder(SURVEY))
    job = scratch / "job"
    job.mkdir(exist_ok=True)
    model_id = train(workspace, show, job, survey=SURVEY, model="infovae", config={"n_latent": 6}, seed=0)
    if model_id != MODEL:
        sys.exit(f"{scratch} has held a model before: give an empty folder.")
    make_tracks(workspace, model_id)
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(workspace.folder, TARGET)
    print(f"\n{sum(path.stat().st_size for path in TARGET.rglob('*') if path.is_file()) / 1e6:.1f} MB in {TARGET}")


if __name__ == "__main__":
    main()
