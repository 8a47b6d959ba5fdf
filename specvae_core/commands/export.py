"""Spectra of a survey as a file."""

import argparse
from pathlib import Path

import numpy as np

from ..atomic import check_ending
from ..errors import NotFound
from ..tasks.select import choose
from ..tasks.spectra_files import FORMATS, write_spectra
from ..workspace import Workspace
from .objects import EXPRESSION, not_found
from .options import command, one_survey, words


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "export", run_export)
    one_survey(made)
    which = made.add_mutually_exclusive_group()
    which.add_argument("--ids", default="", metavar="ID,ID", help="ids of the objects (default: all)")
    which.add_argument("--where", default="", metavar="EXPR", help=f"the objects: {EXPRESSION}")
    made.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="file to write; its name ends in .fits or .ecsv"
    )
    made.add_argument("--physical", action="store_true", help="fluxes in the unit of the files, not divided by a mean")


def run_export(options: argparse.Namespace) -> dict[str, object]:
    """``specvae export``."""
    check_ending(options.out, FORMATS)
    workspace = Workspace.open(options.workspace, create=False)
    survey, ids = workspace.survey(options.survey), words(options.ids)
    rows, missing = survey.rows_of(ids) if ids else np.arange(survey.n), {}
    if options.where:
        chosen = choose(workspace, options.survey, options.where)
        rows, missing = chosen.rows, not_found(chosen)
    if not len(rows):
        raise NotFound(f"No object has {options.where}: there is no spectrum to write.")
    write_spectra(survey.read(rows), options.out, physical=options.physical)
    return {"survey": options.survey, "n": len(rows), "physical": options.physical, "out": str(options.out)} | missing
