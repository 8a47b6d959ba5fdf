"""A complete survey: its spectra and its catalogue, of which no more is read than is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import zarr
from pyarrow.parquet import read_metadata

from ..atomic import file_checksum
from ..cache import Cache
from ..errors import IncompleteSurvey, NewerFormat, NotFound
from ..grid import grid_from_json
from .catalogue import ObjectIndex
from .chunks import CheckedStore, naming_damage
from .spectra import SpectraSet
from .stored_index import StoredIndex
from .stored_table import StoredTable
from .survey_files import (
    ARRAYS,
    CATALOGUE,
    CHECKSUMS,
    FACTOR,
    FILES,
    ROWS_PER_CHUNK,
    ROWS_PER_GROUP,
    array_metadata,
    header_stamp,
    read_header,
    rows_in_words,
    scale_of,
)

IDS_IN_MEMORY = 2_000_000
"""Objects whose ids and factors are held together; of more they are read as they are looked up."""

KEPT = 50_000_000
"""Bytes of chunks that a survey keeps in memory for single spectra."""


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

    @cached_property
    def catalogue(self) -> pd.DataFrame | StoredTable:
        """The catalogue by column and by row: `table` where that is short, else read from disk as it is asked for."""
        if self._in_memory:
            return self.table
        return StoredTable(self.folder / CATALOGUE, self.name, self._check_unchanged)

    def _rows(self, rows: slice | np.ndarray) -> pd.DataFrame:
        """Rows of the catalogue, numbered from 0."""
        if "table" in vars(self) or self._in_memory:
            return self.table.iloc[rows].reset_index(drop=True)
        return self.catalogue.take(np.arange(self.n)[rows])

    @property
    def _in_memory(self) -> bool:
        """Whether the catalogue is read as a whole: a short one, or one without checksums."""
        return self.n <= ROWS_PER_GROUP or self.header["format"] == 1

    def _check_unchanged(self) -> None:
        """Raise `NotFound` where another program has deleted or replaced the survey, so that nothing is mixed up."""
        if header_stamp(self.folder) != self._stamp:
            raise NotFound(f"Survey {self.name} was deleted or replaced meanwhile: open it again.")

    @cached_property
    def index(self) -> ObjectIndex | StoredIndex:
        """Rows by object id."""
        if self.n > IDS_IN_MEMORY and not self._in_memory:
            return StoredIndex(self.catalogue)
        return ObjectIndex(self.table["id"] if self._in_memory else self.catalogue.read("id"))

    @cached_property
    def ids(self) -> np.ndarray:
        """(n,) str, object ids in the order of the arrays."""
        return np.array(self.catalogue["id"], dtype=str)

    def spread_rows(self, most: int) -> np.ndarray:
        """Rising rows of whole chunks, evenly taken, ``most`` of them or fewer: they are read quickly."""
        chunks = -(-self.n // ROWS_PER_CHUNK)
        chosen = np.unique(np.linspace(0, chunks - 1, max(min(chunks, most // ROWS_PER_CHUNK), 1)).astype(int))
        rows = (chosen[:, None] * ROWS_PER_CHUNK + np.arange(ROWS_PER_CHUNK)).ravel()
        return rows[rows < self.n]

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
            try:
                return {name: group[name] for name in ARRAYS}  # kept open: each look-up in the group reads it again
            except (ValueError, TypeError, KeyError) as error:
                if not self._is_described_as_written:
                    raise
                reason = str(error).splitlines()[0].strip(".")
                raise NewerFormat(
                    f"Survey {self.name} has its spectra in a form that this version does not know ({reason}): upgrade "
                    "specvae."
                ) from None

    @property
    def _is_described_as_written(self) -> bool:
        """Whether the descriptions of the arrays are undamaged: where they are not understood, a newer version wrote
        them."""
        paths = array_metadata(self.folder)
        return all(self._known.get(path) == file_checksum(self.folder / path) for path in paths)

    def _factors(self, rows: slice | np.ndarray) -> np.ndarray:
        """Factors of some spectra, (m,) float32."""
        with naming_damage(self.name, FACTOR):
            return self._factor[rows] if isinstance(self._factor, np.ndarray) else self._factor.oindex[rows]

    @cached_property
    def _factor(self) -> np.ndarray | zarr.Array:
        """(n,) float32, on the disk where they are many; ones in surveys of version 0.1."""
        if FACTOR not in self._group:
            return np.broadcast_to(np.float32(1), self.n)
        factor = self._group[FACTOR]
        if factor.shape != (self.n,):
            raise ValueError(f"it has {factor.size} numbers for {self.n} spectra")
        return factor[:] if self.n <= IDS_IN_MEMORY else factor

    def stored(self, rows: slice | np.ndarray) -> dict[str, np.ndarray]:
        """The arrays as they lie on disk: those of `ARRAYS`, (m, n_pixel) each, and ``factor`` (m,)."""
        with naming_damage(self.name, rows_in_words(rows)):
            if isinstance(rows, slice):  # the quicker way, and the way of a click on one object
                stored = {name: self._arrays[name][rows] for name in ARRAYS}
            else:
                stored = {name: self._arrays[name].oindex[rows] for name in ARRAYS}
        return stored | {FACTOR: self._factors(rows)}

    def read(self, rows: slice | np.ndarray | None = None) -> SpectraSet:
        """The given rows in the given order, all of them by default."""
        rows = slice(None) if rows is None else rows
        flux, ivar, fill, factor = self.stored(rows).values()
        table = self._rows(rows)
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
