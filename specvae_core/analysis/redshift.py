"""Redshift by reconstruction: which redshift lets a model reproduce a spectrum best.

Portillo et al. (2020, section 4) propose it: try many redshifts and see which one gives a rest-frame spectrum that the
model reconstructs well. On a logarithmic grid a trial redshift is a shift. A spectrum d with weights w (its ivar), kept
at rest under a redshift :math:`z_0`, is compared with a model spectrum f on the same grid as

.. math:: \\chi^2(z) = \\sum_p w_p (d_p - a f_{p+s})^2 + \\sum_{q} w_q (d_q - c_q)^2,\\quad
          1 + z = (1 + z_0)\\, 10^{-s\\,\\delta}

for a shift of s pixels of :math:`\\delta` dex. The first sum runs over seen pixels p that the shifted model covers,
with a free amplitude a, since the mean flux by which spectra are normalised depends on what is seen. The second runs
over seen pixels q that it does not cover: their model is a smooth continuum c (a cubic, fitted to the whole
spectrum). So every redshift has to account for the same pixels, and neither pushing a strong line off
the model's grid nor covering few pixels is a way to a low χ². Redshifts at which less than half of the seen pixels are
covered are not tried.

For a linear model the best f at every shift is a small least-squares problem, whose sums over all shifts are
correlations, done by Fourier transform. For any other model the same is done for many typical spectra (decoded latents
of its survey), and latents, amplitude and redshift are then refined together from the best minima (`refine`).
"""

from collections.abc import Iterator

import numpy as np
import torch

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import SPEED_OF_LIGHT, SpectralGrid, check_grid
from ..models import Ability, LatentModel
from ..models.latent_prior import GaussianPrior, LatentPrior
from .redshift_fit import SEPARATION, RedshiftFit
from .redshift_refine import refine
from .shifts import ShiftedSums, half_shifted

MIN_COVERED = 0.5
"""Share of the seen pixels that a shifted model has to cover."""

LOWEST_Z = -0.005
"""Trial redshifts start here unless a range is given: no star comes nearer than at 1500 km/s."""

N_REFINED = 12
"""Best minima that are refined."""

N_CODES = 256
"""Decoded spectra that represent a non-linear model in the first search."""


class RedshiftFinder:
    """Finds redshifts under one model.

    Parameters
    ----------
    model
        Any model on a wavelength grid.
    examples
        (m, n_latent) latents of spectra such as the model was trained on; those of the objects whose redshifts are
        sought should not be among them. A linear model does without.
    seed
        Seed of the choice among them.
    prior
        Of the latents of a model that is not linear; by default Gaussian, as the examples are.
    """

    def __init__(
        self, model: LatentModel, examples: np.ndarray, seed: int = 0, prior: LatentPrior | None = None
    ) -> None:
        if not isinstance(model.grid, SpectralGrid):
            raise BadConfig(
                "This model knows no wavelengths but bands, and redshift is found from spectra: for redshifts from "
                "photometry train an SDGM, and look at Photo-z."
            )
        self.model = model
        self.linear = Ability.DECODES_LINEARLY in model.abilities
        if self.linear:
            mean = model.mean.numpy()[None]
            templates = np.concatenate([mean[mean.any(axis=1)], model.components.numpy()])
        else:
            if not np.isfinite(examples).all(axis=1).any():
                raise BadConfig("There are no finite latents to start from: encode a survey with this model first.")
            self.codes = typical(examples, N_CODES, np.random.default_rng(seed))
            self.prior = prior or GaussianPrior.of(self.codes)
            templates = model.decode(self.codes)
        self.sums = ShiftedSums(templates, products=self.linear)

    def find(self, spectra: SpectraSet, z_range: tuple[float, float] | None = None) -> Iterator[RedshiftFit | None]:
        """The redshift of each spectrum, one after the other; ``None`` where no redshift can be tried.

        Parameters
        ----------
        spectra
            At rest under the catalogue's column ``z``, where that is missing under redshift 0.
        z_range
            Lowest and highest trial redshift; by default all at which enough pixels are covered.
        """
        check_grid(self.model.grid, spectra.grid)
        n = len(spectra)
        z = spectra.table["z"].to_numpy(float) if "z" in spectra.table else np.full(n, np.nan)
        z = np.nan_to_num(z)
        for row in range(n):
            yield self._find(spectra.flux[row].astype(float), spectra.ivar[row].astype(float), z[row], z_range)

    def _find(self, flux, ivar, z0: float, z_range: tuple[float, float] | None) -> RedshiftFit | None:
        seen, step = ivar > 0, self.model.grid.log10_step
        if not seen.any():
            return None
        trials = _trials(seen, step, z0, z_range)
        if len(trials) < 3:
            return None
        rest = _uncovered_chi2(flux, ivar)
        fitted, best = self._fit(flux, ivar, trials)
        chi2 = fitted + rest(trials)
        minima = _minima(chi2)[:N_REFINED]
        if self.linear:
            refined = [_parabola(trials, chi2, i) for i in minima]
            shifts, values, errors = (np.array(column) for column in zip(*refined, strict=True))
            models = [self._linear_spectrum(best[i], trials[i]) for i in minima]
        else:
            shifts, values, errors, models = refine(
                self.model, flux, ivar, rest, trials[minima], self.codes[best[minima]], self.prior
            )
        z = (1 + z0) * 10 ** (-shifts * step) - 1
        order = np.argsort(values)
        first = order[0]
        apart = SPEED_OF_LIGHT * np.abs(np.log((1 + z) / (1 + z[first]))) > SEPARATION
        second = next((i for i in order if apart[i]), None)
        curve = np.concatenate([trials, shifts]), np.concatenate([chi2, values])
        along = np.argsort(-curve[0], kind="stable")
        model = np.where(np.isfinite(models[first]), models[first], np.nan).astype(np.float32)
        return RedshiftFit(
            trial_z=(1 + z0) * 10 ** (-curve[0][along] * step) - 1,
            trial_chi2=curve[1][along],
            z=float(z[first]),
            z_error=float(errors[first] * step * np.log(10) * (1 + z[first])),
            chi2=float(values[first]),
            second_z=float(z[second]) if second is not None else float("nan"),
            second_chi2=float(values[second]) if second is not None else float("nan"),
            n_pixel=int(seen.sum()),
            covered=float((seen & np.isfinite(model)).sum() / seen.sum()),
            flux=model,
        )

    def _fit(self, flux, ivar, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """χ² over covered pixels at each trial shift (t,), and the template's number or the coefficients (t, k)."""
        data = self.sums.covered(ivar * flux**2, trials)
        right = self.sums.with_template(ivar * flux, trials)
        if not self.linear:
            power = np.maximum(self.sums.squared(ivar, trials), 1e-30)
            gain = np.square(np.maximum(right, 0)) / power
            best = gain.argmax(axis=0)
            return data - gain[best, np.arange(len(trials))], best
        matrix, right = self.sums.with_products(ivar, trials), right.T
        with torch.inference_mode():
            solved = self.model.solve(torch.from_numpy(matrix), torch.from_numpy(right)).numpy()
        model = np.einsum("tk,tkl,tl->t", solved, matrix, solved)
        return data - 2 * (solved * right).sum(axis=1) + model, solved

    def _linear_spectrum(self, coefficients: np.ndarray, shift: float) -> np.ndarray:
        """The fitted model on the pixels of the data, NaN where it does not reach."""
        whole = int(np.floor(shift))
        templates = self.sums.templates if shift == whole else half_shifted(self.sums.templates)
        model = coefficients @ templates
        pixel = np.arange(len(model)) + whole
        inside = (pixel >= 0) & (pixel + (shift > whole) < len(model))
        return np.where(inside, model[np.clip(pixel, 0, len(model) - 1)], np.nan)


def typical(latents: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """At most n of the latents (m, k): one half drawn at random, the other each as far as can be from those before."""
    latents = latents[np.isfinite(latents).all(axis=1)]
    if len(latents) <= n:
        return latents
    chosen = list(random.choice(len(latents), n // 2, replace=False))
    scaled = latents / np.maximum(latents.std(axis=0), 1e-30)
    distance = np.full(len(latents), np.inf)
    for row in chosen:
        distance = np.minimum(distance, np.square(scaled - scaled[row]).sum(axis=1))
    while len(chosen) < n:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.square(scaled - scaled[chosen[-1]]).sum(axis=1))
    return latents[chosen]


def _trials(seen: np.ndarray, step: float, z0: float, z_range: tuple[float, float] | None) -> np.ndarray:
    """Trial shifts (t,), every half pixel, falling in redshift."""
    n = len(seen)
    shifts = np.arange(-(n - 1), n - 1, 0.5)
    low, high = (LOWEST_Z, np.inf) if z_range is None else z_range
    z = (1 + z0) * 10 ** (-shifts * step) - 1
    first, last = covered_range(shifts, n)
    count = np.concatenate([[0], np.cumsum(seen)])
    covered = count[last] - count[first]
    return shifts[(z >= low) & (z <= high) & (covered >= MIN_COVERED * seen.sum())]


def covered_range(shifts: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """First and one past the last pixel (t,) of the data that a model of n pixels covers when shifted (t,).

    Half a pixel takes neighbours on both sides, so it reaches one pixel less far.
    """
    first = np.clip(np.ceil(-shifts), 0, n).astype(int)
    last = np.clip(np.floor(n - 1 - shifts) + 1, 0, n).astype(int)
    return first, np.maximum(first, last)


def _uncovered_chi2(flux: np.ndarray, ivar: np.ndarray):
    """χ² of a cubic over the seen pixels that the model does not cover, as a function of shifts."""
    n = len(flux)
    basis = np.polynomial.legendre.legvander(np.linspace(-1, 1, n), 3)
    weighted = basis * ivar[:, None]
    solved = np.linalg.lstsq(weighted.T @ basis, weighted.T @ flux, rcond=None)[0]
    total = np.concatenate([[0.0], np.cumsum(ivar * np.square(flux - basis @ solved))])

    def uncovered(shifts: np.ndarray) -> np.ndarray:
        first, last = covered_range(shifts, n)
        return total[-1] - (total[last] - total[first])

    return uncovered


def _minima(chi2: np.ndarray) -> np.ndarray:
    """Numbers of the local minima, the ends included, best first."""
    padded = np.concatenate([[np.inf], chi2, [np.inf]])
    minima = np.flatnonzero((chi2 <= padded[:-2]) & (chi2 < padded[2:]))
    return minima[np.argsort(chi2[minima], kind="stable")]


def _parabola(x: np.ndarray, y: np.ndarray, i: int) -> tuple[float, float, float]:
    """Lowest point (x, y) of the parabola through three neighbours, and the distance at which it has risen by 1."""
    if i in (0, len(x) - 1) or x[i + 1] - x[i - 1] > 1.5:
        return float(x[i]), float(y[i]), float("nan")
    curvature = y[i - 1] - 2 * y[i] + y[i + 1]
    if curvature <= 0:
        return float(x[i]), float(y[i]), float("nan")
    h = (x[i + 1] - x[i - 1]) / 2
    slope = (y[i + 1] - y[i - 1]) / 2
    return (
        float(x[i] - h * slope / curvature),
        float(y[i] - slope**2 / (2 * curvature)),
        float(h * (2 / curvature) ** 0.5),
    )
