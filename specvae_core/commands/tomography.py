"""``specvae nz``: redshift distributions of tomographic bins."""

import argparse
from pathlib import Path

from ..tasks.photoz import ESTIMATORS, redshift_distributions, write_distributions
from ..workspace import Workspace
from .options import command, model_and_survey, numbers


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "nz", run_nz)
    model_and_survey(made)
    made.add_argument(
        "--bins", type=int, default=5, help="number of bins, with as many objects each (default %(default)s)"
    )
    made.add_argument("--edges", metavar="Z,Z,…", help="edges of the bins in z_phot, in place of --bins")
    made.add_argument(
        "--estimator", choices=ESTIMATORS, default=ESTIMATORS[0], help="estimator of p(z) (default %(default)s)"
    )
    made.add_argument(
        "--out", required=True, metavar="FILE", help="file to write: .csv, .parquet, or .hdf5 for qp and RAIL"
    )


def run_nz(options: argparse.Namespace) -> dict[str, object]:
    """``specvae nz``."""
    workspace = Workspace.open(options.workspace, create=False)
    bins = numbers(options.edges, float, "--edges") if options.edges else options.bins
    found, rows = redshift_distributions(workspace, options.model, options.survey, bins, options.estimator)
    write_distributions(found, Path(options.out))
    return {"model": options.model, "survey": options.survey, "out": options.out, "rows": rows}
