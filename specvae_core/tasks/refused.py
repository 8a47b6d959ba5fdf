"""The spectra that an ingest refused, as a survey of their own on the grid that suits them."""

from pathlib import Path

from ..data.preprocess import PreprocessOptions
from ..data.readers.axis import read_hints
from ..data.refused import read_refused
from ..data.store import read_header
from ..data.suggest import suggest_grid
from ..errors import NotFound, Reason
from ..progress import Report
from ..workspace import Workspace
from .ingest import begun_with, ingest


def off_grid(survey: Path) -> list[str]:
    """Files of which a survey's grid covers too little, rising; some of their objects may be in the survey.

    Parameters
    ----------
    survey
        The survey's folder.
    """
    return sorted({row["source"] for row in read_refused(survey) if row["reason"] == Reason.COVERAGE})


def ingest_refused(
    workspace: Workspace, report: Report, folder: Path, *, survey: str, name: str, root: str = ""
) -> str:
    """Ingest the files that lie off the grid of a survey, with all its other settings, into a survey of their own.

    Parameters
    ----------
    workspace
        Gets the survey ``name``.
    report
        Progress callback, called about three times a second.
    folder
        The job's own folder.
    survey
        The survey that refused them.
    name
        Name of the new survey.
    root
        Folder that no link among the files may leave.

    Raises
    ------
    NotFound
        No file was refused for its coverage.
    UserError
        None of the files holds a spectrum any more.
    """
    source = workspace.survey_folder(survey)
    paths = off_grid(source)
    if not paths:
        raise NotFound(f"Survey {survey} has refused no file for its coverage: there is nothing to ingest elsewhere.")
    begun = begun_with(read_header(source)["provenance"])
    air = PreprocessOptions.from_mapping(begun["options"]).air
    grid = suggest_grid([Path(path) for path in paths], air=air, hints=read_hints(begun["hints"]))
    begun |= {"paths": paths, "options": {**begun["options"], "grid": str(grid)}}
    return ingest(workspace, report, folder, name=name, root=root, **begun)
