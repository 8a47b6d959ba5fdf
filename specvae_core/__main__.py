"""``specvae``: every task on the command line."""

import argparse
import gc
import io
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence

from .atomic import without_nan
from .commands import parser
from .errors import Cancelled, UserError, disk_error
from .memory import share_heaps


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a command line and run its command; the status is that of `run`."""
    gc.set_threshold(10_000)  # libraries are loaded sooner: hardly any of what they make is garbage
    arguments = sys.argv[1:] if arguments is None else arguments
    return run(parser(arguments[0] if arguments else "").parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Run one command with the options that were read.

    Returns
    -------
    status
        0, or 1 where a check has found damage, 2 for a user's mistake (one sentence on standard error), 130 where it
        was interrupted.
    """
    share_heaps()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files that the terminal cannot show
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        result = options.run(options)
    except UserError as error:
        print(f"specvae: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        sentence = disk_error(error)
        if sentence is None:
            raise
        print(f"specvae: {sentence}", file=sys.stderr)
        return 2
    except (Cancelled, KeyboardInterrupt) as stopped:
        print(f"specvae: {stopped or 'stopped.'}", file=sys.stderr)
        return 130
    if result is None:
        return 0
    text = json.dumps(without_nan(result), ensure_ascii=False) if options.json else _readable(result)
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader, as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return getattr(options, "status", 0)


def _readable(value: object, indent: str = "") -> str:
    """A result as indented lines of names and values."""
    if isinstance(value, Mapping):
        lines = []
        for key, entry in value.items():
            nested = isinstance(entry, Mapping | list | tuple) and len(entry) > 0
            lines.append(
                f"{indent}{key}:\n{_readable(entry, indent + '  ')}" if nested else f"{indent}{key}: {_plain(entry)}"
            )
        return "\n".join(lines)
    if isinstance(value, list | tuple):
        return "\n".join(_readable(entry, indent) for entry in value)
    return f"{indent}{_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None or value == {} or value == [] else str(value)


if __name__ == "__main__":
    sys.exit(main())
