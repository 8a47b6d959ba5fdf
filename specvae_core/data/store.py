"""Writing a survey: its spectra in chunks, its catalogue in parts."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Self
from uuid import uuid4

import numpy as np
import pandas as pd
import zarr

from ..atomic import write_json, write_with
from ..errors import NameTaken, Reason, Refused, UserError
from ..folders import aside, remove
from ..grid import Grid, grid_from_json
from ..locks import FolderLock
from .chunks import naming_damage, naming_full_disk
from .spectra import SpectraSet
from .survey import Survey
from .survey_files import (
    ARRAYS,
    CATALOGUE,
    CHECKSUMS,
    FACTOR,
    FILES,
    FORMAT,
    HEADER,
    ROWS_PER_GROUP,
    array_metadata,
    checksums,
    create_arrays,
    header_stamp,
    read_header,
    rows_in_words,
    rows_per_shard,
    write_spectra,
)


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
    def reached(self) -> str:
        """Source of what was dealt with last; empty where that is not known."""
        return self._header.get("reached", "")

    def room_after(self, n: int) -> int:
        """Rows that fill the last file where there are ``n``: appended in this number, none is written twice."""
        size = rows_per_shard(self.grid.n_pixel)
        return size - n % size

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
        self.extend(self.n + sum(map(len, sets)))
        flux, ivar = (np.concatenate([getattr(some, array) for some in sets]) for array in ("flux", "ivar"))
        write_spectra(self.folder, self.n, flux, ivar)
        self.commit([some.table for some in sets], understood)

    def extend(self, n: int) -> None:
        """Make room for ``n`` rows in all, to be written by `write_spectra` and then committed."""
        with naming_full_disk(self._header["name"]):
            for array in ("flux", "ivar"):
                self._arrays[array].resize((n, self.grid.n_pixel))

    def commit(
        self, tables: Sequence[pd.DataFrame], understood: Mapping | None = None, reached: str | None = None
    ) -> None:
        """Commit spectra that were written behind the last committed one; arguments as of `append`.

        Parameters
        ----------
        tables
            Their catalogue, in one piece or several.
        understood
            How all spectra so far were understood.
        reached
            Source of the last of them, or of what was refused after it.
        """
        first, more = self.n, {"understood": understood, "reached": reached}
        with naming_full_disk(self._header["name"]):
            for _, alike in groupby(tables, lambda table: tuple(table.dtypes.items())):
                table = pd.concat(alike, ignore_index=True)
                part = self.folder / "parts" / f"{first:010d}-{first + len(table):010d}.parquet"
                write_with(part, partial(table.to_parquet, index=False))
                first += len(table)
            self._commit(n=first, **{name: value for name, value in more.items() if value is not None})

    @property
    def scale(self) -> str:
        """One of `SCALES`."""
        return self._header["scale"]

    def stored(self, rows: slice | np.ndarray, unit: np.ndarray | None = None) -> SpectraSet:
        """Committed spectra without infill, times ``unit`` (m,) where that is given."""
        with naming_damage(self._header["name"], rows_in_words(rows)):
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
        self.make_room_for_fill()
        self.write_fill(rows, infilled)
        self._arrays[FACTOR][rows] = factor

    def make_room_for_fill(self) -> None:
        """Give infill and factors the length of what was committed."""
        for name, shape in (("fill", (self.n, self.grid.n_pixel)), (FACTOR, (self.n,))):
            if self._arrays[name].shape != shape:  # each by itself: a kill may come between them
                self._arrays[name].resize(shape)

    def write_fill(self, rows: slice, infilled: np.ndarray) -> None:
        """As `write_infilled`, where there is room, without the factors; threads may write whole shards at once."""
        self._arrays["fill"][rows] = np.where(self._arrays["ivar"][rows] > 0, np.float32(0), infilled)

    def write_factors(self, factor: np.ndarray) -> None:
        """Store what each committed row (n,) is multiplied by whenever it is read."""
        self._arrays[FACTOR][:] = factor

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
        self._header.pop("reached", None)
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


def _write_empty(folder: Path, grid: Grid, header: Mapping) -> None:
    """A survey of no rows."""
    (folder / "parts").mkdir(parents=True)
    create_arrays(folder, grid)
    write_json(folder / HEADER, header)


def _concatenate(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack catalogues whose columns may differ: a missing string is empty, a missing number NaN."""
    table = pd.concat(parts, ignore_index=True)
    texts = [name for name in table if any(name in part and _is_text(part[name]) for part in parts)]
    for name in texts:
        table[name] = table[name].where(table[name].notna(), "").astype(str)
    return table


def _is_text(column: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))
