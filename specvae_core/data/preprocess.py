"""From a file's spectrum to a normalised row on the grid, as Portillo et al. (2020, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Reason, Refused
from ..grid import SpectralGrid
from .catalogue import Value, as_table, own_class, own_columns
from .gates import admit_target
from .on_grid import by_wavelength, has_wavelengths, median_over, pixel_by_pixel, refuse
from .preprocess_options import PreprocessOptions
from .spectra import Observation, SpectraSet
from .stack import Stack

MIN_MEAN_SIGNIFICANCE = 3.0
"""A mean flux that is not positive by this many sigma is noise; dividing by it would only blow that noise up."""

VALUES_AT_ONCE = 80_000
"""Pixels, of spectra and grid together, that are prepared at once: they stay near the processor."""

NUMBERS = ("sn", "coverage", "seen_fraction", "mean_flux", "scale", "brightness")
"""Columns of the catalogue that are measured on the spectra as they are prepared."""


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


@dataclass(frozen=True, eq=False)
class Ready:
    """n spectra on the grid, normalised; what a refused row holds means nothing.

    Parameters
    ----------
    flux, ivar, measured_ivar
        (n, n_pixel) float32, as in `PreparedSpectrum`.
    numbers
        Name -> (n,) numbers found in the spectra, for the catalogue.
    assumed
        What was assumed of all of them, for the catalogue.
    refused
        First refusal of a row.
    """

    flux: np.ndarray
    ivar: np.ndarray
    measured_ivar: np.ndarray
    numbers: dict[str, np.ndarray]
    assumed: dict[str, Value]
    refused: dict[int, Refused]


def preprocess(observation: Observation, options: PreprocessOptions) -> PreparedSpectrum:
    """Prepare one spectrum, see `preprocess_all`.

    Raises
    ------
    Refused
        With the named reason, when a gate closes.
    """
    (made,) = preprocess_all([observation], options)
    if isinstance(made, Refused):
        raise made
    return made


def preprocess_all(
    observations: Sequence[Observation], options: PreprocessOptions, *, compiled: bool = False
) -> list[PreparedSpectrum | Refused]:
    """Move spectra to their rest frame and onto the grid, divide each by its mean over seen pixels and cap its S/N.

    The mean over the whole grid can be had only once holes are filled: see `ingest`.

    The factor (1 + z) that conserves energy between frames is left out: the normalisation divides it away. Without
    errors in the file, every seen pixel gets the same one, ``1 / assumed_sn`` of the mean flux, and the catalogue says
    so in ``assumed_sn``; ``sn`` is then NaN.

    Parameters
    ----------
    observations
        Spectra as readers gave them. Those of one length are prepared some at a time; no spectrum depends on others.
    options
        Grid, limits and gates.
    compiled
        As in `by_wavelength`.

    Returns
    -------
    made
        In the place of each observation what became of it, or the refusal that says which gate closed.
    """
    made: dict[int, PreparedSpectrum | Refused] = {}
    alike: dict[tuple[int, bool, bool, bool], list[int]] = {}
    for place, observation in enumerate(observations):
        try:
            admit_target(observation, keep_sky=options.keep_sky, any_zwarning=options.any_zwarning)
        except Refused as refusal:
            made[place] = refusal
            continue
        kind = (observation.ivar is None, observation.in_air, has_wavelengths(observation, options))
        alike.setdefault((len(observation.flux), *kind), []).append(place)
    for (n_pixel, *_), places in alike.items():
        for some in pieces(len(places), n_pixel, options):
            spectra = [observations[place] for place in places[some]]
            ready = prepare_stack(Stack.of(spectra), options, compiled=compiled)
            made |= zip(places[some], _one_by_one(spectra, ready), strict=True)
    return [made[place] for place in range(len(observations))]


def pieces(n: int, n_pixel: int, options: PreprocessOptions) -> list[slice]:
    """Ranges of n spectra of ``n_pixel`` pixels that are prepared at once."""
    at_once = max(1, VALUES_AT_ONCE // (n_pixel + options.grid.n_pixel))
    return [slice(start, min(n, start + at_once)) for start in range(0, n, at_once)]


@np.errstate(all="ignore")  # refused rows go on with whatever they hold
def prepare_stack(spectra: Stack, options: PreprocessOptions, *, compiled: bool = False) -> Ready:
    """What becomes of some spectra that passed the first gate, see `preprocess_all`.

    Parameters
    ----------
    spectra
        n of them.
    options
        Grid, limits and gates.
    compiled
        As in `by_wavelength`.
    """
    if has_wavelengths(spectra[0], options):
        moved = by_wavelength(spectra, options, compiled=compiled)
    else:
        moved = pixel_by_pixel(spectra, options)
    flux, ivar, refused = moved.flux, moved.ivar, moved.refused
    has_errors = spectra.ivar is not None
    assumed: dict[str, Value] = {} if has_errors else {"assumed_sn": float(options.assumed_sn)}
    if len(refused) == len(spectra):
        nothing = np.full(len(spectra), np.nan)
        return Ready(*(np.zeros(flux.shape, np.float32),) * 3, dict.fromkeys(NUMBERS, nothing), assumed, refused)
    seen = ivar > 0
    scale = _scales(spectra, flux, ivar, options, refused)
    flux, ivar = flux / scale[:, None], ivar * np.square(scale)[:, None]
    significance = median_over(flux * np.sqrt(ivar), seen) if has_errors else np.full(len(scale), np.nan)
    mean_flux = scale * _mean_over(flux, seen)
    if not has_errors:
        level = np.sqrt(_mean_over(np.square(flux), seen)) if options.scale == "none" else np.ones(len(scale))
        ivar = np.where(seen, np.square(options.assumed_sn / np.maximum(level, 1e-6))[:, None], 0.0)
    capped = np.minimum(ivar, np.square(options.max_sn / np.maximum(np.abs(flux), 1e-30))) if has_errors else ivar
    single = _single_precision(spectra, refused, flux, capped, ivar)
    brightness = np.where(mean_flux > 0, np.log10(mean_flux), np.nan)
    numbers = significance, moved.covered.mean(axis=1), seen.mean(axis=1), mean_flux, scale, brightness
    return Ready(*single, dict(zip(NUMBERS, numbers, strict=True)), assumed, refused)


def _one_by_one(observations: Sequence[Observation], ready: Ready) -> list[PreparedSpectrum | Refused]:
    """What became of each observation."""
    numbers = zip(*(values.tolist() for values in ready.numbers.values()), strict=True)
    rows = zip(observations, numbers, ready.flux, ready.ivar, ready.measured_ivar, strict=True)
    return [
        ready.refused[row]
        if row in ready.refused
        else PreparedSpectrum(
            *arrays, _columns(observation, dict(zip(ready.numbers, found, strict=True)), ready.assumed)
        )
        for row, (observation, found, *arrays) in enumerate(rows)
    ]


def _columns(observation: Observation, numbers: dict[str, Value], assumed: dict[str, Value]) -> dict[str, Value]:
    """An object's row of the catalogue, with the numbers found in its spectrum and what was assumed."""
    own: dict[str, Value] = {
        "id": observation.id,
        "class": own_class(observation.columns),
        "z": np.nan if observation.redshift is None else float(observation.redshift),
    }
    beside = {"flux_unit": observation.flux_unit, "source": str(observation.source)}
    return own | numbers | beside | assumed | own_columns(observation.columns)


def _mean_over(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Mean (n,) of each row of ``values`` (n, n_pixel) over its seen pixels."""
    return np.where(seen, values, 0.0).sum(axis=1) / seen.sum(axis=1)


def _scales(
    spectra: Stack,
    flux: np.ndarray,
    ivar: np.ndarray,
    options: PreprocessOptions,
    refused: dict[int, Refused],
) -> np.ndarray:
    """What each row is divided by, (n,): its mean flux, or a power of ten where the scale is kept.

    A mean flux has to be positive, and significantly so where there are errors.
    """
    seen = ivar > 0
    rms = np.sqrt(_mean_over(np.square(flux), seen))
    power = np.array([_power_of_ten(each) for each in rms.tolist()])
    refuse(
        refused,
        ~np.isfinite(power),
        lambda row: Refused(Reason.MEAN_FLUX, f"{spectra[row].id} has fluxes beyond 1e150: its unit cannot be right."),
    )
    if options.scale != "mean":
        return power
    mean, error = _mean_over(flux, seen), np.zeros(len(flux))
    if spectra.ivar is not None:
        error = np.sqrt(np.where(seen, 1 / ivar, 0.0).sum(axis=1)) / seen.sum(axis=1)
    refuse(
        refused,
        ~(np.isfinite(mean) & (mean > MIN_MEAN_SIGNIFICANCE * error)),
        lambda row: Refused(
            Reason.MEAN_FLUX,
            f"{spectra[row].id} has the mean flux {mean[row]:.3g} ± {error[row]:.2g} on the grid: a positive one "
            "was expected to normalise it by.",
        ),
    )
    return mean


def _power_of_ten(rms: float) -> float:
    """The power of ten next to the rms of fluxes, 1 where all are 0: numbers near 1 keep inverse variances finite."""
    return 10.0 ** round(np.log10(rms)) if 0 < rms < np.inf else rms or 1.0


def _single_precision(spectra: Stack, refused: dict[int, Refused], *arrays: np.ndarray) -> list[np.ndarray]:
    """The arrays as float32, in which they are stored; refused where one of them is finite in float64 only."""
    single = [array.astype(np.float32) for array in arrays]
    for what, array in zip(("a flux", "an inverse variance", "an inverse variance"), single, strict=True):
        wrong = (~np.isfinite(array)).sum(axis=1)
        refuse(
            refused,
            wrong > 0,
            lambda row, what=what, wrong=wrong: Refused(
                Reason.UNREADABLE,
                f"{spectra[row].id} has {what} beyond {np.finfo(np.float32).max:.1g} of its own scale in "
                f"{wrong[row]} pixels: its errors or its unit cannot be right.",
            ),
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
