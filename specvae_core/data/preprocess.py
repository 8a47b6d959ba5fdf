"""From a file's spectrum to a normalised row on the grid, as Portillo et al. (2020, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Reason, Refused
from ..grid import PixelGrid, SpectralGrid
from ..lines import air_to_vacuum
from .catalogue import Value, as_table, own_class, own_columns
from .gates import admit_redshift, admit_target
from .preprocess_options import PreprocessOptions
from .readers.axis import ASSUMED_UNIT, unit_question
from .resample import resample
from .spectra import Observation, SpectraSet

WILD_ERROR = 20.0
"""A pixel whose error is this many times the spectrum's median error counts as bad: it would carry 1/400 of a typical
pixel's weight and yet could rule the mean flux."""

WILD_NEGATIVE = 10.0
"""A pixel this many sigma below zero counts as bad: no source emits negative flux, so its error cannot be right."""

MIN_MEAN_SIGNIFICANCE = 3.0
"""A mean flux that is not positive by this many sigma is noise; dividing by it would only blow that noise up."""


@dataclass(frozen=True, eq=False)
class PreparedSpectrum:
    """One spectrum ready for a survey.

    Parameters
    ----------
    flux
        (n_pixel,) float32 on the grid, in units of its mean over seen pixels, or of a power of ten where the scale is
        kept; the column ``scale`` says which. 0 where unseen.
    ivar
        (n_pixel,) float32, of ``flux``, S/N capped; 0 where unseen.
    measured_ivar
        (n_pixel,) float32, before S/N was capped: the significance of lines is computed from it.
    columns
        The object's row of the catalogue.
    """

    flux: np.ndarray
    ivar: np.ndarray
    measured_ivar: np.ndarray
    columns: dict[str, Value]


def preprocess(observation: Observation, options: PreprocessOptions) -> PreparedSpectrum:
    """Move a spectrum to its rest frame and onto the grid, divide it by its mean over seen pixels and cap its S/N.

    The mean over the whole grid can be had only once holes are filled: see `ingest`.

    The factor (1 + z) that conserves energy between frames is left out: the normalisation divides it away. Without
    errors in the file, every seen pixel gets the same one, ``1 / assumed_sn`` of the mean flux, and the catalogue says
    so in ``assumed_sn``; ``sn`` is then NaN.

    Parameters
    ----------
    observation
        What a reader made of a file.
    options
        Grid, limits and gates.

    Raises
    ------
    Refused
        With the named reason, when a gate closes.
    """
    admit_target(observation, keep_sky=options.keep_sky, any_zwarning=options.any_zwarning)
    if observation.on_pixels or isinstance(options.grid, PixelGrid):
        flux, ivar, covered = _pixel_by_pixel(observation, options)
    else:
        wavelength = _rest_wavelength(observation, options)
        _check_unit(observation, wavelength, options.grid)
        inside = _within(wavelength, options.grid)
        flux, ivar = _good_pixels(observation, inside)
        flux, ivar, covered = _on_grid(wavelength[inside], flux[inside], ivar[inside], options.grid)
        _check_coverage(observation, wavelength, covered, ivar, options)
    has_errors = observation.ivar is not None
    with np.errstate(over="ignore"):
        scale = _power_of_ten(flux[ivar > 0])
    if not np.isfinite(scale):
        raise Refused(Reason.MEAN_FLUX, f"{observation.id} has fluxes beyond 1e150: its unit cannot be right.")
    if options.scale == "mean":
        scale = _mean_flux(observation.id, flux, ivar, has_errors=has_errors)
    flux, ivar = flux / scale, ivar * scale**2
    seen = ivar > 0
    mean_flux = scale * flux[seen].mean()
    measured: dict[str, Value] = {
        "id": observation.id,
        "class": own_class(observation.columns),
        "z": np.nan if observation.redshift is None else float(observation.redshift),
        "sn": float(np.median((flux * np.sqrt(ivar))[seen])),
        "coverage": float(covered.mean()),
        "seen_fraction": float(seen.mean()),
        "mean_flux": float(mean_flux),
        "scale": float(scale),
        "brightness": float(np.log10(mean_flux)) if mean_flux > 0 else np.nan,
        "flux_unit": observation.flux_unit,
        "source": str(observation.source),
    }
    if not has_errors:
        measured |= {"sn": np.nan, "assumed_sn": float(options.assumed_sn)}
        level = np.sqrt(np.square(flux[seen]).mean()) if options.scale == "none" else 1.0
        ivar = np.where(seen, (options.assumed_sn / max(level, 1e-6)) ** 2, 0.0)
    capped = np.minimum(ivar, (options.max_sn / np.maximum(np.abs(flux), 1e-30)) ** 2) if has_errors else ivar
    columns = measured | own_columns(observation.columns)
    return PreparedSpectrum(*_single_precision(observation.id, flux, capped, ivar), columns)


def _single_precision(name: str, *arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays as float32, in which they are stored; refused where one of them is finite in float64 only."""
    with np.errstate(over="ignore"):
        single = [array.astype(np.float32) for array in arrays]
    for what, array in zip(("a flux", "an inverse variance", "an inverse variance"), single, strict=True):
        if not np.isfinite(array).all():
            raise Refused(
                Reason.UNREADABLE,
                f"{name} has {what} beyond {np.finfo(np.float32).max:.1g} of its own scale in "
                f"{(~np.isfinite(array)).sum()} pixels: its errors or its unit cannot be right.",
            )
    return single


def collect(prepared: Sequence[PreparedSpectrum], grid: SpectralGrid, scale: str = "seen") -> SpectraSet:
    """Prepared spectra as one set; a column that some of them lack is NaN or empty there."""
    shape = (len(prepared), grid.n_pixel)
    return SpectraSet(
        grid=grid,
        flux=np.array([spectrum.flux for spectrum in prepared], dtype=np.float32).reshape(shape),
        ivar=np.array([spectrum.ivar for spectrum in prepared], dtype=np.float32).reshape(shape),
        table=as_table([spectrum.columns for spectrum in prepared]),
        scale=scale,
    )


def _pixel_by_pixel(observation: Observation, options: PreprocessOptions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flux, ivar and covered pixels, (n_pixel,) each, of pixels that carry no wavelength: they are kept as they are.

    Zeros are measurements here, at the ends too: images are often dark there.
    """
    n, name, grid = len(observation.flux), observation.id, options.grid
    if not observation.on_pixels:
        raise Refused(
            Reason.UNIT,
            f"{name} has wavelengths, and the grid {grid} has none: give a grid in Angstrom, as in 3388:8318:1000, or "
            "--wavelength-unit pixel.",
        )
    if not isinstance(grid, PixelGrid) or grid.n_pixel != n:
        raise Refused(
            Reason.SHAPE, f"{name} has {n} pixels without wavelengths, and the grid is {grid}: give pixels:{n}."
        )
    flux = np.asarray(observation.flux, dtype=float)
    ivar = np.isfinite(flux).astype(float) if observation.ivar is None else np.asarray(observation.ivar, dtype=float)
    ivar = np.where(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0), ivar, 0.0)
    if (ivar > 0).mean() < max(options.min_coverage, 1 / n):
        raise Refused(Reason.NO_GOOD_PIXELS, f"{name} has good values in {(ivar > 0).mean():.0%} of {n} pixels.")
    return np.where(ivar > 0, flux, 0.0), ivar, np.ones(n, dtype=bool)


def _rest_wavelength(observation: Observation, options: PreprocessOptions) -> np.ndarray:
    """(m,) Angstrom in vacuum and at rest."""
    redshift = admit_redshift(observation)
    wavelength = np.asarray(observation.wavelength, dtype=float)
    if len(wavelength) < 2 or not (np.isfinite(wavelength).all() and (np.diff(wavelength) > 0).all()):
        raise Refused(
            Reason.SHAPE,
            f"{observation.id} has {len(wavelength)} wavelengths that do not rise from pixel to pixel: sort them, "
            "merge pixels that occur twice, or name the column that tells objects apart by --column id=NAME.",
        )
    if options.air or observation.in_air:
        wavelength = air_to_vacuum(wavelength)
    return wavelength / (1.0 + redshift)


def _check_unit(observation: Observation, wavelength: np.ndarray, grid: SpectralGrid) -> None:
    """Ask for the unit where wavelengths were assumed to be in Angstrom and only another one reaches the grid."""
    if observation.understood is None or ASSUMED_UNIT not in observation.understood.assumed:
        return
    reaches = [
        factor * wavelength[-1] > grid.wavelength[0] and factor * wavelength[0] < grid.wavelength[-1]
        for factor in (1.0, 10.0, 1e4)  # Angstrom, nm, micron
    ]
    if any(reaches) and not reaches[0]:
        raise unit_question(observation.id, observation.understood.wavelength, wavelength[0], wavelength[-1])


def _within(wavelength: np.ndarray, grid: SpectralGrid) -> slice:
    """The pixels that can touch the grid, with a few to spare so that the edges of pixels stay as they are."""
    first, last = np.searchsorted(wavelength, grid.edges[[0, -1]])
    return slice(max(0, int(first) - 4), int(last) + 4)


def _good_pixels(observation: Observation, inside: slice) -> tuple[np.ndarray, np.ndarray]:
    """Flux and ivar (m,), ivar 0 in bad pixels; the errors of those ``inside`` the grid show which are outliers.

    Without errors ivar is 1 where there is a flux. A file without errors marks missing ends of a spectrum by zeros, so
    zeros at the very ends are no measurements.
    """
    flux = np.asarray(observation.flux, dtype=float)
    if observation.ivar is None:
        measured = np.flatnonzero(np.isfinite(flux) & (flux != 0))
        ivar = np.isfinite(flux).astype(float)
        ivar[: measured[0] if len(measured) else None] = 0.0
        ivar[measured[-1] + 1 if len(measured) else 0 :] = 0.0
    else:
        ivar = np.asarray(observation.ivar, dtype=float)
        ivar = np.where(np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0), ivar, 0.0)
    good = ivar > 0
    if not good.any():
        raise Refused(
            Reason.NO_GOOD_PIXELS,
            f"{observation.id} has no good pixel among {len(flux)}: every flux is missing or has an inverse variance "
            "of 0.",
        )
    if observation.ivar is not None and good[inside].any():
        typical = np.median(ivar[inside][good[inside]])
        wild = (ivar < typical / WILD_ERROR**2) | (flux * np.sqrt(ivar) < -WILD_NEGATIVE)
        ivar = np.where(wild, 0.0, ivar)
    return flux, ivar


def _on_grid(
    wavelength: np.ndarray, flux: np.ndarray, ivar: np.ndarray, grid: SpectralGrid
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flux, ivar and covered pixels on the grid, (n_pixel,) each."""
    if len(wavelength) < 2:
        empty = np.zeros(grid.n_pixel)
        return empty, empty, empty > 0
    on_grid = resample(wavelength, flux, ivar, grid)
    return on_grid.flux, on_grid.ivar, on_grid.covered


def _check_coverage(
    observation: Observation,
    wavelength: np.ndarray,
    covered: np.ndarray,
    ivar: np.ndarray,
    options: PreprocessOptions,
) -> None:
    """Refuse an object of which too few pixels of the grid are good, in terms of where it lies.

    Parameters
    ----------
    wavelength
        (m,) all of its pixels, Angstrom at rest.
    covered, ivar
        (n_pixel,) on the grid.
    """
    seen, grid = float((ivar > 0).mean()), options.grid
    if seen > 0 and seen >= options.min_coverage:
        return
    moved = observation.redshift is not None and not observation.rest_frame
    at = f" (z = {observation.redshift:.3g})" if moved else ""
    here = f"this grid, {grid.wavelength[0]:.0f} to {grid.wavelength[-1]:.0f} Å"
    lies = f"{observation.id}{at} spans {wavelength[0]:.0f} to {wavelength[-1]:.0f} Å at rest"
    if not covered.any():
        raise Refused(Reason.COVERAGE, f"{lies}: nothing of it lies on {here}.")
    raise Refused(
        Reason.COVERAGE,
        f"{lies}: it covers {covered.mean():.0%} of {here}, and has good pixels in {seen:.0%}: at least "
        f"{options.min_coverage:.0%} was expected.",
    )


def _power_of_ten(flux: np.ndarray) -> float:
    """The power of ten next to the rms of fluxes, 1 where all are 0: numbers near 1 keep inverse variances finite."""
    rms = float(np.sqrt(np.square(flux).mean()))
    return 10.0 ** round(np.log10(rms)) if 0 < rms < np.inf else rms or 1.0


def _mean_flux(name: str, flux: np.ndarray, ivar: np.ndarray, *, has_errors: bool) -> float:
    """Mean flux over seen pixels, refused unless it is positive, significantly so where there are errors."""
    seen = ivar > 0
    mean = float(flux[seen].mean())
    error = float(np.sqrt((1 / ivar[seen]).sum()) / seen.sum()) if has_errors else 0.0
    if not (np.isfinite(mean) and mean > MIN_MEAN_SIGNIFICANCE * error):
        raise Refused(
            Reason.MEAN_FLUX,
            f"{name} has the mean flux {mean:.3g} ± {error:.2g} on the grid: a positive one was expected to "
            "normalise it by.",
        )
    return mean
