"""A survey on disk: chunked, compressed arrays (Zarr v3) beside a catalogue (Parquet).

::

    NAME/
      survey.json          format number, grid, provenance, number of committed rows, whether complete
      arrays.zarr/         flux, ivar, fill: (n, n_pixel) float32, some thousand spectra a file (shards, see chunks);
                           fill is the estimate where ivar is 0, else 0;
                           factor: (n,) float32 that flux and fill are multiplied by on reading (1 where missing)
      parts/               the catalogue of each appended chunk, while the survey is being written
      catalogue.parquet    the whole catalogue, once it is complete
      refused.csv          files and objects that did not enter: source, reason, message

A chunk counts only once ``survey.json`` says so, and that file is replaced in one step. After an
interruption a survey is therefore either complete or known to be half-written.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import zarr

from ..atomic import file_checksum, has_checksum, read_json, write_json
from ..cache import file_stamp
from ..errors import NewerFormat, NotFound, UserError
from ..grid import BandGrid, Grid, grid_from_json
from ..locks import FolderLock
from .chunks import create_array, naming_full_disk

FORMAT = 2
"""Surveys of format 1 have a file for each chunk; `repack` turns them into format 2, which has shards."""

ROWS_PER_CHUNK = 256
CHUNKS_PER_SHARD = 16
SHARD_VALUES = 1 << 22
"""Chunks and numbers in a file at most, 16 MB before compression: a million spectra of 1000 pixels have 245 files an
array."""
ROWS_PER_GROUP = 1 << 14
"""Rows of the catalogue that can be read without the others."""

ARRAYS = ("flux", "ivar", "fill")
FACTOR = "factor"
CHECKSUMS = "checksums"
FILES = "files"
"""Entry of ``survey.json``: CRC-32 by path of the files that carry no checksum of their own."""

HEADER = "survey.json"
CATALOGUE = "catalogue.parquet"


def rows_per_shard(n_pixel: int) -> int:
    """Spectra of a file: bulk writes and reads of that many are quickest."""
    return ROWS_PER_CHUNK * min(CHUNKS_PER_SHARD, max(1, SHARD_VALUES // (ROWS_PER_CHUNK * n_pixel)))


def read_header(folder: Path) -> dict:
    """Content of ``survey.json``, without opening an array."""
    try:
        header = read_json(folder / HEADER)
    except FileNotFoundError:
        raise NotFound(
            f"There is no survey at {folder}: ingest one, or look at `specvae info` for the names."
        ) from None
    except (ValueError, OSError) as error:
        raise _damaged_header(folder, str(error)) from None
    if not isinstance(header.get("format"), int):
        raise _damaged_header(folder, "it has no format number")
    if header["format"] > FORMAT:
        raise NewerFormat(
            f"Survey {folder.name} has format {header['format']}, this version reads up to {FORMAT}: upgrade specvae."
        )
    missing = {"name", "grid", "created", "complete", "n", "provenance"} - set(header)
    if missing:
        raise _damaged_header(folder, f"it lacks {', '.join(sorted(missing))}")
    return header


def _damaged_header(folder: Path, evidence: str) -> UserError:
    return UserError(
        f"The header of the survey {folder.name} cannot be read ({evidence}): delete that survey and ingest it again."
    )


def header_stamp(folder: Path) -> tuple[int, int, int] | None:
    """State of ``survey.json``, ``None`` where it is missing: another one once the survey was deleted or replaced."""
    try:
        return file_stamp(folder / HEADER)
    except OSError:
        return None


def rows_in_words(rows: slice | np.ndarray) -> str:
    """Rows in words, for messages."""
    if isinstance(rows, slice):
        return "the spectra" if rows.stop is None else f"spectra {rows.start or 0} to {rows.stop - 1}"
    return f"one of {len(rows)} spectra"


def scale_of(header: Mapping) -> str:
    """What the spectra of a survey with this header are divided by, one of `SCALES`; version 0.1 did not write it."""
    return header.get("scale", "none" if isinstance(grid_from_json(header["grid"]), BandGrid) else "seen")


def create_arrays(folder: Path, grid: Grid) -> zarr.Group:
    """Arrays of no rows for the survey in a folder."""
    group = zarr.create_group(store=folder / "arrays.zarr", zarr_format=3)
    for array in ARRAYS:
        chunk, shard = ((rows, grid.n_pixel) for rows in (ROWS_PER_CHUNK, rows_per_shard(grid.n_pixel)))
        create_array(group, array, (0, grid.n_pixel), chunk, shard)
    create_array(group, FACTOR, (0,), (1 << 16,))
    return group


def write_spectra(folder: Path, first: int, flux: np.ndarray, ivar: np.ndarray) -> None:
    """Write spectra into the room that `SurveyWriter.extend` has made; processes may write different files at once.

    Parameters
    ----------
    folder
        Folder of the survey.
    first
        Row of the first one.
    flux, ivar
        (m, n_pixel) float32.
    """
    with naming_full_disk(folder.name):
        arrays = zarr.open_group(folder / "arrays.zarr", mode="r+")
        for name, values in (("flux", flux), ("ivar", ivar)):
            arrays[name][first : first + len(values)] = values


def checksums(folder: Path, paths: Iterable[str]) -> dict[str, int]:
    """CRC-32 of files by their paths within a survey's folder."""
    return {path: file_checksum(folder / path) for path in paths}


def array_metadata(folder: Path) -> list[str]:
    """Paths of the descriptions of the arrays, within a survey's folder."""
    return sorted(str(path.relative_to(folder)) for path in (folder / "arrays.zarr").rglob("zarr.json"))


def is_protected(folder: Path) -> bool:
    """Whether damage to any file of a complete survey is seen; surveys of version 0.1 have no checksums."""
    header = read_header(folder)
    return FILES in header and has_checksum(folder / HEADER)


def protect(folder: Path) -> None:
    """Record checksums of all files of a complete survey as they are, so that later damage is seen.

    Raises
    ------
    Locked, NotWritable
        The survey is being written, or cannot be.
    """
    with FolderLock(folder):
        header, paths = read_header(folder), [CATALOGUE, *array_metadata(folder)]
        if CHECKSUMS not in header:  # its chunks carry none of their own
            chunks = (folder / "arrays.zarr").glob("*/c/**/*")
            paths += sorted(str(path.relative_to(folder)) for path in chunks if path.is_file())
        write_json(folder / HEADER, {**header, FILES: checksums(folder, paths)})
