"""VOTable, ECSV and IPAC tables, by Astropy: a pixel a row, or a spectrum a row with columns of arrays.

Units are the table's own. Where names do not say what a column is, the unified content descriptors of a VOTable do
(``em.wl``, ``phot.flux``, ``stat.error``); ``em.wl;obs.atmos`` are wavelengths in air. Streams of a VOTable that lie
elsewhere are not followed.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...errors import Reason, Refused
from ..apart import need_worker
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import read_arrays
from .columns import DEC, ID, RA, REDSHIFT, find_column, split_name
from .source import Source
from .text import by_object
from .text_cells import stack_lists

if TYPE_CHECKING:
    from astropy.table import Table

_ELSEWHERE = re.compile(rb"<STREAM\b[^>]*\bhref\s*=", re.IGNORECASE)
_SAID = frozenset((*REDSHIFT, *ID, *RA, *DEC, "object", "target", "sampling"))
_DESCRIPTORS = (
    ("error", ("stat.error",)),
    ("wavelength", ("em.wl", "em.freq", "em.energy", "em.wavenumber")),
    ("flux", ("phot.flux", "phot.flux.density", "phot.fluence")),
)
"""Role, and how the descriptors of its columns begin."""


class TableReader:
    """Reads spectra from VOTable, ECSV and IPAC tables."""

    def claims(self, source: Source) -> bool:
        """Whether the file is one of them."""
        return table_format(source) != ""

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """The spectra of the first table that has some."""
        columns, keywords = load_table(source)
        reader = {"votable": "VOTable", "ascii.ecsv": "ECSV table", "ascii.ipac": "IPAC table"}[table_format(source)]
        axis = find_column(columns, "wavelength", source.hints, source.name)
        if axis is None or len(columns[axis].shape) > 1:
            yield from read_arrays(columns, source, reader=reader)
            return
        values = {name: column[:] for name, column in columns.items() if len(column.shape) == 1}
        for arrays in by_object(values, source):
            described = {name: Column(array, columns[name].attrs) for name, array in arrays.items()}
            yield from read_arrays(keywords | described, source, reader=reader)


def table_format(source: Source) -> str:
    """Astropy's word for the format of the table; empty where it is none of them."""
    head = source.head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"# %ECSV"):
        return "ascii.ecsv"
    if head.lstrip().startswith(b"<") and re.search(rb"<(\w+:)?VOTABLE\b", head):
        return "votable"
    lines = [line for line in head.split(b"\n") if not line.startswith(b"\\")]
    is_ipac = bool(lines) and lines[0].startswith(b"|") and lines[0].rstrip().endswith(b"|")
    return "ascii.ipac" if is_ipac else ""


def load_table(source: Source) -> tuple[dict[str, Column], dict[str, ArrayLike]]:
    """The columns of the table, and the properties of its one object."""
    need_worker()
    tables = _votables(source) if table_format(source) == "votable" else [_ascii(source)]
    found = [(_columns(table), table) for table in tables if len(table)]
    if not found:
        raise Refused(Reason.FOREIGN, f"{source.name} holds no table with rows: there is nothing to read.")
    columns, table = next((pair for pair in found if find_column(pair[0], "flux") is not None), found[0])
    return columns, _keywords(table)


def _votables(source: Source) -> "list[Table]":
    from astropy.io.votable import parse

    if any(_ELSEWHERE.search(line.encode("utf-8", "replace")) for line in source.text()):
        raise Refused(
            Reason.FOREIGN, f"{source.name} keeps its data in another file: save it as one file, for example by TOPCAT."
        )
    with warnings.catch_warnings(action="ignore"):  # comments on units and on the standard
        document = parse(str(source.path), verify="ignore")
        tables = []
        for table in document.iter_tables():
            tables.append(table.to_table(use_names_over_ids=True))
            tables[-1].meta |= {param.name: param.value for param in table.params}
    return tables


def _ascii(source: Source) -> "Table":
    from astropy.table import Table

    with warnings.catch_warnings(action="ignore"):
        return Table.read(str(source.path), format=table_format(source))


def _columns(table: "Table") -> dict[str, Column]:
    """Columns by name, or by role where only a descriptor says what they are."""
    columns, roles = {}, {role: find_column(table.colnames, role) for role, _ in _DESCRIPTORS}
    for name in table.colnames:
        column = table[name]
        descriptor = str(getattr(column, "meta", {}).get("ucd", "")).lower()
        role = next((role for role, words in _DESCRIPTORS if descriptor.startswith(words)), "")
        spelt = role if role and roles[role] is None and role not in columns else name
        attrs: dict[str, object] = {"unit": str(getattr(column, "unit", None) or ""), "source": f"column {name}"}
        if descriptor.startswith("em.wl"):
            attrs |= {"in_air": True} if "obs.atmos" in descriptor else {}
        columns[spelt] = Column(plain_column(column), attrs)
    return columns


def plain_column(column: object) -> np.ndarray:
    """A column of a table as numbers, words or (n, m) lists; missing numbers are NaN, missing whole ones ``None``."""
    values = np.ma.asarray(getattr(column, "value", column))
    if values.dtype.kind == "O":
        items = [None if item is np.ma.masked else item for item in values.tolist()]
        if any(isinstance(item, list | tuple | np.ndarray) for item in items):
            return stack_lists([np.ravel(np.ma.filled(np.ma.asarray(item, float), np.nan)) for item in items])
        return np.array(items, dtype=object)
    if not np.ma.is_masked(values):
        return np.asarray(np.ma.getdata(values))
    if values.dtype.kind == "f":
        return values.filled(np.nan)
    if values.dtype.kind in "iu" and values.ndim == 1:
        return np.array([None if item is None else item for item in values.tolist()], dtype=object)
    return values.astype(float).filled(np.nan) if values.dtype.kind in "iub" else values.filled("")


def _keywords(table: "Table") -> dict[str, ArrayLike]:
    """Redshift, id, position and sampling among the parameters and keywords of a table."""
    keywords = {}
    for name, value in table.meta.items():
        value = value.get("value") if isinstance(value, Mapping) else value
        if split_name(str(name)).base in _SAID and np.ndim(value) < 2 and value is not None:
            keywords[str(name)] = np.asarray(value.decode() if isinstance(value, bytes) else value)
    return keywords
