"""Tables in text, in any of their habits: a pixel a row, or a spectrum a row.

A **pixel a row**: columns named as in `arrays`, by a first line, by a comment, or not at all (then two or three columns
are wavelength, flux and 1-sigma error); a column of ids with few values makes a long table of many spectra. A
**spectrum a row**: pixel columns named by their wavelengths (``3500.5``, ``flux_3500.5``, ``err_3500.5``…), or cells
that hold lists in brackets. Fields are split by commas, semicolons, tabs, bars or spaces; comments begin with ``#``,
``%``, ``!`` or ``//``; a byte order mark, gzip, decimal commas (where semicolons split) and units in names, in a second
line or in a comment are understood.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from ...digits import whole_number
from ...errors import Reason, Refused
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import ROWS_AT_ONCE, read_arrays
from .columns import find_column
from .source import Source
from .text_cells import check_lengths, parse_columns, pixel_block, read_columns
from .text_layout import PIXEL_COLUMN, TextLayout, find_layout

READER = "text table"
UNNAMED = ("wavelength", "flux", "error")
UNNAMED_ERROR = "the third column is the error (1 sigma)"
SPELT_OUT = dict.fromkeys(("", "f", "wave", "wl", "lam", "lambda"), "flux") | {"e": "err"}
"""What stands before a wavelength -> what the column holds."""

TEXT_ENDINGS = (".csv", ".tsv")
OTHER_TEXT = (b"SIMPLE  =", b"<", b"{", b"\\", b"%PDF", b"# %ECSV")
"""How text begins that is not a plain table: FITS headers, XML, JSON, IPAC, PDF, ECSV."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class TextReader:
    """Reads spectra from tables in text."""

    def claims(self, source: Source) -> bool:
        """Whether the file is text with a table in it that can be one of spectra."""
        is_binary = source.encoding != "utf-16" and _BINARY.search(source.head)
        if is_binary or source.head.lstrip().startswith(OTHER_TEXT):
            return False
        name = source.path.name.lower().removesuffix(".gz")
        if name.endswith(TEXT_ENDINGS):
            return True
        layout = find_layout(_first_lines(source))
        if layout is None or layout.n_columns < 2:
            return False
        return bool(_can_be_spectra(layout, source))

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """The spectra of the table."""
        layout = find_layout(_first_lines(source))
        if layout is None:
            raise Refused(Reason.FOREIGN, f"{source.name} holds no table: columns wavelength and flux were expected.")
        names, assumed = _names(layout, source)
        keywords = {name: np.asarray(word) for name, word in layout.keywords.items()}
        if find_column(names, "wavelength", source.hints, source.name) is not None and not _pixels_by_name(names):
            columns = read_columns(layout, names, source)
            if all(isinstance(column, np.ndarray) and column.ndim == 1 for column in columns.values()):
                yield from _pixel_a_row(columns, keywords, layout, assumed, source)
                return
        yield from _spectrum_a_row(layout, names, source)


def _first_lines(source: Source, n_lines: int = 64) -> list[str]:
    return list(islice(source.text(), n_lines))


def _can_be_spectra(layout: TextLayout, source: Source) -> bool:
    """Whether names are those of spectra, or all columns numbers where there are none."""
    if not layout.has_numbers:
        return False
    if layout.names:
        roles = [find_column(layout.names, role) for role in ("wavelength", "flux")]
        return None not in roles or bool(source.hints.columns) or _pixels_by_name(layout.names)
    return not layout.n_skipped


def _names(layout: TextLayout, source: Source) -> tuple[list[str], tuple[str, ...]]:
    """Names of all columns, and what was assumed in giving them where the file does not."""
    if layout.names:
        if len(layout.names) != layout.n_columns:
            raise Refused(
                Reason.SHAPE,
                f"{source.name} names {len(layout.names)} columns and has {layout.n_columns} in most rows: one name "
                "for each column was expected, without spaces where spaces split them.",
            )
        return list(layout.names), ()
    numbers = [str(number) for number in range(1, layout.n_columns + 1)]
    if source.hints.columns:
        return numbers, ()
    if layout.n_columns not in (2, 3):
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} has {layout.n_columns} columns without names: say which is which by --column wavelength=1 "
            "flux=2 error=3, or give it a first line that names them.",
            answer="columns.wavelength",
            choices=numbers,
        )
    return list(UNNAMED[: layout.n_columns]), (UNNAMED_ERROR,) if layout.n_columns == 3 else ()


def _pixels_by_name(names: Sequence[str]) -> bool:
    return sum(PIXEL_COLUMN.fullmatch(name.strip()) is not None for name in names) > 1 and not all(
        whole_number(name) == i for i, name in enumerate(names, 1)
    )


# A pixel a row


def _pixel_a_row(
    columns: Mapping[str, np.ndarray],
    keywords: Mapping[str, np.ndarray],
    layout: TextLayout,
    assumed: tuple[str, ...],
    source: Source,
) -> Iterator[Observation | Refused]:
    for arrays in by_object(columns, source):
        rows = {name: _with_unit(name, array, layout) for name, array in arrays.items()}
        yield from read_arrays(dict(keywords) | rows, source, reader=READER, assumed=assumed)


def by_object(columns: Mapping[str, np.ndarray], source: Source) -> Iterator[dict[str, np.ndarray]]:
    """A table with a pixel a row as one set of arrays for each object in it, in the order in which they come.

    Several objects are distinguished by a column of ids that names each in many rows. A column that has the same value
    in every row of an object is a property of the object.
    """
    name = find_column(columns, "id", source.hints, source.name)
    ids = columns[name] if name is not None else np.zeros(0)
    found, first, number = np.unique(ids, return_index=True, return_inverse=True)
    if not 1 < len(found) <= len(ids) // 2:
        yield constants_as_scalars(columns, source)
        return
    for which in np.argsort(first):
        rows = np.flatnonzero(number == which)
        yield constants_as_scalars({column: values[rows] for column, values in columns.items()}, source)


def constants_as_scalars(columns: Mapping[str, np.ndarray], source: Source) -> dict[str, np.ndarray]:
    """One spectrum: columns of pixels as they are, others with one value throughout as that value."""
    pixels = {find_column(columns, role, source.hints, source.name) for role in ("wavelength", "flux", "error", "mask")}
    arrays = {}
    for name, values in columns.items():
        constant = len(values) > 0 and name not in pixels and bool((values == values[0]).all())
        arrays[name] = np.asarray(values[0]) if constant else values
    return arrays


def _with_unit(name: str, array: np.ndarray, layout: TextLayout) -> ArrayLike:
    attrs = {"unit": layout.units.get(name, "")}
    return Column(array, attrs if layout.in_air is None else attrs | {"in_air": layout.in_air})


# A spectrum a row


def _spectrum_a_row(layout: TextLayout, names: list[str], source: Source) -> Iterator[Observation | Refused]:
    """Read some rows at a time."""
    pixels, attrs = _pixel_columns(names, source)
    used = {column for by_wavelength in pixels.values() for column in by_wavelength.values()}
    others = [i for i in range(len(names)) if i not in used]
    rows, first = layout.rows(source.text()), 0
    while block := list(islice(rows, ROWS_AT_ONCE)):
        check_lengths(block, len(names), source)
        cells = [[row[i] for i in others] for row in block]
        arrays: dict[str, ArrayLike] = dict(parse_columns(cells, [names[i] for i in others], source)) if others else {}
        for kind, by_wavelength in pixels.items():
            arrays[kind] = pixel_block(block, list(by_wavelength.values()))
            arrays["wavelength"] = Column(np.array(list(by_wavelength)), attrs)
        yield from read_arrays(arrays, source, reader=READER, first=first)
        first += len(block)
    if not first:
        raise Refused(Reason.FOREIGN, f"{source.name} has names of columns and no rows: there is nothing to read.")


def _pixel_columns(names: list[str], source: Source) -> tuple[dict[str, dict[float, int]], dict[str, object]]:
    """What pixel columns hold -> number of the column by wavelength, rising; and the attributes of the wavelengths."""
    pixels: dict[str, dict[float, int]] = {}
    units: set[str] = set()
    for i, name in enumerate(names):
        match = PIXEL_COLUMN.fullmatch(name.strip())
        if match:
            kind = (match[1] or "").lower()
            pixels.setdefault(SPELT_OUT.get(kind, kind), {})[float(match[2])] = i
            units.add((match[3] or "").lower())
    wavelengths = sorted(pixels.get("flux", pixels.get("reflectance", ())))
    if len(wavelengths) < 2:
        return {}, {}
    for kind, by_wavelength in pixels.items():
        if sorted(by_wavelength) != wavelengths:
            raise Refused(
                Reason.SHAPE,
                f"{source.name} has columns {kind}_ at other wavelengths than the {len(wavelengths)} of its flux: one "
                "for each was expected.",
            )
    ordered = {kind: dict(sorted(by_wavelength.items())) for kind, by_wavelength in pixels.items()}
    unit = units.pop() if len(units) == 1 else ""
    return ordered, {"unit": unit, "source": "the axis in the names of columns"}
