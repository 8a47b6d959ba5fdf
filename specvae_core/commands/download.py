"""Public spectra: download."""

import argparse
import os
from pathlib import Path

from ..data.samples import DESI_RELEASES, SAMPLES
from ..data.text_lists import read_lines
from ..names import typed_path
from ..progress import ignore
from ..tasks.download import PARALLEL, download_into, read_record
from ..workspace import Workspace
from .options import command
from .running import run_job


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "download", run_download, workspace=False)
    titles = "; ".join(f"{name}: {sample.title}" for name, sample in SAMPLES.items())
    lists = "; ".join(f"{name}: {sample.lists}" for name, sample in SAMPLES.items() if sample.lists)
    made.add_argument("sample", choices=list(SAMPLES), help=titles)
    made.add_argument("items", nargs="*", metavar="ITEM", help=f"files with one object a line, or objects ({lists})")
    place = made.add_mutually_exclusive_group()
    place.add_argument(
        "--to", type=Path, default=Path("."), metavar="DIR", help="folder for the files (default: this one)"
    )
    place.add_argument("--workspace", metavar="DIR", help="keep the files in this workspace, under downloads/NAME")
    made.add_argument("--name", default="", help="name of the folder in the workspace (default: the sample's)")
    made.add_argument(
        "--release", default="edr", choices=list(DESI_RELEASES), help="data release of DESI (default %(default)s)"
    )
    made.add_argument("--archive", default="", metavar="URL", help="a mirror in the place of the archive's own address")
    made.add_argument(
        "--parallel", type=int, default=PARALLEL, metavar="N", help="files at a time (default %(default)s)"
    )


def run_download(options: argparse.Namespace) -> dict[str, object]:
    """``specvae download``."""
    settings = {name: getattr(options, name) for name in ("sample", "release", "archive", "parallel")}
    settings["items"] = [line for item in options.items for line in _lines(item)]
    if options.workspace is None:
        target = options.to
        download_into(target, ignore, **settings)
    else:
        workspace = Workspace.open(options.workspace)
        job = run_job(workspace, "download", name=options.name, **settings)
        target = workspace.folder / "downloads" / str(job.result)
    return {"folder": str(target), **read_record(target)}


def _lines(item: str) -> list[str]:
    """The lines of a file of that name, or the item itself."""
    path = typed_path(item)
    if not os.path.isfile(path):
        return [item]
    return list(read_lines(path, "one object a line"))
