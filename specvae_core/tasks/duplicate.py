"""A survey twice in a workspace, so that one of the two can be changed."""

from pathlib import Path

from ..progress import Progress, Report
from ..workspace import Workspace


def copy_survey(workspace: Workspace, report: Report, folder: Path, *, survey: str, name: str) -> str:
    """Copy a survey with its encodings; returns the id of the copy.

    Parameters
    ----------
    workspace
        Holds the survey.
    report
        Progress callback, called at the start and at the end.
    folder
        The job's own folder.
    survey
        The original.
    name
        Id of the copy.

    Raises
    ------
    NameTaken
        There is a survey of that id.
    """
    report(Progress(None, f"copying {survey}"))
    workspace.copy_survey(survey, name)
    report(Progress(1.0, f"{name} is a copy of {survey}"))
    return name
