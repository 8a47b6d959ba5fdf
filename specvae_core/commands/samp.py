"""Objects to TOPCAT, Aladin and others on the same desktop, and the rows that are chosen there."""

import argparse

from ..errors import BadConfig, NotFound
from ..tasks.export import provenance
from ..tasks.samp import SampLink
from ..tasks.select import choose, selected_table
from ..workspace import Workspace
from .objects import EXPRESSION, not_found
from .options import command, one_survey

LOADED_WITHIN = 60.0
"""Seconds that programs have to read the table, which is deleted afterwards."""


def add(commands) -> None:
    """Add the commands of this file."""
    made = command(commands, "samp", run_samp)
    one_survey(made)
    made.add_argument("--where", required=True, metavar="EXPR", help=f"the objects to send: {EXPRESSION}")
    made.add_argument("--model", metavar="ID", help="model whose latents and results go with them")
    made.add_argument(
        "--listen",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="wait at most so long until rows are chosen in one of the programs, and give their ids (default 0)",
    )


def run_samp(options: argparse.Namespace) -> dict[str, object]:
    """``specvae samp``."""
    if not 0 <= options.listen < float("inf"):
        raise BadConfig(f"--listen is {options.listen:g}: a number of seconds was expected, 0 for none.")
    workspace = Workspace.open(options.workspace, create=False)
    chosen = choose(workspace, options.survey, options.where, options.model)
    missing = not_found(chosen)
    if not len(chosen.rows):
        raise NotFound(f"No object has {options.where}: there is no table to send.")
    table = selected_table(workspace, options.survey, chosen.rows, options.model)
    link = SampLink()
    try:
        name = f"{options.survey}, {len(table):,} objects"
        link.send(table, name, provenance(workspace, options.survey, options.model))
        found = {"n": len(table), "programs": link.loaded_by(LOADED_WITHIN)} | missing
        return found | ({"chosen": link.wait(options.listen)} if options.listen else {})
    finally:
        link.close()
