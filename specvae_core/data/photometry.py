"""Photometric catalogues: magnitudes or fluxes and their errors in columns, one object a row.

A measurement counts where value and error are both finite, the error is above zero and a magnitude is none of the
marks that catalogues set where there is none. An object that was looked for and not detected, a magnitude of 99, is a
measurement of flux 0 with the error of the limit; bands with such objects, and all fluxes, become asinh magnitudes (see
`magnitudes`). Everything else is missing: ivar 0, and no number in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import NotFound, Reason, Refused, UserError
from .catalogue import SUFFIX, own_class
from .magnitudes import EXTINCTION, asinh_magnitude_of, flux_of, magnitude_of, one_sigma_limit
from .photometry_options import ERROR, Measurement, PhotometryOptions
from .spectra import SpectraSet

MARKS = (99.0, 99.9, 999.0, 9999.0)
"""Magnitudes that stand for "none": with a plus for an object that was not detected, with a minus for one that was not
observed."""

PLAUSIBLE = (10.0, 50.0)
"""Range in which the error of a magnitude of 99 is the magnitude of its limit."""

EXACT = 1e-3
"""Error of a further measurement without a column of errors, in units of its own robust scatter."""


@dataclass
class Missing:
    """Why measurements of one band do not count, or count as limits, in numbers of objects."""

    empty: int = 0
    marked: int = 0
    error: int = 0
    limits: int = 0
    deep: int = 0

    def sentence(self, band: str, softening: float | None = None) -> str:
        """What was taken as missing and as limits, in words; nothing where nothing was."""
        parts = [
            (self.empty, "empty entries"),
            (self.marked, "magnitudes of 99 or -99 and the like"),
            (self.error, "errors of zero or below"),
        ]
        words = " and ".join(f"{count:,} {what}" for count, what in parts if count)
        phrases = [f"{words} are taken as missing"] if words else []
        if self.limits:
            depth = f", {self.deep:,} of them at the depth of the band, {softening:g} mag at 1σ" if self.deep else ""
            phrases.append(f"{self.limits:,} objects were not detected{depth}")
        return f"{band}: {'; '.join(phrases)}." if phrases else ""


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


def settled(tables: Sequence[pd.DataFrame], options: PhotometryOptions, source: str) -> PhotometryOptions:
    """The options with a softening for each band that has limits or fluxes: the depth of all tables together.

    Raises
    ------
    NotFound, UserError
        As `photometry`.
    """
    levels: list[float | None] = []
    for one in options.in_bands:
        parts = [_entries(table, one, options, source) for table in tables]
        flux, sigma = (np.concatenate([getattr(part, name)[part.detected] for part in parts]) for name in _FLUX)
        soft = options.unit == "flux" or any(part.limit.any() for part in parts)
        levels.append(round(one_sigma_limit(flux, sigma), 1) if soft and len(flux) else None)
    return options.softened(levels)


def photometry(table: pd.DataFrame, options: PhotometryOptions, source: str) -> Photometry:
    """Magnitudes, ivar and catalogue of a table.

    Parameters
    ----------
    table
        Columns that the options name; ``id`` where objects have names.
    options
        Bands and how they are given. Bands with limits or fluxes take their softening from this table, unless the
        options hold it already, as those that `settled` gives do.
    source
        Name of the file, for ids, messages and the catalogue.

    Raises
    ------
    NotFound
        A band or its errors have no column.
    UserError
        A column holds no numbers, or a band was measured for no object.
    """
    options = settled([table], options, source)
    grid = options.grid
    flux, ivar, detected, missing = measurements(table, options, source)
    notes = [one.sentence(band.name, band.softening) for band, one in zip(options.in_bands, missing, strict=True)]
    for i, (band, note) in enumerate(zip(options.in_bands, notes, strict=True)):
        if not ivar[:, i].any():
            raise UserError(
                f"Band {band.name} of {source} has no measurement at all ({note[:-1]}): leave it out of --bands, or "
                "look whether its columns are the right ones."
            )
    further = [_further(table, one, source) for one in options.further]
    notes = [note for note in (*notes, *(note for _, _, note in further)) if note]
    flux = np.column_stack([flux, *(value for value, _, _ in further)])
    ivar = np.column_stack([ivar, *(weight for _, weight, _ in further)])
    columns = (*options.in_bands, *options.further)
    used = {name for one in columns for name in (one.column, one.error)} & set(table)
    catalogue, refused = _catalogue(table.drop(columns=sorted(used)), source)
    usable = catalogue["first"].to_numpy() & detected
    for name in catalogue["id"][catalogue["first"] & ~usable]:
        refused.append(Refused(Reason.NO_GOOD_PIXELS, f"{name} of {source} was measured in none of the bands {grid}."))
    kept = catalogue.drop(columns="first")[usable].reset_index(drop=True)
    return Photometry(SpectraSet(grid, flux[usable], ivar[usable], kept, scale="none"), refused, notes)


def measurements(
    table: pd.DataFrame, options: PhotometryOptions, source: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Missing]]:
    """Magnitudes and ivar (n, n_band) float32, which objects (n,) were detected at all, and what is missing by band.

    Parameters
    ----------
    table, source
        As in `photometry`.
    options
        `settled` ones.
    """
    entries = [_entries(table, one, options, source) for one in options.in_bands]
    found = [_measured(band, one.softening) for band, one in zip(entries, options.in_bands, strict=True)]
    flux, ivar = (np.stack([columns[i] for columns in found], axis=1) for i in range(2))
    detected = np.any(
        [band.detected & (weight > 0) for band, (_, weight, _) in zip(entries, found, strict=True)], axis=0
    )
    return flux, ivar, detected, [missing for _, _, missing in found]


def _numbers(table: pd.DataFrame, name: str, source: str) -> np.ndarray:
    if name not in table:
        raise NotFound(
            f"{source} has no column {name}: a band u needs columns u and u_err, or their names as in u=COLUMN:ERROR, "
            f"and there are {', '.join(map(str, table.columns))}."
        )
    numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
    if len(numbers) and not np.isfinite(numbers).any() and table[name].notna().any():
        raise UserError(f"Column {name} of {source} holds no numbers, but measurements or errors were expected.")
    return numbers


def _extinction(table: pd.DataFrame, one: Measurement, options: PhotometryOptions, source: str) -> np.ndarray | float:
    """Galactic extinction (n,) in magnitudes, NaN where it is unknown; 0 where none is to be corrected."""
    if one.extinction:
        return _numbers(table, one.extinction, source)
    if options.ebv:
        return EXTINCTION[one.name.lower()] * _numbers(table, options.ebv, source)
    return 0.0


def _marked(magnitude: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which magnitudes (n,) stand for "not detected", and which for "not measured"."""
    mark = np.isin(np.abs(magnitude).round(3), MARKS)
    undetected = mark & (magnitude > 0)
    return undetected, (mark & ~undetected) | (magnitude <= -90) | ((error >= 90) & ~undetected)


_FLUX = ("flux", "sigma")


@dataclass(frozen=True, eq=False)
class _Entries:
    """Columns of one band, (n,) each: fluxes with errors, and what each entry is.

    Errors of limits are NaN where the catalogue does not say how deep they are.
    """

    flux: np.ndarray
    sigma: np.ndarray
    detected: np.ndarray
    limit: np.ndarray
    marked: np.ndarray
    empty: np.ndarray


def _entries(table: pd.DataFrame, one: Measurement, options: PhotometryOptions, source: str) -> _Entries:
    value, error = _numbers(table, one.column, source), _numbers(table, one.error, source)
    dimmed = _extinction(table, one, options, source) + np.zeros(len(value))
    none = np.zeros(len(value), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        if options.unit == "flux":
            unit, undetected, marked = 10 ** (-0.4 * (options.zero_point - dimmed)), none, none
            flux, sigma = value * unit, error * unit
        else:
            undetected, marked = _marked(value, error)
            flux, sigma = flux_of(value - dimmed, error)
        limit = undetected & np.isfinite(dimmed) if options.undetected == "limit" else none
        own = (error > PLAUSIBLE[0]) & (error < PLAUSIBLE[1])
        depth = np.where(own, 10 ** (-0.4 * (error - dimmed)) / options.limit_sigma, np.nan)
        marked = marked | (undetected & ~limit)
        empty = ~marked & ~limit & ~(np.isfinite(flux) & np.isfinite(sigma))
        detected = ~marked & ~limit & ~empty & (sigma > 0)
    return _Entries(np.where(limit, 0.0, flux), np.where(limit, depth, sigma), detected, limit, marked, empty)


def _measured(found: _Entries, softening: float | None) -> tuple[np.ndarray, np.ndarray, Missing]:
    """Magnitudes and ivar (n,) float32, both 0 where missing, and how many are missing why."""
    deep = found.limit & ~np.isfinite(found.sigma)
    counts = found.detected if softening is None else found.detected | found.limit
    flux = np.where(counts, found.flux, 1.0)
    sigma = np.where(counts & ~deep, found.sigma, 1.0)
    if softening is None:
        magnitude, width = magnitude_of(flux, sigma)
    else:
        sigma = np.where(deep, 10 ** (-0.4 * softening), sigma)
        magnitude, width = asinh_magnitude_of(flux, sigma, softening)
    value, weight, counts = _weighed(magnitude, width, counts)
    wrong = ~counts & ~found.marked & ~found.empty
    sums = (int(which.sum()) for which in (found.empty, found.marked, wrong, found.limit, deep))
    return value, weight, Missing(*sums)


def _weighed(value: np.ndarray, error: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and ivar (n,) float32, 0 where they do not count, and which do: ivar has to be finite."""
    with np.errstate(divide="ignore", over="ignore"):
        weight = np.where(counts, 1 / np.square(np.where(counts, error, 1.0)), 0.0).astype(np.float32)
    counts = counts & np.isfinite(weight)
    return np.where(counts, value, 0).astype(np.float32), np.where(counts, weight, 0).astype(np.float32), counts


def _further(table: pd.DataFrame, one: Measurement, source: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Values and ivar (n,) float32 of a further measurement, and a note; exact where it has no column of errors."""
    value = _numbers(table, one.column, source)
    counts, note = np.isfinite(value), ""
    if one.error in table:
        error = _numbers(table, one.error, source)
        counts &= np.isfinite(error) & (error > 0)
    else:
        if one.error != one.column + ERROR:
            raise NotFound(f"{source} has no column {one.error}, which was named as the errors of {one.name}.")
        middle = np.median(value[counts]) if counts.any() else 0.0
        scatter = 1.4826 * np.median(np.abs(value[counts] - middle)) if counts.any() else 0.0
        error = np.full(len(value), EXACT * (scatter or 1.0))
        note = f"{one.name}: no column {one.error}; the values are taken as exact."
    if not counts.any():
        raise UserError(f"{one.name} of {source} has no measurement at all: leave it out of --extras.")
    return *_weighed(value, error, counts)[:2], note


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
