"""How a text table is laid out: its delimiter, its names, the units beside them, and what its comments say."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .columns import DEC, ID, RA, REDSHIFT, WAVELENGTH, split_name
from .units import spectral_unit

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset(("", "--", "-", "nan", "null", "none", "n/a", "na", "masked", "...", "<na>", "indef"))
"""Cells that hold no value, in lower case."""

PIXEL_COLUMN = re.compile(
    r"(?:(flux|f|reflectance|wave|wl|lam|lambda|ivar|err|error|e|sigma|var|mask)[_ ])?"
    r"(\d+(?:\.\d*)?)\s*(a|aa|angstrom|nm|um|micron)?",
    re.I,
)
"""A column per pixel: its wavelength, behind ``flux_``, ``ivar_``, ``err_``, ``mask_``… or alone, before its unit."""

_COMMENT = re.compile(r"\s*(?:[#%!]|//|;(?!.*;))")
_SAID = re.compile(r"([A-Za-z][\w .\-]*?)\s*[=:]\s*([^\s=:,]+)(?:\s.*)?")
_NAME_WITH_UNIT = re.compile(r"[^\s()\[\]]+(?:\s*[(\[][^)\]]*[)\]])?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(?:[eE][-+]?\d+)?")
_FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]?\d+$)")
_NUMBERED_NAME = re.compile(r"(\d{1,9})[:.)]?\s+([A-Za-z]\w*)\b.*?(?:[(\[]\s*([^)\]]*?)\s*[)\]]\s*)?")
_OBJECT_KEYS = frozenset((*REDSHIFT, *ID, *RA, *DEC, "object", "target"))


@dataclass(frozen=True)
class TextLayout:
    """How to read a text table.

    Parameters
    ----------
    delimiter
        One character; empty for any run of spaces and tabs.
    names
        Names of the columns; empty where the file names none.
    n_columns
        Number of columns in most rows.
    has_numbers
        Whether some row holds two numbers, or a list of them.
    n_skipped
        Rows before the values: names, units, and what stands before them.
    units
        Column -> unit, from a line of units.
    keywords
        Properties of the object from comments: name -> word.
    in_air
        Whether wavelengths are in air by a comment; ``None`` where none states the medium.
    decimal_comma
        Whether numbers have a comma in the place of the point.
    """

    delimiter: str
    names: tuple[str, ...]
    n_columns: int
    has_numbers: bool = False
    n_skipped: int = 0
    units: dict[str, str] = field(default_factory=dict)
    keywords: dict[str, str] = field(default_factory=dict)
    in_air: bool | None = None
    decimal_comma: bool = False

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """The rows of values, as words; a point stands where a decimal comma stood."""
        rows = split_rows(value_lines(lines), self.delimiter)
        for i, row in enumerate(rows):
            if i >= self.n_skipped:
                yield [item.replace(",", ".") for item in row] if self.decimal_comma else row


def value_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are neither empty nor comments."""
    return (line for line in lines if _holds_values(line))


def _holds_values(line: str) -> bool:
    """Whether a line is neither empty nor a comment."""
    begin = line.lstrip()[:1]
    return bool(begin) and not (begin in "#%!/;" and _COMMENT.match(line))


def split_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The fields of lines, without quotes; spaces may stand behind them where something else splits them."""
    if not delimiter:
        yield from (line.split() for line in lines)
        return
    yield from csv.reader(lines, delimiter=delimiter, skipinitialspace=True)


def find_layout(lines: list[str]) -> TextLayout | None:
    """The layout of a table from its first lines; ``None`` where they are not a table.

    Parameters
    ----------
    lines
        The beginning of the file, the last one whole too.
    """
    comments = [line.strip().lstrip("#%!/; ").strip() for line in lines if _COMMENT.match(line)]
    body = [line for line in lines if _holds_values(line)]
    if not body:
        return None
    delimiter = _delimiter(body)
    try:
        rows = [[item.strip() for item in row] for row in split_rows(body, delimiter)]
    except csv.Error:
        return None
    comma = delimiter == ";" and any(_DECIMAL_COMMA.fullmatch(item) for row in rows[:5] for item in row)
    header = _header_row(rows, comma)
    has_units = header is not None and len(rows) > header + 1 and _are_units(rows[header], rows[header + 1])
    n_skipped = 0 if header is None else header + 1 + has_units
    values = rows[n_skipped:]
    n_columns = Counter(map(len, values)).most_common(1)[0][0] if values else len(rows[0])
    if header is None:
        names = _comment_names(comments, delimiter, n_columns)
    else:
        names = _header_names(body[header], rows[header], n_columns)
    unit_row = rows[header + 1] if has_units else _unit_comment(comments, delimiter, n_columns)
    return TextLayout(
        delimiter=delimiter,
        names=tuple(names),
        n_columns=n_columns,
        has_numbers=any(_holds_numbers(row, comma) for row in values),
        n_skipped=n_skipped,
        units=dict(zip(names, unit_row, strict=False)),
        keywords=_keywords(comments),
        in_air=_medium(comments),
        decimal_comma=comma,
    )


def _delimiter(body: list[str]) -> str:
    """The character that splits all lines into equally many fields, else runs of spaces."""
    sample = body[:40]
    for delimiter in DELIMITERS:
        try:
            counts = {len(row) for row in split_rows(sample, delimiter)}
        except csv.Error:
            continue
        if len(counts) == 1 and min(counts) > 1:
            return delimiter
    best = max(DELIMITERS, key=sample[0].count)
    return best if sample[0].count(best) > len(sample[0].split()) else ""


def number(text: str) -> float:
    """The number that a word is, Fortran's double precision (``1.5D-17``) included; ValueError where it is none."""
    try:
        return float(text)
    except ValueError:
        return float(_FORTRAN.sub("e", text))


def _is_number(text: str, comma: bool = False) -> bool:
    try:
        number(text.replace(",", ".") if comma else text)
    except ValueError:
        return False
    return True


def _holds_numbers(row: list[str], comma: bool) -> bool:
    return sum(_is_number(item, comma) for item in row) > 1 or any(item.startswith(("(", "[")) for item in row)


def _is_word(text: str, comma: bool = False) -> bool:
    """Whether a field is neither a number, nor a list of numbers, nor a missing value."""
    return not _is_number(text, comma) and text.lower() not in MISSING and not text.startswith(("(", "["))


def _header_row(rows: list[list[str]], comma: bool) -> int | None:
    """Number of the row that names the columns; ``None`` where the values begin at once.

    It is the first row, where that has a word in it; or one further down that names a wavelength or flux, where no row
    until there has a number.
    """
    for i, row in enumerate(rows):
        if any(_is_number(item, comma) or item.startswith(("(", "[")) for item in row):
            break
        if any(_names_pixels(item) for item in row):
            return i
    return 0 if any(_is_word(item, comma) for item in rows[0]) else None


def _header_names(line: str, row: list[str], n_columns: int) -> list[str]:
    """Names of a header, whose units in brackets may stand behind spaces."""
    spaced = _NAME_WITH_UNIT.findall(line.strip())
    return spaced if len(row) != n_columns and len(spaced) == n_columns else row


def _comment_names(comments: list[str], delimiter: str, n_columns: int) -> list[str]:
    """The last comment that has a name for each column, one of them that of a wavelength or flux.

    Or one comment for each column, which begins with its number, as SExtractor writes them: ``1 wavelength [nm]``.
    """
    numbered = [match for match in map(_NUMBERED_NAME.fullmatch, comments) if match]
    if [int(match[1]) for match in numbered] == list(range(1, n_columns + 1)):
        return [f"{match[2]} [{match[3]}]" if match[3] else match[2] for match in numbered]
    for comment in reversed(comments):
        for names in (next(split_rows([comment], delimiter), []), comment.split(), _NAME_WITH_UNIT.findall(comment)):
            if len(names) == n_columns and (
                any(map(_names_pixels, names)) or all(map(PIXEL_COLUMN.fullmatch, names[-2:]))
            ):
                return names
    return []


def _names_pixels(name: str) -> bool:
    base = split_name(name).base
    return base in WAVELENGTH or base in ("loglam", "frequency", "energy", "flux")


def _are_units(names: list[str], row: list[str]) -> bool:
    """Whether a row below names holds units: one of wavelength under a name of wavelength, and no number at all."""
    pairs = [(split_name(name).base, item.strip("()[]")) for name, item in zip(names, row, strict=False)]
    of_axis = any(base in WAVELENGTH and spectral_unit(item) is not None for base, item in pairs)
    return of_axis and not any(_is_number(item) for item in row)


def _unit_comment(comments: list[str], delimiter: str, n_columns: int) -> list[str]:
    """A comment that has a unit for each column, the first of them of a wavelength."""
    for comment in comments:
        for units in (next(split_rows([comment], delimiter), []), comment.split()):
            if len(units) == n_columns and spectral_unit(units[0].strip("()[]")) is not None:
                return [unit.strip("()[]") for unit in units]
    return []


def _keywords(comments: list[str]) -> dict[str, str]:
    """Redshift, id and position of the object where a comment reads ``name = value`` or ``name: value``."""
    found = {}
    for comment in comments:
        match = _SAID.fullmatch(comment)
        if match and split_name(match[1]).base in _OBJECT_KEYS:
            found.setdefault(split_name(match[1]).base, match[2])
    return found


def _medium(comments: list[str]) -> bool | None:
    """Whether comments on wavelengths say air or vacuum; ``None`` where they say neither, or both."""
    words = {word for line in comments for word in re.findall(r"[a-z]+", line.lower()) if _speaks_of_waves(line)}
    air, vacuum = "air" in words, bool({"vacuum", "vac"} & words)
    return None if air == vacuum else air


def _speaks_of_waves(line: str) -> bool:
    return bool(re.search(r"wave|lambda|wl", line.lower()))
