"""The spectra of a survey that does not fit into memory, in one flat file that a training reads pass after pass.

The arrays of a survey are compressed and checked, which a reader pays for each time; a training passes them a hundred
times. So they are read once and written as they are: for each object its flux, holes filled, and its inverse variance.
The file has no name in its folder, so that nothing is left of it whatever ends the process.
"""

import errno
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import NotWritable
from ..grid import Grid
from ..progress import Progress, Report, ignore
from .spectra import SpectraSet
from .survey import Survey

NEAR = 16
"""Rows between which those that are not asked for are fetched as well."""


class Spool:
    """Spectra of a whole survey on disk, of which any rows are read at once; use it as a context.

    Parameters
    ----------
    survey
        The survey.
    folder
        Any folder of the file system that has room for 8 bytes a pixel.
    report
        Called with the share that is written; it can raise `Cancelled`.

    Attributes
    ----------
    grid, table, scale
        As in `SpectraSet`.

    Raises
    ------
    NotWritable
        The disk has no room for it.
    """

    def __init__(self, survey: Survey, folder: Path, report: Report = ignore) -> None:
        self.grid: Grid = survey.grid
        self.table: pd.DataFrame = survey.table
        self.scale = survey.scale
        self._row_bytes = 2 * 4 * survey.grid.n_pixel
        _check_room(survey, folder, self._row_bytes * survey.n)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by `__exit__`
        try:
            for rows, spectra in survey.chunks():
                block = np.stack([np.where(spectra.seen, spectra.flux, spectra.infilled), spectra.ivar], axis=1)
                self._file.write(memoryview(block.astype(np.float32, copy=False)).cast("B"))
                report(Progress(0.0, f"laying out {rows.stop:,} of {survey.n:,} spectra for the training"))
        except OSError as error:
            self._file.close()
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise NotWritable(_no_room(survey, self._row_bytes * survey.n)) from None
        except BaseException:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self.table)

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    @property
    def ids(self) -> np.ndarray:
        """(n,) unique strings."""
        return self.table["id"].to_numpy(dtype=str)

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Flux, holes filled, and ivar of rows, each (m, n_pixel) float32; neighbours are read together."""
        block = np.empty((len(rows), 2, self.grid.n_pixel), np.float32)
        for start, stop in _runs(rows, 1):
            wanted = memoryview(block[start:stop]).cast("B")
            self._file.seek(int(rows[start]) * self._row_bytes)
            while wanted:  # one call reads 2 GB at most
                got = self._file.readinto(wanted)
                if not got:
                    raise OSError(errno.EIO, "the file with the training spectra is shorter than it was")
                wanted = wanted[got:]
        return block[:, 0], block[:, 1]

    def take(self, rows: np.ndarray) -> SpectraSet:
        """The given rows, in the given order, their holes filled."""
        flux, ivar = self.read(rows)
        table = self.table.iloc[rows].reset_index(drop=True)
        return SpectraSet(self.grid, np.where(ivar > 0, flux, 0), ivar, table, flux, self.scale)

    def read_ahead(self, rows: np.ndarray) -> None:
        """Let the system fetch rows from the disk, where it can, while the program does something else."""
        if hasattr(os, "posix_fadvise"):
            for start, stop in _runs(rows, NEAR):
                span = int(rows[stop - 1] - rows[start] + 1) * self._row_bytes
                os.posix_fadvise(self._file.fileno(), int(rows[start]) * self._row_bytes, span, os.POSIX_FADV_WILLNEED)


def _runs(rows: np.ndarray, near: int) -> list[tuple[int, int]]:
    """Begin and end of the runs of rows of which each is ``near`` at most after the one before."""
    step = np.diff(rows, prepend=-near - 1)
    first = np.flatnonzero((step > near) | (step < 1))
    return list(zip(first.tolist(), [*first[1:].tolist(), len(rows)], strict=True))


def _check_room(survey: Survey, folder: Path, needed: int) -> None:
    if shutil.disk_usage(folder).free < needed:
        raise NotWritable(_no_room(survey, needed))


def _no_room(survey: Survey, needed: int) -> str:
    return (
        f"Survey {survey.name} does not fit into memory, and the disk of the workspace has no room for the "
        f"{needed / 1e9:.1f} GB that a training would read instead: free some space, or train on a part of the survey."
    )
