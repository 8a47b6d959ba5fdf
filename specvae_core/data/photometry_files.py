"""Files of photometric catalogues: any of `TABLES` as a table, within a budget of memory and time."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import UserError
from .apart import is_worker, read_apart
from .readers.source import PLAIN_TEXT
from .table_reading import reading_table

ROWS_AT_ONCE = 200_000

TABLES = (".csv", ".gz", ".parquet", ".fits", ".fit", ".ecsv")


def first_rows(path: Path) -> pd.DataFrame:
    """The first rows of a catalogue, at most `ROWS_AT_ONCE` of text files; errors as in `read_table`."""
    with closing(_frames(path)) as frames:
        return next(frames, pd.DataFrame())


def read_table(path: Path) -> pd.DataFrame:
    """A catalogue as a table, whatever of `TABLES` its name ends in.

    Raises
    ------
    UserError
        The file is of another kind or damaged.
    """
    return pd.concat(list(_frames(path)), ignore_index=True)


def _frames(path: Path) -> Iterator[pd.DataFrame]:
    """A catalogue in parts."""
    if path.suffix not in TABLES:
        raise UserError(f"{path.name} is not a catalogue that can be read: give one that ends in {', '.join(TABLES)}.")
    here = is_worker() or (path.suffix == ".csv" and path.is_file() and path.stat().st_size < PLAIN_TEXT)
    for columns in magnitude_columns(path) if here else read_apart("magnitudes", path):
        yield pd.DataFrame(columns)


def magnitude_columns(path: Path) -> Iterator[dict[str, np.ndarray]]:
    """The columns of a catalogue by name, in parts of so many rows as come at once; errors as in `reading_table`."""
    with reading_table(path, "fetch it again or save it as CSV"):
        for part in _parts(path):
            yield {str(column): part[column].to_numpy() for column in part}


def _parts(path: Path) -> Iterator[pd.DataFrame]:
    if path.suffix in (".csv", ".gz"):
        with pd.read_csv(path, comment="#", chunksize=ROWS_AT_ONCE) as reader:
            yield from reader
    elif path.suffix == ".parquet":
        yield pd.read_parquet(path)
    else:
        from astropy.table import Table

        yield Table.read(path, format="ascii.ecsv" if path.suffix == ".ecsv" else "fits").to_pandas()
