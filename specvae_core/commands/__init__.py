"""The commands of ``specvae``: one file for each group of them, listed in `GROUPS`."""

import argparse
from importlib import import_module

from .. import __version__
from .options import Parser

GROUPS = {
    "surveys": ("demo", "ingest", "info", "resume"),
    "check": ("check",),
    "look": ("look",),
    "download": ("download",),
    "models": ("train", "evaluate", "encode"),
    "export": ("export",),
    "tracks": ("track",),
    "quality": ("compare", "search", "redshift", "leak"),
    "noise": ("noise",),
    "infill": ("infill",),
    "inverse": ("invert", "inverse-bench"),
    "outliers": ("outliers", "overlay", "cluster"),
    "predict": ("crossvalidate", "precision", "predict"),
}
"""File -> its commands, which its ``add(commands)`` adds; their order is that of the help text."""


def parser(word: str = "") -> argparse.ArgumentParser:
    """What can be given on the command line.

    Parameters
    ----------
    word
        The command that is called: only its group is imported, for all of them together take seconds to load. All
        groups where it is none.
    """
    top = Parser(prog="specvae", description="Learn and explore the latent space of spectra.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    groups = [group for group, words in GROUPS.items() if word in words] or list(GROUPS)
    for group in groups:
        import_module(f".{group}", __name__).add(commands)
    return top
