"""Serve the dashboard: ``python serve.py`` is ``specvae serve``, with the same options."""

import sys

from dashboard.serving.command import add
from specvae_core.__main__ import run
from specvae_core.commands.options import Parser

if __name__ == "__main__":
    parser = Parser(prog="specvae")
    add(parser.add_subparsers())
    sys.exit(run(parser.parse_args(["serve", *sys.argv[1:]])))
