"""Spectral lines: rest wavelengths in vacuum, windows for equivalent widths, and air to vacuum."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """A line or a blend, at rest, in vacuum.

    Parameters
    ----------
    key
        Column-safe name, as ``h_alpha``.
    label
        What a plot writes.
    wavelength
        Rest wavelength in vacuum, Angstrom.
    emission
        Whether galaxies show it mostly in emission.
    """

    key: str
    label: str
    wavelength: float
    emission: bool


LINES: tuple[Line, ...] = (
    Line("oii_3727", "[O II]", 3728.48, True),
    Line("ca_k", "Ca K", 3934.78, False),
    Line("ca_h", "Ca H", 3969.59, False),
    Line("h_delta", "Hδ", 4102.89, True),
    Line("g_band", "G band", 4305.61, False),
    Line("h_gamma", "Hγ", 4341.68, True),
    Line("he_ii_4686", "He II", 4686.99, True),
    Line("h_beta", "Hβ", 4862.68, True),
    Line("oiii_4959", "[O III]", 4960.30, True),
    Line("oiii_5007", "[O III]", 5008.24, True),
    Line("mg_b", "Mg b", 5176.63, False),
    Line("he_i_5876", "He I", 5877.25, True),
    Line("na_d", "Na D", 5895.60, False),
    Line("oi_6300", "[O I]", 6302.05, True),
    Line("nii_6548", "[N II]", 6549.85, True),
    Line("h_alpha", "Hα", 6564.61, True),
    Line("nii_6584", "[N II]", 6585.27, True),
    Line("sii_6717", "[S II]", 6718.29, True),
    Line("sii_6731", "[S II]", 6732.67, True),
)
"""Lines of galaxies and stars in the optical. Wavelengths: the SDSS spectroscopic pipeline's line list (vacuum)."""

LINE = {line.key: line for line in LINES}

FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gaussian in units of its standard deviation."""


@dataclass(frozen=True)
class Index:
    """An absorption index: a feature between two stretches of continuum, in air as it was defined.

    Parameters
    ----------
    key
        Column-safe name.
    label
        What a plot writes.
    feature, blue, red
        First and last wavelength of the feature and of the continuum on either side, Angstrom, in air.
    """

    key: str
    label: str
    feature: tuple[float, float]
    blue: tuple[float, float]
    red: tuple[float, float]

    @property
    def windows(self) -> np.ndarray:
        """(3, 2) Angstrom in vacuum: feature, blue, red."""
        return air_to_vacuum(np.array([self.feature, self.blue, self.red]))


INDICES: tuple[Index, ...] = (
    Index("hd_a", "HδA", (4083.500, 4122.250), (4041.600, 4081.500), (4128.500, 4161.000)),
    Index("mg_b", "Mg b", (5160.125, 5192.625), (5117.700, 5142.700), (5191.375, 5206.375)),
    Index("na_d", "Na D", (5876.875, 5909.375), (5860.625, 5875.675), (5922.125, 5948.125)),
)
"""Lick indices of age and metals: Worthey & Ottaviani (1997, ApJS 111, 377, HδA); Trager et al. (1998, ApJS 116, 1)."""

D4000_WINDOWS = ((3850.0, 3950.0), (4000.0, 4100.0))
"""Below and above the 4000 Angstrom break (Balogh et al. 1999, ApJ 527, 54), taken in vacuum here: the shift of one
Angstrom from air changes the break by less than its error in survey spectra."""


def air_to_vacuum(wavelength: np.ndarray) -> np.ndarray:
    """Wavelengths in vacuum (Angstrom) of wavelengths measured in air, shape kept.

    The refractive index of standard air by Morton (2000, ApJS 130, 403, Eq. 8), evaluated at the air wavelength; the
    difference from iterating is below 1e-5 Angstrom in the optical. Below 2000 Angstrom air wavelengths are not in use
    and are returned as they are.

    Examples
    --------
    Hα lies at 6562.8 Angstrom in air.

    >>> float(air_to_vacuum(6562.8).round(2))
    6564.61
    """
    wavelength = np.asarray(wavelength, dtype=float)
    sigma2 = (1e4 / wavelength) ** 2
    index = 1 + 8.34254e-5 + 2.406147e-2 / (130 - sigma2) + 1.5998e-4 / (38.9 - sigma2)
    return np.where(wavelength < 2000.0, wavelength, wavelength * index)
