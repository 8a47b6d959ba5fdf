"""Leak of the observation into the latents: of the observed range, which gives away the redshift, and of the noise.

A rest-frame spectrum of a nearby galaxy and of a distant one end at different wavelengths, and an encoder can read the
redshift off those ends. Here spectra whose truth is known, since the model itself made them, are observed again: with
new noise, at the redshift of another object of the survey, or both; cut, normalised and filled as at ingest; and
encoded. The moves of the latents, in units of their spread over the survey, should be small.

So should it when spectra lose a part of their range at either end. That is measured twice: on the model's own spectra,
without noise, where only the scale and the infill can move latents; and on the survey's spectra as they are, where the
lost pixels take their information with them, and where it counts how many become foreign among the other objects.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..data.infill import fit_infill
from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import check_grid
from ..models import LatentModel
from ..progress import Progress, Report, ignore
from .lof import FOREIGN, NEIGHBOURS, LocalOutlierFactor, local_outlier_factor

MIN_SEEN = 0.2
"""Share of the grid that a window has to show for a new observation to be counted."""

CUTS = (("red", 0.25), ("red", 0.4), ("blue", 0.25), ("blue", 0.4))
"""End of the range that is lost, and share of the grid."""


@dataclass(frozen=True)
class CutLeak:
    """Moves of latents when spectra lose one end of their range; moves are in units of the latents' spread.

    Parameters
    ----------
    end, lost
        ``red`` or ``blue``, and the share of the grid.
    moves
        Median move of each latent, of spectra that the model made, without noise.
    largest_move, largest_move_95
        Median, and 95th percentile, over these spectra of the move of the latent that moves most.
    with_noise
        The median likewise over the survey's own spectra: lost pixels take information with them, and what is left has
        the noise of fewer pixels.
    foreign
        Share of the survey's own spectra that are foreign (`lof.FOREIGN`) among the other objects; NaN without others.
    """

    end: str
    lost: float
    moves: tuple[float, ...]
    largest_move: float
    largest_move_95: float
    with_noise: float
    foreign: float


@dataclass(frozen=True)
class Leak:
    """Moves of the latents with the observation.

    Parameters
    ----------
    latents
        One by one, under another redshift's window and other noise.
    cuts
        Under each of `CUTS`.
    foreign
        Share of whole spectra that are foreign, to compare those of `cuts` with.
    """

    latents: tuple["LatentLeak", ...]
    cuts: tuple[CutLeak, ...]
    foreign: float


@dataclass(frozen=True)
class LatentLeak:
    """One latent under new observations; moves are root mean squares in units of ``spread``.

    Parameters
    ----------
    latent
        Its number, from 1.
    spread
        Standard deviation over the spectra.
    noise, window, both
        Moved by new noise, by another redshift's window, and by both.
    redshift_correlation
        Pearson's coefficient of the move with the change of ln(1 + z), without noise: 0 where the latent does not know
        the redshift.
    """

    latent: int
    spread: float
    noise: float
    window: float
    both: float
    redshift_correlation: float


def leak(
    model: LatentModel,
    spectra: SpectraSet,
    random: np.random.Generator,
    others: np.ndarray | None = None,
    copies: int = 8,
    report: Report = ignore,
) -> Leak:
    """How much each latent moves.

    Parameters
    ----------
    model
        A fitted model.
    spectra
        Some hundreds, at rest, with redshifts in the column ``z``.
    random
        Draws redshifts and noise.
    others
        (m, n_latent) latents of other objects of the survey, among which spectra can be foreign.
    copies
        New observations of each spectrum.
    report
        Called after every copy.

    Raises
    ------
    BadConfig
        The spectra have no redshifts, or all the same one.
    """
    check_grid(model.grid, spectra.grid)
    z = _redshifts(spectra)
    known = np.isfinite(z) & spectra.seen.any(axis=1)
    spectra, z = spectra.take(np.flatnonzero(known)), z[known]
    telescope = _Telescope(spectra, z, model.reconstruct(spectra))
    reference = model.encode(telescope.observe(telescope.truth, spectra.seen))
    spread = np.maximum(reference.std(axis=0), 1e-30)
    moves: dict[str, list[np.ndarray]] = {"noise": [], "window": [], "both": []}
    redshifts = []
    for copy in range(copies):
        new_z = random.permutation(z)
        seen = telescope.window(new_z)
        usable = seen.mean(axis=1) >= MIN_SEEN
        for name, pixels, noise in (
            ("noise", spectra.seen, random),
            ("window", seen, None),
            ("both", seen, random),
        ):
            flux = telescope.truth if noise is None else telescope.noisy(noise)
            moved = (model.encode(telescope.observe(flux, pixels)) - reference) / spread
            moves[name].append(moved[usable])
        redshifts.append(np.log((1 + new_z) / (1 + z))[usable])
        report(Progress(0.7 * (copy + 1) / copies, f"observed {copy + 1} of {copies} times"))
    together = {name: np.concatenate(parts) for name, parts in moves.items()}
    latents = _summary(together, spread, np.concatenate(redshifts))
    cuts, foreign = _cuts(model, telescope, others, lambda progress: report(replace(progress, fraction=None)))
    return Leak(tuple(latents), cuts, foreign)


def cut_leak(model: LatentModel, spectra: SpectraSet, others: np.ndarray | None = None) -> tuple[CutLeak, ...]:
    """How much latents move when spectra, at whatever redshift, lose one end of their range; arguments as in `leak`."""
    telescope = _Telescope(spectra, np.zeros(len(spectra)), model.reconstruct(spectra))
    return _cuts(model, telescope, others, ignore)[0]


def _cuts(
    model: LatentModel, telescope: "_Telescope", others: np.ndarray | None, report: Report
) -> tuple[tuple[CutLeak, ...], float]:
    """Each of `CUTS`, and the share of whole spectra that are foreign."""
    spectra, truth = telescope.spectra, telescope.truth
    reference = model.encode(telescope.observe(truth, spectra.seen))
    spread = np.maximum(reference.std(axis=0), 1e-30)
    whole = model.encode(telescope.observe(spectra.flux, spectra.seen))
    population = None if others is None or len(others) <= NEIGHBOURS else local_outlier_factor(others, NEIGHBOURS)
    cuts = []
    for end, lost in CUTS:
        report(Progress(None, f"{lost:.0%} of the range cut at the {end} end"))
        seen = telescope.cut(end, lost)
        usable = seen.mean(axis=1) >= MIN_SEEN
        moved = np.abs(model.encode(telescope.observe(truth, seen)) - reference)[usable] / spread
        own = model.encode(telescope.observe(spectra.flux, seen))
        with_noise = np.median((np.abs(own - whole)[usable] / spread).max(axis=1))
        worst = np.quantile(moved.max(axis=1), [0.5, 0.95])
        each = tuple(np.median(moved, axis=0).tolist())
        cuts.append(CutLeak(end, lost, each, *worst.tolist(), float(with_noise), _foreign(population, own[usable])))
    return tuple(cuts), _foreign(population, whole)


def _foreign(population: LocalOutlierFactor | None, latents: np.ndarray) -> float:
    """Share of objects that are foreign."""
    return float("nan") if population is None else float((population.newcomers(latents) > FOREIGN).mean())


def _summary(moves: dict[str, np.ndarray], spread: np.ndarray, redshift: np.ndarray) -> list[LatentLeak]:
    size = {name: np.sqrt(np.mean(np.square(moved, dtype=float), axis=0)) for name, moved in moves.items()}
    centred = redshift - redshift.mean()
    window = moves["window"] - moves["window"].mean(axis=0)
    scale = np.sqrt((centred**2).sum() * (window**2).sum(axis=0))
    correlation = np.divide(centred @ window, scale, out=np.zeros(len(spread)), where=scale > 0)
    return [
        LatentLeak(
            latent=k + 1,
            spread=float(spread[k]),
            noise=float(size["noise"][k]),
            window=float(size["window"][k]),
            both=float(size["both"][k]),
            redshift_correlation=float(correlation[k]),
        )
        for k in range(len(spread))
    ]


class _Telescope:
    """Observes known spectra as the survey does.

    Parameters
    ----------
    spectra
        The survey's own, for errors, window and what fills holes.
    z
        (n,) their redshifts.
    truth
        (n, n_pixel) what is really there.
    """

    def __init__(self, spectra: SpectraSet, z: np.ndarray, truth: np.ndarray) -> None:
        self.spectra, self.truth = spectra, truth
        self.infill: Callable[[np.ndarray, np.ndarray], np.ndarray] = fit_infill(
            spectra.flux, spectra.ivar, normalise=spectra.scale == "mean"
        ).basis.apply
        typical = np.array([np.median(ivar[ivar > 0]) for ivar in spectra.ivar], dtype=np.float32)
        self.ivar = np.where(spectra.seen, spectra.ivar, typical[:, None])
        wavelength, seen = spectra.grid.wavelength, spectra.seen
        first, last = seen.argmax(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
        self.low = float(np.percentile(wavelength[first] * (1 + z), 1))
        self.high = float(np.percentile(wavelength[last] * (1 + z), 99))

    def window(self, z: np.ndarray) -> np.ndarray:
        """Which pixels (n, n_pixel) are in view at redshifts (n,)."""
        observed = self.spectra.grid.wavelength * (1 + z[:, None])
        return (observed >= self.low) & (observed <= self.high)

    def cut(self, end: str, lost: float) -> np.ndarray:
        """Which pixels (n, n_pixel) are left when a share of the grid is lost at an end."""
        seen, n_lost = self.spectra.seen.copy(), round(lost * self.spectra.grid.n_pixel)
        seen[:, slice(-n_lost, None) if end == "red" else slice(n_lost)] = False
        return seen

    def noisy(self, random: np.random.Generator) -> np.ndarray:
        """The truth with new noise, (n, n_pixel)."""
        return self.truth + random.standard_normal(self.truth.shape) / np.sqrt(self.ivar)

    def observe(self, flux: np.ndarray, seen: np.ndarray) -> SpectraSet:
        """A flux (n, n_pixel) in the seen pixels, its holes filled and its scale found as at ingest."""
        n_seen = np.maximum(seen.sum(axis=1, keepdims=True), 1)
        mean = np.maximum((flux * seen).sum(axis=1, keepdims=True) / n_seen, 1e-6)
        if self.spectra.scale == "none":
            mean = np.ones_like(mean)
        flux = np.where(seen, flux / mean, 0).astype(np.float32)
        ivar = np.where(seen, self.ivar * mean**2, 0).astype(np.float32)
        scale = "none" if self.spectra.scale == "none" else "seen"
        new = replace(self.spectra, flux=flux, ivar=ivar, infilled=self.infill(flux, ivar), scale=scale)
        return new.on_scale(self.spectra.scale)


def _redshifts(spectra: SpectraSet) -> np.ndarray:
    z = spectra.table["z"].to_numpy(float) if "z" in spectra.table else np.full(len(spectra), np.nan)
    known = z[np.isfinite(z)]
    if len(known) < 2 or np.ptp(known) == 0:
        raise BadConfig(
            "These spectra have no redshifts to exchange: choose a survey whose objects lie at several redshifts."
        )
    return z
