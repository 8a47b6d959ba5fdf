"""Surveys and models as a whole: rename, copy, delete, restore."""

import argparse

from ..workspace import Workspace
from .options import command
from .running import run_job

KINDS = ("survey", "model")


def add(commands) -> None:
    """Add the commands of this file."""
    rename = command(commands, "rename", run_rename)
    rename.add_argument("kind", choices=(*KINDS, "workspace"))
    rename.add_argument("id", help="its id, which stays; of the workspace any word")
    rename.add_argument("title", help="the name to show")
    copy = _of_one(command(commands, "copy", run_copy))
    copy.add_argument("name", help="id of the copy")
    _of_one(command(commands, "delete", run_delete))
    _of_one(command(commands, "restore", run_restore))


def _of_one(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    made.add_argument("kind", choices=KINDS)
    made.add_argument("id")
    return made


def run_rename(options: argparse.Namespace) -> dict[str, object]:
    """``specvae rename``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.kind == "workspace":
        workspace.rename(options.title)
        return {"workspace": str(workspace.folder), "title": workspace.name}
    verb = workspace.rename_survey if options.kind == "survey" else workspace.rename_model
    verb(options.id, options.title)
    return {options.kind: options.id, "title": options.title.strip()}


def run_copy(options: argparse.Namespace) -> dict[str, object]:
    """``specvae copy``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.kind == "survey":
        workspace.survey_summary(options.id)
        run_job(workspace, "copy", survey=options.id, name=options.name)
    else:
        workspace.copy_model(options.id, options.name)
    return {options.kind: options.name, "copy_of": options.id}


def run_delete(options: argparse.Namespace) -> dict[str, object]:
    """``specvae delete``."""
    workspace = Workspace.open(options.workspace, create=False)
    (workspace.delete_survey if options.kind == "survey" else workspace.delete_model)(options.id)
    return {"deleted": options.id, "restore": f"specvae restore {options.kind} {options.id}"}


def run_restore(options: argparse.Namespace) -> dict[str, object]:
    """``specvae restore``."""
    workspace = Workspace.open(options.workspace, create=False)
    (workspace.restore_survey if options.kind == "survey" else workspace.restore_model)(options.id)
    return {options.kind: options.id}
