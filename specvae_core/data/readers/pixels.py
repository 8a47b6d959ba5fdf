"""Wavelengths and inverse variances from whatever a file has of scales, errors and masks.

Numbers beyond all bounds, as damaged files have them, become infinite or 0 without an error; the gates refuse such
spectra.
"""

import numpy as np


def wavelength_from_log10(log10_wavelength: np.ndarray) -> np.ndarray:
    """Angstrom (m,) of log10 Angstrom (m,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return 10.0 ** np.asarray(log10_wavelength, dtype=float)


def mask_bits(mask: np.ndarray) -> np.ndarray:
    """Bits (m,) int64 of a mask that was stored as floating-point numbers."""
    return np.clip(np.nan_to_num(mask), -(2.0**62), 2.0**62).astype(np.int64)


def usable_ivar(flux: np.ndarray, ivar: np.ndarray, bad: np.ndarray | None = None) -> np.ndarray:
    """Inverse variance (m,) with 0 wherever flux or ivar is not finite, ivar is negative, or ``bad`` is set."""
    usable = np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0)
    if bad is not None:
        usable &= ~bad
    return np.where(usable, ivar, 0)


def ivar_from_error(error: np.ndarray) -> np.ndarray:
    """Inverse variance (m,) of 1-sigma errors (m,): 0 where they are zero, negative or not finite."""
    measured = np.isfinite(error) & (error > 0)
    with np.errstate(over="ignore", divide="ignore"):
        return np.where(measured, np.where(measured, error, 1.0).astype(float) ** -2, 0.0)
