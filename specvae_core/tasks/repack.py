"""Surveys of an earlier format, rewritten in the present one."""

from pathlib import Path

from ..data import repack as data_repack
from ..progress import Report
from ..workspace import Workspace


def repack(workspace: Workspace, report: Report, folder: Path, *, survey: str) -> str:
    """Rewrite a survey in the present format; returns its name."""
    workspace.survey(survey)  # a sentence where there is none, or a half-written one
    data_repack.repack(workspace.survey_folder(survey), report)
    return survey
