"""Export of tracks, and paths from files.

FITS: the primary array holds the spectra, (step, wavelength), with a world coordinate system of the wavelengths
(``WAVE-LOG``, vacuum Angstrom); table ``TRACK`` has a row for each step, table ``SPECTRA`` a row for each pixel. ECSV:
one table with a row for each pixel, the steps in its metadata.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..analysis.track_paths import Complete, Points
from ..analysis.tracks import Track
from ..atomic import export
from ..data.object_table import read_columns
from ..errors import BadConfig
from .fits_axes import wavelength_axes

if TYPE_CHECKING:
    from astropy.table import Table

FORMATS = (".fits", ".ecsv")

LINE_UNITS = {"ew": "Angstrom", "fwhm": "km/s"}


def write_track(track: Track, path: Path) -> None:
    """Write a track as FITS or ECSV, by the file's ending; errors as those of `export`."""
    writers = (partial(_write_fits, track), partial(_write_ecsv, track))
    export(path, dict(zip(FORMATS, writers, strict=True)))


def read_points(path: Path, names: tuple[str, ...], complete: Complete, classes: tuple[str, ...] = ()) -> Points:
    """A path from a table whose columns are named after components (``VAE 1``, ``component_1``) or ``latent_1``.

    Columns of other names are ignored; components that the file does not give are completed.

    Parameters
    ----------
    path
        CSV, or any other table that `read_columns` takes.
    names
        Names of the components.
    complete, classes
        See `Points`.
    """
    table = read_columns(path)
    columns = {_plain(name): name for name in table}
    for frame, spelt in (("components", names), ("components", _numbered("component", names)),
                         ("latents", _numbered("latent", names))):  # fmt: skip
        axes = tuple(i for i, name in enumerate(spelt) if _plain(name) in columns)
        if axes:
            chosen = [columns[_plain(spelt[i])] for i in axes]
            coordinates = np.column_stack([pd.to_numeric(table[name], errors="coerce") for name in chosen])
            if not np.isfinite(coordinates).all():
                raise BadConfig(f"{path} has rows without numbers for {', '.join(chosen)}: fill them.")
            return Points(coordinates, axes, frame, classes, complete)
    found = ", ".join(table)
    raise BadConfig(f"{path} has no column that names a component: it has {found}, expected as {', '.join(names)}.")


def _plain(name: str) -> str:
    return name.lower().replace("_", " ").strip()


def _numbered(word: str, names: tuple[str, ...]) -> list[str]:
    return [f"{word} {number + 1}" for number in range(len(names))]


def _write_fits(track: Track, path: Path) -> None:
    from astropy.io import fits

    tables = [
        fits.BinTableHDU(_steps(track), name="TRACK"),
        fits.BinTableHDU(_spectra(track), name="SPECTRA"),
    ]
    image = fits.PrimaryHDU(track.flux.astype(np.float32), header=wavelength_axes(track.grid, "STEP"))
    for key, value in (("OBJECT", track.title), ("MODEL", track.model), ("SURVEY", track.survey)):
        image.header[key] = value.encode("ascii", "replace").decode()
    image.header["BUNIT"] = ""
    image.header["COMMENT"] = "Synthetic spectra along a track in latent space, in units of their mean flux."
    fits.HDUList([image, *tables]).writeto(path, overwrite=True)


def _write_ecsv(track: Track, path: Path) -> None:
    table, steps = _spectra(track), _steps(track)
    table.meta |= {"steps": {name: np.asarray(steps[name]).tolist() for name in steps.colnames}}
    table.write(path, format="ascii.ecsv", overwrite=True)


def _spectra(track: Track) -> "Table":
    """One row a pixel: ``wavelength`` and the flux of each step, ``S1``…"""
    from astropy.table import Column, Table

    table = Table(meta={"track": track.title, "model": track.model, "survey": track.survey})
    table["wavelength"] = Column(track.grid.wavelength, unit="Angstrom", description="rest frame, vacuum")
    for number, flux in enumerate(track.flux, start=1):
        table[f"S{number}"] = Column(flux, description="flux in units of its mean")
    return table


def _steps(track: Track) -> "Table":
    """One row a step: place, support, nearest objects, lines."""
    from astropy.table import Column, Table

    table = Table()
    table["step"] = np.arange(1, len(track) + 1)
    table["position"] = Column(track.position, description="distance along the track in latent units")
    for name, values in zip(track.names, track.components.T, strict=True):
        table[name.replace(" ", "_")] = values
    for number, values in enumerate(track.latents.T, start=1):
        table[f"latent_{number}"] = values
    table["support"] = Column(track.support, description="percentile of the density among training spectra")
    table["density"] = Column(track.density, description="per cent of unseen objects at lower density p(z)")
    table["extrapolated"] = track.extrapolated
    table["nearest"] = [" ".join(ids) for ids in track.nearest]
    for name, values in track.lines.items():
        table[name] = Column(values, unit=LINE_UNITS.get(name.split("_")[0]))
    return table
