"""Vectors in tables: lists in the cells of Parquet and CSV, columns for each component, and what Astropy reads."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...errors import UserError
from ..readers.columns import find_column
from .shapes import FEWEST, pooled, rows_at_once, uneven

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

Arrays = dict[str, np.ndarray]
Vectors = dict[str, Iterator[np.ndarray]]
"""Blocks of rows (m, d) by name, read when they are asked for."""

UNNAMED = "Unnamed: 0"
"""What pandas calls a first column without a name: the index of a table that it wrote, words where these are ids."""

_NUMBERED = re.compile(r"(.*?)[_\[(. ]?(\d{1,9})[\])]?")


def numbered(singles: Arrays, column: str = "") -> tuple[Vectors, Arrays]:
    """Columns such as ``emb_0``, ``emb_1``… as vectors: the longest row of them, or ``emb`` or ``emb_0 to emb_7``."""
    groups: dict[str, dict[int, str]] = {}
    for name, values in singles.items():
        found = _NUMBERED.fullmatch(name)
        if found and values.dtype.kind in "fiu":
            groups.setdefault(found[1], {})[int(found[2])] = name
    groups = {name: members for name, members in groups.items() if len(members) >= FEWEST}
    labels = {name: f"{members[min(members)]} to {members[max(members)]}" for name, members in groups.items()}
    fitting = [name for name in groups if not column or column in (name, labels[name])]
    chosen = max(fitting, key=lambda name: len(groups[name]), default=None)
    if chosen is None:
        return {}, singles
    members = [groups[chosen][number] for number in sorted(groups[chosen])]
    vectors = np.column_stack([singles[name] for name in members])
    return {column or labels[chosen]: in_blocks(vectors)}, {
        name: values for name, values in singles.items() if name not in members
    }


def in_blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of an array, some at a time."""
    step = rows_at_once(values[:1].nbytes)
    for first in range(0, len(values), step):
        yield values[first : first + step]


def parquet_columns(path: Path, column: str, pool: str, most: int | None) -> tuple[Vectors, Arrays]:
    """Columns of lists, batch by batch, so that a million long ones need little memory at a time, and the others."""
    import pyarrow.parquet as pq
    import pyarrow.types as types

    with pq.ParquetFile(path) as file:
        fields = {field.name: field.type for field in file.schema_arrow}
        lists = [name for name, kind in fields.items() if _is_list(kind)]
        scalars = [name for name, kind in fields.items() if not (types.is_nested(kind) or types.is_binary(kind))]
        singles = _first_rows(file, scalars, most) if scalars else {}
    if lists:
        return {name: _parquet_blocks(path, name, pool, most) for name in lists}, singles
    return numbered(singles, column)


def _first_rows(file: "ParquetFile", columns: list[str], most: int | None) -> Arrays:
    if most is None or file.metadata.num_rows <= most:
        frame = file.read(columns=columns).to_pandas()
    else:
        frame = next(file.iter_batches(most, columns=columns)).to_pandas()
    return {name: frame[name].to_numpy() for name in frame}


def _parquet_blocks(path: Path, name: str, pool: str, most: int | None) -> Iterator[np.ndarray]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        size = most or rows_at_once(_row_bytes(file, name))
        # one reader over all groups of rows would keep every group in memory until the last one is read
        groups = ([group] for group in range(file.metadata.num_row_groups))
        batches = chain.from_iterable(file.iter_batches(size, row_groups=group, columns=[name]) for group in groups)
        left = file.metadata.num_rows if most is None else most
        for batch in batches:
            yield _lists(batch.column(0)[:left], name, pool, path.name)
            left -= len(batch)
            if left <= 0:
                return


def _row_bytes(file: "ParquetFile", name: str) -> float:
    """Bytes of a row of a column, by the first group of rows."""
    if not file.metadata.num_row_groups:
        return 0.0
    group = file.metadata.row_group(0)
    parts = [group.column(i) for i in range(group.num_columns)]
    size = sum(part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] == name)
    return size / max(group.num_rows, 1)


def _is_list(kind: object) -> bool:
    import pyarrow.types as types

    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _lists(array: object, name: str, pool: str, file: str) -> np.ndarray:
    """(n, d) of lists of numbers, or of lists of lists, pooled; NaN where a list is missing or empty."""
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(int)
    inner = pc.list_flatten(array)
    if _is_list(inner.type):
        return pooled(_lists(inner, name, pool, file), lengths, pool)
    flat = inner.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    sizes = np.unique(lengths[lengths > 0])
    if len(sizes) > 1:
        raise UserError(uneven(name, file, sizes))
    if len(lengths) and lengths.min() > 0:
        return flat.reshape(len(lengths), -1)
    full = np.full((len(lengths), sizes[0] if len(sizes) else 0), np.nan, np.float32)
    full[lengths > 0] = flat.reshape(-1, full.shape[1]) if len(flat) else flat
    return full


def astropy_columns(path: Path) -> Arrays:
    """Columns of FITS and of other tables that Astropy reads."""
    import warnings

    from astropy.table import Table

    from ..readers.tables import plain_column

    with warnings.catch_warnings(action="ignore"):  # comments on units and on the standard
        table = Table.read(str(path))
    return {
        name: plain_column(table[name]) if table[name].ndim < 3 else np.asarray(table[name]) for name in table.colnames
    }


def csv_columns(path: Path, column: str, most: int | None) -> tuple[Vectors, Arrays]:
    """Columns of a CSV: a list in brackets in each cell of one, or one for each component."""
    separator = "\t" if ".tsv" in path.name.lower() else ","
    types = _id_types(path, separator)
    frame = pd.read_csv(path, sep=separator, comment="#", encoding="utf-8-sig", dtype=types, nrows=most)
    singles = {str(name).strip(): frame[name].to_numpy() for name in frame}
    if UNNAMED in singles and singles[UNNAMED].dtype.kind == "O" and find_column(singles, "id") is None:
        singles = {"id": singles.pop(UNNAMED), **singles}
    for name in [column] if column in singles else list(singles):
        words = singles[name]
        if len(words) and isinstance(words[0], str) and words[0].strip().startswith(("[", "(")):
            cells = [np.array(re.findall(r"[-+.\deE]+|nan", str(word)), dtype=np.float32) for word in words]
            sizes = {len(cell) for cell in cells}
            if len(sizes) > 1:
                raise UserError(uneven(name, path.name, sizes))
            others = {key: values for key, values in singles.items() if key != name}
            return {name: in_blocks(np.array(cells))}, others
    return numbered(singles, column)


def _id_types(path: Path, separator: str) -> dict[str, type]:
    """Ids are words, so that zeros in front and digits stay."""
    names = list(pd.read_csv(path, sep=separator, comment="#", encoding="utf-8-sig", nrows=0))
    return {name: str for name in names if find_column([str(name).strip()], "id") is not None}
