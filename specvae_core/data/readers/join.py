"""Arms, chips, orders and sides of one object joined into one spectrum."""

from collections.abc import Sequence

import numpy as np

from .assemble import Pixels

_ALIGNED = 1e-3
"""Pixels that lie this close, in pixels, count as the same: arms of DESI share one scale to rounding."""


def join(parts: Sequence[Pixels]) -> Pixels:
    """One spectrum of all parts; where two overlap, the mean weighted by inverse variance.

    In an overlap the pixels are those of the part that begins first; the other one is interpolated linearly, and so is
    its variance, lest the smoothing pass for better data. Where one part has no errors, those of all parts are dropped.

    Parameters
    ----------
    parts
        Spectra in the same unit. Flux and ivar may be (n, k), n objects on one wavelength axis.
    """
    filled = [part for part in parts if len(part.wavelength)]
    parts = sorted(filled, key=lambda part: part.wavelength[0]) or parts[:1]
    if any(part.ivar is None for part in parts):
        parts = [_without_ivar(part) for part in parts]
    if len(parts) == 1:
        return parts[0]
    whole = _Joined(parts)
    for part in parts:
        whole.add(part)
    converted = tuple(dict.fromkeys(phrase for part in parts for phrase in part.converted))
    return Pixels(*whole.arrays(), parts[0].flux_unit, converted)


def _without_ivar(part: Pixels) -> Pixels:
    flux = part.flux if part.ivar is None else np.where(part.ivar > 0, part.flux, np.nan)
    return Pixels(part.wavelength, flux, None, part.flux_unit, part.converted)


class _Joined:
    """Room for the pixels of all parts, filled from the blue end."""

    def __init__(self, parts: Sequence[Pixels]) -> None:
        room = sum(len(part.wavelength) for part in parts)
        shape = (*parts[0].flux.shape[:-1], room)
        self._n = 0
        self._wavelength, self._flux = np.empty(room), np.empty(shape)
        self._ivar = None if parts[0].ivar is None else np.empty(shape)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Wavelength, flux and ivar so far."""
        ivar = None if self._ivar is None else self._ivar[..., : self._n]
        return self._wavelength[: self._n], self._flux[..., : self._n], ivar

    def add(self, part: Pixels) -> None:
        """Average the part into what it overlaps, and put what lies beyond at the end."""
        scale, flux, ivar = self.arrays()
        first = 0
        if len(scale) > 1:
            slack = _ALIGNED * (scale[-1] - scale[-2])
            shared = slice(*np.searchsorted(scale, (part.wavelength[0] - slack, part.wavelength[-1] + slack)))
            if shared.start < shared.stop and len(part.wavelength) > 1:
                old = None if ivar is None else ivar[..., shared]
                flux[..., shared], mean_ivar = _mean(flux[..., shared], old, part, scale[shared])
                if ivar is not None:
                    ivar[..., shared] = mean_ivar
            first = int(np.searchsorted(part.wavelength, scale[-1] + 0.5 * (scale[-1] - scale[-2]), side="right"))
        new = slice(self._n, self._n + len(part.wavelength) - first)
        self._wavelength[new], self._flux[..., new] = part.wavelength[first:], part.flux[..., first:]
        if self._ivar is not None:
            self._ivar[..., new] = part.ivar[..., first:]
        self._n = new.stop


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
