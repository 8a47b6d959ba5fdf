"""Second infill: unseen pixels filled by a model."""

import argparse

from ..workspace import Workspace
from .options import command, model_and_survey
from .running import run_job


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "infill", run_infill)
    model_and_survey(made)
    made.add_argument("--name", required=True, help="name of the new survey")


def run_infill(options: argparse.Namespace) -> dict[str, object]:
    """``specvae infill``."""
    workspace = Workspace.open(options.workspace, create=False)
    job = run_job(workspace, "infill", model=options.model, survey=options.survey, name=options.name)
    header = workspace.survey(job.result).header
    return {"survey": job.result, "n": header["n"], **header["infill"]}
