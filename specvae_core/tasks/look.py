"""A look at files as a job, for the Data page: it reads files, which a page's thread does not wait for."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..atomic import write_json
from ..data.look import look
from ..data.readers.axis import read_hints
from ..jobs import Job
from ..progress import Progress, Report
from ..workspace import Workspace

SEEN = "look.json"


def look_at(
    workspace: Workspace, report: Report, folder: Path, *, paths: Sequence[str], hints: Mapping[str, object]
) -> str:
    """Look at files and folders; what is seen is kept in the job's folder. Returns the job's id."""
    report(Progress(None, "looking at the files"))
    write_json(folder / SEEN, look([Path(path) for path in paths], read_hints(hints)))
    return folder.name


def seen_by(job: Job) -> dict[str, object]:
    """What a finished job has seen, as `look` returns it; what was no number is ``None``."""
    return json.loads((job.folder / SEEN).read_text(encoding="utf-8"))
