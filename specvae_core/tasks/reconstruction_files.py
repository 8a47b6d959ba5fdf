"""Export of solutions of inverse problems as FITS or ECSV tables, with a row for each pixel of each spectrum."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import __version__
from ..atomic import export
from ..grid import SpectralGrid
from ..results import Result

if TYPE_CHECKING:
    from astropy.table import Table

FORMATS = (".fits", ".ecsv")

PROVENANCE = {
    "SURVEY": "survey", "MODEL": "model", "PROBLEM": "problem", "METHOD": "method", "STARTS": "starts", "SEED": "seed",
    "STATE": "state", "MISFIT": "misfit", "MSEHID": "mse_hidden", "COVER68": "coverage68", "COVER95": "coverage95",
    "TITLE": "title", "CREATED": "created",
}  # fmt: skip
"""Keyword of the file, and entry of the result's header."""


def write_reconstruction(result: Result, grid: SpectralGrid, path: Path) -> None:
    """Write a result of kind *reconstructions* in the format of the file's ending; errors as those of `export`.

    Parameters
    ----------
    result
        Solution for n spectra.
    grid
        Grid of the model.
    path
        Ends in one of `FORMATS`.
    """
    from .fits_tables import as_fits

    table = reconstruction_table(result, grid)
    writers = {
        ".fits": lambda temporary: as_fits(table).write(temporary, format="fits", overwrite=True),
        ".ecsv": lambda temporary: table.write(temporary, format="ascii.ecsv", overwrite=True),
    }
    export(path, writers)


def reconstruction_table(result: Result, grid: SpectralGrid) -> "Table":
    """One row for each pixel of each spectrum, n * n_pixel in all.

    Columns: ``id``; ``wavelength`` (Angstrom, vacuum, rest frame); ``flux`` and ``ivar`` of the whole spectrum, in
    units of its mean flux, ivar 0 where unseen; ``hidden``, whether the solver did not see it; ``reconstruction`` and
    its 1-sigma error ``sigma``; ``low68``, ``high68``, ``low95``, ``high95``. The metadata hold the provenance.
    """
    from astropy.table import Table

    arrays = result.arrays
    n, n_pixel = arrays["spectrum"].shape
    table = Table(
        {
            "id": np.repeat(arrays["ids"].astype(str), n_pixel),
            "wavelength": np.tile(grid.wavelength, n),
            "flux": arrays["flux"].ravel(),
            "ivar": arrays["flux_ivar"].ravel(),
            "hidden": arrays["hidden"].ravel(),
            "reconstruction": arrays["spectrum"].ravel(),
            "sigma": arrays["sigma"].ravel(),
        }
    )
    for share in ("68", "95"):
        low, high = np.moveaxis(arrays[f"band{share}"], 1, 0)
        table[f"low{share}"], table[f"high{share}"] = low.ravel(), high.ravel()
    table["wavelength"].unit = "Angstrom"
    known = {key: result.header.get(field) for key, field in PROVENANCE.items()}
    table.meta = {"SPECVAE": __version__} | {key: value for key, value in known.items() if value is not None}
    return table
