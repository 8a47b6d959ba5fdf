"""Fits to raw pixels on truth: pulls of redshift and latents, and agreement with the redshifts of SDSS.

    python benchmarks/raw_fit.py [--n 25] [--signal-to-noise 10,30] [--curves own,cubic,finer] [--files]

The model is a PCA of SDSS galaxies, of eight components on a grid of 1000 pixels from 3800 to 6800 A. A quarter of the
galaxies is left out of it in turn, four times, each with ``n`` spectra, since all truths of one model share the
structure of its few components: more spectra of one say no more of that. Latents are drawn from the prior that the fit
takes: then a posterior of the right width has pulls that scatter by 1, whatever its shape (simulation-based
calibration). Their spectra are shifted to redshifts of 0.02 to 0.2, averaged over raw pixels of 1e-4 dex, those of
SDSS, and given noise. Fits start from the mean of the prior and a redshift that is 1e-4 too high. What a spectrum is
between pixels of the grid is taken as

- ``own``: the curve that the fit takes;
- ``finer``: that of the same components on pixels a fourth as wide, which the grid averages;
- ``cubic``: a cubic spline through the decoded values, as if they were no averages.

Reads the spectra of ``sdss`` in SPECVAE_REAL_DATA (default ../shared/data). With ``--files`` all galaxies are fitted in
their own files, each by the model that it was left out of.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from specvae_core.analysis.robust import nmad
from specvae_core.data.preprocess import collect, preprocess_all
from specvae_core.data.preprocess_options import PreprocessOptions
from specvae_core.data.readers import read_file
from specvae_core.data.spectra import Observation, SpectraSet
from specvae_core.errors import Refused
from specvae_core.grid import SPEED_OF_LIGHT, SpectralGrid
from specvae_core.inverse.observed import ObservedFit, fit_observed
from specvae_core.models import MODELS, LatentModel
from specvae_core.models.latent_prior import GaussianPrior

DATA = Path(os.environ.get("SPECVAE_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
GRID = SpectralGrid.from_range(3800.0, 6800.0, 1000)
PARTS = 4
"""Pixels of the finer grid in one of the grid."""

FINE = SpectralGrid(GRID.log10_start - (PARTS - 1) / 2 / PARTS * GRID.log10_step, GRID.log10_step / PARTS, 4000)


def galaxies() -> list[Observation]:
    """Those that SDSS calls galaxies, with redshifts of 0.01 to 0.35."""
    found = (item for path in sorted((DATA / "sdss").glob("*.fits")) for item in read_file(path))
    return [
        item
        for item in found
        if isinstance(item, Observation)
        and item.columns.get("class") == "GALAXY"
        and item.redshift is not None
        and 0.01 < item.redshift < 0.35
    ]


def on_grid(items: list[Observation], grid: SpectralGrid) -> SpectraSet:
    """Spectra at rest on a grid."""
    made = preprocess_all(items, PreprocessOptions(grid=grid, min_coverage=0.0, max_sn=1e6))
    return collect([one for one in made if not isinstance(one, Refused)], grid)


class FinerTruth:
    """Spectra on pixels a fourth as wide, whose averages over the grid's pixels a model decodes.

    Parameters
    ----------
    model
        On `GRID`, linear.
    latents, items
        Of the galaxies from which the finer components are learnt.
    """

    def __init__(self, model: LatentModel, latents: np.ndarray, items: list[Observation]) -> None:
        flux, coarse = on_grid(items, FINE).flux, model.decode(latents)
        factor = np.median(flux.reshape(len(flux), -1, PARTS).mean(axis=2) / coarse, axis=1)
        known = np.column_stack([np.ones(len(latents)), latents])
        self.components = np.linalg.lstsq(known, flux / factor[:, None], rcond=None)[0]
        # what the regression misses of the decoder is put right, the same in all parts of a pixel
        means = self.components.reshape(len(self.components), -1, PARTS).mean(axis=2)
        exact = np.linalg.lstsq(known, coarse, rcond=None)[0]
        self.components += np.repeat(exact - means, PARTS, axis=1)

    def __call__(self, latents: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """The integral of a spectrum (k,) from the start of the grid to places in pixels of it."""
        flux = np.concatenate([[1.0], latents]) @ self.components
        total = np.concatenate([[0.0], np.cumsum(flux)]) / PARTS
        return lambda place: np.interp(place, np.arange(len(total)) / PARTS - 0.5, total)


RAW = 10 ** np.arange(np.log10(3800.0), np.log10(9200.0), 1e-4)
"""Centres of the raw pixels of SDSS, Angstrom."""


def integral_of(curve: str, model: LatentModel, latents: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The integral of the decoded spectrum to places in pixels of the grid, for curves that need no finer truth."""
    decoded, pixels = model.decode(latents[None])[0].astype(float), np.arange(GRID.n_pixel)
    if curve == "cubic":
        return CubicSpline(pixels, decoded).antiderivative()
    total = np.concatenate([[0.0], np.cumsum(decoded)])
    return CubicSpline(np.arange(GRID.n_pixel + 1) - 0.5, total)


QUARTERS = 4


@dataclass(frozen=True, eq=False)
class Quarter:
    """A model, and the quarter of the galaxies that was left out of it.

    Parameters
    ----------
    number
        Seeds its random numbers.
    model, prior
        Of the other galaxies.
    finer
        See `FinerTruth`.
    kept, latents
        The galaxies of the quarter, and their latents (any, k).
    """

    number: int
    model: LatentModel
    prior: GaussianPrior
    finer: FinerTruth
    kept: list[Observation]
    latents: np.ndarray

    @classmethod
    def of(cls, items: list[Observation], number: int) -> "Quarter":
        """A quarter of galaxies whose order means nothing."""
        rest = [item for place, item in enumerate(items) if place % QUARTERS != number]
        spectra, kept = on_grid(rest, GRID), items[number::QUARTERS]
        config = MODELS["pca"].Config(n_latent=8, validation_fraction=0.0, test_fraction=0.0)
        model = MODELS["pca"](GRID, config).fit(spectra)
        learnt = model.encode(spectra)
        finer = FinerTruth(model, learnt, rest)
        return cls(number, model, GaussianPrior.of(learnt), finer, kept, model.encode(on_grid(kept, GRID)))

    def pulls(self, curve: str, snr: float, n: int) -> np.ndarray:
        """Pulls (n, 1 + k) of redshift and latents, fitted to simulated raw pixels."""
        random, prior, found, step = np.random.default_rng([2, self.number]), self.prior, [], 0.5e-4
        for truth in random.normal(prior.mean, prior.sigma, (n, self.model.n_latent)):
            z = random.uniform(0.02, 0.2)
            low, high = (
                (np.log10(RAW / (1 + z)) + side * step - GRID.log10_start) / GRID.log10_step for side in (-1, 1)
            )
            seen = (low > 0) & (high < GRID.n_pixel - 1)
            total = self.finer(truth) if curve == "finer" else integral_of(curve, self.model, truth)
            clean = np.where(seen, (total(high) - total(low)) / (high - low), 0.0)
            flux, ivar = clean + random.normal(0, 1 / snr, len(clean)), np.where(seen, snr**2, 0.0)
            fit = fit_observed(self.model, RAW, flux, ivar, [(z + 1e-4, prior.mean.numpy())], prior)
            found.append([(fit.z - z) / fit.z_error, *(fit.latents - truth) / np.sqrt(fit.covariance.diagonal())])
        return np.array(found)

    def fits(self) -> list[ObservedFit]:
        """Fits of the galaxies' own files, from the redshift of the catalogue."""
        pairs = zip(self.kept, self.latents, strict=True)
        return [
            fit_observed(
                self.model, np.asarray(item.wavelength, float), item.flux, item.ivar, [(item.redshift, one)], self.prior
            )
            for item, one in pairs
        ]


def print_pulls(curve: str, snr: float, quarters: list[np.ndarray]) -> None:
    """One row of the table: scatter by root mean square, and shares within 1 and 2 sigma of the latents."""
    found = np.concatenate(quarters)
    scatter, latents = np.sqrt(np.square(found).mean(axis=0)), np.abs(found[:, 1:])
    each = ", ".join(f"{np.sqrt(np.square(one[:, 0]).mean()):.2f}" for one in quarters)
    cells = [f"{snr:g}", curve, str(len(found)), f"{scatter[0]:.2f}", each]
    cells.append(", ".join(f"{one:.2f}" for one in scatter[1:]))
    print("| " + " | ".join([*cells, f"{(latents < 1).mean():.1%}, {(latents < 2).mean():.1%}"]) + " |", flush=True)


def print_files(quarters: list[Quarter]) -> None:
    """Fits of files: χ² per pixel, and redshifts beside those of the catalogue."""
    fits = [fit for quarter in quarters for fit in quarter.fits()]
    known = np.array([item.redshift for quarter in quarters for item in quarter.kept])
    off = SPEED_OF_LIGHT * (np.array([fit.z for fit in fits]) - known) / (1 + known)
    told = SPEED_OF_LIGHT * np.array([fit.z_error for fit in fits]) / (1 + known)
    chi2 = np.array([fit.chi2 / fit.n_pixel for fit in fits])
    print(f"{len(fits)} files: χ² per pixel, median {np.median(chi2):.4f}, mean {chi2.mean():.4f}")
    print(f"redshifts less those of SDSS, km/s: {np.median(off):+.2f}, scatter {nmad(off):.2f}, ", end="")
    print(f"quoted {np.median(told):.2f}; scatter in quoted errors {nmad(off / told):.2f}, ", end="")
    print(f"farthest {np.abs(off).max():.0f} km/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=25, help="simulated spectra of each quarter")
    parser.add_argument("--signal-to-noise", default="10,30")
    parser.add_argument("--curves", default="own,finer,cubic")
    parser.add_argument("--files", action="store_true")
    options = parser.parse_args()
    items = galaxies()
    order = np.random.default_rng(7).permutation(len(items))
    quarters = [Quarter.of([items[place] for place in order], number) for number in range(QUARTERS)]
    print(f"{len(items)} galaxies, a quarter left out in turn", flush=True)
    if options.files:
        print_files(quarters)
    print("| S/N | truth | n | z | z, of each quarter | latents | within 1σ, 2σ |\n|---:|---|---:|---:|---|---|---:|")
    for snr in (float(word) for word in options.signal_to_noise.split(",")):
        for curve in filter(None, options.curves.split(",")):
            print_pulls(curve, snr, [quarter.pulls(curve, snr, options.n) for quarter in quarters])


if __name__ == "__main__":
    main()
