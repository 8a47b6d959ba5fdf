"""Spectra of a survey as a file."""

import argparse
from pathlib import Path

import numpy as np

from ..tasks.spectra_files import write_spectra
from ..workspace import Workspace
from .options import command, one_survey


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "export", run_export)
    one_survey(made)
    made.add_argument("--ids", default="", metavar="ID,ID", help="ids of the objects (default: all)")
    made.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="file to write; its name ends in .fits or .ecsv"
    )
    made.add_argument("--physical", action="store_true", help="fluxes in the unit of the files, not divided by a mean")


def run_export(options: argparse.Namespace) -> dict[str, object]:
    """``specvae export``."""
    survey = Workspace.open(options.workspace, create=False).survey(options.survey)
    ids = [word.strip() for word in options.ids.split(",") if word.strip()]
    rows = survey.rows_of(ids) if ids else np.arange(survey.n)
    write_spectra(survey.read(rows), options.out, physical=options.physical)
    return {"survey": options.survey, "n": len(rows), "physical": options.physical, "out": str(options.out)}
