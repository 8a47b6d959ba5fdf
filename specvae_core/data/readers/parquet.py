"""Parquet: a spectrum a row, in columns of lists or of structs of lists; or a pixel a row.

``spectrum{flux, ivar, lambda, mask}`` (Multimodal Universe, HATS) and plain list columns are read some rows at a time,
and only the columns that mean something: images and other lists beside the spectra stay on the disk. Keys of
partitioned folders (``survey=main/…``) become columns.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Reason, Refused
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import ROWS_AT_ONCE, read_arrays
from .columns import find_column
from .source import Source
from .text import by_object
from .text_cells import stack_lists

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAGIC = b"PAR1"
READER = "Parquet"
PIXEL_ROLES = ("wavelength", "flux", "error", "mask")
MOST_PIXEL_ROWS = 50_000_000
"""Rows of a table with a pixel a row that are held in memory at a time."""


class ParquetReader:
    """Reads spectra from Parquet."""

    def claims(self, source: Source) -> bool:
        """Whether the file is Parquet."""
        return source.head.startswith(MAGIC)

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """The spectra, row group by row group."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if source.path.name.startswith("_"):
            raise Refused(Reason.FOREIGN, f"{source.name} is an index of other Parquet files: those hold the spectra.")
        try:
            with pq.ParquetFile(source.path) as file:
                yield from _read(file, source)
        except pa.ArrowException as error:
            raise ValueError(str(error)) from error


def _read(file: "pq.ParquetFile", source: Source) -> Iterator[Observation | Refused]:
    n_rows = file.metadata.num_rows
    if not n_rows:
        raise Refused(Reason.FOREIGN, f"{source.name} holds no rows: there is nothing to read.")
    import pyarrow as pa

    lists, scalars, schema = {}, {}, file.schema_arrow
    for field in schema:
        _walk(field.name, field.type, lists, scalars)
    vectors = _pixel_columns(lists, source)
    if "flux" not in vectors:
        yield from _pixel_a_row(file, scalars, source)
        return
    wanted = [*vectors.values(), *scalars]
    units = _units(schema)
    partition, first = _partition(source), 0
    # Within a list of structs a column cannot be named alone: its whole list is read.
    read = {path if pa.types.is_struct(schema.field(top := path.split(".")[0]).type) else top for path in wanted}
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=sorted(read)):
        columns = _columns(batch, wanted)
        arrays: dict[str, ArrayLike] = {name: np.full(batch.num_rows, word) for name, word in partition.items()}
        arrays |= {scalars[path]: columns[path] for path in sorted(scalars, key=lambda path: -path.count("."))}
        arrays |= {lists[path]: Column(columns[path], units.get(path, {})) for path in vectors.values()}
        yield from read_arrays(arrays, source, reader=READER, first=first)
        first += batch.num_rows


def single_values(path: Path) -> dict[str, np.ndarray]:
    """All columns of single values, (n,) each; words and missing whole numbers as Python's own objects."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        scalars: dict[str, str] = {}
        for field in file.schema_arrow:
            _walk(field.name, field.type, {}, scalars)
        table = file.read(columns=[path for path in scalars if "." not in path])
    return {name: _plain(table.column(name).combine_chunks()) for name in table.column_names}


def _walk(path: str, kind: "pa.DataType", lists: dict[str, str], scalars: dict[str, str]) -> None:
    """Paths of all columns of lists of numbers, and of single values, with their last names."""
    import pyarrow.types as types

    name = path.rpartition(".")[2]
    if types.is_struct(kind):
        for field in kind:
            _walk(f"{path}.{field.name}", field.type, lists, scalars)
    elif types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        value = kind.value_type
        if types.is_struct(value):
            for field in value:
                if _is_number(field.type):
                    lists[f"{path}.{field.name}"] = field.name
        elif _is_number(value):
            lists[path] = name
    elif _is_number(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind):
        scalars[path] = name


def _is_number(kind: "pa.DataType") -> bool:
    import pyarrow.types as types

    return types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)


def _pixel_columns(lists: Mapping[str, str], source: Source) -> dict[str, str]:
    """Role -> path: all of the struct that holds the flux, or of the top; wavelengths may lie elsewhere."""
    folders: dict[str, dict[str, str]] = {}
    for path, name in lists.items():
        folders.setdefault(path.rpartition(".")[0], {})[name] = path
    for folder in sorted(folders, key=lambda folder: (folder != "spectrum", folder)):
        names = folders[folder]
        hints = {role: name for role, name in source.hints.columns.items() if name in names}
        if "flux" in hints or find_column(names, "flux") is not None:
            everywhere = {name: path for other in folders.values() for name, path in other.items()} | names
            own = {role: hints.get(role) or find_column(names, role) for role in PIXEL_ROLES}
            own["wavelength"] = own["wavelength"] or find_column(everywhere, "wavelength", source.hints, source.name)
            return {role: everywhere[name] for role, name in own.items() if name is not None}
    return {}


def _columns(batch: "pa.RecordBatch", paths: list[str]) -> dict[str, np.ndarray]:
    """Values by path: (n, m) of lists, (n,) of single values."""
    return {path: _values(batch.column(path.split(".")[0]), path.split(".")[1:]) for path in paths}


def _values(array: "pa.Array", path: list[str]) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as types

    for name in path:
        if types.is_struct(array.type):
            array = pc.struct_field(array, name)
        else:  # a list of structs
            lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            array = pa.ListArray.from_arrays(offsets, pc.struct_field(pc.list_flatten(array), name))
    kind = array.type
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _matrix(array)
    return _plain(array)


def _matrix(array: "pa.Array") -> np.ndarray:
    """(n, m) of lists of numbers; shorter ones end in NaN, missing values are NaN."""
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    flat = _plain(pc.list_flatten(array))
    if len(lengths) and (lengths == lengths[0]).all():
        return flat.reshape(len(lengths), lengths[0])
    return stack_lists(np.split(flat.astype(float), np.cumsum(lengths)[:-1]))


def _plain(array: "pa.Array") -> np.ndarray:
    """(n,) numbers, NaN where missing; whole ones with missing values as Python's, which keep every digit; words."""
    import pyarrow.types as types

    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if types.is_floating(array.type) or (array.null_count == 0 and _is_number(array.type)):
        return array.to_numpy(zero_copy_only=False)
    return np.array(array.to_pylist(), dtype=object)


def _units(schema: "pa.Schema") -> dict[str, dict[str, object]]:
    """Units of columns, where the metadata of their fields state them under the key ``unit``."""
    found: dict[str, dict[str, object]] = {}

    def visit(path: str, field: "pa.Field") -> None:
        unit = (field.metadata or {}).get(b"unit") or (field.metadata or {}).get(b"units")
        if unit:
            found[path] = {"unit": unit.decode("utf-8", "replace")}
        if hasattr(field.type, "fields"):
            for child in field.type:
                visit(f"{path}.{child.name}", child)

    for field in schema:
        visit(field.name, field)
    return found


def _partition(source: Source) -> dict[str, str]:
    """Key and value of each folder ``key=value`` on the way to the file."""
    pairs = (part.partition("=") for part in source.path.parent.parts)
    return {key: value for key, equals, value in pairs if equals and key.isidentifier()}


def _pixel_a_row(file: "pq.ParquetFile", scalars: Mapping[str, str], source: Source) -> Iterator[Observation | Refused]:
    if find_column(scalars, "wavelength") is None or find_column(scalars, "flux") is None:
        names = ", ".join(sorted(scalars)[:8])
        raise Refused(
            Reason.FOREIGN,
            f"{source.name} has no lists known as flux and wavelength ({names}): name them by --column flux=NAME "
            "wavelength=NAME.",
            answer="columns.flux",
            choices=sorted(scalars),
        )
    if file.metadata.num_rows > MOST_PIXEL_ROWS:
        raise Refused(
            Reason.SHAPE,
            f"{source.name} has {file.metadata.num_rows:,} rows of single pixels: write it with a list for each "
            "spectrum, or in parts.",
        )
    table = file.read(columns=sorted(scalars)).combine_chunks()
    columns = {name: _plain(table.column(name).combine_chunks()) for name in table.column_names}
    for arrays in by_object(columns, source):
        yield from read_arrays(arrays, source, reader=READER)
