"""Light that is not stars: narrow lines of ionised gas, and the nucleus of a type 1 active galaxy.

Narrow lines are given relative to H alpha. Where an object lies in the plane of [N II]/H alpha and [O III]/H beta
decides most of the other ratios; dust reddens them by the law of the continuum.
"""

import numpy as np
import pandas as pd

from ...grid import SPEED_OF_LIGHT
from ...lines import FWHM_PER_SIGMA, LINE
from .populations import INSTRUMENT_DISPERSION, transmission
from .stars import balmer_wavelength

CASE_B = 2.86
"""H alpha / H beta of gas at 10,000 K and low density without dust."""

NARROW_LINES: dict[str, float] = {
    "[Ne_V] 3426": 3426.85,
    "[O_II] 3725": 3727.09,
    "[O_II] 3727": 3729.88,
    "[Ne_III] 3868": 3869.86,
    "H_zeta": balmer_wavelength(8),
    "[Ne_III] 3970": 3968.59,
    "H_epsilon": balmer_wavelength(7),
    "H_delta": LINE["h_delta"].wavelength,
    "H_gamma": LINE["h_gamma"].wavelength,
    "[O_III] 4363": 4364.44,
    "He_I 4471": 4472.76,
    "He_II 4685": LINE["he_ii_4686"].wavelength,
    "H_beta": LINE["h_beta"].wavelength,
    "[O_III] 4959": LINE["oiii_4959"].wavelength,
    "[O_III] 5007": LINE["oiii_5007"].wavelength,
    "He_I 5876": LINE["he_i_5876"].wavelength,
    "[O_I] 6300": LINE["oi_6300"].wavelength,
    "[O_I] 6363": 6365.54,
    "[N_II] 6548": LINE["nii_6548"].wavelength,
    "H_alpha": LINE["h_alpha"].wavelength,
    "[N_II] 6583": LINE["nii_6584"].wavelength,
    "He_I 6678": 6680.00,
    "[S_II] 6716": LINE["sii_6717"].wavelength,
    "[S_II] 6730": LINE["sii_6731"].wavelength,
    "He_I 7065": 7067.20,
    "[Ar_III] 7135": 7137.76,
}
"""Vacuum wavelengths at rest (Angstrom) by the names that the SDSS pipeline gives to lines, where it fits them."""

H_ALPHA_COLUMN = list(NARROW_LINES).index("H_alpha")

BROAD_STRENGTHS: dict[str, float] = {
    "H_alpha": 1.0,
    "H_beta": 0.32,
    "H_gamma": 0.15,
    "H_delta": 0.08,
    "H_epsilon": 0.04,
    "He_I 5876": 0.05,
    "He_II 4685": 0.03,
}
"""Broad permitted lines relative to broad H alpha, dust included: dense gas with a decrement near 3.1."""

# Optical multiplets 37, 38, 42, 48 and 49 of Fe II: the two bumps on either side of H beta.
_IRON_II = np.array([
    4490.4, 4492.7, 4509.5, 4516.6, 4521.5, 4523.9, 4542.8, 4550.7, 4557.2, 4577.6, 4584.2, 4621.8, 4630.6, 4668.1,
    4925.3, 5019.8, 5170.5, 5199.0, 5236.1, 5266.3, 5277.5, 5285.6, 5318.1, 5326.9, 5338.4, 5364.3, 5416.2,
])  # fmt: skip


def kewley_2001(log_nii_ha: np.ndarray) -> np.ndarray:
    """Largest log [O III]/H beta of star formation, left of 0.47 (Kewley et al. 2001, ApJ 556, 121, Eq. 5)."""
    return 0.61 / (log_nii_ha - 0.47) + 1.19


def kauffmann_2003(log_nii_ha: np.ndarray) -> np.ndarray:
    """Upper edge of the star-forming sequence, left of 0.05 (Kauffmann et al. 2003, MNRAS 346, 1055, Eq. 1)."""
    return 0.61 / (log_nii_ha - 0.05) + 1.3


def star_forming_sequence(log_nii_ha: np.ndarray) -> np.ndarray:
    """Ridge of nearby star-forming galaxies, left of 0.08 (Kewley et al. 2013, ApJ 774, L10, Eq. 1 at redshift 0)."""
    return 0.61 / (log_nii_ha + 0.08 - 0.16) + 1.1


def narrow_line_ratios(log_nii_ha: np.ndarray, log_oiii_hb: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Strengths of `NARROW_LINES` relative to H alpha before dust.

    Parameters
    ----------
    log_nii_ha, log_oiii_hb
        (n,) log10 of [N II] 6584 / H alpha and of [O III] 5007 / H beta.
    active
        (n,) 0 for gas ionised by young stars, 1 by an active nucleus, between for composites.

    Returns
    -------
    (n, n_line), in the order of `NARROW_LINES`.
    """
    h_beta = 1 / CASE_B
    nii, oiii = 10**log_nii_ha, 10**log_oiii_hb * h_beta
    # [S II] and [O I] follow metallicity in star-forming gas and stand out in gas ionised by hard radiation.
    sii = 10 ** np.clip(-0.40 + 0.30 * (log_nii_ha + 0.45) + active * 0.05, -1.0, 0.0)
    oi = 10 ** (-1.55 + 0.25 * (log_nii_ha + 0.45) + active * 0.70)
    oii = h_beta * 10 ** (
        0.42 - 0.45 * (log_nii_ha + 0.55) ** 2 - 0.2 * np.clip(log_nii_ha + 0.5, 0, None) + 0.25 * active
    )
    hot = np.clip(-0.7 - log_nii_ha, 0, 1) + 0.5 * active  # electron temperature: metal-poor or hard-ionised gas
    of_h_beta = {
        "H_zeta": 0.105, "H_epsilon": 0.159, "H_delta": 0.259, "H_gamma": 0.468, "H_beta": 1.0,
        "He_I 4471": 0.04, "He_I 5876": 0.115, "He_I 6678": 0.033, "He_I 7065": 0.022,
        "He_II 4685": 0.24 * active, "[Ne_V] 3426": 0.35 * active**2,
    }  # fmt: skip
    strengths = {name: value * h_beta for name, value in of_h_beta.items()} | {
        "[O_II] 3725": 0.43 * oii, "[O_II] 3727": 0.57 * oii,
        "[Ne_III] 3868": 0.09 * oiii, "[Ne_III] 3970": 0.027 * oiii, "[O_III] 4363": 0.012 * hot * oiii,
        "[O_III] 4959": oiii / 2.98, "[O_III] 5007": oiii,
        "[O_I] 6300": oi, "[O_I] 6363": oi / 3.0,
        "[N_II] 6548": nii / 3.0, "H_alpha": 1.0, "[N_II] 6583": nii,
        "[S_II] 6716": 0.56 * sii, "[S_II] 6730": 0.44 * sii, "[Ar_III] 7135": 0.06 * h_beta + 0.012 * oiii,
    }  # fmt: skip
    return np.stack([np.broadcast_to(strengths[name], log_nii_ha.shape) for name in NARROW_LINES], axis=1)


def reddened(ratios: np.ndarray, colour_excess: np.ndarray) -> np.ndarray:
    """Line ratios to H alpha as they arrive through dust of E(B-V); both (n, n_line) with H alpha kept at its value."""
    wavelengths = np.array(list(NARROW_LINES.values()))
    through = transmission(wavelengths, colour_excess)
    return ratios * through / through[:, [H_ALPHA_COLUMN]]


def gaussian(wavelength: np.ndarray, centre: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Normalised profiles per Angstrom; the arrays broadcast."""
    return np.exp(-0.5 * ((wavelength - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def observed_sigma(centre: np.ndarray, velocity_sigma: np.ndarray) -> np.ndarray:
    """Gaussian sigma in Angstrom of a line of the given velocity dispersion (km/s) after the spectrograph."""
    return centre * np.hypot(velocity_sigma, INSTRUMENT_DISPERSION) / SPEED_OF_LIGHT


def nucleus_light(objects: pd.DataFrame, wavelength: np.ndarray) -> np.ndarray:
    """Continuum, Fe II and broad lines of type 1 nuclei in the rest frame, the power law being 1 at 5500 Angstrom.

    Parameters
    ----------
    objects
        n rows with ``slope``, ``broad_fwhm`` (km/s), ``broad_ew`` (Angstrom, of H alpha on the nuclear continuum) and
        ``iron`` (equivalent width of the Fe II between 4434 and 4684 Angstrom in units of that of broad H beta).
    wavelength
        (n_pixel,) Angstrom, rest frame.

    Returns
    -------
    (n, n_pixel) flux per Angstrom.
    """
    slope, fwhm, iron = (objects[name].to_numpy()[:, None] for name in ("slope", "broad_fwhm", "iron"))
    power_law = (wavelength / 5500.0) ** -slope
    h_alpha = objects["broad_ew"].to_numpy()[:, None] * (LINE["h_alpha"].wavelength / 5500.0) ** -slope
    velocity_sigma = fwhm / FWHM_PER_SIGMA
    light = power_law * (1 + _small_blue_bump(wavelength))
    for name, strength in BROAD_STRENGTHS.items():
        centre = NARROW_LINES[name]
        light += strength * h_alpha * gaussian(wavelength, centre, observed_sigma(centre, velocity_sigma))
    of_iron = BROAD_STRENGTHS["H_beta"] * iron * h_alpha / 14  # fourteen lines make the bump that ``iron`` measures
    for centre in _IRON_II:
        light += of_iron * gaussian(wavelength, centre, observed_sigma(centre, velocity_sigma))
    return light


def _small_blue_bump(wavelength: np.ndarray) -> np.ndarray:
    """Balmer continuum and merging lines relative to the power law: a shoulder below 3900 Angstrom."""
    return 0.22 / (1 + np.exp((wavelength - 3800.0) / 60.0))
