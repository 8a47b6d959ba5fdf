"""A file on its way in: its first bytes, and its FITS units as far as somebody asked for them."""

import codecs
import gzip
import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from ...errors import Reason, Refused
from ...names import printable
from ..apart import check_regular
from ..understanding import NO_HINTS, FileHints
from .fits_unit import Unit, read_unit

N_HEAD = 4096

PLAIN_FITS, PLAIN_TEXT = 16_000_000, 250_000
"""Bytes of the largest files that are read beside other work, see `Source.is_plain`."""

MOST_UNITS = 10_000
"""Units of a FITS file; more are not spectra."""

EXPANSION, FREE_EXPANSION = 200, 2**26
"""What gzip may expand to: so many times the file, or so many bytes in any case."""

_PIECE = 2**24
_COMPOUND = (".gz", ".fits", ".fit", ".fz")


class Source:
    """One file, opened once and shared by the readers that look at it; gzip is undone on the way.

    Parameters
    ----------
    path
        The file.
    hints
        The user's hints.
    stem
        Prefix of ids of its objects, where the file's own name is not unique among those that are read.
    """

    def __init__(self, path: Path, hints: FileHints = NO_HINTS, stem: str = "") -> None:
        self.path = Path(path)
        self.hints = hints
        self._stem = stem
        self._units: list[Unit] = []
        self._all_read = False
        check_regular(self.path)

    def __enter__(self) -> "Source":
        self._stream: BinaryIO = self.path.open("rb")
        self._is_compressed = self._stream.read(2) == b"\x1f\x8b"
        if self._is_compressed:
            self._stream.close()
            self._stream = cast(BinaryIO, _Expanded(self.path))
        self._stream.seek(0)
        self.head = self._stream.read(N_HEAD)
        self._stream.seek(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def text(self) -> Iterator[str]:
        """The lines of a text file from its beginning, without byte order mark; gzip is undone."""
        opened = cast(BinaryIO, _Expanded(self.path)) if self._is_compressed else self.path.open("rb")
        with io.TextIOWrapper(opened, encoding=self.encoding, errors="replace") as lines:
            yield from lines

    @property
    def encoding(self) -> str:
        """Encoding of a text file, by its first bytes: UTF-16 by its mark, UTF-8 where they are valid, else Latin-1."""
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        try:
            codecs.getincrementaldecoder("utf-8")().decode(self.head)  # a character may be cut at the end
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8-sig"

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return printable(self.path.name)

    @property
    def is_plain(self) -> bool:
        """Whether the file is small FITS or text: reading it takes little memory and time, whatever is in it."""
        if self._is_compressed:
            return False
        size = os.fstat(self._stream.fileno()).st_size
        if self.is_fits:
            return 0 < size <= PLAIN_FITS
        return 0 < size <= PLAIN_TEXT and b"\0" not in self.head

    @property
    def stem(self) -> str:
        """What objects are called that the file does not name: its name without endings, or what was asked for."""
        return printable(self._stem or plain_stem(self.path))

    @property
    def is_fits(self) -> bool:
        """Whether the file begins as every FITS file does."""
        return self.head.startswith(b"SIMPLE  =")

    def unit(self, number: int) -> Unit | None:
        """The FITS unit of that number, ``None`` where the file has fewer; nothing behind it is read."""
        while self.is_fits and not self._all_read and len(self._units) <= number:
            start = self._units[-1].end if self._units else 0
            if len(self._units) == MOST_UNITS:
                sentence = f"{self.name} has more than {MOST_UNITS:,} units (HDUs): it is not a file of spectra."
                raise Refused(Reason.TOO_LARGE, sentence)
            unit = read_unit(self.path, len(self._units), self._stream, start)
            if unit is None:
                self._all_read = True
                continue
            self._units.append(unit)
            if self._is_compressed:
                unit.data  # noqa: B018  # going back in a compressed file means decompressing it from its start
        return self._units[number] if number < len(self._units) else None

    def units(self) -> list[Unit]:
        """All FITS units; Refused where the file is cut short."""
        while self.unit(len(self._units)) is not None:
            pass
        return self._units


class _Expanded(gzip.GzipFile):
    """A gzip file that is refused where it expands to a thousand times its size."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._path = path
        self._most = max(FREE_EXPANSION, EXPANSION * path.stat().st_size)

    def read(self, size: int | None = -1) -> bytes:
        """Bytes, as of the base class; all that is left in pieces, so that a bomb does not go off at once."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        return self._checked(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        """Bytes, as of the base class."""
        return self._checked(super().read1(size))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the expanded file; in pieces, for going on means expanding."""
        while whence == io.SEEK_SET and offset - self.tell() > _PIECE and self.read(_PIECE):
            pass
        return super().seek(offset, whence)

    def _checked(self, content: bytes) -> bytes:
        if self.tell() > self._most:
            raise Refused(
                Reason.TOO_LARGE,
                f"{printable(self._path.name)} expands to more than {EXPANSION} times its size: it is damaged, or "
                "should be given without compression.",
            )
        return content


def plain_stem(path: Path) -> str:
    """A file's name without its endings, ``.fits.gz`` included."""
    stem = path.name
    while Path(stem).suffix.lower() in _COMPOUND:
        stem = Path(stem).stem
    return stem if stem != path.name else path.stem


def unique_stems(paths: Sequence[Path]) -> dict[Path, str]:
    """Names of files that differ: their stems, their whole names or these with as many folders before as it takes.

    Parameters
    ----------
    paths
        The files, each once.
    """
    names = {path: plain_stem(path) for path in paths}
    siblings = Counter((path.parent, name) for path, name in names.items())
    names = {path: name if siblings[path.parent, name] == 1 else path.name for path, name in names.items()}
    own, depth = dict(names), 0
    while again := _repeated(names):
        depth += 1
        for path in again:
            names[path] = "/".join([*path.parent.parts[-depth:], own[path]]).replace("//", "/")
    return names


def _repeated(names: Mapping[Path, str]) -> list[Path]:
    count = Counter(names.values())
    return [path for path, name in names.items() if count[name] > 1]
