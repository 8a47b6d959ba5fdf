"""Properties of objects in a FITS file beside their pixels: header keywords, and cells of tables."""

import re

import numpy as np

from .columns import find_column, redshifts
from .fits_header import Header
from .fits_unit import Unit
from .source import Source

_POSITIONS = (("RA_OBJ", "DEC_OBJ"), ("RA_TARG", "DEC_TARG"), ("SRCRA", "SRCDEC"), ("RA-D", "DEC-D"), ("RA", "DEC"))
_FACTS = {
    "OBJECT": "object",
    "TARGNAME": "object",
    "TARGETID": "object",
    "TELESCOP": "telescope",
    "INSTRUME": "instrument",
    "DATE-OBS": "date_obs",
}
_SEXAGESIMAL = re.compile(r"([-+]?)(\d+)[:\s]+(\d+)[:\s]+([\d.]+)")


def whole_header(source: Source, unit: Unit) -> Header:
    """The unit's header, with what only the primary one says."""
    return {**source.unit(0).header, **unit.header}


def facts(header: Header) -> dict[str, object]:
    """Columns for the catalogue: object, ra and dec (degrees, J2000), telescope, instrument, date of observation."""
    found: dict[str, object] = {}
    for keyword, name in _FACTS.items():
        if keyword in header and str(header[keyword]).strip():
            found.setdefault(name, str(header[keyword]).strip())
    if header.get("EQUINOX", 2000.0) != 2000.0:
        return found  # the catalogue's positions are all of one equinox
    for keywords in _POSITIONS:
        ra, dec = (_degrees(header.get(keyword)) for keyword in keywords)
        if ra is not None and dec is not None and -90 <= dec <= 90:
            hours = isinstance(header[keywords[0]], str) and _SEXAGESIMAL.fullmatch(str(header[keywords[0]]).strip())
            return found | {"ra": ra * 15 if hours else ra, "dec": dec}
    return found


def header_redshift(header: Header) -> tuple[float | None, str]:
    """The redshift and the keyword that has it; ``None`` and empty where the header says none.

    NaN where the keyword has something that is not a number: the object has a redshift, and nobody knows which.
    """
    stated = [keyword for keyword, value in header.items() if str(value).strip() and not isinstance(value, bool)]
    keyword = find_column(stated, "redshift")
    if keyword is None:
        return None, ""
    return float(redshifts(np.array([header[keyword]], dtype=object))[0]), f"header {keyword}"


def _degrees(value: object) -> float | None:
    """Degrees, or hours where the value is sexagesimal and a right ascension; ``None`` where it is not an angle."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    match = _SEXAGESIMAL.fullmatch(str(value).strip())
    if match:
        sign, degrees, minutes, seconds = match.groups()
        angle = int(degrees) + int(minutes) / 60 + float(seconds) / 3600
        return -angle if sign == "-" else angle
    try:
        return float(str(value))
    except ValueError:
        return None


def cells(unit: Unit) -> dict[str, np.ndarray]:
    """Columns of single numbers or words, (n rows,) each, by the names that the table gives them.

    The first position that `columns.find_column` knows is called ``ra`` and ``dec``.
    """
    plain = [name for name, (letter, repeat, _) in unit.layout.columns.items() if repeat == 1 or letter == "A"]
    table = unit.table([name for name in plain if name not in unit.layout.unusual])
    found = {unit.column_text("TTYPE", name): _plain(table[name]) for name in table.dtype.names or ()}
    for role in ("ra", "dec"):
        name = find_column(found, role)
        if name is not None:
            found[role] = found.pop(name)
    return found


def _plain(values: np.ndarray) -> np.ndarray:
    """Words as ``str``, true and false as ``bool``, numbers in the machine's byte order."""
    if values.dtype == "S1" and np.isin(values, (b"T", b"F", b"")).all():
        return values == b"T"
    if values.dtype.kind == "S":
        return np.char.strip(np.char.decode(values, "utf-8", "replace"))
    return values.astype(values.dtype.newbyteorder("="))
