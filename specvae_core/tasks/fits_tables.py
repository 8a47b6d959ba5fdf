"""Tables as FITS can hold them."""

import re
from collections.abc import Iterable

import numpy as np
from astropy.table import Column, Table

from ..names import printable

LONGEST_NAME = 68
"""Characters of a column's name: what fits between the quotes of a card."""

_SPELT = str.maketrans(
    {"Å": "Angstrom", "²": "2", "χ": "chi", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "–": "-", "…": "..."}
)


def as_fits(table: Table) -> Table:
    """The same table with texts, names of columns and keywords that FITS can hold: ASCII, and not too long."""
    names = fits_names(table.colnames)
    columns = {}
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind == "U":
            values = np.array([in_ascii(value) for value in column.tolist()], dtype=str)
            column = Column(values, unit=column.unit, description=column.description, meta=column.meta)
        columns[names[name]] = column
    meta = {key: in_ascii(value) if isinstance(value, str) else value for key, value in table.meta.items()}
    return Table(columns, meta=meta)


def fits_names(names: Iterable[str]) -> dict[str, str]:
    """Names of columns as FITS can hold them: in ASCII, at most 68 characters, different in any case.

    Returns
    -------
    spelt
        The name in FITS by each name; one that had to be cut ends in ``~1``, ``~2``…
    """
    spelt: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = str(name)
        if not (plain.isascii() and plain.isprintable() and plain.strip()):
            plain = re.sub(r"\W+", "_", in_ascii(printable(plain))).strip("_") or "column"
        short, number = plain[:LONGEST_NAME], 0
        while short.lower() in taken or (number == 0 and len(plain) > LONGEST_NAME):
            number += 1
            short = f"{plain[: LONGEST_NAME - 6]}~{number}"
        taken.add(short.lower())
        spelt[name] = short
    return spelt


def in_ascii(text: str) -> str:
    """ASCII text for a string column of FITS: Greek letters and units by name, other letters as question marks."""
    return text if text.isascii() else text.translate(_SPELT).encode("ascii", "replace").decode("ascii")
