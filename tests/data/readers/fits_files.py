"""FITS files as pipelines write them, with a known line, for the tests of their readers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.optimize import curve_fit

LINE = 6564.61
"""Centre of the line in vacuum, Angstrom."""
NOISE = 0.05


def spectrum(wavelength: np.ndarray, centre: float = LINE, seed: int = 0) -> np.ndarray:
    """(m,) 1 + 5 times a Gaussian of 4 Angstrom, with noise of `NOISE`."""
    noise = np.random.default_rng(seed).normal(0.0, NOISE, np.shape(wavelength))
    return 1 + 5 * np.exp(-0.5 * ((wavelength - centre) / 4.0) ** 2) + noise


def table(
    name: str,
    columns: Mapping[str, tuple[str, object]],
    units: Mapping[str, str] | None = None,
    header: Mapping[str, object] | None = None,
) -> fits.BinTableHDU:
    """A table of the columns name -> (format, values)."""
    made = [
        fits.Column(name=key, format=form, array=values, unit=(units or {}).get(key))
        for key, (form, values) in columns.items()
    ]
    unit = fits.BinTableHDU.from_columns(made, name=name)
    unit.header.update(header or {})
    return unit


def image(name: str, values: np.ndarray, **header: object) -> fits.ImageHDU:
    """An image extension."""
    unit = fits.ImageHDU(values, name=name)
    unit.header.update(header)
    return unit


def write(
    path: Path, *units: fits.BinTableHDU | fits.ImageHDU, primary: np.ndarray | None = None, **header: object
) -> Path:
    """A file of these units behind a primary one with an image or none."""
    first = fits.PrimaryHDU(primary)
    for key, value in header.items():
        first.header[key.replace("_", "-") if key in ("DC_FLAG", "DATE_OBS") else key] = value
    fits.HDUList([first, *units]).writeto(path)
    return path


def line_centre(wavelength: np.ndarray, flux: np.ndarray, near: float = LINE) -> float:
    """The fitted centre of the line, Angstrom."""
    inside = (np.abs(wavelength - near) < 40) & np.isfinite(flux)
    x, y = wavelength[inside], flux[inside] / np.median(flux[inside])

    def model(x: np.ndarray, height: float, centre: float, sigma: float, level: float) -> np.ndarray:
        return level + height * np.exp(-0.5 * ((x - centre) / sigma) ** 2)

    return float(curve_fit(model, x, y, [5.0, x[np.argmax(y)], 5.0, 1.0])[0][1])
