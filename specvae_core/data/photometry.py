"""Photometric catalogues: magnitudes and their errors in columns, one object a row.

A measurement counts where magnitude and error are both finite, the error is above zero and the magnitude is none of the
marks that catalogues set where there is none. Everything else is missing: ivar 0, and no number in its place.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import NotFound, Reason, Refused, UserError
from ..grid import BandGrid
from ..names import printable
from .apart import check_regular, is_worker, read_apart, too_much_memory
from .catalogue import SUFFIX, own_class
from .readers.source import PLAIN_TEXT
from .spectra import SpectraSet

ERROR = "_err"
"""What the column of a band's errors is called after the band: ``u`` and ``u_err``."""

MARKS = (99.0, 99.9, 999.0, 9999.0)
"""Magnitudes that stand for "none", with either sign; -99.9 means the same as 99.9."""

ROWS_AT_ONCE = 200_000

TABLES = (".csv", ".gz", ".parquet", ".fits", ".fit", ".ecsv")


@dataclass
class Missing:
    """Why measurements of one band do not count, in numbers of objects."""

    empty: int = 0
    marked: int = 0
    error: int = 0

    def sentence(self, band: str) -> str:
        """What was taken as missing, in words; nothing where nothing was."""
        parts = [
            (self.empty, "empty entries"),
            (self.marked, "magnitudes of 99 or -99 and the like"),
            (self.error, "errors of zero or below"),
        ]
        words = " and ".join(f"{count:,} {what}" for count, what in parts if count)
        return f"{band}: {words} are taken as missing." if words else ""


@dataclass(frozen=True, eq=False)
class Photometry:
    """What a catalogue holds.

    Parameters
    ----------
    spectra
        Magnitudes and their ivar (mag^-2) on a `BandGrid`; columns other than photometry in the table.
    refused
        Objects that cannot be used.
    notes
        One sentence for each band with missing measurements.
    """

    spectra: SpectraSet
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_table(path: Path) -> pd.DataFrame:
    """A catalogue as a table, whatever of `TABLES` its name ends in.

    Raises
    ------
    UserError
        The file is of another kind or damaged.
    """
    if path.suffix not in TABLES:
        raise UserError(f"{path.name} is no catalogue that can be read: give one that ends in {', '.join(TABLES)}.")
    here = is_worker() or (path.suffix == ".csv" and path.is_file() and path.stat().st_size < PLAIN_TEXT)
    parts = [pd.DataFrame(columns) for columns in (magnitude_columns(path) if here else read_apart("magnitudes", path))]
    return pd.concat(parts, ignore_index=True)


def magnitude_columns(path: Path) -> Iterator[dict[str, np.ndarray]]:
    """The columns of a catalogue by name, in parts of so many rows as come at once.

    Raises
    ------
    Refused
        The file is no table, or takes more than a file may.
    """
    check_regular(path)
    name = printable(path.name)
    try:
        for part in _parts(path):
            yield {str(column): part[column].to_numpy() for column in part}
    except MemoryError as error:
        raise too_much_memory(name) from error
    except Exception as error:  # the readers of Pandas, pyarrow and Astropy, each with errors of its own
        cause = (str(error).strip() or type(error).__name__).splitlines()[0][:300].rstrip(".")
        sentence = f"{name} cannot be read as a table ({cause}): fetch it again or save it as CSV."
        raise Refused(Reason.UNREADABLE, sentence) from error


def _parts(path: Path) -> Iterable[pd.DataFrame]:
    if path.suffix in (".csv", ".gz"):
        return pd.read_csv(path, comment="#", chunksize=ROWS_AT_ONCE)
    if path.suffix == ".parquet":
        return [pd.read_parquet(path)]
    from astropy.table import Table

    return [Table.read(path, format="ascii.ecsv" if path.suffix == ".ecsv" else "fits").to_pandas()]


def photometry(table: pd.DataFrame, grid: BandGrid, source: str) -> Photometry:
    """Magnitudes, ivar and catalogue of a table.

    Parameters
    ----------
    table
        Columns ``BAND`` and ``BAND_err`` in magnitudes for each band of the grid; ``id`` where objects have names.
    grid
        Which bands.
    source
        Name of the file, for ids, messages and the catalogue.

    Raises
    ------
    NotFound
        A band or its errors have no column.
    UserError
        A column holds no numbers, or a band was measured for no object.
    """
    columns = [name for band in grid.bands for name in (band, band + ERROR)]
    absent = [name for name in columns if name not in table]
    if absent:
        raise NotFound(
            f"{source} has no column {absent[0]}: the bands {grid} need columns {grid.bands[0]}, "
            f"{grid.bands[0]}{ERROR} and so on, and there are {', '.join(map(str, table.columns))}."
        )
    flux, ivar, notes = [], [], []
    for band in grid.bands:
        magnitude, weight, missing = _measured(_numbers(table, band, source), _numbers(table, band + ERROR, source))
        if not weight.any():
            raise UserError(
                f"Band {band} of {source} has no measurement at all ({missing.sentence(band)[:-1]}): leave it out of "
                "--bands, or look whether its columns are the right ones."
            )
        flux.append(magnitude)
        ivar.append(weight)
        notes += filter(None, [missing.sentence(band)])
    catalogue, refused = _catalogue(table.drop(columns=columns), source)
    arrays = np.stack(flux, axis=1), np.stack(ivar, axis=1)
    usable = catalogue["first"].to_numpy() & (arrays[1] > 0).any(axis=1)
    for name in catalogue["id"][catalogue["first"] & ~usable]:
        refused.append(Refused(Reason.NO_GOOD_PIXELS, f"{name} of {source} was measured in none of the bands {grid}."))
    kept = catalogue.drop(columns="first")[usable].reset_index(drop=True)
    return Photometry(SpectraSet(grid, arrays[0][usable], arrays[1][usable], kept, scale="none"), refused, notes)


def _numbers(table: pd.DataFrame, name: str, source: str) -> np.ndarray:
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
    if len(numbers) and not np.isfinite(numbers).any() and table[name].notna().any():
        raise UserError(f"Column {name} of {source} holds no numbers, but magnitudes or their errors were expected.")
    return numbers


def _measured(magnitude: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray, Missing]:
    """Magnitudes and ivar (n,) float32, both 0 where missing, and how many are missing why."""
    present = np.isfinite(magnitude) & np.isfinite(error)
    marked = present & (np.isin(np.abs(magnitude).round(3), MARKS) | (magnitude <= -90) | (error >= 90))
    wrong = present & ~marked & ~(error > 0)
    counts = present & ~marked & ~wrong
    with np.errstate(divide="ignore", over="ignore"):
        weight = np.where(counts, 1 / np.square(np.where(counts, error, 1.0)), 0.0)
    missing = Missing(int((~present).sum()), int(marked.sum()), int(wrong.sum()))
    return np.where(counts, magnitude, 0).astype(np.float32), weight.astype(np.float32), missing


def _catalogue(table: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[Refused]]:
    """Columns ``id``, ``class``, the table's own and ``first`` (bool, not the repetition of an id)."""
    if "id" in table:
        ids = table["id"].astype(str).to_numpy()
    else:
        ids = np.array([f"{Path(source).stem}-{row + 1}" for row in range(len(table))])
    first = ~pd.Series(ids).duplicated().to_numpy()
    refused = [
        Refused(Reason.DUPLICATE, f"{name} occurs more than once in {source}; the first one is kept.")
        for name in ids[~first]
    ]
    own = table.drop(columns=[name for name in ("id", "class") if name in table])
    own = own.rename(columns={name: name + SUFFIX for name in ("source", "first") if name in own})
    texts = [name for name in own if not pd.api.types.is_numeric_dtype(own[name])]
    own = own.assign(**{name: own[name].fillna("").astype(str) for name in texts})
    front = pd.DataFrame({"id": ids, "class": _classes(table)})
    return pd.concat(
        [front, own.reset_index(drop=True), pd.DataFrame({"source": source, "first": first})], axis=1
    ), refused


def _classes(table: pd.DataFrame) -> Sequence[str]:
    """The catalogue's own classes, empty words where it has none."""
    if not len(table) or not own_class(table.iloc[0].to_dict()):
        return [""] * len(table)
    return [own_class(row) for row in table.to_dict("records")]
