"""The commands of ``specvae``: one file for each group of them, listed in `GROUPS`."""

import argparse

from .. import __version__
from . import download, infill, inverse, look, models, noise, outliers, predict, quality, surveys, tracks
from .options import Parser

GROUPS = (surveys, look, download, models, tracks, quality, noise, infill, inverse, outliers, predict)
"""Every group offers ``add(commands)``, which adds its commands; their order is that of the help text."""


def parser() -> argparse.ArgumentParser:
    """Everything that can be given on the command line."""
    top = Parser(prog="specvae", description="Learn and explore the latent space of spectra.")
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for group in GROUPS:
        group.add(commands)
    return top
