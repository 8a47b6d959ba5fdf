"""A wavelength grid that suits some files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from ..errors import NotFound, Refused, UserError
from ..grid import PixelGrid, SpectralGrid
from ..lines import air_to_vacuum
from .file_lists import find_files
from .readers import read_file
from .spectra import Observation
from .understanding import NO_HINTS, FileHints

N_FILES, N_OBJECTS = 40, 200
MAX_PIXELS = 4000
SHORTEST = 100.0
"""Angstrom: no grid is suggested below; numbers that small are pixel numbers, nm or micron, or X-rays."""


def suggest_grid(paths: Sequence[Path], *, air: bool = False, hints: FileHints = NO_HINTS) -> SpectralGrid | PixelGrid:
    """The grid that half of the first objects cover at each end, with pixels about as wide as theirs.

    Parameters
    ----------
    paths
        Files and folders.
    air
        Whether wavelengths are in air, whatever the files say.
    hints
        The user's hints.

    Returns
    -------
    grid
        Rest frame, vacuum; ends rounded to whole Angstrom, at most `MAX_PIXELS` pixels. As many pixels as the first
        object has, where pixels carry no wavelength.

    Raises
    ------
    UserError
        None of the first files holds a spectrum.
    """
    if hints.no_wavelengths:
        return _pixels_of(_observations(paths, hints))
    return grid_of(islice(_observations(paths, hints), N_OBJECTS), air=air)


def _pixels_of(observations: Iterable[Observation]) -> PixelGrid:
    """As many pixels as the first object has."""
    first = next((item for item in observations if item.on_pixels), None)
    if first is None:
        raise UserError(
            "None of the first files holds pixels that could be counted: name the flux by --column flux=NAME."
        )
    return PixelGrid(len(first.flux))


def grid_of(observations: Iterable[Observation], *, air: bool = False) -> SpectralGrid:
    """The grid that suits some spectra, as `suggest_grid`.

    Raises
    ------
    UserError
        There is none among them that reaches beyond `SHORTEST` Angstrom with two pixels.
    """
    return grid_of_ranges([rest_range(item, air) for item in observations if not item.is_sky])


def grid_of_ranges(ranges: Sequence[tuple[float, float, float]]) -> SpectralGrid:
    """The same of what `rest_range` gives."""
    usable = [item for item in ranges if item[0] >= SHORTEST and item[1] > item[0] and item[2] > 0]
    if not usable:
        raise UserError("None of the first files holds a spectrum to take the grid from: give its range by hand.")
    low, high, step = np.median(np.array(usable), axis=0)
    start, stop = float(np.ceil(low)), float(np.floor(high))
    n_pixel = round(np.log10(stop / start) / step) + 1
    return SpectralGrid.from_range(start, stop, int(np.clip(n_pixel, 2, MAX_PIXELS)))


def _observations(paths: Sequence[Path], hints: FileHints) -> Iterator[Observation]:
    for path in find_files(list(paths))[:N_FILES]:
        try:
            items = read_file(path, hints, most=N_OBJECTS)
            yield from (item for item in items if isinstance(item, Observation) and not item.is_sky)
        except (Refused, NotFound):
            continue


def rest_range(observation: Observation, air: bool = False) -> tuple[float, float, float]:
    """First and last wavelength in Angstrom, rest frame and vacuum, and the median pixel width in dex; 0 without."""
    wavelength = np.asarray(observation.wavelength, dtype=float)
    wavelength = wavelength[np.isfinite(wavelength) & (wavelength > 0)]  # a damaged file may have others
    if len(wavelength) < 2:
        return 0.0, 0.0, 0.0
    if air or observation.in_air:
        wavelength = air_to_vacuum(wavelength)
    redshift = observation.redshift
    if not observation.rest_frame and redshift is not None and np.isfinite(redshift) and redshift > -1:
        wavelength = wavelength / (1.0 + redshift)
    return float(wavelength[0]), float(wavelength[-1]), float(np.median(np.diff(np.log10(wavelength))))
