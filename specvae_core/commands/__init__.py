"""The commands of ``specvae``: one file for each group of them, listed in `GROUPS`."""

import argparse
from importlib import import_module
from importlib.metadata import entry_points

from .. import __version__
from .groups import DASHBOARD_COMMANDS, GROUPS
from .options import Parser

__all__ = ["GROUPS", "parser"]


def parser(word: str = "") -> argparse.ArgumentParser:
    """What can be given on the command line.

    Parameters
    ----------
    word
        The command that is called: the file of its group is imported, which takes a second for some. Where it is no
        command, all are listed and none can run.
    """
    top = Parser(prog="specvae", description="Learn and explore the latent space of spectra.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for group, words in GROUPS.items():
        if word in words:
            import_module(f".{group}", __name__).add(commands)
            return top
    if word in DASHBOARD_COMMANDS:
        for entry in entry_points(group="specvae.commands", name=word):
            entry.load()(commands)
            return top
    for words in (*GROUPS.values(), DASHBOARD_COMMANDS):
        for name, text in words.items():
            commands.add_parser(name, help=text)
    return top
