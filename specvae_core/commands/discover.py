"""From looking to finding: select objects."""

import argparse
from pathlib import Path

from ..atomic import check_ending
from ..errors import NotFound
from ..tasks.export import FORMATS, write_table
from ..tasks.select import Chosen, choose, keep_selection, selected_table
from ..workspace import Workspace
from .options import command

EXPRESSION = "an expression over columns of the catalogue, @FILE of ids, or @NAME of a selection that was kept"


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "select", run_select)
    made.add_argument("--survey", required=True, metavar="NAME", help="survey name")
    made.add_argument("--where", required=True, metavar="EXPR", help=EXPRESSION)
    made.add_argument("--model", metavar="ID", help="model whose latents and results the filter may use")
    made.add_argument("--name", metavar="S", help="keep the objects in the workspace under this name")
    made.add_argument("--out", type=Path, metavar="FILE", help=f"also write the table: ends in {', '.join(FORMATS)}")


def run_select(options: argparse.Namespace) -> dict[str, object]:
    """``specvae select``."""
    workspace = Workspace.open(options.workspace, create=False)
    if options.out is not None:
        check_ending(options.out, FORMATS)
    chosen = choose(workspace, options.survey, options.where, options.model)
    selection = None
    if options.name is not None:
        selection = keep_selection(
            workspace, options.survey, options.name, chosen.rows, where=options.where, model_id=options.model
        )
    if options.out is not None:
        write_table(selected_table(workspace, options.survey, chosen.rows, options.model), options.out)
    return {"n": len(chosen.rows), "selection": selection} | not_found(chosen)


def not_found(chosen: Chosen) -> dict[str, object]:
    """How many ids of a file the survey lacks, and the first of them; nothing where all were found.

    Raises
    ------
    NotFound
        There was a list of ids, and the survey has none of them.
    """
    if not chosen.missing:
        return {}
    if not len(chosen.rows):
        raise NotFound(
            f"None of the {len(chosen.missing)} ids is in the survey, the first being {chosen.missing[0]}: ids are "
            "compared as text, digit by digit."
        )
    return {"not_found": len(chosen.missing), "first_not_found": chosen.missing[0]}
