"""What there is in the synthetic sky: the physical truth of every object, drawn before any light is made.

Star-forming galaxies lie along one sequence in ``activity`` (0 to 1): with it the share of young stars and the H alpha
equivalent width rise, metallicity and dispersion fall. Every distribution has hard limits, so that no ordinary object
is an outlier merely by lying in a tail.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import ndtr, ndtri

from .nebular import kauffmann_2003, kewley_2001, star_forming_sequence

CLASS_FRACTIONS = {"emission-line": 0.325, "narrow-line AGN": 0.05, "broad-line AGN": 0.025}
"""Shares of the survey; quiescent galaxies (about 0.59) are the rest."""

OUTLIER_KINDS = ("A star", "M star", "arm break", "missing range", "low S/N", "blend")
"""What goes wrong in a survey: the kinds of outlier of Portillo et al. (2020, Table 2)."""

Columns = dict[str, np.ndarray]


def draw_objects(n: int, rng: Generator) -> pd.DataFrame:
    """Draw the truth of ``n`` objects, classes and planted outliers shuffled.

    Returns
    -------
    n rows. ``kind`` is the class or the kind of outlier, ``host`` the class of the galaxy in the fibre (empty for
    stars). Light fractions (``young``, ``intermediate``, ``nucleus``, ``star_light``) refer to 5500 Angstrom,
    dispersions in km/s, equivalent widths in Angstrom at rest, ``dust`` is E(B-V) of the gas.
    """
    n_each = max(int(n >= 400), round(n / 600))
    n_outliers = n_each * len(OUTLIER_KINDS)
    counts = {name: round((n - n_outliers) * share) for name, share in CLASS_FRACTIONS.items()}
    counts["quiescent"] = n - n_outliers - sum(counts.values())
    blocks = [_galaxies(name, count, rng) for name, count in counts.items()]
    blocks += [_outliers(kind, n_each, rng) for kind in OUTLIER_KINDS if n_each]
    objects = pd.concat(blocks, ignore_index=True)
    return objects.iloc[rng.permutation(n)].reset_index(drop=True)


def bounded(rng: Generator, mean: np.ndarray | float, sd: float, low: float, high: float, n: int) -> np.ndarray:
    """``n`` normal deviates restricted to ``low`` … ``high``, by inverting the distribution function."""
    bottom, top = ndtr((low - mean) / sd), ndtr((high - mean) / sd)
    return mean + sd * ndtri(bottom + (top - bottom) * rng.uniform(size=n))


def _log_uniform(rng: Generator, low: float, high: float, n: int) -> np.ndarray:
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


def _galaxies(name: str, n: int, rng: Generator) -> pd.DataFrame:
    """``n`` galaxies of one class with redshift and S/N; columns that a class does not know are 0."""
    columns: Columns = dict.fromkeys(("nucleus", "slope", "broad_fwhm", "broad_ew", "iron", "star_light"), np.zeros(n))
    columns |= {"star_temperature": np.full(n, 5000.0), "red_arm": np.ones(n), "missing": np.zeros(n)}
    columns |= {
        "redshift": 0.02 + 0.34 * rng.beta(2.0, 6.0, n),
        "sn": np.exp(bounded(rng, np.log(14.0), 0.5, np.log(5.0), np.log(88.0), n)),
        "noise": np.exp(bounded(rng, 0.0, 0.15, -0.4, 0.4, n)),
        "ra": rng.uniform(120.0, 250.0, n),
        "dec": np.degrees(np.arcsin(rng.uniform(0.0, np.sin(np.radians(60.0)), n))),
    }
    columns |= _CLASSES[name](n, rng)
    return pd.DataFrame(columns).assign(kind=name, host=name)


def _quiescent(n: int, rng: Generator) -> Columns:
    """Old galaxies; one in twenty had a burst half a gigayear ago and is post-starburst now."""
    mass = bounded(rng, 0.0, 1.0, -2.2, 2.2, n)
    burst = rng.uniform(size=n) < 0.05
    intermediate = np.where(burst, rng.uniform(0.25, 0.85, n), bounded(rng, 0.0, 0.05, 0.0, 0.14, n))
    return {
        "young": rng.uniform(0.0, 0.012, n),
        "intermediate": intermediate,
        "very_young_share": np.full(n, 0.3),
        "recent_share": np.where(burst, rng.uniform(0.3, 0.9, n), 0.2),
        "old_share": np.clip(0.75 + 0.1 * mass + bounded(rng, 0.0, 0.12, -0.3, 0.3, n), 0.3, 1.0),
        "metallicity": 0.03 + 0.09 * mass + bounded(rng, 0.0, 0.08, -0.2, 0.2, n),
        "sigma_v": np.where(burst, 140.0, 195.0) + 38.0 * mass,
        "dust": bounded(rng, 0.05, 0.10, 0.0, 0.35, n),
        "h_alpha_ew": bounded(rng, 0.08, 0.15, 0.0, 0.32, n),
        "log_nii_ha": bounded(rng, 0.10, 0.1, -0.15, 0.3, n),
        "log_oiii_hb": bounded(rng, 0.30, 0.15, 0.0, 0.6, n),
        "active": np.full(n, 0.7),
        "sigma_gas": bounded(rng, 170.0, 40.0, 90.0, 260.0, n),
    }


def _emission_line(n: int, rng: Generator) -> Columns:
    """Star-forming galaxies from the green valley to extreme emitters; one in ten with a weak active nucleus."""
    branch = rng.uniform(size=n)
    activity = bounded(rng, 0.52, 0.15, 0.15, 0.85, n)
    activity = np.where(branch < 0.06, rng.uniform(0.10, 0.28, n), activity)
    activity = np.where(branch > 0.91, 1 - 0.28 * rng.uniform(size=n) ** 1.3, activity)
    nii = -0.32 - 0.25 * activity - 2.2 * np.clip(activity - 0.62, 0, None) + bounded(rng, 0.0, 0.07, -0.2, 0.2, n)
    oiii = star_forming_sequence(nii) + bounded(rng, 0.0, 0.07, -0.2, 0.2, n)
    oiii = np.minimum(oiii, kauffmann_2003(nii) - 0.02)
    composite = (rng.uniform(size=n) < 0.11) & (activity < 0.7)
    mixed = np.where(composite, rng.uniform(0.25, 0.65, n), 0.0)
    nii = np.minimum(nii + 0.3 * mixed, -0.12)
    oiii = oiii + mixed * (kewley_2001(nii) - 0.05 - oiii)
    return {
        "young": 0.72 * activity**1.7 * np.exp(bounded(rng, 0.0, 0.15, -0.4, 0.3, n)),
        "intermediate": bounded(rng, 0.08 + 0.13 * np.sin(np.pi * activity), 0.05, 0.0, 0.25, n),
        "very_young_share": 0.25 + 0.45 * activity,
        "recent_share": np.full(n, 0.45),
        "old_share": bounded(rng, 0.65 - 0.4 * activity, 0.1, 0.0, 1.0, n),
        "metallicity": bounded(rng, 0.10 - 0.65 * activity, 0.1, -0.8, 0.3, n),
        "sigma_v": bounded(rng, 165.0 - 85.0 * activity, 22.0, 60.0, 240.0, n),
        "dust": bounded(rng, 0.08 + 1.2 * activity * (1 - activity), 0.1, 0.0, 0.75, n),
        "h_alpha_ew": 10 ** (2.4 * activity + bounded(rng, 0.0, 0.1, -0.25, 0.25, n)),
        "log_nii_ha": nii,
        "log_oiii_hb": oiii,
        "active": mixed,
        "sigma_gas": bounded(rng, 130.0 - 65.0 * activity, 18.0, 45.0, 180.0, n),
    }


def _narrow_line_agn(n: int, rng: Generator) -> Columns:
    """Galaxies whose gas is ionised by a hidden nucleus: above the line of Kewley et al. (2001)."""
    nii = bounded(rng, -0.05, 0.12, -0.30, 0.20, n)
    oiii = np.maximum(bounded(rng, 0.75, 0.18, 0.25, 1.10, n), kewley_2001(nii) + 0.12)
    young = rng.uniform(0.02, 0.25, n)
    return {
        "young": young,
        "intermediate": bounded(rng, 0.15, 0.08, 0.0, 0.35, n),
        "very_young_share": np.full(n, 0.4),
        "recent_share": np.full(n, 0.4),
        "old_share": bounded(rng, 0.6, 0.15, 0.2, 1.0, n),
        "metallicity": bounded(rng, 0.0, 0.12, -0.3, 0.3, n),
        "sigma_v": bounded(rng, 150.0, 35.0, 80.0, 250.0, n),
        "dust": bounded(rng, 0.35, 0.15, 0.05, 0.7, n),
        "h_alpha_ew": np.exp(bounded(rng, np.log(16.0) + 3.0 * (young - 0.13), 0.5, np.log(6.0), np.log(70.0), n)),
        "log_nii_ha": nii,
        "log_oiii_hb": oiii,
        "active": np.ones(n),
        "sigma_gas": bounded(rng, 185.0, 40.0, 110.0, 300.0, n),
    }


def _broad_line_agn(n: int, rng: Generator) -> Columns:
    """Type 1: the host and narrow lines of the type 2 objects, with the nucleus in view at 15 to 90% of the light."""
    host = _narrow_line_agn(n, rng)
    fwhm = _log_uniform(rng, 1500.0, 8000.0, n)
    return host | {
        "dust": 0.25 * host["dust"],
        "nucleus": rng.uniform(0.15, 0.90, n),
        "slope": bounded(rng, 1.5, 0.3, 0.9, 2.1, n),
        "broad_fwhm": fwhm,
        "broad_ew": _log_uniform(rng, 180.0, 400.0, n),
        # Iron is strong where lines are narrow (Boroson & Green 1992).
        "iron": bounded(rng, 1.0 - 0.45 * np.log(fwhm / 1500.0), 0.15, 0.05, 1.3, n),
    }


_CLASSES: dict[str, Callable[[int, Generator], Columns]] = {
    "quiescent": _quiescent,
    "emission-line": _emission_line,
    "narrow-line AGN": _narrow_line_agn,
    "broad-line AGN": _broad_line_agn,
}


def _outliers(kind: str, n: int, rng: Generator) -> pd.DataFrame:
    """``n`` objects of one kind of trouble, most of them in ordinary galaxies."""
    n_emission = n // 3
    hosts = [_galaxies("quiescent", n - n_emission, rng), _galaxies("emission-line", n_emission, rng)]
    objects = pd.concat(hosts, ignore_index=True).assign(kind=kind)
    # Far galaxies cover less of the rest frame: with more missing they would not enter a survey at all.
    objects["redshift"] = objects["redshift"].clip(upper=0.2)
    if kind in ("A star", "M star"):
        low, high = (8200.0, 10500.0) if kind == "A star" else (3000.0, 3500.0)
        objects = objects.assign(host="", star_light=1.0, star_temperature=rng.uniform(low, high, n))
        objects["sn"] = rng.uniform(12.0, 30.0, n)
    elif kind == "blend":
        temperature = np.where(rng.uniform(size=n) < 0.5, rng.uniform(3100, 3600, n), rng.uniform(7000, 9500, n))
        objects = objects.assign(star_light=rng.uniform(0.4, 0.65, n), star_temperature=temperature)
    elif kind == "arm break":
        factor = rng.uniform(1.5, 2.0, n)
        objects["red_arm"] = np.where(rng.uniform(size=n) < 0.5, factor, 1 / factor)
    elif kind == "missing range":
        objects["missing"] = rng.uniform(0.26, 0.36, n)
    else:
        objects["sn"] = rng.uniform(0.8, 1.8, n)
    return objects
