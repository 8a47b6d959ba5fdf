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

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Self
from uuid import uuid4

import numpy as np
import pandas as pd
import zarr
from pyarrow.parquet import ParquetFile, read_metadata, read_table

from ..atomic import file_checksum, has_checksum, read_json, write_json, write_with
from ..cache import Cache, file_stamp
from ..csv_cells import escape, unescape
from ..errors import IncompleteSurvey, NameTaken, NewerFormat, NotFound, Reason, Refused, UserError
from ..folders import aside, remove
from ..grid import BandGrid, Grid, grid_from_json
from ..locks import FolderLock
from .catalogue import ObjectIndex
from .chunks import CheckedStore, create_array, naming_damage, naming_full_disk
from .spectra import SpectraSet

FORMAT = 2
"""Surveys of format 1 have a file for each chunk; `repack` turns them into format 2, which has shards."""

ROWS_PER_CHUNK = 256
CHUNKS_PER_SHARD = 16
SHARD_VALUES = 1 << 22
"""Chunks and numbers in a file at most, 16 MB before compression: a million spectra of 1000 pixels have 245 files an
array."""
KEPT = 50_000_000
"""Bytes of chunks that a survey keeps in memory for single spectra."""

ROWS_PER_GROUP = 1 << 14
"""Rows of the catalogue that can be read without the others."""

ARRAYS = ("flux", "ivar", "fill")
FACTOR = "factor"
CHECKSUMS = "checksums"
FILES = "files"
"""Entry of ``survey.json``: CRC-32 by path of the files that carry no checksum of their own."""

HEADER = "survey.json"
CATALOGUE = "catalogue.parquet"
REFUSED = "refused.csv"
csv.field_size_limit(2**30)  # earlier versions kept sentences of any length
REFUSED_COLUMNS = ("source", "reason", "message")


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


def _said(rows: slice | np.ndarray) -> str:
    """Rows in words, for messages."""
    if isinstance(rows, slice):
        return "the spectra" if rows.stop is None else f"spectra {rows.start or 0} to {rows.stop - 1}"
    return f"one of {len(rows)} spectra"


def scale_of(header: Mapping) -> str:
    """What the spectra of a survey with this header are divided by, one of `SCALES`; version 0.1 did not write it."""
    return header.get("scale", "none" if isinstance(grid_from_json(header["grid"]), BandGrid) else "seen")


class Survey:
    """A complete survey; arrays and catalogue are opened when they are first asked for.

    Parameters
    ----------
    folder
        Folder of the survey.
    header
        Content of ``survey.json``.
    stamp
        State of that file when it was read, see `file_stamp`.
    """

    def __init__(self, folder: Path, header: Mapping, stamp: tuple[int, int, int] | None) -> None:
        self.folder = folder
        self.header = header
        self._stamp = stamp
        self.name: str = header["name"]
        self.n: int = header["n"]
        self.grid = grid_from_json(header["grid"])
        self.scale = scale_of(header)
        self._known: Mapping[str, int] = header.get(FILES, {})
        self._near: Cache[SpectraSet] = Cache(max(1, KEPT // (12 * ROWS_PER_CHUNK * self.grid.n_pixel)))

    @classmethod
    def open(cls, folder: Path) -> "Survey":
        """Open a complete survey; a half-written one is refused by name."""
        stamp = header_stamp(folder)
        header = read_header(folder)
        if not header["complete"]:
            raise IncompleteSurvey(
                f"Survey {header['name']} was interrupted after {header['n']} spectra: run the same ingest again with "
                "--resume, or delete it."
            )
        with naming_damage(header["name"], "the catalogue"):
            rows = read_metadata(folder / CATALOGUE).num_rows
            if rows != header["n"]:  # before anything of that size is made
                raise ValueError(f"it has {rows} rows for {header['n']} spectra")
        return cls(folder, header, stamp)

    def __len__(self) -> int:
        return self.n

    @cached_property
    def table(self) -> pd.DataFrame:
        """The catalogue, n rows, in the order of the arrays."""
        with naming_damage(self.name, "the catalogue"):
            path = self.folder / CATALOGUE
            if self._known.get(CATALOGUE, found := file_checksum(path)) != found:
                raise ValueError("it is not as it was written")
            table = pd.read_parquet(path, page_checksum_verification=True)
            if len(table) != self.n:
                raise ValueError(f"it has {len(table)} rows for {self.n} spectra")
        self._check_unchanged()
        return table

    def _catalogue(self, rows: slice | np.ndarray) -> pd.DataFrame:
        """Rows of the catalogue, numbered from 0; where it is long and not in memory, only the groups with them."""
        start, stop, step = rows.indices(self.n) if isinstance(rows, slice) else (0, self.n, 1)
        if self._in_memory or step != 1 or stop - start == self.n:
            return self.table.iloc[rows].reset_index(drop=True)
        with naming_damage(self.name, "the catalogue"):
            with ParquetFile(self.folder / CATALOGUE, page_checksum_verification=True) as file:
                size = file.metadata.row_group(0).num_rows
                groups = range(start // size, -(-stop // size))
                table = file.read_row_groups(groups, use_threads=False).to_pandas()
            first = start - groups.start * size
            return table.iloc[first : first + stop - start].reset_index(drop=True)

    def _column(self, name: str) -> np.ndarray:
        """One column of the catalogue (n,); where that is long and not in memory, the others stay on disk."""
        if self._in_memory:
            return self.table[name].to_numpy()
        with naming_damage(self.name, "the catalogue"):
            table = read_table(self.folder / CATALOGUE, columns=[name], page_checksum_verification=True)
        self._check_unchanged()
        return table.column(name).to_pandas().to_numpy()

    @property
    def _in_memory(self) -> bool:
        """Whether the whole catalogue is there, or is read as a whole: a short one, or one without checksums."""
        return "table" in vars(self) or self.n <= ROWS_PER_GROUP or self.header["format"] == 1

    def _check_unchanged(self) -> None:
        """Raise `NotFound` where another program has deleted or replaced the survey, so that nothing is mixed up."""
        if header_stamp(self.folder) != self._stamp:
            raise NotFound(f"Survey {self.name} was deleted or replaced meanwhile: open it again.")

    @cached_property
    def index(self) -> ObjectIndex:
        """Rows by object id."""
        return ObjectIndex(self._column("id"))

    @cached_property
    def ids(self) -> np.ndarray:
        """(n,) str, object ids in the order of the arrays."""
        return self._column("id").astype(str)

    def row_of(self, object_id: str) -> int | None:
        """Row of an object, ``None`` where the survey has none of that id."""
        return self.index.row_of(object_id)

    def rows_of(self, object_ids: Sequence[str]) -> np.ndarray:
        """Rows (m,) of objects, in the order of ``object_ids``.

        Raises
        ------
        NotFound
            One of them is not in the survey.
        """
        rows = self.index.rows_of(object_ids)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            raise NotFound(
                f"Survey {self.name} has no object {object_ids[missing[0]]}: `specvae encode` lists the ids of all."
            )
        return rows

    @cached_property
    def _group(self) -> zarr.Group:
        checked = CHECKSUMS in self.header
        known = {path.removeprefix("arrays.zarr/"): checksum for path, checksum in self._known.items()}
        single = () if self.header["format"] > 1 else ARRAYS
        store = CheckedStore(self.folder / "arrays.zarr", checked, (*single, FACTOR) if checked else single, known)
        with naming_damage(self.name, "arrays.zarr"):
            return zarr.open_group(store, mode="r")

    @cached_property
    def _arrays(self) -> dict[str, zarr.Array]:
        group = self._group
        with naming_damage(self.name, "arrays.zarr"):
            return {name: group[name] for name in ARRAYS}  # kept open: each look-up in the group reads metadata again

    @cached_property
    def _factor(self) -> np.ndarray:
        """(n,) float32; ones in surveys of version 0.1."""
        with naming_damage(self.name, FACTOR):
            return self._group[FACTOR][:] if FACTOR in self._group else np.ones(self.n, np.float32)

    def stored(self, rows: slice | np.ndarray) -> dict[str, np.ndarray]:
        """The arrays as they lie on disk: those of `ARRAYS`, (m, n_pixel) each, and ``factor`` (m,)."""
        with naming_damage(self.name, _said(rows)):
            if isinstance(rows, slice):  # the quicker way, and the way of a click on one object
                stored = {name: self._arrays[name][rows] for name in ARRAYS}
            else:
                stored = {name: self._arrays[name].oindex[rows] for name in ARRAYS}
        return stored | {FACTOR: self._factor[rows]}

    def read(self, rows: slice | np.ndarray | None = None) -> SpectraSet:
        """The given rows in the given order, all of them by default."""
        rows = slice(None) if rows is None else rows
        flux, ivar, fill, factor = self.stored(rows).values()
        table = self._catalogue(rows)
        factor = factor[:, None]
        infilled = np.where(ivar > 0, flux, fill) * factor
        self._check_unchanged()
        return SpectraSet(self.grid, flux * factor, ivar / factor**2, table, infilled, self.scale)

    def row(self, index: int) -> SpectraSet:
        """One spectrum, as a set of one. Its chunk, which has to be decompressed anyway, is kept for the next."""
        first = index - index % ROWS_PER_CHUNK
        near = self._near.get(first, lambda: self.read(slice(first, min(first + ROWS_PER_CHUNK, self.n))))
        self._check_unchanged()
        return near.take(slice(index - first, index - first + 1))

    def chunks(self, size: int = 16 * ROWS_PER_CHUNK) -> Iterator[tuple[slice, SpectraSet]]:
        """The whole survey in pieces that fit into memory, each with the rows it holds."""
        for start in range(0, self.n, size):
            rows = slice(start, min(start + size, self.n))
            yield rows, self.read(rows)


class SurveyWriter:
    """Writes a survey chunk by chunk; appended chunks survive an interruption.

    Use `create` or `resume`, `append` as often as needed, then `finish`. From the first to the last of these, or until
    `close`, it holds the lock of the survey: nobody else writes or deletes it.
    """

    def __init__(self, folder: Path, header: dict, lock: FolderLock) -> None:
        self.folder = folder
        self._lock = lock
        self._header = header
        self.grid = grid_from_json(header["grid"])
        self._arrays = zarr.open_group(folder / "arrays.zarr", mode="a")

    @classmethod
    def create(cls, folder: Path, name: str, grid: Grid, provenance: Mapping, scale: str = "mean") -> "SurveyWriter":
        """Start a new survey whose spectra have a scale of `SCALES`; the folder must not exist yet."""
        lock = FolderLock(folder).acquire()
        if folder.exists():
            lock.release()
            raise NameTaken(f"There is a survey named {name} already: choose another name, or delete that one first.")
        header = {
            "format": FORMAT,
            "name": name,
            "grid": grid.to_json(),
            "scale": scale,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "uid": uuid4().hex,
            CHECKSUMS: "crc32c",
            "complete": False,
            "n": 0,
            "provenance": dict(provenance),
        }
        new = aside(folder, "new")
        _write_empty(new, grid, header)
        os.rename(new, folder)
        return cls(folder, header, lock)

    @classmethod
    def resume(cls, folder: Path) -> "SurveyWriter":
        """Go on with an interrupted survey; rows that were not committed are dropped."""
        lock = FolderLock(folder).acquire()
        try:
            header = read_header(folder)
            if header["complete"]:
                raise NameTaken(f"Survey {header['name']} is complete already: there is nothing to resume.")
            return cls(folder, header, lock)._without_strays()
        except BaseException:
            lock.release()
            raise

    def _without_strays(self) -> Self:
        """Drop the rows and parts that were not committed."""
        for array in ARRAYS:
            self._arrays[array].resize((self.n, self.grid.n_pixel))
        for stray in set((self.folder / "parts").iterdir()) - set(self._parts()):
            stray.unlink()
        return self

    def close(self) -> None:
        """Give the lock back; a survey that is not finished stays half-written."""
        self._lock.release()

    def discard(self) -> None:
        """Remove the survey, half-written as it is."""
        remove(self.folder)
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def n(self) -> int:
        """Rows committed so far."""
        return self._header["n"]

    @property
    def provenance(self) -> dict:
        """Sources and options of the survey, as given when it was created."""
        return self._header["provenance"]

    def _parts(self) -> list[Path]:
        """The committed parts of the catalogue, in order: a part is named after its first and last row."""
        parts = sorted((self.folder / "parts").glob("[0-9]*.parquet"))
        return [part for part in parts if int(part.stem.split("-")[1]) <= self.n]

    def committed(self) -> pd.DataFrame:
        """The catalogue so far."""
        parts = [pd.read_parquet(part) for part in self._parts()]
        return _concatenate(parts) if parts else pd.DataFrame({"id": pd.Series([], dtype=str)})

    @property
    def understood(self) -> dict | None:
        """How the committed spectra were understood (`Tally`); ``None`` where that is not counted."""
        return self._header.get("understood")

    @property
    def room(self) -> int:
        """Rows that fill the last file: appended in this number, none is written twice."""
        size = rows_per_shard(self.grid.n_pixel)
        return size - self.n % size

    def append(self, spectra: SpectraSet | Sequence[SpectraSet], understood: Mapping | None = None) -> None:
        """Add spectra, in one set or several, and commit them, with how all spectra so far were understood.

        Raises
        ------
        NotWritable
            The disk is full. What was committed stays.
        """
        sets = [spectra] if isinstance(spectra, SpectraSet) else spectra
        for some in sets:
            if not some.grid.matches(self.grid):
                raise Refused(Reason.SHAPE, f"Spectra on {some.grid} cannot enter a survey on {self.grid}.")
        stop = self.n + sum(map(len, sets))
        with naming_full_disk(self._header["name"]):
            for array in ("flux", "ivar"):
                self._arrays[array].resize((stop, self.grid.n_pixel))
                self._arrays[array][self.n : stop] = np.concatenate([getattr(some, array) for some in sets])
            first = self.n
            for some in sets:
                part = self.folder / "parts" / f"{first:010d}-{first + len(some):010d}.parquet"
                write_with(part, partial(some.table.to_parquet, index=False))
                first += len(some)
            self._commit(n=stop, **({} if understood is None else {"understood": dict(understood)}))

    @property
    def scale(self) -> str:
        """One of `SCALES`."""
        return self._header["scale"]

    def stored(self, rows: slice | np.ndarray, unit: np.ndarray | None = None) -> SpectraSet:
        """Committed spectra without infill, times ``unit`` (m,) where that is given."""
        with naming_damage(self._header["name"], _said(rows)):
            flux, ivar = (self._arrays[array].oindex[rows] for array in ("flux", "ivar"))
        unit = np.ones((len(flux), 1), np.float32) if unit is None else unit.astype(np.float32)[:, None]
        table = pd.DataFrame(index=range(len(flux)))
        return SpectraSet(self.grid, flux * unit, ivar / unit**2, table, scale=self.scale)

    def write_infilled(self, rows: slice, infilled: np.ndarray, factor: np.ndarray | float = 1.0) -> None:
        """Store the infilled flux of committed rows; only what lies in unseen pixels takes space.

        Parameters
        ----------
        rows
            Which.
        infilled
            (m, n_pixel) in the scale in which they were appended.
        factor
            (m,) that the rows are multiplied by whenever they are read.
        """
        if self._arrays["fill"].shape[0] < self.n:
            self._arrays["fill"].resize((self.n, self.grid.n_pixel))
            self._arrays[FACTOR].resize((self.n,))
        self._arrays["fill"][rows] = np.where(self._arrays["ivar"][rows] > 0, np.float32(0), infilled)
        self._arrays[FACTOR][rows] = factor

    def finish(self, columns: Mapping[str, np.ndarray] = MappingProxyType({}), **header: object) -> Survey:
        """Write the whole catalogue, declare the survey complete and open it.

        Parameters
        ----------
        columns
            (n,) each, which need the whole survey; they replace columns of the same name.
        **header
            More entries for ``survey.json``: the report of the ingest, how the infill converged.
        """
        table = self.committed()
        if len(table) != self.n:
            raise UserError(
                f"Survey {self._header['name']} has {self.n} spectra and a catalogue of {len(table)}: another program "
                "changed it; delete it and ingest it again."
            )
        table = table.assign(**columns)
        write_with(
            self.folder / CATALOGUE,
            lambda path: table.to_parquet(path, index=False, write_page_checksum=True, row_group_size=ROWS_PER_GROUP),
        )
        self._commit(
            complete=True, **header, **{FILES: checksums(self.folder, [CATALOGUE, *array_metadata(self.folder)])}
        )
        for part in (self.folder / "parts").glob("*"):
            part.unlink()
        (self.folder / "parts").rmdir()
        stamp = header_stamp(self.folder)
        self.close()
        return Survey(self.folder, self._header, stamp)

    def _commit(self, **changes: object) -> None:
        self._header = {**self._header, **changes}
        write_json(self.folder / HEADER, self._header)


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


def _write_empty(folder: Path, grid: Grid, header: Mapping) -> None:
    """A survey of no rows."""
    (folder / "parts").mkdir(parents=True)
    create_arrays(folder, grid)
    write_json(folder / HEADER, header)


def create_arrays(folder: Path, grid: Grid) -> zarr.Group:
    """Arrays of no rows for the survey in a folder."""
    group = zarr.create_group(store=folder / "arrays.zarr", zarr_format=3)
    for array in ARRAYS:
        chunk, shard = ((rows, grid.n_pixel) for rows in (ROWS_PER_CHUNK, rows_per_shard(grid.n_pixel)))
        create_array(group, array, (0, grid.n_pixel), chunk, shard)
    create_array(group, FACTOR, (0,), (1 << 16,))
    return group


def _concatenate(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack catalogues whose columns may differ: a missing string is empty, a missing number NaN."""
    table = pd.concat(parts, ignore_index=True)
    texts = [name for name in table if any(name in part and _is_text(part[name]) for part in parts)]
    for name in texts:
        table[name] = table[name].where(table[name].notna(), "").astype(str)
    return table


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def read_refused(folder: Path) -> list[dict[str, str]]:
    """Files and objects that did not enter the survey in a folder: ``source, reason, message`` each."""
    path = folder / REFUSED
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{name: unescape(row.get(name) or "") for name in REFUSED_COLUMNS} for row in csv.DictReader(file)]
    return list({(row["source"], row["message"]): row for row in rows}.values())


def append_refused(folder: Path, refusals: Sequence[tuple[str, Refused]]) -> None:
    """Add files and objects, with their source, to the refused ones of the survey in a folder."""
    path = folder / REFUSED
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(REFUSED_COLUMNS)
        writer.writerows(map(escape, (source, refusal.reason, str(refusal))) for source, refusal in refusals)
