"""The density of a survey in latent space, and spectra of objects that could exist."""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.support import nearest_rows
from ..atomic import check_ending
from ..models.density import LatentDensity
from ..progress import ignore
from ..results import Kind
from ..tasks.export import FORMATS, write_table
from ..tasks.outlier_table import encoded
from ..workspace import Workspace
from .options import command, model_and_survey
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "density", run_density)
    model_and_survey(made)
    made.add_argument("--draw", type=int, default=0, metavar="N", help="draw so many new objects")
    made.add_argument("--seed", type=int, default=0, help="seed of the fit and the draws (default %(default)s)")
    made.add_argument("--out", type=Path, metavar="FILE", help=f"write the drawn latents: ends in {', '.join(FORMATS)}")


def run_density(options: argparse.Namespace) -> dict[str, object]:
    """``specvae density``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, FORMATS)
    job = run_job(workspace, "density", model=options.model, survey=options.survey, seed=options.seed)
    result = workspace.results.load(Kind.DENSITIES, job.result)
    found = LatentDensity.from_arrays(result.arrays)
    latents = found.draw(max(options.draw, 0), np.random.default_rng(options.seed))
    everything = encoded(workspace, options.model, options.survey, ignore).latents
    near = workspace.survey(options.survey).ids[nearest_rows(everything, latents, 1)[:, 0]] if len(latents) else []
    table = pd.DataFrame({f"latent_{i + 1}": values for i, values in enumerate(latents.T)})
    table = table.assign(percentile=found.percentile(latents), nearest=near)
    if options.out is not None:
        write_table(table, options.out)
    return {"result": result.id, **result.header, "drawn": table.to_dict("records")}
