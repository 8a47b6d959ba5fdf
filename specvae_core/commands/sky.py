"""Images of the sky around objects, and lists of spectral lines of one's own."""

import argparse
from pathlib import Path

from ..atomic import write_with
from ..cutouts import position_of
from ..errors import BadConfig, UserError
from ..workspace import Workspace
from .options import command, one_survey, words

MOST = 100
"""Images at a time."""


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "cutout", run_cutout)
    one_survey(made)
    made.add_argument("--ids", required=True, metavar="ID,ID", help=f"the objects, {MOST} at most")
    made.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the images")
    made.add_argument("--size", type=float, default=30.0, metavar="S", help="width, arcsec (default %(default)s)")
    made.add_argument(
        "--service",
        metavar="ADDRESS",
        help="address of the service with {ra}, {dec} and {size}; kept in the workspace (default: the kept one)",
    )
    made = command(commands, "lines", run_lines)
    made.add_argument(
        "--file", type=Path, metavar="FILE.csv", help="keep this list: name, wavelength or wavelength_air"
    )
    made.add_argument("--name", metavar="NAME", help="its name (default: that of the file)")


def run_cutout(options: argparse.Namespace) -> dict[str, object]:
    """``specvae cutout``."""
    workspace = Workspace.open(options.workspace, create=False)
    survey, ids = workspace.survey(options.survey), words(options.ids)
    if not 0 < len(ids) <= MOST:
        raise BadConfig(f"--ids names {len(ids)} objects: 1 to {MOST} were expected.")
    rows = survey.rows_of(ids)
    if options.service is not None:
        workspace.cutouts.set_template(options.service)
    options.out.mkdir(parents=True, exist_ok=True)
    images, refused = [], []
    for number, (name, row) in enumerate(zip(ids, rows, strict=True)):
        try:
            image = workspace.cutouts.image(*position_of(survey.row(int(row)).table), options.size)
        except UserError as error:
            refused.append({"id": name, "reason": str(error)})
            continue
        path = options.out / f"{number + 1:03d}.{image.kind.removeprefix('image/')}"
        write_with(path, lambda new, image=image: new.write_bytes(image.content))
        images.append({"id": name, "file": str(path)})
    if not images:
        raise UserError(f"There is no image of any of the objects: {refused[0]['reason']}")
    return {"images": images, "refused": refused}


def run_lines(options: argparse.Namespace) -> dict[str, object]:
    """``specvae lines``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.file is not None:
        try:
            content = options.file.read_bytes()
        except OSError as error:
            raise UserError(f"{options.file} cannot be read ({error.strerror}).") from None
        workspace.line_lists.keep(options.name or options.file.stem, content)
    names = workspace.line_lists.names()
    return {"lists": [{"name": name, "lines": len(workspace.line_lists.get(name))} for name in names]}
