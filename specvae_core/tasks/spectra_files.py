"""Export of spectra as FITS or ECSV.

ECSV: one table with a row for each pixel of each spectrum. FITS: that table, ``SPECTRA``, and the same spectra as
images (n, n_pixel) that specutils reads as they are: the flux in the primary array with a world coordinate system of
the wavelengths (``WAVE-LOG``, vacuum Angstrom, rest frame), ``IVAR``, and ``MASK``, 1 where a pixel is unseen.
"""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from .. import __version__
from ..atomic import export
from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import SpectralGrid
from .fits_axes import wavelength_axes
from .fits_tables import as_fits

FORMATS = (".fits", ".ecsv")

SCALE = {
    "mean": "flux divided by its mean over the whole grid, holes filled",
    "seen": "flux divided by its mean over seen pixels",
    "none": "flux as in the files",
}


def write_spectra(spectra: SpectraSet, path: Path, *, physical: bool = False) -> None:
    """Write spectra in one step, in the format of the file's ending.

    Parameters
    ----------
    spectra
        n of a survey of spectra.
    path
        Ends in one of `FORMATS`.
    physical
        Fluxes in the unit of the files, in place of those that models see.

    Raises
    ------
    BadConfig
        Another ending, no spectra but photometry, or spectra of unknown scale.
    NotWritable
        The file cannot be written.
    """
    table = spectra_table(spectra, physical=physical)
    writers = {
        ".fits": lambda temporary: _with_images(as_fits(table), spectra.grid).writeto(temporary, overwrite=True),
        ".ecsv": lambda temporary: table.write(temporary, format="ascii.ecsv", overwrite=True),
    }
    export(path, writers)


def spectra_table(spectra: SpectraSet, *, physical: bool = False) -> Table:
    """One row for each pixel of each spectrum, n * n_pixel in all.

    Columns: ``id``; ``wavelength`` (Angstrom, vacuum, rest frame); ``flux`` and ``ivar``, 0 where unseen; ``infilled``,
    the flux with unseen pixels estimated. The metadata say the scale, and the unit where that is physical.
    """
    if not isinstance(spectra.grid, SpectralGrid):
        raise BadConfig("This survey holds magnitudes, no spectra: `specvae encode` writes its catalogue.")
    shown = spectra.physical() if physical else spectra
    n, n_pixel = spectra.flux.shape
    table = Table(
        {
            "id": np.repeat(spectra.ids, n_pixel),
            "wavelength": np.tile(spectra.grid.wavelength, n),
            "flux": shown.flux.ravel(),
            "ivar": shown.ivar.ravel(),
            "infilled": shown.complete.ravel(),
        }
    )
    table["wavelength"].unit = "Angstrom"
    table.meta = {"SPECVAE": __version__, "SCALE": SCALE["none" if physical else spectra.scale]}
    units = set(spectra.table["flux_unit"]) if physical and "flux_unit" in spectra.table else set()
    if len(units) == 1:
        table.meta["FLUXUNIT"] = units.pop()
    return table


def _with_images(table: Table, grid: SpectralGrid) -> fits.HDUList:
    """The table of `spectra_table` with its flux, inverse variance and mask as images."""
    shape = -1, grid.n_pixel
    flux, ivar = (np.asarray(table[name], np.float32).reshape(shape) for name in ("flux", "ivar"))
    image = fits.PrimaryHDU(flux, header=wavelength_axes(grid, "SPECTRUM"))
    image.header["BUNIT"] = table.meta.get("FLUXUNIT", "")
    mask = fits.ImageHDU((ivar == 0).astype(np.uint8), name="MASK")
    mask.header["BFORM"] = "L"
    pixels = fits.BinTableHDU(table, name="SPECTRA")
    return fits.HDUList([image, fits.ImageHDU(ivar, name="IVAR"), mask, pixels])
