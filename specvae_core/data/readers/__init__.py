"""Files in, observations out: one file per format, tried in the order of READERS.

A new format is one module with a class that has `claims` and `read`, and one entry in READERS.
"""

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from ...errors import NotFound, Reason, Refused
from ...names import printable, storable
from ..apart import ReadApart, need_worker, read_apart, too_much_memory
from ..block import Block
from ..spectra import Observation
from ..understanding import NO_HINTS, FileHints, Understanding
from .apogee import ApogeeReader
from .astroml import AstromlReader
from .axis import AIR_TO_VACUUM, ASSUMED_MEDIUM, AT_REST
from .calspec import CalspecReader
from .deimos import DeimosReader
from .desi import DesiReader
from .envi import EnviReader
from .fibres import FibresReader, SixDfReader
from .fits_table import FitsTableReader
from .gaia_xp import GaiaXpReader
from .hdf5 import Hdf5Reader
from .hst import HstReader
from .images import ImageReader
from .jwst import JwstReader
from .lamost import LamostReader
from .limits import is_within_limits, within_limits
from .matlab import MatlabReader
from .npz import NpzReader
from .parquet import ParquetReader
from .pfs import PfsReader
from .pypeit import PypeItReader
from .sdss import SdssReader
from .sdss_dr7 import SdssDr7Reader
from .source import Source, unique_stems
from .specutils_fallback import SpecutilsReader
from .tables import TableReader
from .text import TextReader
from .units import spectral_unit

__all__ = ["READERS", "Reader", "find_files", "list_files", "read_blocks", "read_file", "unique_stems"]


class Reader(Protocol):
    """Reads one format."""

    def claims(self, source: Source) -> bool:
        """Whether the file is of this format, by its content."""
        ...

    def read(self, source: Source) -> Iterator[Observation | Block | Refused]:
        """The spectra of the file; a row that cannot be used comes as the Refused that says why."""
        ...


READERS: tuple[Reader, ...] = (
    SdssReader(),
    SdssDr7Reader(),
    LamostReader(),
    GaiaXpReader(),
    DesiReader(),
    ApogeeReader(),
    CalspecReader(),
    HstReader(),
    JwstReader(),
    DeimosReader(),
    PypeItReader(),
    PfsReader(),
    FibresReader(),
    SixDfReader(),
    FitsTableReader(),
    ImageReader(),
    AstromlReader(),
    NpzReader(),
    MatlabReader(),
    Hdf5Reader(),
    ParquetReader(),
    TableReader(),
    EnviReader(),
    TextReader(),
    SpecutilsReader(),
)

_TORN = (OSError, EOFError, struct.error, tokenize.TokenError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
"""What only a damaged file ends in; ``TokenError`` is a header of .npy that ends early."""


def read_file(
    path: Path, hints: FileHints = NO_HINTS, stem: str = "", most: int | None = None
) -> Iterator[Observation | Refused]:
    """The spectra of one file, by the first reader that claims it; `apart` says what it may take.

    Parameters
    ----------
    path
        The file.
    hints
        The user's hints: columns, units, medium.
    stem
        Prefix of the ids of objects that the file does not name (`unique_stems`); its own name where empty.
    most
        Number of items after which to stop; all by default.

    Raises
    ------
    Refused
        While iterating, where nothing of the file can be used: foreign, unreadable, too large or of the wrong shape.
    NotFound
        Where there is no such file.
    """
    with closing(read_blocks(path, hints, stem, most)) as items:
        singles = chain.from_iterable(item if isinstance(item, Block) else (item,) for item in items)
        yield from islice(singles, most)


def read_blocks(
    path: Path, hints: FileHints = NO_HINTS, stem: str = "", most: int | None = None
) -> Iterator[Observation | Block | Refused]:
    """As `read_file`; neighbours on the same pixels come together, as arrays.

    Parameters
    ----------
    path, hints, stem
        As in `read_file`.
    most
        Number of spectra and refusals after which to stop; a block is not divided.

    Raises
    ------
    Refused, NotFound
        As `read_file`.
    """
    path, n = Path(path), 0
    with suppress(ReadApart):
        for item in _first(read_here(path, hints, stem), most):
            yield item
            n += 1
        return
    items = read_apart("spectra", path, hints=hints.to_json(), stem=stem, most=most)
    with closing(items):
        yield from islice(items, n, None)


def _first(items: Iterator[Observation | Block | Refused], most: int | None) -> Iterator[Observation | Block | Refused]:
    """Items until there are ``most`` spectra and refusals."""
    n = 0
    while (most is None or n < most) and (item := next(items, None)) is not None:
        yield item
        n += len(item) if isinstance(item, Block) else 1


def read_here(path: Path, hints: FileHints, stem: str) -> Iterator[Observation | Block | Refused]:
    """As `read_blocks`, in this process.

    Raises
    ------
    ReadApart
        Where that may take more than it should.
    """
    name, hints = printable(path.name), hints.of(path.name)
    try:
        with Source(path, hints, stem) as source:
            if not source.is_plain:
                need_worker()
            for item in _reader_of(source).read(source):
                yield from _checked(item, hints, name)
    except (Refused, NotFound, ReadApart):
        raise
    except MemoryError as error:
        raise too_much_memory(name) from error
    except Exception as error:  # readers of forty formats on any content: whatever it is, the next file goes on
        raise Refused(Reason.UNREADABLE, f"{name} {_fault(error)}") from error


def _checked(
    item: Observation | Block | Refused, hints: FileHints, name: str
) -> Iterator[Observation | Block | Refused]:
    """What becomes of an item by the user's hints and by the limits; a block that breaks a limit, row by row."""
    followed = _taken_as_at_rest(_followed(item, hints, name), hints)
    if isinstance(followed, Block) and is_within_limits(followed):
        yield followed
    elif isinstance(item, Block):
        for each in item:
            yield from _checked(each, hints, name)
    else:
        yield within_limits(followed)


def _reader_of(source: Source) -> Reader:
    if not source.head:
        raise Refused(Reason.UNREADABLE, f"{source.name} is empty: fetch it again.")
    for reader in READERS:
        if reader.claims(source):
            return reader
    raise Refused(
        Reason.FOREIGN,
        f"{source.name} is not a spectrum in a known format: FITS, VOTable, ECSV, .npz, HDF5 or a table in text with "
        "wavelengths and fluxes was expected.",
    )


def _fault(error: Exception) -> str:
    """What is at fault where reading ended in an error, and what to do."""
    lines = storable(str(error)).strip().splitlines() or [type(error).__name__]
    cause = lines[0][:300].rstrip(". ")
    if isinstance(error, PermissionError):
        return f"is closed to you ({cause}): ask for the right to read it."
    if isinstance(error, _TORN):
        return f"cannot be read ({cause}): it is cut short or damaged, fetch it again."
    return (
        f"cannot be read ({cause}): it is laid out in a way that this version does not understand, or damaged; "
        "`specvae look` shows how far it is understood."
    )


def _taken_as_at_rest(item: Observation | Block | Refused, hints: FileHints) -> Observation | Block | Refused:
    """The spectrum; where its file has no redshift, what it was understood as says that it counts as at rest."""
    if isinstance(item, Refused) or item.understood is None or hints.no_wavelengths:
        return item
    if item.redshift is not None or item.rest_frame:
        return item
    return replace(item, understood=replace(item.understood, assumed=(*item.understood.assumed, AT_REST)))


def _followed(item: Observation | Block | Refused, hints: FileHints, name: str) -> Observation | Block | Refused:
    """The spectrum, checked against the user's hints; refused where its reader has not followed one."""
    if isinstance(item, Refused) or item.understood is None or hints == NO_HINTS:
        return item
    understood = item.understood
    for role, column in hints.columns.items():
        taken = getattr(understood, role)
        if column.lower() not in taken.lower():
            return _unused(name, understood, f"--column {role}={column}", f"has its {role} from {taken or 'nowhere'}")
    unit = spectral_unit(hints.wavelength_unit) if hints.wavelength_unit else None
    if unit is not None and unit.name not in understood.wavelength_unit:
        has = f"has its wavelengths in {understood.wavelength_unit}"
        return _unused(name, understood, f"--wavelength-unit {hints.wavelength_unit}", has)
    if not hints.medium:
        return item
    converted = [phrase for phrase in understood.converted if phrase != AIR_TO_VACUUM]
    understood = replace(
        understood,
        medium=hints.medium,
        converted=(*converted, *([AIR_TO_VACUUM] if hints.medium == "air" else [])),
        assumed=tuple(phrase for phrase in understood.assumed if phrase != ASSUMED_MEDIUM),
    )
    return replace(item, in_air=hints.medium == "air", understood=understood)


def _unused(name: str, understood: Understanding, word: str, has: str) -> Refused:
    """The refusal of a spectrum whose format leaves no room for a hint of the user."""
    return Refused(
        Reason.FOREIGN,
        f"{name} is read as {understood.reader}, which {has}: {word} does not suit it. Say by --hints-for PATTERN of "
        "which files that is.",
    )
