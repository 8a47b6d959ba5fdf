"""``specvae fit``: redshift and latents of spectra in files, fitted to the files' own pixels."""

import argparse
from pathlib import Path

from ..errors import NotFound
from ..tasks.fit_files import fit_files
from ..workspace import Workspace
from .file_hints import add_hints, given_hints
from .options import command, interval


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "fit", run_fit)
    made.add_argument("--model", required=True, metavar="ID", help="model id")
    made.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files of spectra")
    made.add_argument("--survey", metavar="NAME", help="whose latents are the prior (default: the model's own)")
    made.add_argument("--redshift-range", metavar="LO:HI", help="search for the redshift between these")
    made.add_argument("--resolution", type=float, metavar="R", help="of the instrument, λ / FWHM, if below the model's")
    add_hints(made)


def run_fit(options: argparse.Namespace) -> dict[str, object]:
    """``specvae fit``."""
    workspace = Workspace.open(options.workspace, create=False)
    missing = [path for path in options.files if not path.is_file()]
    if missing:
        raise NotFound(f"There is no file {missing[0]}: give paths of files of spectra.")
    limits = interval(options.redshift_range, "--redshift-range") if options.redshift_range else None
    rows = fit_files(
        workspace,
        options.model,
        options.files,
        survey=options.survey,
        redshift_range=limits,
        resolution=options.resolution,
        hints=given_hints(options),
    )
    return {"model": options.model, "fits": list(rows)}
