"""From the arrays of one spectrum, as a file has them, to the pixels of an observation."""

from dataclasses import dataclass

import numpy as np

from .axis import Axis
from .pixels import ivar_from_error, usable_ivar
from .units import flux_scale, relative_unit


@dataclass(frozen=True, eq=False)
class Pixels:
    """The pixels of one spectrum, or of n on one axis, whose arrays are then (n, k) in place of (k,).

    Parameters
    ----------
    wavelength
        (k,) Angstrom, rising.
    flux
        (k,) in `flux_unit`.
    ivar
        (k,) inverse variance of the flux, 0 for bad pixels; ``None`` without errors: then bad pixels are NaN in flux.
    flux_unit
        `units.FLUX_UNIT` for flux densities, else as stored.
    converted
        Phrases for `Understanding`, those of the axis included.
    """

    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray | None
    flux_unit: str
    converted: tuple[str, ...]


@np.errstate(over="ignore", divide="ignore", invalid="ignore")
def assemble(
    axis: Axis,
    flux: np.ndarray,
    *,
    file: str,
    flux_unit: str = "",
    error: np.ndarray | None = None,
    error_unit: str = "",
    kind: str = "error",
    bad: np.ndarray | None = None,
) -> Pixels:
    """Put the pixels of a spectrum, or of n on one axis, in order, in one unit, with one kind of errors.

    Parameters
    ----------
    axis
        Wavelengths of the m pixels of the file.
    flux
        (m,) or (n, m) as stored.
    file
        Name of the file, for messages.
    flux_unit
        Unit as stored, or by the user's hint; empty where neither gives one.
    error
        As ``flux``; ``None`` where there is none.
    error_unit
        As stored; in that of the flux where it is empty or of another kind.
    kind
        What `error` holds: ``error`` (1 sigma), ``variance`` or ``ivar``.
    bad
        As ``flux``, whether a pixel is masked.
    """
    order = axis.order
    scale = flux_scale(flux_unit, axis.wavelength, file)
    flux = np.take(flux, order, axis=-1) * scale.factor
    bad = np.zeros(flux.shape, dtype=bool) if bad is None else np.take(bad, order, axis=-1).astype(bool)
    converted = (*axis.converted, *scale.converted)
    if error is None:
        return Pixels(axis.wavelength, np.where(bad, np.nan, flux), None, scale.unit, converted)
    beside = relative_unit(error_unit, flux_unit, kind) if error_unit not in ("", flux_unit) else 1.0
    ivar = _ivar(np.take(error, order, axis=-1).astype(float), kind) / np.square(scale.factor * beside)
    return Pixels(axis.wavelength, flux, usable_ivar(flux, ivar, bad), scale.unit, converted)


def _ivar(error: np.ndarray, kind: str) -> np.ndarray:
    """Inverse variance of errors, variances or inverse variances; 0 where there is none."""
    if kind == "error":
        return ivar_from_error(error)
    positive = np.isfinite(error) & (error > 0)
    if kind == "ivar":
        return np.where(positive, error, 0.0)
    with np.errstate(over="ignore", divide="ignore"):
        return np.where(positive, 1 / np.where(positive, error, 1.0), 0.0)
