"""Test of reported latent widths against the scatter that noise causes: Portillo et al. (2020), section 3.4.

White noise is added to spectra of high S/N, many times over, and each realisation is encoded. The scatter of the latent
means is a Monte Carlo measurement of what noise does; a calibrated encoder reports it as its variance, at any S/N.
The ivar given to the model is that of the added noise: the observed spectrum stands for the noiseless truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..models import Ability, LatentModel, require_ability
from ..progress import Progress, Report, ignore

USED = 0.5
"""Reported variance, as a share of the prior's, above which a latent counts as unused by the model."""


@dataclass(frozen=True, eq=False)
class NoiseTest:
    """Effect of noise on the latents of some spectra.

    Parameters
    ----------
    snr
        (n_snr,) median S/N per seen pixel.
    reported
        (n, n_snr, n_latent) variance that the model reports, the mean over realisations.
    scattered
        The same shape: variance of the latent means over realisations.
    moved
        The same shape: mean of the latent means minus the latent of the spectrum without added noise.
    own
        (n, n_latent) variance that the model reports of the spectra without added noise.
    used
        (n_latent,) bool, whether a latent is narrower than the prior in the spectra without added noise.
    """

    snr: np.ndarray
    reported: np.ndarray
    scattered: np.ndarray
    moved: np.ndarray
    own: np.ndarray
    used: np.ndarray

    @property
    def variance_ratio(self) -> np.ndarray:
        """(n, n_snr, n_latent) reported variance over scattered variance: 1 where the width is calibrated."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.reported / self.scattered

    @property
    def bias(self) -> np.ndarray:
        """(n, n_snr, n_latent) mean displacement by the noise, in units of the standard deviation reported there."""
        return self.moved / np.sqrt(self.reported)

    @property
    def bias_of_original(self) -> np.ndarray:
        """(n, n_snr, n_latent) the same in units of the width of the spectrum without added noise (Fig. 17)."""
        return self.moved / np.sqrt(self.own[:, None])

    def rows(self) -> list[dict[str, object]]:
        """One row for each S/N and latent (counted from 1): medians over the spectra, of the bias without its sign."""
        ratio, bias = np.median(self.variance_ratio, axis=0), np.median(np.abs(self.bias), axis=0)
        of_original = np.median(np.abs(self.bias_of_original), axis=0)
        return [
            {
                "snr": float(snr),
                "latent": latent + 1,
                "variance_ratio": float(ratio[i, latent]),
                "bias": float(bias[i, latent]),
                "bias_of_original": float(of_original[i, latent]),
                "used": bool(self.used[latent]),
            }
            for i, snr in enumerate(self.snr)
            for latent in range(len(self.used))
        ]


def noise_test(
    model: LatentModel,
    spectra: SpectraSet,
    snr: Sequence[float],
    n_realisations: int,
    rng: np.random.Generator,
    report: Report = ignore,
) -> NoiseTest:
    """Measure the effect of added noise on the latents of spectra.

    Parameters
    ----------
    model
        Model that reports widths.
    spectra
        n spectra of high S/N.
    snr
        Median S/N per seen pixel, each above 0.
    n_realisations
        For each spectrum and S/N, at least 2; the variances are known to sqrt(2 / n_realisations).
    rng
        Generator of the noise.
    report
        Called for each spectrum and S/N.

    Raises
    ------
    BadConfig
        The model reports no widths, there is no spectrum or S/N, an S/N is not positive, or a spectrum has no flux.
    """
    _check(model, snr, n_realisations, spectra)
    shape = (len(spectra), len(snr), model.n_latent)
    reported, scattered, moved = np.empty(shape), np.empty(shape), np.empty(shape)
    widths = np.empty((len(spectra), model.n_latent))
    for i in range(len(spectra)):
        spectrum = spectra.take(slice(i, i + 1))
        centre, log_variance = model.encode_uncertainty(_with_noise(spectrum, _own_snr(spectrum), 1, None))
        widths[i] = np.exp(log_variance[0])
        for j, wanted in enumerate(snr):
            report(Progress((i * len(snr) + j) / (shape[0] * shape[1]), f"{spectrum.ids[0]} at S/N {wanted:g}"))
            means, log_variance = model.encode_uncertainty(_with_noise(spectrum, wanted, n_realisations, rng))
            reported[i, j] = np.exp(log_variance).mean(axis=0)
            scattered[i, j] = means.var(axis=0, ddof=1)
            moved[i, j] = means.mean(axis=0) - centre[0]
    used = np.median(widths, axis=0) < USED
    return NoiseTest(np.asarray(snr, dtype=float), reported, scattered, moved, widths, used)


def brightest(table: pd.DataFrame, n: int) -> np.ndarray:
    """Rows of the n spectra of highest S/N; where S/N is not known, n rows spread evenly over the survey."""
    sn = table["sn"].to_numpy(dtype=float) if "sn" in table else np.full(len(table), np.nan)
    known = np.flatnonzero(np.isfinite(sn))
    if len(known) == 0:
        return np.unique(np.linspace(0, len(table) - 1, min(n, len(table))).astype(int))
    return known[np.argsort(-sn[known], kind="stable")[:n]]


def _check(model: LatentModel, snr: Sequence[float], n_realisations: int, spectra: SpectraSet) -> None:
    require_ability(model, Ability.ENCODES_UNCERTAINTY)
    if len(snr) == 0 or not all(np.isfinite(value) and value > 0 for value in snr):
        raise BadConfig(f"The S/N are {list(snr)}: give at least one, each above 0.")
    if n_realisations < 2:
        raise BadConfig(f"There are {n_realisations} realisations of the noise: at least 2 are needed for a variance.")
    if len(spectra) == 0:
        raise BadConfig("No spectrum was chosen: name at least one object.")


def _with_noise(spectrum: SpectraSet, snr: float, n: int, rng: np.random.Generator | None) -> SpectraSet:
    """The same spectrum n times, each with its own noise of constant standard deviation, which the ivar states.

    Without ``rng`` the noise is stated only.
    """
    seen = spectrum.seen
    sigma = float(_level(spectrum) / snr)
    flux = np.repeat(spectrum.flux, n, axis=0)
    if rng is not None:
        flux = flux + np.where(seen, sigma * rng.standard_normal(flux.shape), 0.0).astype(np.float32)
    ivar = np.repeat(np.where(seen, sigma**-2, 0.0).astype(np.float32), n, axis=0)
    table = pd.DataFrame({"id": [f"{spectrum.ids[0]} {number}" for number in range(n)]})
    infilled = None if spectrum.infilled is None else np.where(seen, flux, spectrum.infilled)
    return SpectraSet(spectrum.grid, flux, ivar, table, infilled, spectrum.scale)


def _level(spectrum: SpectraSet) -> float:
    """Median flux over seen pixels."""
    level = float(np.median(spectrum.flux[spectrum.seen])) if spectrum.seen.any() else 0.0
    if level <= 0:
        raise BadConfig(f"The median flux of {spectrum.ids[0]} is not positive, so that it has no S/N: choose another.")
    return level


def _own_snr(spectrum: SpectraSet) -> float:
    """Median S/N per seen pixel, at least 1."""
    return max(1.0, float(np.median((spectrum.flux * np.sqrt(spectrum.ivar))[spectrum.seen])))
