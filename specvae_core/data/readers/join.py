"""Arms, chips, orders and sides of one object joined into one spectrum."""

from collections.abc import Sequence

import numpy as np

from .assemble import Pixels

_ALIGNED = 1e-3
"""Pixels that lie this close, in pixels, count as the same: arms of DESI share one scale to rounding."""


def join(parts: Sequence[Pixels]) -> Pixels:
    """One spectrum of all parts; where two overlap, the mean weighted by inverse variance.

    In an overlap the pixels are those of the part that begins first; the other one is interpolated linearly, and so is
    its variance, lest the smoothing pass for better data. Where a part has no errors, nobody's are used.

    Parameters
    ----------
    parts
        Spectra in the same unit. Flux and ivar may be (n, k), n objects on one wavelength axis.
    """
    parts = sorted((part for part in parts if len(part.wavelength)), key=lambda part: part.wavelength[0])
    if any(part.ivar is None for part in parts):
        parts = [_without_ivar(part) for part in parts]
    whole = parts[0]
    for part in parts[1:]:
        whole = _append(whole, part)
    converted = tuple(dict.fromkeys(phrase for part in parts for phrase in part.converted))
    return Pixels(whole.wavelength, whole.flux, whole.ivar, whole.flux_unit, converted)


def _without_ivar(part: Pixels) -> Pixels:
    flux = part.flux if part.ivar is None else np.where(part.ivar > 0, part.flux, np.nan)
    return Pixels(part.wavelength, flux, None, part.flux_unit, part.converted)


def _append(first: Pixels, second: Pixels) -> Pixels:
    """Both parts, the overlap averaged; ``first`` begins first."""
    scale = first.wavelength
    end = scale[-1] + (0.5 * (scale[-1] - scale[-2]) if len(scale) > 1 else 0.0)
    new = second.wavelength > end
    slack = _ALIGNED * (scale[-1] - scale[0]) / max(1, len(scale) - 1)
    shared = (scale >= second.wavelength[0] - slack) & (scale <= second.wavelength[-1] + slack)
    flux, ivar = first.flux, first.ivar
    if shared.any() and len(second.wavelength) > 1:
        old = None if ivar is None else ivar[..., shared]
        mean, mean_ivar = _mean(flux[..., shared], old, second, scale[shared])
        flux = flux.copy()
        flux[..., shared] = mean
        if ivar is not None:
            ivar = ivar.copy()
            ivar[..., shared] = mean_ivar
    return Pixels(
        np.concatenate([scale, second.wavelength[new]]),
        np.concatenate([flux, second.flux[..., new]], axis=-1),
        None if ivar is None else np.concatenate([ivar, second.ivar[..., new]], axis=-1),
        first.flux_unit,
        first.converted,
    )


def _mean(
    flux: np.ndarray, ivar: np.ndarray | None, second: Pixels, wavelength: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """Flux and ivar of the overlap, on the pixels of the first part."""
    left = np.clip(np.searchsorted(second.wavelength, wavelength, side="right") - 1, 0, len(second.wavelength) - 2)
    t = (wavelength - second.wavelength[left]) / (second.wavelength[left + 1] - second.wavelength[left])
    t = np.where(t < _ALIGNED, 0.0, np.where(t > 1 - _ALIGNED, 1.0, t))

    def between(values: np.ndarray) -> np.ndarray:
        low, high = values[..., left], values[..., left + 1]
        with np.errstate(invalid="ignore"):  # pixels that are infinite are bad: their weight is 0
            return np.where(t == 0, low, np.where(t == 1, high, (1 - t) * low + t * high))

    other = between(second.flux)
    if ivar is None:
        pair = np.stack([flux, other])
        n = np.isfinite(pair).sum(axis=0)
        return np.where(n > 0, np.nansum(pair, axis=0) / np.maximum(n, 1), np.nan), None
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = 1 / between(1 / second.ivar)
    weight = np.where(np.isfinite(weight), weight, 0.0)
    total = ivar + weight
    summed = ivar * np.where(ivar > 0, flux, 0.0) + weight * np.where(weight > 0, other, 0.0)
    return np.divide(summed, total, out=flux.copy(), where=total > 0), total
