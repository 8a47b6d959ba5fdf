"""Look over a whole workspace for damage."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from ..encodings import read_encoding
from ..errors import IncompleteSurvey, UserError
from ..jobs import JobRunner
from ..results import Kind
from ..workspace import Damaged, Workspace
from .options import command

ASIDE = "damaged"
"""Folder of the workspace that takes what cannot be opened at all."""


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "check", run_check)
    made.add_argument(
        "--repair",
        action="store_true",
        help="move what has no readable header to the folder `damaged` of the workspace; remove encodings that cannot "
        "be read, which are computed again",
    )


def run_check(options: argparse.Namespace) -> dict[str, object]:
    """``specvae check``."""
    workspace = Workspace.open(options.workspace, create=False)
    headless, partly = list(_without_header(workspace)), list(_unreadable(workspace))
    lost = [path for path in sorted(workspace.folder.glob("encodings/*/*.npz")) if read_encoding(path) is None]
    named = [vars(one) for one, _ in headless] + [vars(one) for one in partly]
    named += [
        {"kind": "encoding", "id": f"{path.parent.name}/{path.stem}", "reason": "cannot be read"} for path in lost
    ]
    moved = []
    if options.repair:
        moved = [str(_set_aside(workspace, one, folder)) for one, folder in headless]
        for path in lost:
            path.unlink(missing_ok=True)
    return {"workspace": str(workspace.folder), "damaged": named, "set_aside": moved}


def _without_header(workspace: Workspace) -> Iterator[tuple[Damaged, Path]]:
    """What cannot be opened at all, with its folder."""
    for one in workspace.damaged():
        yield one, workspace.folder / f"{one.kind}s" / one.id
    runner = JobRunner(workspace.folder / "jobs")
    try:
        for job_id, reason in runner.damaged().items():
            yield Damaged("job", job_id, reason), runner.folder / job_id
    finally:
        runner.shutdown()


def _unreadable(workspace: Workspace) -> Iterator[Damaged]:
    """Surveys, models and results that have a header, and some part that cannot be read."""
    for survey in workspace.surveys():
        try:
            for start in range(0, survey.n, 4096):
                workspace.survey(survey.id).read(slice(start, min(start + 4096, survey.n)))
        except IncompleteSurvey:
            continue
        except UserError as error:
            yield Damaged("survey", survey.id, str(error))
    for model in workspace.models():
        try:
            workspace.model(model.id)
        except UserError as error:
            yield Damaged("model", model.id, str(error))
    for kind in Kind:
        for result in workspace.results.list(kind):
            try:
                _ = result.arrays
            except UserError as error:
                yield Damaged("result", f"{kind}/{result.id}", str(error))


def _set_aside(workspace: Workspace, one: Damaged, folder: Path) -> Path:
    """Move a folder out of the way; nothing of it is lost."""
    number, target = 1, workspace.folder / ASIDE / f"{one.kind}-{one.id}"
    while target.exists():
        number += 1
        target = target.with_name(f"{one.kind}-{one.id}-{number}")
    target.parent.mkdir(exist_ok=True)
    os.rename(folder, target)
    return target
