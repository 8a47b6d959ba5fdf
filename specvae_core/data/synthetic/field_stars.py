"""A synthetic stellar survey: dwarfs and giants with known Teff, log g and [Fe/H]."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng

from ..spectra import Observation
from .objects import bounded
from .stars import WAVELENGTH, star_spectra

GIANTS = 0.35
"""Share of giants."""

ERRORS = {"teff": 60.0, "logg": 0.08, "feh": 0.05}
"""Errors of the catalogue's labels: K, dex, dex."""

_SEEN = (WAVELENGTH > 3500.0) & (WAVELENGTH < 9200.0)


def draw_stars(n: int, rng: Generator) -> pd.DataFrame:
    """The truth of ``n`` stars: ``teff``, ``logg``, ``feh`` and ``kind``, dwarf or giant.

    Giants follow a giant branch (log g falls by 1 in 330 K), dwarfs a main sequence, each with some scatter.
    """
    giant = rng.random(n) < GIANTS
    teff = np.where(giant, bounded(rng, 4700, 350, 3900, 5400, n), bounded(rng, 5700, 900, 4000, 8000, n))
    branch = 2.3 + (teff - 4700) / 330.0
    sequence = 4.55 - 0.25 * np.clip((teff - 5000) / 1500, 0, 2)
    logg = np.clip(np.where(giant, branch, sequence) + rng.normal(0, 0.15, n), 0.3, 5.0)
    feh = bounded(rng, -0.3, 0.45, -2.2, 0.5, n)
    return pd.DataFrame({"teff": teff, "logg": logg, "feh": feh, "kind": np.where(giant, "giant", "dwarf")})


def star_observations(n: int, seed: int) -> Iterator[Observation]:
    """Spectra of ``n`` stars, at rest in vacuum, with noise of S/N 20 to 200.

    ``columns`` has the labels as a catalogue would, with errors (``teff``, ``teff_err`` and so on), and the truth
    (``true_teff``, ``true_logg``, ``true_feh``).
    """
    rng = default_rng(seed)
    stars = draw_stars(n, rng)
    flux = star_spectra(stars["teff"].to_numpy(), stars["feh"].to_numpy(), stars["logg"].to_numpy())[:, _SEEN]
    snr = 10 ** rng.uniform(np.log10(20), np.log10(200), n)
    for row, star in enumerate(stars.to_dict("records")):
        error = flux[row].mean() / snr[row]
        columns = {"class": star["kind"]}
        for name, sigma in ERRORS.items():
            columns |= {name: star[name] + rng.normal(0, sigma), f"{name}_err": sigma, f"true_{name}": star[name]}
        yield Observation(
            id=f"star-{row:04d}",
            wavelength=WAVELENGTH[_SEEN],
            flux=flux[row] + rng.normal(0, error, _SEEN.sum()),
            ivar=np.full(_SEEN.sum(), error**-2),
            redshift=0.0,
            rest_frame=True,
            columns=columns,
            source=f"synthetic stars, seed {seed}",
        )
