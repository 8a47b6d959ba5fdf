"""``specvae calibrate``: errors of a model, checked by a truth that it did not learn from."""

import argparse

from ..results import Kind
from ..workspace import Workspace
from .options import command, device, model_and_survey, random_seed
from .running import run_job

SHOWN = ("quantity", "kind", "subset", "n", "coverage_68", "coverage_95", "pull_mean", "pull_std", "factor", "within")
"""Entries of a row that are printed first."""


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "calibrate", run_calibrate)
    model_and_survey(made)
    made.add_argument("--n", type=int, default=400, help="test objects at most (default %(default)s)")
    made.add_argument("--where", default="", metavar="EXPR", help="test objects from these alone, as @NAME or sn > 10")
    random_seed(made)
    device(made)


def run_calibrate(options: argparse.Namespace) -> dict[str, object]:
    """``specvae calibrate``."""
    workspace = Workspace.open(options.workspace, create=False)
    settings = {"n": options.n, "where": options.where, "seed": options.seed, "device": options.device}
    job = run_job(workspace, "calibrate", model=options.model, survey=options.survey, **settings)
    header = workspace.results.load(Kind.CALIBRATIONS, job.result).header
    rows = [{name: row[name] for name in SHOWN} | row for row in header["rows"]]
    return {name: header[name] for name in ("model", "survey", "n", "part", "objects")} | {"rows": rows}
