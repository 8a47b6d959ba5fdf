"""Filter curves of common photometric systems, as flat-topped curves of the published centre and width.

These are not measured transmissions: they give the part of a spectrum that a band covers, to a few per cent.
"""

import numpy as np

from ..errors import BadConfig
from ..grid import SpectralGrid

FILTERS = {
    "u": (3551.0, 599.0),
    "g": (4686.0, 1379.0),
    "r": (6166.0, 1382.0),
    "i": (7480.0, 1535.0),
    "z": (8932.0, 1370.0),
    "U": (3650.0, 660.0),
    "B": (4450.0, 940.0),
    "V": (5510.0, 880.0),
    "R": (6580.0, 1380.0),
    "I": (8060.0, 1490.0),
}
"""Effective wavelength and full width at half maximum, Angstrom: SDSS in small letters, Johnson-Cousins in capitals."""

MIN_INSIDE = 0.8
"""Least share of the full width of a filter that the grid has to cover."""


def filter_curves(names: str, grid: SpectralGrid) -> np.ndarray:
    """Transmission (n_band, n_pixel) of those filters that the grid covers.

    Parameters
    ----------
    names
        One letter each.
    grid
        Where the pixels lie.

    Raises
    ------
    BadConfig
        An unknown filter, or no filter on the grid.
    """
    unknown = [name for name in names if name not in FILTERS]
    if unknown or not names:
        raise BadConfig(
            f"There is no filter {''.join(unknown)!r}: the filters are {''.join(FILTERS)}, as in bands:ugr."
        )
    curves = []
    for centre, width in (FILTERS[name] for name in dict.fromkeys(names)):
        low, high = np.clip([centre - width / 2, centre + width / 2], *grid.edges[[0, -1]])
        if high - low >= MIN_INSIDE * width:
            curves.append(np.exp(-np.log(2) * (2 * (grid.wavelength - centre) / width) ** 6))
    if not curves:
        raise BadConfig(f"None of the filters {names} lies on the grid {grid}: choose others of {''.join(FILTERS)}.")
    return np.array(curves)
