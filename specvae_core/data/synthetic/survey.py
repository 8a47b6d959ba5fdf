"""The demo survey: synthetic objects seen by a synthetic spectrograph, in the shape in which real files arrive.

Nothing in it was ever observed. It exists so that the program can be tried and tested where the truth is known: ids
begin with ``demo-``, and every observation names its source.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator, SeedSequence, default_rng

from ...errors import BadConfig
from ...grid import SPEED_OF_LIGHT
from ...lines import FWHM_PER_SIGMA
from ..readers.units import FLUX_UNIT
from ..spectra import LineFit, Observation
from . import spectrograph
from .light import ObservedLight, observe_light
from .line_fits import fit_lines
from .nebular import H_ALPHA_COLUMN
from .objects import draw_objects
from .populations import dust_law

_BATCH = 500


@dataclass(frozen=True, eq=False)
class SyntheticBatch:
    """A batch of some hundred objects with their truth.

    Parameters
    ----------
    first
        Number of the first of them within the survey.
    objects
        n rows of truth, as `draw_objects` makes them.
    light
        What reached the spectrograph: fluxes without noise.
    flux, ivar
        (n, n_pixel) what was observed.
    line_fits
        n tuples.
    """

    first: int
    objects: pd.DataFrame
    light: ObservedLight
    flux: np.ndarray
    ivar: np.ndarray
    line_fits: list[tuple[LineFit, ...]]


def demo_observations(n: int = 4000, seed: int = 0) -> Iterator[Observation]:
    """Spectra of a synthetic survey: ``n`` galaxies, active nuclei and planted outliers.

    SDSS-like pixels and noise, observed frame, vacuum wavelengths, flux in 1e-17 erg/s/cm2/Angstrom. ``columns`` has
    what a survey's catalogue has (``class`` is GALAXY or QSO, outliers being taken for galaxies; ``ra``, ``dec``) and
    the truth: ``true_kind`` (the class, or the kind of outlier) and numbers whose names begin with ``true_``, NaN where
    an object has no such thing.

    The same ``n`` and ``seed`` give the same spectra to the last bit; another ``n`` gives other spectra.

    Raises
    ------
    BadConfig
        For a number of spectra below 1 or a negative seed.
    """
    if n < 1 or seed < 0:
        raise BadConfig(f"A demo survey has at least 1 spectrum and a seed of at least 0, got n = {n}, seed = {seed}.")
    return _observations(n, seed)


def synthetic_batches(n: int, seed: int) -> Iterator[SyntheticBatch]:
    """The survey in batches, with the fluxes before noise."""
    for_objects, for_noise = SeedSequence(seed).spawn(2)
    objects = draw_objects(n, default_rng(for_objects))
    rng = default_rng(for_noise)
    for first in range(0, n, _BATCH):
        yield _observe(first, objects.iloc[first : first + _BATCH].reset_index(drop=True), rng)


def _observe(first: int, objects: pd.DataFrame, rng: Generator) -> SyntheticBatch:
    light = observe_light(objects)
    flux, ivar = spectrograph.expose(light.flux, objects["noise"].to_numpy(), objects["missing"].to_numpy(), rng)
    return SyntheticBatch(first, objects, light, flux, ivar, fit_lines(objects, light, flux, ivar, rng))


def _observations(n: int, seed: int) -> Iterator[Observation]:
    wavelength = spectrograph.WAVELENGTH
    for batch in synthetic_batches(n, seed):
        for row, columns in enumerate(_catalogue(batch).to_dict("records")):
            yield Observation(
                id=f"demo-{batch.first + row:05d}",
                wavelength=wavelength,
                flux=batch.flux[row],
                ivar=batch.ivar[row],
                redshift=float(batch.objects.at[row, "redshift"]),
                columns=columns,
                line_fits=batch.line_fits[row],
                source=f"synthetic demo survey, seed {seed}",
                flux_unit=FLUX_UNIT,
            )


def _catalogue(batch: SyntheticBatch) -> pd.DataFrame:
    """The survey's catalogue of the objects, and the truth; n rows."""
    objects, light = batch.objects, batch.light
    of_galaxy = np.where(objects["host"] != "", 1.0, np.nan)  # stars have no such properties
    type1 = objects["broad_fwhm"].to_numpy() > 0
    fwhm = np.where(type1, objects["broad_fwhm"], FWHM_PER_SIGMA * objects["sigma_gas"])
    broad_ew = light.broad_h_alpha / np.where(type1, light.h_alpha_continuum * (1 + objects["redshift"]), 1.0)
    sn = np.where(batch.ivar > 0, light.flux * np.sqrt(batch.ivar), np.nan)
    return pd.DataFrame(
        {
            "class": np.where(type1, "QSO", "GALAXY"),
            "ra": objects["ra"],
            "dec": objects["dec"],
            "true_kind": objects["kind"],
            "true_age_fraction_young": objects["young"] * of_galaxy,
            "true_age_fraction_intermediate": objects["intermediate"] * of_galaxy,
            "true_nucleus_fraction": objects["nucleus"] * of_galaxy,
            "true_metallicity": objects["metallicity"] * of_galaxy,
            "true_sigma_v": objects["sigma_v"] * of_galaxy,
            "true_dust": objects["dust"] * of_galaxy,
            "true_d4000": light.d4000,
            "true_h_alpha_ew": (objects["h_alpha_ew"] + broad_ew) * of_galaxy,
            "true_h_alpha_fwhm": fwhm * of_galaxy,
            "true_log_nii_ha": objects["log_nii_ha"] * of_galaxy,
            "true_log_oiii_hb": objects["log_oiii_hb"] * of_galaxy,
            "true_log_sfr": _log_star_formation_rate(objects, light),
            "true_sn": np.nanmedian(sn, axis=1),
        }
    )


def _log_star_formation_rate(objects: pd.DataFrame, light: ObservedLight) -> np.ndarray:
    """log10 of solar masses a year within the fibre from H alpha (Kennicutt 1998); NaN unless stars ionise the gas.

    Distances for H0 = 70 km/s/Mpc and a matter density of 0.3, to second order in redshift.
    """
    redshift = objects["redshift"].to_numpy()
    distance = SPEED_OF_LIGHT / 70.0 * redshift * (1 + 0.775 * redshift) * 3.0857e24  # luminosity distance, cm
    undimmed = light.line_area[:, H_ALPHA_COLUMN] * 10 ** (0.4 * objects["dust"] * dust_law(6564.6))
    rate = 7.9e-42 * 1e-17 * 4 * np.pi * distance**2 * undimmed.to_numpy()
    star_forming = (objects["host"] == "emission-line").to_numpy()
    return np.log10(np.where(star_forming, rate, np.nan))
