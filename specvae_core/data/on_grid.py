"""The pixels of spectra, many of one length at once: checked, moved to the rest frame and onto the grid."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..errors import Reason, Refused
from ..grid import PixelGrid, SpectralGrid
from ..lines import air_to_vacuum
from .block import Block
from .gates import has_redshift, redshift_refusal
from .preprocess_options import PreprocessOptions
from .readers.axis import unit_question
from .resample import Resampled, resample
from .spectra import Observation
from .stack import Stack

WILD_ERROR = 20.0
"""A pixel whose error is this many times the spectrum's median error counts as bad: it would carry 1/400 of a typical
pixel's weight and yet could rule the mean flux."""

WILD_NEGATIVE = 10.0
"""A pixel this many sigma below zero counts as bad: no source emits negative flux, so its error cannot be right."""

SPARE = 4
"""Pixels beyond each end of the grid that are kept, so that the edges of those before them stay as they are."""


@dataclass(eq=False)
class OnGrid:
    """Spectra on the pixels of a grid, and why some of them are refused; what a refused row holds means nothing.

    Parameters
    ----------
    flux
        (n, n_pixel) in the unit that came; 0 where unseen.
    ivar
        (n, n_pixel) inverse variance; 0 where unseen.
    covered
        (n, n_pixel) bool, within the spectrum's range.
    refused
        First refusal of a row.
    """

    flux: np.ndarray
    ivar: np.ndarray
    covered: np.ndarray
    refused: dict[int, Refused] = field(default_factory=dict)


def refuse(refused: dict[int, Refused], bad: np.ndarray, why: Callable[[int], Refused | None]) -> None:
    """Refuse the rows that are ``bad`` (n,), unless they were refused before or there is no reason why."""
    for row in np.flatnonzero(bad).tolist():
        if row not in refused and (refusal := why(row)) is not None:
            refused[row] = refusal


def median_over(values: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Median (n,) of each row of ``values`` (n, m) over its ``counted`` pixels; NaN where there is none."""
    return np.array([_median(row[use]) for row, use in zip(values, counted, strict=True)])


def _median(values: np.ndarray) -> float:
    """As np.median of finite values, in a third of its time."""
    if not len(values):
        return np.nan
    low, high = (len(values) - 1) // 2, len(values) // 2
    ordered = np.partition(values, (low, high))  # both, since by one alone it is slow where many values are equal
    return 0.5 * (float(ordered[low]) + float(ordered[high]))


def has_wavelengths(observation: Observation | Block, options: PreprocessOptions) -> bool:
    """Whether a spectrum is resampled by its wavelengths; otherwise its pixels are kept as they are."""
    return not (observation.on_pixels or isinstance(options.grid, PixelGrid))


def pixel_by_pixel(spectra: Stack, options: PreprocessOptions) -> OnGrid:
    """Pixels that carry no wavelength, kept as they are.

    Zeros are measurements here, at the ends too: images are often dark there.

    Parameters
    ----------
    spectra
        n of them.
    options
        Grid and limits.
    """
    flux, ivar = _stored(spectra)
    (n, m), grid, refused = flux.shape, options.grid, {}
    refuse(refused, np.ones(n, dtype=bool), lambda row: _misfit(spectra[row], grid))
    share = (ivar > 0).mean(axis=1)
    refuse(
        refused,
        share < max(options.min_coverage, 1 / m),
        lambda row: Refused(
            Reason.NO_GOOD_PIXELS, f"{spectra[row].id} has good values in {share[row]:.0%} of {m} pixels."
        ),
    )
    return OnGrid(np.where(ivar > 0, flux, 0.0), ivar, np.ones((n, m), dtype=bool), refused)


def _misfit(observation: Observation, grid: SpectralGrid | PixelGrid) -> Refused | None:
    """Why pixels do not suit the grid, where either of them has no wavelengths."""
    n, name = len(observation.flux), observation.id
    if not observation.on_pixels:
        return Refused(
            Reason.UNIT,
            f"{name} has wavelengths, and the grid {grid} has none: give a grid in Angstrom, as in 3388:8318:1000, or "
            "--wavelength-unit pixel.",
        )
    if not isinstance(grid, PixelGrid) or grid.n_pixel != n:
        return Refused(
            Reason.SHAPE, f"{name} has {n} pixels without wavelengths, and the grid is {grid}: give pixels:{n}."
        )
    return None


def by_wavelength(spectra: Stack, options: PreprocessOptions, *, compiled: bool = False) -> OnGrid:
    """Spectra at rest, in vacuum and on the grid.

    Parameters
    ----------
    spectra
        n of them.
    options
        Grid and limits.
    compiled
        Whether compiled code resamples, which takes some tenths of a second to import.
    """
    grid, shape = options.grid, (len(spectra), options.grid.n_pixel)
    wavelength, refused = _rest_wavelength(spectra, options)
    made = OnGrid(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool), refused)
    if len(refused) == len(spectra):
        return made
    first = (wavelength < grid.edges[0]).sum(axis=1, keepdims=True)
    last = (wavelength < grid.edges[-1]).sum(axis=1, keepdims=True)
    pixel = np.arange(wavelength.shape[1])
    inside = (pixel >= first - SPARE) & (pixel < last + SPARE)
    flux, ivar = _good_pixels(spectra, inside, refused)
    span = slice(max(0, int(first.min()) - SPARE), int(last.max()) + SPARE)
    if len(pixel[span]) > 1:
        near = (np.ascontiguousarray(each[:, span]) for each in (wavelength, flux, ivar))
        resampled = _resampled(*near, grid, compiled)
        made = OnGrid(resampled.flux, resampled.ivar, resampled.covered, refused)
    seen = (made.ivar > 0).mean(axis=1)
    refuse(
        refused,
        (seen <= 0) | (seen < options.min_coverage),
        lambda row: _off_grid(spectra[row], wavelength[row], made.covered[row], seen[row], options),
    )
    return made


def _resampled(
    wavelength: np.ndarray, flux: np.ndarray, ivar: np.ndarray, grid: SpectralGrid, compiled: bool
) -> Resampled:
    """As `resample`, in compiled code where that pays."""
    if not compiled:
        return resample(wavelength, flux, ivar, grid)
    from .resample_loops import resample_compiled

    return resample_compiled(wavelength, flux, ivar, grid.edges)


def _rest_wavelength(spectra: Stack, options: PreprocessOptions) -> tuple[np.ndarray, dict[int, Refused]]:
    """(n, m) Angstrom in vacuum and at rest; rows without a redshift, an order or a unit are refused."""
    known, refused = has_redshift(spectra.redshift), {}
    refuse(refused, ~known, lambda row: redshift_refusal(spectra[row]))
    wavelength = spectra.wavelength
    m = wavelength.shape[-1]
    rises = np.isfinite(wavelength).all(axis=-1) & (np.diff(wavelength) > 0).all(axis=-1) & (m > 1)
    rises = np.broadcast_to(rises, len(spectra))
    refuse(
        refused,
        ~rises,
        lambda row: Refused(
            Reason.SHAPE,
            f"{spectra[row].id} has {m} wavelengths that do not rise from pixel to pixel: sort them, "
            "merge pixels that occur twice, or name the column that tells objects apart by --column id=NAME.",
        ),
    )
    if options.air or spectra[0].in_air:
        wavelength = air_to_vacuum(wavelength)
    wavelength = wavelength / (1.0 + np.where(known, spectra.redshift, 0.0))[:, None]
    first, last = options.grid.wavelength[[0, -1]]
    on_grid = (wavelength[:, -1] > first) & (wavelength[:, 0] < last)
    doubtful = rises & ~on_grid & spectra.unit_assumed
    refuse(refused, doubtful, lambda row: _without_unit(spectra[row], wavelength[row], options.grid))
    return wavelength, refused


def _without_unit(observation: Observation, wavelength: np.ndarray, grid: SpectralGrid) -> Refused | None:
    """The question for the unit of wavelengths assumed to be in Angstrom, where not that but another one reaches the
    grid."""
    for factor in (10.0, 1e4):  # nm, micron
        if factor * wavelength[-1] > grid.wavelength[0] and factor * wavelength[0] < grid.wavelength[-1]:
            return unit_question(observation.id, observation.understood.wavelength, wavelength[0], wavelength[-1])
    return None


def _stored(spectra: Stack) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar (n, m) as read, 0 where a number is unusable; without errors ivar is 1 where there is a flux."""
    flux, ivar = spectra.flux, spectra.ivar
    if ivar is None:
        return flux, np.isfinite(flux).astype(float)
    return flux, np.where(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0), ivar, 0.0)


def _good_pixels(spectra: Stack, inside: np.ndarray, refused: dict[int, Refused]) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar (n, m), ivar 0 in bad pixels; the errors of those ``inside`` the grid show which are outliers.

    A file without errors marks missing ends of a spectrum by zeros, so zeros at the very ends are not measurements.
    """
    flux, ivar = _stored(spectra)
    has_errors, m = spectra.ivar is not None, flux.shape[1]
    if not has_errors:
        measured = (ivar > 0) & (flux != 0)
        first, behind = measured.argmax(axis=1), m - measured[:, ::-1].argmax(axis=1)
        pixel, any_measured = np.arange(m), measured.any(axis=1, keepdims=True)
        ivar *= any_measured & (pixel >= first[:, None]) & (pixel < behind[:, None])
    good = ivar > 0
    refuse(
        refused,
        ~good.any(axis=1),
        lambda row: Refused(
            Reason.NO_GOOD_PIXELS,
            f"{spectra[row].id} has no good pixel among {m}: every flux is missing or has an inverse variance of 0.",
        ),
    )
    counted = good & inside
    if has_errors:
        typical = median_over(ivar, counted)[:, None]
        wild = (ivar < typical / WILD_ERROR**2) | (flux * np.sqrt(ivar) < -WILD_NEGATIVE)
        ivar[wild & np.isfinite(typical)] = 0.0
    return flux, ivar


def _off_grid(
    observation: Observation, wavelength: np.ndarray, covered: np.ndarray, seen: float, options: PreprocessOptions
) -> Refused:
    """The refusal of an object of which too few pixels of the grid are good, in terms of where it lies.

    Parameters
    ----------
    wavelength
        (m,) all of its pixels, Angstrom at rest.
    covered
        (n_pixel,) on the grid.
    seen
        Share of the grid with good pixels.
    """
    grid = options.grid
    moved = observation.redshift is not None and not observation.rest_frame
    at = f" (z = {observation.redshift:.3g})" if moved else ""
    here = f"this grid, {grid.wavelength[0]:.0f} to {grid.wavelength[-1]:.0f} Å"
    lies = f"{observation.id}{at} spans {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å at rest"
    if not covered.any():
        return Refused(Reason.COVERAGE, f"{lies}: nothing of it lies on {here}.")
    return Refused(
        Reason.COVERAGE,
        f"{lies}: it covers {covered.mean():.0%} of {here}, and has good pixels in {seen:.0%}: at least "
        f"{options.min_coverage:.0%} was expected.",
    )
