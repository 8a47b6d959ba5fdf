"""Columns of a catalogue by the names that people write: in any case, lines by their own name; near ones suggested."""

import difflib
from collections.abc import Mapping

from ..errors import NotFound

WIDTH = "ew_"
"""How the catalogue's columns of equivalent widths begin: where no column is called ``h_beta``, that name stands for
``ew_h_beta``."""

Columns = Mapping[str, object]
"""Name -> (n,) numbers, words or truths: a ``DataFrame``, or a mapping that computes a column when it is asked for."""


def find_name(name: str, columns: Columns) -> str:
    """The column of a name as the catalogue spells it: in any case, and a line's equivalent width by its name alone.

    Raises
    ------
    NotFound
        There is none; the message suggests similar ones.
    """
    if name in columns:
        return name
    for wanted in (name.lower(), WIDTH + name.lower()):
        same = [str(column) for column in columns if str(column).lower() == wanted]
        if len(same) == 1:
            return same[0]
    raise NotFound(f"There is no column {name}{suggestion(name, list(map(str, columns)))} A text needs quotes.")


def check_column(name: str, columns: Columns, purpose: str) -> None:
    """Refuse a column that is not there, with similar ones.

    Parameters
    ----------
    name
        As the catalogue spells it.
    columns
        The catalogue.
    purpose
        What it is for, as ``to group spectra by``.

    Raises
    ------
    NotFound
        There is none.
    """
    if name not in columns:
        raise NotFound(f"There is no column {name} {purpose}{suggestion(name, list(map(str, columns)))}")


def suggestion(name: str, known: list[str]) -> str:
    """End of a sentence about a name that does not exist: similar ones, or those that there are."""
    by_case = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), by_case, n=3, cutoff=0.6)
    near += [one for one in by_case if name.lower() in one and one not in near][: 3 - len(near)]
    if near:
        return f": did you mean {' or '.join(by_case[one] for one in near)}?"
    return f": there are {', '.join(known[:12])}{' and others' if len(known) > 12 else ''}."
