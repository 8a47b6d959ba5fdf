"""Files whose spectra are prepared one after the other: small ones by the worker that also reads them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..data.block import Block
from ..data.object_table import ObjectTable, read_object_table
from ..data.preprocess_options import PreprocessOptions
from ..data.readers import read_blocks
from ..data.spectra import Observation
from ..data.understanding import FileHints
from ..errors import NotFound, Reason, Refused, UserError
from ..names import printable
from .ingest_batch import Candidate, Part, batches, prepare_batch

SMALL = 64_000_000
"""Bytes of files that are read together; larger files are read by the program, a block at a time."""

MANY = 256
"""Files that are read together at most."""


@dataclass(frozen=True)
class Catalogue:
    """A table of objects that adds redshifts, classes and labels to spectra.

    Parameters
    ----------
    path
        The file.
    on
        How an object finds its row there, see `ObjectTable`.
    stamp
        State of the file, see `file_stamp`: a worker reads a changed one again.
    """

    path: Path
    on: str
    stamp: tuple[int, int, int]

    def read(self) -> ObjectTable:
        """Its content."""
        return read_object_table(self.path, self.on)


@dataclass(frozen=True)
class FileGroup:
    """Files that are read one after the other, and together fill batches of spectra.

    Parameters
    ----------
    files
        The files.
    stems
        Prefix of the ids of objects that a file does not name, for each file.
    hints
        The user's hints.
    catalogue
        What the spectra are joined with, where there is something.
    is_small
        Whether a worker reads all of them at once.
    """

    files: tuple[Path, ...]
    stems: tuple[str, ...]
    hints: FileHints
    catalogue: Catalogue | None
    is_small: bool

    @property
    def sources(self) -> list[str]:
        """The files by the names under which they are known."""
        return [printable(str(path)) for path in self.files]

    def candidates(self, table: ObjectTable | None) -> Iterator[Candidate]:
        """What is read from the files, joined with the table of objects where there is one."""
        for path, stem, source in zip(self.files, self.stems, self.sources, strict=True):
            try:
                for item in read_blocks(path, self.hints, stem):
                    if table is None or isinstance(item, Refused):
                        yield source, item
                    else:
                        yield from ((source, table.join(each)) for each in _singles(item))
            except Refused as refusal:
                yield source, refusal
            except NotFound:  # it was there when the folder was listed
                yield source, Refused(Reason.UNREADABLE, f"{source} was removed while files were read.")


def _singles(item: Observation | Block) -> Iterable[Observation]:
    return item if isinstance(item, Block) else (item,)


def groups(
    files: Sequence[Path], stems: Sequence[str], hints: FileHints, catalogue: Catalogue | None
) -> Iterator[FileGroup]:
    """Files in groups, in their order: small ones together, each large one by itself."""
    some: list[tuple[Path, str]] = []
    total = 0

    def group(members: Sequence[tuple[Path, str]], is_small: bool) -> FileGroup:
        return FileGroup(*zip(*members, strict=True), hints, catalogue, is_small)

    for path, stem in zip(files, stems, strict=True):
        size = path.stat().st_size if path.exists() else 0
        if some and (total + size > SMALL or len(some) == MANY):
            yield group(some, is_small=True)
            some, total = [], 0
        if size > SMALL:
            yield group([(path, stem)], is_small=False)
        else:
            some.append((path, stem))
            total += size
    if some:
        yield group(some, is_small=True)


def prepare_files(group: FileGroup, options: PreprocessOptions, *, compiled: bool = False) -> list[Part]:
    """Read and prepare the spectra of small files, in whatever process; arguments as of `prepare`.

    Raises
    ------
    UserError
        This machine does not see the files.
    """
    for path in group.files:
        if not path.parent.is_dir():
            raise UserError(
                f"A worker does not see the folder {path.parent}: files and workspace have to lie on a file system "
                "that all workers share, under the same path."
            )
    table = None if group.catalogue is None else _table(group.catalogue)
    return [
        part for batch in batches(group.candidates(table)) for part in prepare_batch(batch, options, compiled=compiled)
    ]


@lru_cache(maxsize=1)
def _table(catalogue: Catalogue) -> ObjectTable:
    """The table of objects, which a worker reads once."""
    return catalogue.read()
