"""Surveys of an earlier format in the present one."""

import argparse

from ..workspace import Workspace
from .options import command, one_survey
from .running import run_job


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "repack", run_repack)
    one_survey(made)


def run_repack(options: argparse.Namespace) -> dict[str, object]:
    """``specvae repack``."""
    workspace = Workspace.open(options.workspace, create=False)
    before = workspace.survey(options.survey).header["format"]
    run_job(workspace, "repack", survey=options.survey)
    header = workspace.survey(options.survey).header
    return {"survey": options.survey, "n": header["n"], "format": header["format"], "was": before}
