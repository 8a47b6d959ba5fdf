"""Annotations by several people: give them, and see how far they agree."""

import argparse
from pathlib import Path

import pandas as pd

from ..annotation_record import MARKS, author_name, login_name
from ..atomic import check_ending
from ..errors import BadConfig, UserError
from ..tasks.export import FORMATS, provenance, write_table
from ..tasks.people import agreement, annotate, everybody, fields_of, verdict_table
from ..workspace import Workspace
from .options import command, one_survey, words


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "annotate", run_annotate)
    one_survey(made)
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--ids", metavar="ID,ID", help="the objects")
    which.add_argument("--table", type=Path, metavar="FILE.csv", help="columns id and any of mark,note,tags,z,quality")
    made.add_argument("--mark", default="", metavar="M", help=f"{MARKS[0]} to {MARKS[-1]}")
    made.add_argument("--note", default="", metavar="TEXT", help="free text")
    made.add_argument("--tags", default="", metavar="A,B", help="short words")
    made.add_argument("--z", default="", metavar="Z", help="redshift read off the spectrum (my z)")
    made.add_argument("--quality", default="", metavar="Q", help="how sure it is, 0 to 4")
    made.add_argument("--author", metavar="NAME", help="who says it (default: your login name)")
    made = command(commands, "people", run_people)
    one_survey(made)
    made.add_argument(
        "--out", type=Path, metavar="FILE", help=f"also write all annotations, one a row ({', '.join(FORMATS)})"
    )
    made.add_argument("--merged", type=Path, metavar="FILE", help="also write one verdict for each object")


def run_annotate(options: argparse.Namespace) -> dict[str, object]:
    """``specvae annotate``."""
    workspace = Workspace.open(options.workspace, create=False)
    author = login_name() if options.author is None else author_name(options.author)
    if options.table is not None:
        rows = _rows_of(options.table)
    else:
        fields = fields_of(vars(options))
        rows = dict.fromkeys(words(options.ids), fields)
    if not rows or not all(rows.values()):
        raise BadConfig("Nothing is said: give objects, and one of --mark, --note, --tags, --z and --quality.")
    return {"author": author, "n": annotate(workspace, options.survey, author, rows)}


def _rows_of(path: Path) -> dict[str, dict[str, object]]:
    """Fields of annotations by object id from a CSV file."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read as a table ({error}): give a CSV file with a column id.") from None
    if "id" not in table:
        raise UserError(f"{path} has no column id: its columns are {', '.join(table.columns)}.")
    said = {row["id"]: fields_of(row) for row in table.to_dict("records")}
    return {name: fields for name, fields in said.items() if fields}


def run_people(options: argparse.Namespace) -> dict[str, object]:
    """``specvae people``."""
    workspace = Workspace.open(options.workspace, create=False)
    for path in filter(None, (options.out, options.merged)):
        check_ending(path, FORMATS)
    found = agreement(workspace, options.survey)
    header = provenance(workspace, options.survey)
    for path, table in ((options.out, everybody), (options.merged, verdict_table)):
        if path is not None:
            write_table(table(workspace, options.survey), path, header)
    return found
