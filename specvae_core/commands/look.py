"""``specvae look``: what files are understood as, before anything is stored."""

import argparse

from .. import __version__
from ..data.data_kind import DataKind
from ..data.look import look, sparkline
from ..data.readers.axis import PIXEL, read_hints
from ..names import typed_path
from .file_hints import add_hints, given_hints
from .options import command


def add(commands) -> None:
    """Add the command of this file."""
    made = command(commands, "look", run_look, workspace=False)
    made.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders to search")
    add_hints(made)


def run_look(options: argparse.Namespace) -> dict[str, object]:
    """``specvae look``."""
    hints = read_hints(given_hints(options).to_json())
    seen = {"version": __version__, **look([typed_path(path) for path in options.paths], hints)}
    return seen if options.json else _in_lines(seen)


def _in_lines(seen: dict) -> dict[str, object]:
    """The same for a terminal: each kind as an entry, each example as a line of bars."""
    read = f"{seen['read']:,} of {seen['files']:,}, a sample" if seen["sampled"] else f"{seen['read']:,}"
    lines: dict[str, object] = {"version": seen["version"], "files": seen["files"], "read": read}
    lines["kind of data"] = DataKind(seen["kind"]).title
    for number, kind in enumerate(seen["kinds"], start=1):
        shown = {key: ", ".join(map(str, value)) if isinstance(value, list) else value for key, value in kind.items()}
        ends = " to ".join(f"{end:.6g}" for end in kind["wavelength_range"])
        where = "pixels" if kind.get("wavelength_unit") == PIXEL else f"Angstrom, {kind.get('medium', 'vacuum')}"
        shown["wavelength_range"] = f"{ends} {where}"
        shown["with"] = ", ".join(f"{name} {n:,}" for name, n in kind["with"].items())
        shown["examples"] = {example["id"]: sparkline(example) for example in kind["examples"]}
        lines[f"kind {number}"] = shown
    for number, entry in enumerate(seen["refused"], start=1):
        word = "question" if entry["answer"] else "refused"
        lines[f"{word} {number}"] = f"{entry['count']:,} × {entry['explanation']}. First: {entry['message']}"
    found = {name: ", ".join(seen[name]) for name in ("labels", "fractions") if seen[name]}
    for catalogue in seen["catalogues"]:
        found["bands"] = ",".join(one["text"] for one in catalogue["measurements"] if one["band"])
    return lines | found | ({"suggested grid": seen["grid"]} if seen["grid"] else {})
