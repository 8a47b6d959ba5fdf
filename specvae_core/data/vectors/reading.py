"""Vectors of objects in files: embeddings that other programs have made.

Files are read by a worker process with a budget of memory and time, see `apart`; formats in `files`.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from ...errors import BadConfig, Reason, Refused, UserError
from ...names import storable
from ..apart import check_regular, is_worker, read_apart
from ..readers.source import PLAIN_TEXT
from .files import SeveralVectors, named_as_vectors, vector_parts
from .shapes import FEWEST, MOST, POOLS, uneven

EXPANSION, FREE_EXPANSION = 20, 2**28
"""What vectors may take in memory: so many times their file, or so many bytes in any case."""

PEEKED = 1000
"""Rows that a look at a file reads."""


@dataclass(frozen=True, eq=False)
class VectorTable:
    """Vectors of n objects.

    Parameters
    ----------
    ids
        (n,) as written; ``None`` where the file names no objects.
    vectors
        (n, d) float32.
    table
        n rows, the columns of single values beside them, ids left out.
    column
        Where the vectors came from, in words.
    id_column
        Column of the ids, empty where there is none.
    """

    ids: np.ndarray | None
    vectors: np.ndarray
    table: pd.DataFrame
    column: str
    id_column: str

    @property
    def dimensions(self) -> int:
        """Components of a vector."""
        return self.vectors.shape[1]


def read_vectors(
    path: Path, column: str = "", id_column: str = "", pool: str = "mean", most: int | None = None
) -> VectorTable:
    """Read the vectors in a file.

    Parameters
    ----------
    path
        The file.
    column
        Column or array of the vectors; by default the only one with vectors, or the only one that is called so.
    id_column
        Column of the ids; by default the one that is known as such.
    pool
        One of `POOLS`, for columns that hold the vectors of several tokens.
    most
        Rows after which to stop; all by default.

    Raises
    ------
    NotFound
        There is no such file or column.
    UserError
        The file cannot be read, or what the vectors are is not clear; the message says what there is.
    """
    if pool not in POOLS:
        raise BadConfig(f"The vectors of tokens cannot be pooled by {pool!r}: choose {', '.join(POOLS)}.")
    check_regular(path)
    here = is_worker() or (path.suffix == ".csv" and path.stat().st_size < PLAIN_TEXT)
    given = {"column": column, "id_column": id_column, "pool": pool}
    parts = vector_parts(path, **given, rows=most) if here else read_apart("embedding", path, **given, rows=most)
    head = cast(dict, next(parts))
    likely = max((len(cells) for cells in (head["ids"], *head["table"].values()) if cells is not None), default=0)
    values = _joined(cast(Iterator[np.ndarray], parts), head["column"], path, likely)
    ids = None if head["ids"] is None else np.array(_storable(head["ids"]), dtype=object)
    if ids is not None and len(ids) != len(values):
        sentence = f"{path.name} has {len(ids):,} ids in {head['id_column']} and {len(values):,} vectors in"
        raise BadConfig(f"{sentence} {head['column']}: name another column of ids by --id-column.")
    columns = {
        storable(str(name)): _storable(cells) for name, cells in head["table"].items() if len(cells) == len(values)
    }
    return VectorTable(ids, values, pd.DataFrame(columns, index=range(len(values))), head["column"], head["id_column"])


def _storable(cells: Sequence | np.ndarray) -> Sequence | np.ndarray:
    """Cells of a column, with texts that can be stored."""
    if np.asarray(cells[:1]).dtype.kind not in "OU":
        return cells
    return [cell if not isinstance(cell, str) or cell.isascii() else storable(cell) for cell in cells]


def _joined(blocks: Iterator[np.ndarray], name: str, path: Path, likely: int) -> np.ndarray:
    """All blocks, (n, d); of the ``likely`` number of rows they are in memory but once while others are still read."""
    joined, n = np.empty((0, 0), np.float32), 0
    most, taken = max(FREE_EXPANSION, EXPANSION * path.stat().st_size), 0
    for block in blocks:
        d = block.shape[1]
        if not FEWEST <= d <= MOST:
            raise BadConfig(
                f"The vectors in {name} of {path.name} have {d} components: {FEWEST} to {MOST} are expected."
            )
        if n and d != joined.shape[1]:
            raise UserError(uneven(name, path.name, (joined.shape[1], d)))
        if (taken := taken + block.nbytes) > most:
            sentence = f"{path.name} expands to more than {EXPANSION} times its size: write it without compression."
            raise Refused(Reason.TOO_LARGE, sentence)
        if n + len(block) > len(joined):
            rows = max(n + len(block), 2 * n, min(likely, most // (4 * d)))
            before, joined = joined[:n], np.empty((rows, d), np.float32)
            joined[:n] = before.reshape(n, d)
        joined[n : n + len(block)] = block
        n += len(block)
    if not n:
        raise UserError(f"{path.name} holds no rows: there is nothing to read.")
    return joined[:n] if n == len(joined) else joined[:n].copy()


def peek(path: Path) -> Iterator[dict[str, object]]:
    """What `read_vectors` takes of a file, by its first rows; nothing where it has no column that is called vectors.

    Yields
    ------
    seen
        One for each column that may be meant: ``column`` of the vectors, ``dimensions``, ``id_column`` (empty where
        there is none), ``table``, the names of the other columns, and ``ids`` of the first `PEEKED` rows.
    """
    names: list[str] = []
    try:
        found = read_vectors(path, most=PEEKED)
        if named_as_vectors(found.column):
            yield _seen(found)
    except UserError as error:
        names = error.__cause__.names if isinstance(error.__cause__, SeveralVectors) else []
    for name in names:
        with suppress(UserError):
            yield _seen(read_vectors(path, name, most=PEEKED))


def _seen(found: VectorTable) -> dict[str, object]:
    return {
        "column": found.column,
        "dimensions": found.dimensions,
        "id_column": found.id_column,
        "table": list(found.table),
        "ids": [] if found.ids is None else found.ids.tolist(),
    }
