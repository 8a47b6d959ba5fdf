"""Wavelengths of images in FITS, a spectrum a row."""

from typing import TYPE_CHECKING

import numpy as np

from ..grid import SpectralGrid

if TYPE_CHECKING:
    from astropy.io.fits import Header


def wavelength_axes(grid: SpectralGrid, rows: str) -> "Header":
    """The wavelengths of pixels by FITS paper III (Greisen et al. 2006): ``λ = λr exp((p - 1) Δ / λr)``.

    Parameters
    ----------
    grid
        Of the pixels, along the first axis of the image.
    rows
        Type of the second axis, whose rows are counted from 1.
    """
    from astropy.io import fits

    first = float(grid.wavelength[0])
    header = fits.Header()
    header["WCSAXES"] = 2
    header["CTYPE1"], header["CUNIT1"], header["CRPIX1"] = "WAVE-LOG", "Angstrom", 1.0
    header["CRVAL1"], header["CDELT1"] = first, first * grid.log10_step * float(np.log(10))
    header["CTYPE2"], header["CUNIT2"], header["CRPIX2"] = rows, "", 1.0
    header["CRVAL2"], header["CDELT2"] = 1.0, 1.0
    return header
