"""The pixels of spectra, many of one length at once: checked, moved to the rest frame and onto the grid."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import Reason, Refused
from ..grid import PixelGrid, SpectralGrid
from ..lines import air_to_vacuum
from .gates import admit_redshift
from .preprocess_options import PreprocessOptions
from .readers.axis import ASSUMED_UNIT, unit_question
from .resample import resample
from .spectra import Observation

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
    ordered = np.partition(values, high)
    return 0.5 * (float(ordered[high]) + float(ordered[high] if low == high else ordered[:high].max()))


def has_wavelengths(observation: Observation, options: PreprocessOptions) -> bool:
    """Whether a spectrum is resampled by its wavelengths; otherwise its pixels are kept as they are."""
    return not (observation.on_pixels or isinstance(options.grid, PixelGrid))


def pixel_by_pixel(observations: Sequence[Observation], options: PreprocessOptions) -> OnGrid:
    """Pixels that carry no wavelength, kept as they are.

    Zeros are measurements here, at the ends too: images are often dark there.

    Parameters
    ----------
    observations
        n spectra with one number of pixels, all with errors or all without.
    options
        Grid and limits.
    """
    flux, ivar = _stored(observations)
    (n, m), grid, refused = flux.shape, options.grid, {}
    refuse(refused, np.ones(n, dtype=bool), lambda row: _misfit(observations[row], grid))
    share = (ivar > 0).mean(axis=1)
    refuse(
        refused,
        share < max(options.min_coverage, 1 / m),
        lambda row: Refused(
            Reason.NO_GOOD_PIXELS, f"{observations[row].id} has good values in {share[row]:.0%} of {m} pixels."
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


def by_wavelength(observations: Sequence[Observation], options: PreprocessOptions) -> OnGrid:
    """Spectra at rest, in vacuum and on the grid.

    Parameters
    ----------
    observations
        n spectra with one number of pixels, all with errors or all without, all in air or all in vacuum.
    options
        Grid and limits.
    """
    grid, shape = options.grid, (len(observations), options.grid.n_pixel)
    wavelength, refused = _rest_wavelength(observations, options)
    made = OnGrid(np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool), refused)
    if len(refused) == len(observations):
        return made
    first = (wavelength < grid.edges[0]).sum(axis=1, keepdims=True)
    last = (wavelength < grid.edges[-1]).sum(axis=1, keepdims=True)
    pixel = np.arange(wavelength.shape[1])
    inside = (pixel >= first - SPARE) & (pixel < last + SPARE)
    flux, ivar = _good_pixels(observations, inside, refused)
    span = slice(max(0, int(first.min()) - SPARE), int(last.max()) + SPARE)
    if len(pixel[span]) > 1:
        resampled = resample(*(np.ascontiguousarray(each[:, span]) for each in (wavelength, flux, ivar)), grid)
        made = OnGrid(resampled.flux, resampled.ivar, resampled.covered, refused)
    seen = (made.ivar > 0).mean(axis=1)
    refuse(
        refused,
        (seen <= 0) | (seen < options.min_coverage),
        lambda row: _off_grid(observations[row], wavelength[row], made.covered[row], seen[row], options),
    )
    return made


def _rest_wavelength(
    observations: Sequence[Observation], options: PreprocessOptions
) -> tuple[np.ndarray, dict[int, Refused]]:
    """(n, m) Angstrom in vacuum and at rest; rows without a redshift, an order or a unit are refused."""
    redshift, refused = np.zeros(len(observations)), {}
    for row, observation in enumerate(observations):
        try:
            redshift[row] = admit_redshift(observation)
        except Refused as refusal:
            refused[row] = refusal
    wavelength = np.array([observation.wavelength for observation in observations], dtype=float)
    m = wavelength.shape[1]
    rises = np.isfinite(wavelength).all(axis=1) & (np.diff(wavelength) > 0).all(axis=1) & (m > 1)
    refuse(
        refused,
        ~rises,
        lambda row: Refused(
            Reason.SHAPE,
            f"{observations[row].id} has {m} wavelengths that do not rise from pixel to pixel: sort them, "
            "merge pixels that occur twice, or name the column that tells objects apart by --column id=NAME.",
        ),
    )
    if options.air or observations[0].in_air:
        wavelength = air_to_vacuum(wavelength)
    wavelength = wavelength / (1.0 + redshift)[:, None]
    refuse(refused, rises, lambda row: _without_unit(observations[row], wavelength[row], options.grid))
    return wavelength, refused


def _without_unit(observation: Observation, wavelength: np.ndarray, grid: SpectralGrid) -> Refused | None:
    """The question for the unit of wavelengths assumed to be in Angstrom, where only another one reaches the grid."""
    if observation.understood is None or ASSUMED_UNIT not in observation.understood.assumed:
        return None
    reaches = [
        factor * wavelength[-1] > grid.wavelength[0] and factor * wavelength[0] < grid.wavelength[-1]
        for factor in (1.0, 10.0, 1e4)  # Angstrom, nm, micron
    ]
    if not any(reaches) or reaches[0]:
        return None
    return unit_question(observation.id, observation.understood.wavelength, wavelength[0], wavelength[-1])


def _stored(observations: Sequence[Observation]) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar (n, m) as read, 0 where a number is unusable; without errors ivar is 1 where there is a flux."""
    flux = np.array([observation.flux for observation in observations], dtype=float)
    if observations[0].ivar is None:
        return flux, np.isfinite(flux).astype(float)
    ivar = np.array([observation.ivar for observation in observations], dtype=float)
    return flux, np.where(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0), ivar, 0.0)


def _good_pixels(
    observations: Sequence[Observation], inside: np.ndarray, refused: dict[int, Refused]
) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar (n, m), ivar 0 in bad pixels; the errors of those ``inside`` the grid show which are outliers.

    A file without errors marks missing ends of a spectrum by zeros, so zeros at the very ends are no measurements.
    """
    flux, ivar = _stored(observations)
    has_errors, m = observations[0].ivar is not None, flux.shape[1]
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
            f"{observations[row].id} has no good pixel among {m}: every flux is missing or has an inverse variance "
            "of 0.",
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
