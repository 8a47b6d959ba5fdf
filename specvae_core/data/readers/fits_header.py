"""The header of a FITS unit as a dictionary, and where the columns of its table lie in a row.

FITS standard 4.0, sections 4 (headers) and 7 (tables).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from math import prod

Header = dict[str, str | int | float | bool]

TYPES = {"L": "S1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8", "A": "S"}
"""Letter of a column that is read in place -> its type in NumPy."""

_WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "E": 4, "D": 8, "A": 1, "C": 8, "M": 16, "P": 8, "Q": 16}
_ASCII_FORMS = {"I": "K", "F": "D", "E": "D", "D": "D", "A": "A"}
"""Letters of the columns of ASCII tables -> of binary ones (table 15)."""

MOST_AXES = 999

_CARD = re.compile(rb"(.{8})(.{72})", re.DOTALL)
_FORM = re.compile(r"\s*(\d*)([A-Z])")


@dataclass(frozen=True)
class Layout:
    """A header, and where the columns of its table lie.

    Parameters
    ----------
    header
        Keyword -> value.
    columns
        Upper-case name -> (letter, repeat, offset in the row).
    numbers
        Upper-case name -> number of the column, from 1.
    unusual
        Columns of variable length, of bits, of complex numbers or of text (ASCII tables).
    """

    header: Header
    columns: dict[str, tuple[str, int, int]]
    numbers: dict[str, int]
    unusual: frozenset[str]

    @property
    def n_bytes(self) -> int:
        """Size of the data that follow the header, without padding."""
        header = self.header
        n_axes = number_of_axes(header)
        if n_axes == 0:
            return 0
        n_pixels = prod(whole(header, f"NAXIS{axis}", 0) for axis in range(1, n_axes + 1))
        count = whole(header, "GCOUNT", 1) * (whole(header, "PCOUNT", 0) + n_pixels)
        return abs(whole(header, "BITPIX", 8)) // 8 * count


def number_of_axes(header: Header, prefix: str = "") -> int:
    """NAXIS, or ZNAXIS of a compressed image: at most 999 by the standard, or a damaged file is counted for hours."""
    n_axes = whole(header, f"{prefix}NAXIS", 0)
    if n_axes > MOST_AXES:
        raise ValueError(f"the FITS keyword {prefix}NAXIS is {n_axes}, and at most {MOST_AXES} axes exist")
    return n_axes


def whole(header: Header, key: str, default: int) -> int:
    """A structural keyword, which has to be a whole number; only BITPIX may be negative."""
    value = header.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or (value < 0 and key != "BITPIX"):
        raise ValueError(f"the FITS keyword {key} is {value!r}")
    return value


@lru_cache(maxsize=128)
def layout_of(block: bytes) -> Layout:
    """Header and table layout of a header block."""
    header: Header = {}
    for raw_key, raw_value in _CARD.findall(block):
        if raw_key == b"END     ":
            break
        if raw_value[:1] == b"=":
            header.setdefault(raw_key.decode("latin-1").rstrip(), _value(raw_value[1:].decode("latin-1")))
        elif raw_key == b"HIERARCH":
            key, equals, value = raw_value.decode("latin-1").partition("=")
            if equals:
                header.setdefault(key.strip().upper(), _value(value))
    return Layout(header, *_columns(header))


def _columns(header: Header) -> tuple[dict[str, tuple[str, int, int]], dict[str, int], frozenset[str]]:
    """Where each column of a binary table lies, its number, and which take more than reading numbers in place."""
    columns: dict[str, tuple[str, int, int]] = {}
    numbers: dict[str, int] = {}
    unusual = set()
    offset = 0
    kind = header.get("XTENSION")
    for i in range(1, whole(header, "TFIELDS", 0) + 1 if kind in ("BINTABLE", "TABLE") else 0):
        form = _FORM.match(str(header.get(f"TFORM{i}", "")).upper())
        if form is None or form[2] not in (_ASCII_FORMS if kind == "TABLE" else {*_WIDTHS, "X"}):
            raise ValueError(f"the FITS keyword TFORM{i} is {header.get(f'TFORM{i}')!r}")
        letter, repeat = form[2], int(form[1] or 1)
        if kind == "TABLE":
            letter, repeat = _ASCII_FORMS[letter], 1
        name = str(header.get(f"TTYPE{i}", "")).upper()
        columns[name], numbers[name] = (letter, repeat, offset), i
        if letter not in TYPES or kind == "TABLE":
            unusual.add(name)
        offset += -(-repeat // 8) if letter == "X" else repeat * _WIDTHS[letter]
    return columns, numbers, frozenset(unusual)


def _value(field: str) -> str | int | float | bool:
    """The value of a card: what stands between its equals sign and its comment."""
    field = field.strip()
    if field.startswith("'"):
        closing = field.find("'", 1)
        while closing >= 0 and field[closing : closing + 2] == "''":
            closing = field.find("'", closing + 2)
        return field[1 : closing if closing > 0 else None].replace("''", "'").rstrip()
    field = field.partition("/")[0].strip()
    if field in {"T", "F"}:
        return field == "T"
    for kind in (int, float):
        try:
            return kind(field.replace("D", "E"))
        except ValueError:
            continue
    return field
