"""Gaia's low-resolution spectra (BP and RP), sampled: CSV, ECSV, VOTable or FITS, a spectrum a row.

Sampled spectra hold flux in W m-2 nm-1 at wavelengths in vacuum that the row does not repeat: those that the file gives
as ``sampling``, else the archive's own 343, 336 to 1020 nm in steps of 2 (De Angeli et al. 2023, A&A 674, A2;
Montegriffo et al. 2023, A&A 674, A3). The continuous representation, coefficients of basis functions, and internally
calibrated spectra on pseudo-wavelengths are not spectra in this sense and are refused.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from ...errors import Reason, Refused
from ..apart import need_worker
from ..spectra import Observation
from .array_layout import ArrayLike, Column
from .arrays import ROWS_AT_ONCE, read_arrays
from .columns import find_column
from .source import Source, plain_stem
from .tables import load_table, plain_column, table_format
from .text_cells import parse_columns
from .text_layout import find_layout

READER = "Gaia XP"
STANDARD = 336.0 + 2.0 * np.arange(343)
"""Wavelengths of the archive's sampled spectra, nm."""

FLUX_UNIT = "W m-2 nm-1"
N_LINES = 40
"""Lines that hold names and at least one row; ECSV has its header before them."""

_FIELD = re.compile(r'<FIELD\b[^>]*\bname="([^"]+)"')
_ECSV_NAME = re.compile(r"^#\s*(?:- \{)?\s*name:\s*([\w]+)", re.MULTILINE)


class GaiaXpReader:
    """Reads sampled XP spectra."""

    def claims(self, source: Source) -> bool:
        """Whether the file has Gaia's ids and spectra or coefficients, and no wavelengths of its own."""
        names = {name.lower() for name in _names(source)}
        is_xp = "flux" in names or any(name.endswith("_coefficients") for name in names)
        return "source_id" in names and is_xp and find_column(names, "wavelength") is None

    def read(self, source: Source) -> Iterator[Observation | Refused]:
        """The spectra, or the reason why what the file holds is none."""
        names = {name.lower() for name in _names(source)}
        if any(name.endswith("_coefficients") for name in names):
            raise Refused(
                Reason.FOREIGN,
                f"{source.name} holds coefficients of basis functions, which are not spectra: sample them by GaiaXPy's "
                "calibrate, or ask the archive for XP_SAMPLED.",
            )
        if "xp" in names:
            raise Refused(
                Reason.FOREIGN,
                f"{source.name} holds BP and RP apart on pseudo-wavelengths (internally calibrated), which are no "
                "wavelengths: sample them by GaiaXPy's calibrate.",
            )
        first = 0
        for columns, sampling in _blocks(source):
            first_of_block, first = first, first + columns["source_id"].shape[0]
            axis = _wavelengths(columns, sampling, source)
            fluxes = {name: _in_flux_unit(columns[name]) for name in ("flux", "flux_error") if name in columns}
            yield from read_arrays(columns | fluxes | {"wavelength": axis}, source, reader=READER, first=first_of_block)


def _names(source: Source) -> list[str]:
    """Names of the columns, by the first bytes of the file."""
    if source.is_fits:
        unit = source.unit(1)
        return sorted(unit.column_names) if unit is not None else []
    head = source.head.decode("utf-8", "replace").lstrip("\ufeff")
    if "source_id" not in head.lower():
        return []
    if table_format(source) == "votable":
        return _FIELD.findall(head)
    if table_format(source) == "ascii.ecsv":
        return _ECSV_NAME.findall(head)
    layout = find_layout(list(islice(source.text(), N_LINES)))
    return list(layout.names) if layout is not None else []


def _blocks(source: Source) -> Iterator[tuple[dict[str, ArrayLike], np.ndarray | None]]:
    """Columns by name in lower case, a part of the rows at a time, with the wavelengths (nm) that the file gives."""
    if source.is_fits or table_format(source) == "votable":
        columns, sampling = _fits(source) if source.is_fits else _votable(source)
        yield {name.lower(): column for name, column in columns.items()}, sampling
        return
    layout = find_layout(list(islice(source.text(), N_LINES)))
    names = [name.lower() for name in layout.names]
    rows = layout.rows(source.text())
    while block := list(islice(rows, ROWS_AT_ONCE)):
        yield dict(parse_columns(block, names, source)), _beside(source)


def _fits(source: Source) -> tuple[dict[str, ArrayLike], np.ndarray | None]:
    need_worker()
    from astropy.table import Table

    with warnings.catch_warnings(action="ignore"):  # units in Gaia's own spelling
        table = Table.read(str(source.path), hdu=1)
    return {name: Column(plain_column(table[name])) for name in table.colnames}, _numbers(table.meta.get("SAMPLING"))


def _votable(source: Source) -> tuple[dict[str, ArrayLike], np.ndarray | None]:
    columns, keywords = load_table(source)
    sampling = keywords.get("sampling")
    return dict(columns), None if sampling is None else np.asarray(sampling, dtype=float)


def _beside(source: Source) -> np.ndarray | None:
    """The sampling that GaiaXPy writes beside a text file, ``NAME_sampling.csv``; ``None`` where there is none."""
    path = source.path.with_name(f"{plain_stem(source.path)}_sampling.csv")
    return _numbers(path.read_text("utf-8").partition("\n")[2]) if path.is_file() else None


def _numbers(text: object) -> np.ndarray | None:
    """The numbers of a list in brackets."""
    return None if text is None else np.array(re.findall(r"[-+.\deE]+", str(text)), dtype=float)


def _in_flux_unit(column: ArrayLike) -> ArrayLike:
    """The column in the unit of the format, unless the file states another one."""
    return column if getattr(column, "attrs", {}).get("unit") else Column(column[:], {"unit": FLUX_UNIT})


def _wavelengths(columns: Mapping[str, ArrayLike], sampling: np.ndarray | None, source: Source) -> Column:
    """The axis of all spectra; refused where it is not known."""
    n_pixel = columns["flux"].shape[-1] if len(columns["flux"].shape) == 2 else 0
    for values, where in ((sampling, "sampling of the file"), (STANDARD, "standard sampling of Gaia XP")):
        if values is not None and len(values) == n_pixel:
            return Column(values, {"unit": "nm", "in_air": False, "source": where})
    raise Refused(
        Reason.UNIT,
        f"{source.name} has spectra of {n_pixel} samples and does not say at which wavelengths: {len(STANDARD)} "
        "samples from 336 to 1020 nm, or the sampling beside them, were expected; sample them by GaiaXPy's calibrate.",
    )
