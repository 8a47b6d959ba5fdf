"""A small, fast reader of FITS files: headers as dictionaries, images as arrays, binary tables as NumPy records.

Survey files carry tables of well over a hundred columns of which a survey needs twenty. Building an object for each
column costs a hundred times more than reading the file, so here a header block becomes a dictionary, and only the
columns asked for become fields of a record type (FITS standard 4.0, sections 4 and 7.3). The layouts of tables are
remembered by the bytes of their headers, which are the same in most files of a plate. Data are read when asked for:
resolution matrices and single exposures are larger than the spectra and are skipped.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ...errors import Reason, Refused
from ..apart import need_worker
from .fits_header import TYPES, Header, Layout, layout_of, number_of_axes, whole

BLOCK = 2880
_PIECE = 2**24
MOST_BLOCKS = 4000
"""Blocks of a header, 144,000 cards; more are not a header."""

_END = b"END" + b" " * 77
_IMAGE_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}

_UNSIGNED = {"I": ("u2", 2**15), "J": ("u4", 2**31), "K": ("u8", 2**63)}
"""Column letter -> the type that TZERO makes of its signed numbers, and that TZERO (FITS standard 4.0, table 19)."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One header and data unit of a FITS file.

    Parameters
    ----------
    path
        The file.
    index
        0 for the primary unit.
    layout
        Its header and, for a table, where the columns lie.
    stream
        The open file.
    start
        Where in it the data begin.
    """

    path: Path
    index: int
    layout: Layout
    stream: BinaryIO
    start: int

    @property
    def end(self) -> int:
        """Where in the file the next unit begins."""
        return self.start + -(-self.layout.n_bytes // BLOCK) * BLOCK

    @cached_property
    def data(self) -> bytes:
        """The bytes of the data, without padding, read at the first call."""
        self.stream.seek(self.start)
        return _read_up_to(self.stream, self.layout.n_bytes)

    @property
    def header(self) -> Header:
        """Keyword -> value."""
        return self.layout.header

    def number(self, key: str) -> float:
        """A keyword's value as a float; NaN where it is missing or no number."""
        value = self.header.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")

    def text(self, key: str) -> str:
        """A keyword's value as a string, empty where it is missing."""
        return str(self.header.get(key, "")).strip()

    @property
    def column_names(self) -> frozenset[str]:
        """Names of the table's columns in upper case; empty where this is not a table."""
        return frozenset(self.layout.columns)

    @property
    def name(self) -> str:
        """The name of the extension in upper case, empty where it has none."""
        return self.text("EXTNAME").upper()

    @property
    def n_rows(self) -> int:
        """Number of rows of the table, 0 where this is not a table."""
        return whole(self.header, "NAXIS2", 0) if self.layout.columns else 0

    def column_text(self, keyword: str, name: str) -> str:
        """What a keyword that is numbered by column (``TUNIT``, ``TTYPE``, ``TUCD``) states for the named column."""
        return self.text(f"{keyword}{self.layout.numbers[name]}") if name in self.layout.numbers else ""

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Length of each axis of the image, the fastest last as in NumPy; empty where this holds no image."""
        prefix = "Z" if self.header.get("ZIMAGE") is True else ""
        if (self.layout.columns and not prefix) or self.header.get("XTENSION") == "TABLE":
            return ()
        n_axes = number_of_axes(self.header, prefix)
        return tuple(whole(self.header, f"{prefix}NAXIS{axis}", 0) for axis in range(n_axes, 0, -1))

    def table(self, names: Sequence[str]) -> np.ndarray:
        """(n rows,) records of those of the named columns (upper case) that the table has, TSCAL and TZERO applied."""
        wanted = tuple(name for name in names if name in self.layout.columns)
        if self.layout.unusual.intersection(wanted):
            return _table_by_astropy(self.path, self.index, wanted)
        n_rows, width = whole(self.header, "NAXIS2", 0), whole(self.header, "NAXIS1", 0)
        kind = _record_type(tuple((name, *self.layout.columns[name]) for name in wanted), width)
        records = np.frombuffer(self.data, kind, count=n_rows) if n_rows else np.empty(0, kind)
        scaled = {name: values for name in wanted if (values := self._scaled(name, records[name])) is not None}
        return _replaced(records, scaled) if scaled else records

    def _scaled(self, name: str, stored: np.ndarray) -> np.ndarray | None:
        """A column's values where TSCAL or TZERO change them, ``None`` where they are as stored."""
        number, letter = self.layout.numbers[name], self.layout.columns[name][0]
        null = self.header.get(f"TNULL{number}") if letter in "BIJK" else None
        if null is not None and (stored == null).any():
            scale, zero = float(self.header.get(f"TSCAL{number}", 1)), float(self.header.get(f"TZERO{number}", 0))
            return np.where(stored == null, np.nan, stored * scale + zero)
        if letter in "AL" or not {f"TSCAL{number}", f"TZERO{number}"} & self.header.keys():
            return None
        scale, zero = self.header.get(f"TSCAL{number}", 1), self.header.get(f"TZERO{number}", 0)
        unsigned = _UNSIGNED.get(letter)
        if scale == 1 and unsigned and zero == unsigned[1]:
            return stored.astype(unsigned[0]) + np.array(zero, dtype=unsigned[0])
        return stored.astype(float) * float(scale) + float(zero)

    def image(self, rows: slice | None = None) -> np.ndarray:
        """The image as float, in the unit that BSCALE and BZERO give, NaN where BLANK says so.

        Parameters
        ----------
        rows
            Which rows along the slowest axis; all by default.
        """
        if self.header.get("ZIMAGE") is True:
            image = _image_by_astropy(self.path, self.index)
            return image if rows is None else image[rows]
        shape = self.image_shape
        bits = whole(self.header, "BITPIX", 8)
        stored = np.frombuffer(self.data, _IMAGE_TYPES[bits], count=prod(shape)).reshape(shape)
        stored = stored if rows is None else stored[rows]
        image = stored.astype(float)
        scale, zero = (self.header.get(key, default) for key, default in (("BSCALE", 1.0), ("BZERO", 0.0)))
        if (scale, zero) != (1, 0):
            image = image * float(scale) + float(zero)
        if bits > 0 and "BLANK" in self.header:
            image[stored == self.header["BLANK"]] = np.nan
        return image


def read_unit(path: Path, index: int, stream: BinaryIO, start: int) -> Unit | None:
    """The unit that starts at this position, or ``None`` at the end of the file; Refused where it is cut."""
    stream.seek(start)
    blocks: list[bytes] = []
    while not blocks or _find_end(blocks[-1]) < 0:
        block = stream.read(BLOCK)
        if not blocks and not block.strip(b"\0 \r\n"):
            return None
        if len(block) < BLOCK:
            raise Refused(Reason.UNREADABLE, f"{path.name} is cut short: it ends within the header of HDU {index}.")
        blocks.append(block)
        if len(blocks) > MOST_BLOCKS:
            raise Refused(
                Reason.TOO_LARGE, f"{path.name} has a header of more than {MOST_BLOCKS * 36:,} cards in HDU {index}."
            )
    unit = Unit(path, index, layout_of(b"".join(blocks)), stream, stream.tell())
    n_bytes = unit.layout.n_bytes
    if n_bytes and not _reaches(stream, unit.start + n_bytes):
        raise Refused(
            Reason.UNREADABLE,
            f"{path.name} is cut short: HDU {index} should hold {n_bytes} bytes of data and has {len(unit.data)}.",
        )
    return unit


def _reaches(stream: BinaryIO, end: int) -> bool:
    """Whether the file is at least so many bytes long."""
    if end > 2**62:
        return False
    stream.seek(end - 1)
    return len(stream.read(1)) == 1


def _read_up_to(stream: BinaryIO, n_bytes: int) -> bytes:
    """The next bytes, fewer at the end of the file; in pieces, for a damaged header may ask for a million gigabytes."""
    pieces = []
    while n_bytes > 0 and (piece := stream.read(min(n_bytes, _PIECE))):
        pieces.append(piece)
        n_bytes -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _find_end(block: bytes) -> int:
    """Where in the block the END card lies, or -1."""
    position = block.find(_END)
    while position >= 0 and position % 80:
        position = block.find(_END, position + 1)
    return position


@lru_cache(maxsize=128)
def _record_type(columns: tuple[tuple[str, str, int, int], ...], width: int) -> np.dtype:
    """The type of a table's row of ``width`` bytes with the columns (name, letter, repeat, offset) as its fields."""
    formats: list[str | tuple[str, int]] = []
    for _, letter, repeat, _ in columns:
        if letter == "A":
            formats.append(f"S{repeat}")
        else:
            formats.append(TYPES[letter] if repeat == 1 else (TYPES[letter], repeat))
    names, offsets = [column[0] for column in columns], [column[3] for column in columns]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": width})


def _replaced(records: np.ndarray, scaled: Mapping[str, np.ndarray]) -> np.ndarray:
    """The records with the given columns in place of their own, each of a type of its own."""
    fields = {name: scaled.get(name, records[name]) for name in records.dtype.names}
    filled = np.empty(len(records), [(name, values.dtype, values.shape[1:]) for name, values in fields.items()])
    for name, values in fields.items():
        filled[name] = values
    return filled


def _table_by_astropy(path: Path, index: int, names: Sequence[str]) -> np.ndarray:
    """The named columns where some are of variable length, bits or text: rare, so correct before fast."""
    need_worker()
    from astropy.io import fits

    with warnings.catch_warnings(action="ignore"), fits.open(path, memmap=False) as units:
        table = units[index].data
        fields = {name: np.asarray(table.field(name)) for name in names}
        fields = {name: v[:, 0] if v.ndim == 2 and v.shape[1] == 1 else v for name, v in fields.items()}
        return _replaced(np.empty(len(table), [(name, "u1") for name in names]), fields)


def _image_by_astropy(path: Path, index: int) -> np.ndarray:
    """A tile-compressed image (FITS standard 4.0, section 10) as float."""
    need_worker()
    from astropy.io import fits

    with warnings.catch_warnings(action="ignore"), fits.open(path, memmap=False) as units:
        return np.asarray(units[index].data, dtype=float)
