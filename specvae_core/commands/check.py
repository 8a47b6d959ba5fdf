"""Look over a whole workspace for damage."""

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ..atomic import has_checksum, write_json
from ..data import survey_files
from ..encodings import read_encoding
from ..errors import UserError
from ..jobs import JobRunner
from ..models import storage
from ..results import HEADER, Kind
from ..summaries import Damaged
from ..workspace import Workspace
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
        "be read, which are computed again; take damaged annotations from the record of their changes; add checksums "
        "to what earlier versions wrote without, as it is now",
    )


def run_check(options: argparse.Namespace) -> dict[str, object]:
    """``specvae check``; the status of the program is 1 where something is damaged."""
    workspace = Workspace.open(options.workspace, create=False)
    headless, partly = list(_without_header(workspace)), list(_unreadable(workspace))
    lost = [path for path in sorted(workspace.folder.glob("encodings/*/*.npz")) if read_encoding(path) is None]
    damaged = [one for one, _ in headless] + partly
    damaged += [Damaged("encoding", f"{path.parent.name}/{path.stem}", "cannot be read") for path in lost]
    damaged += (unsound := list(_unsound_annotations(workspace)))
    broken = {(one.kind, one.id) for one in damaged}
    without = {key: found for key, found in _without_checksums(workspace).items() if key not in broken}
    moved = []
    if options.repair:
        for one, folder in headless:
            with _unless_deleted(folder):
                moved.append(str(_set_aside(workspace, one, folder)))
        for path in lost:
            path.unlink(missing_ok=True)
        if unsound:
            workspace.annotations.repair(aside := _free_place(workspace, workspace.annotations.path.name))
            moved += [str(aside)] if aside.exists() else []
        for folder, add in without.values():
            with _unless_deleted(folder):
                add()
    options.status = int(bool(damaged))
    return {
        "workspace": str(workspace.folder),
        "damaged": [vars(one) for one in damaged],
        "set_aside": moved,
        "without_checksums" if not options.repair else "checksums_added": [f"{kind} {id_}" for kind, id_ in without],
    }


@contextmanager
def _unless_deleted(folder: Path) -> Iterator[None]:
    """Let errors pass by when another program has deleted the folder meanwhile: then there is nothing to look at."""
    try:
        yield
    except (OSError, UserError):
        if folder.exists():
            raise


def _without_checksums(workspace: Workspace) -> dict[tuple[str, str], tuple[Path, Callable[[], object]]]:
    """Kind and id of what earlier versions wrote, whose damage would not be seen; its folder, how to add checksums."""
    found: dict[tuple[str, str], tuple[Path, Callable[[], object]]] = {}
    for survey in workspace.surveys():
        with _unless_deleted(folder := workspace.survey_folder(survey.id)):
            if survey.complete and not survey_files.is_protected(folder):
                found["survey", survey.id] = folder, partial(survey_files.protect, folder)
    for model in workspace.models():
        with _unless_deleted(folder := workspace.model_folder(model.id)):
            if not storage.is_protected(folder):
                found["model", model.id] = folder, partial(storage.protect, folder)
    for kind in Kind:
        for result in workspace.results.list(kind):
            with _unless_deleted(result.folder):
                if not has_checksum(path := result.folder / HEADER):
                    found["result", f"{kind}/{result.id}"] = result.folder, partial(write_json, path, result.header)
    return found


def _without_header(workspace: Workspace) -> Iterator[tuple[Damaged, Path]]:
    """What cannot be opened at all, with its folder."""
    for one in workspace.damaged():
        yield one, workspace.folder / f"{one.kind}s" / one.id
    for kind, result_id in workspace.results.damaged():
        folder = workspace.results.path(kind, result_id)
        yield Damaged("result", f"{kind}/{result_id}", "result.json cannot be read"), folder
    runner = JobRunner(workspace.folder / "jobs")
    try:
        for job_id, reason in runner.damaged().items():
            yield Damaged("job", job_id, reason), runner.folder / job_id
    finally:
        runner.shutdown()


def _unsound_annotations(workspace: Workspace) -> Iterator[Damaged]:
    try:
        for survey, name in workspace.annotations.damaged():
            yield Damaged("annotation", f"{survey}/{name}", "it is not as it was written")
    except UserError as error:
        yield Damaged("annotation", workspace.annotations.path.name, str(error))


def _unreadable(workspace: Workspace) -> Iterator[Damaged]:
    """Surveys, models and results that have a header, and some part that cannot be read."""
    for survey in workspace.surveys():
        if survey.complete:
            read = partial(_read_whole, workspace, survey.id)
            yield from _damage("survey", survey.id, workspace.survey_folder(survey.id), read)
    for model in workspace.models():
        folder = workspace.model_folder(model.id)
        yield from _damage("model", model.id, folder, partial(_load, workspace, model.id))
    for kind in Kind:
        for result in workspace.results.list(kind):
            yield from _damage("result", f"{kind}/{result.id}", result.folder, partial(getattr, result, "arrays"))


def _load(workspace: Workspace, model_id: str) -> None:
    storage.check_files(workspace.model_folder(model_id))
    workspace.model(model_id)


def _read_whole(workspace: Workspace, survey_id: str) -> None:
    for _ in workspace.survey(survey_id).chunks():
        pass


def _damage(kind: str, id_: str, folder: Path, read: Callable[[], object]) -> Iterator[Damaged]:
    with _unless_deleted(folder):
        try:
            read()
        except UserError as error:
            if not folder.exists():
                raise
            yield Damaged(kind, id_, str(error))


def _set_aside(workspace: Workspace, one: Damaged, folder: Path) -> Path:
    """Move a folder out of the way; nothing of it is lost."""
    target = _free_place(workspace, f"{one.kind}-{one.id.replace('/', '-')}")
    os.rename(folder, target)
    return target


def _free_place(workspace: Workspace, name: str) -> Path:
    """A path in the folder of what was set aside, which is made."""
    number, target = 1, workspace.folder / ASIDE / name
    while target.exists():
        number += 1
        target = target.with_name(f"{name}-{number}")
    target.parent.mkdir(exist_ok=True)
    return target
