"""A model with the spectra on which its errors are checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from ...data.spectra import SpectraSet
from ...models import Ability, LatentModel
from ...progress import Report
from .answers import Answers

SN_EDGES = (0.0, 5.0, 10.0, 20.0, 50.0, np.inf)
"""Edges of the subsets by median S/N per pixel."""

COVERED = 0.9
"""Share of seen pixels below which a spectrum is one of poor coverage."""

MOST_CLASSES = 8


@dataclass(frozen=True, eq=False)
class Case:
    """A model, and spectra that it did not learn from.

    Parameters
    ----------
    model
        A fitted model.
    spectra
        n spectra of the test part: no answer is learnt from, chosen by or scaled on any of them.
    learning
        Spectra of the training and the validation part, from which an answer may take its prior.
    seed
        Seed of all random numbers.
    """

    model: LatentModel
    spectra: SpectraSet
    learning: SpectraSet
    seed: int = 0

    def random(self, salt: int) -> np.random.Generator:
        """Random numbers of one quantity, the same whichever other quantities are asked for."""
        return np.random.default_rng([self.seed, salt])

    @cached_property
    def latents(self) -> np.ndarray:
        """(n, k) latents of the test spectra: the truth of `simulated`."""
        return self.model.encode(self.spectra)

    @cached_property
    def simulated(self) -> SpectraSet:
        """The decoder's spectra of `latents`, with new noise and the holes of the observed ones.

        The noise has the errors of the observed spectra and the scatter of pixels that the model assumes beside these.
        Columns of the catalogue that stand beside the spectra are simulated, too.
        """
        spectra = self.spectra
        decoded = self.model.decode(self.latents)
        level = self.model.amplitude(spectra, decoded)[:, None]
        variance = 1 / np.where(spectra.seen, spectra.ivar, 1) + np.square(level) * np.asarray(
            self.model.pixel_variance
        )
        clean = level * decoded
        noise = self.random(1).standard_normal(clean.shape) * np.sqrt(variance)
        flux = np.where(spectra.seen, clean + noise, 0).astype(np.float32)
        infilled = None if spectra.infilled is None else np.where(spectra.seen, flux, spectra.infilled)
        table = spectra.table
        if Ability.PREDICTS_COLUMNS in self.model.abilities:
            table = self.model.simulated_columns(self.latents, table, self.random(4))
        return replace(spectra, flux=flux, infilled=infilled, table=table)

    @cached_property
    def subsets(self) -> dict[str, np.ndarray]:
        """Masks (n,) by signal to noise, coverage and class, of those that are not the whole."""
        spectra, found = self.spectra, {}
        ratio = np.where(spectra.seen, np.abs(spectra.flux) * np.sqrt(spectra.ivar), np.nan)
        rows = spectra.seen.any(axis=1)
        sn = np.full(len(spectra), np.nan)
        sn[rows] = np.nanmedian(ratio[rows], axis=1)
        for low, high in pairwise(SN_EDGES):
            name = f"S/N above {low:g}" if np.isinf(high) else f"S/N {low:g} to {high:g}"
            found[name] = (sn >= low) & (sn < high)
        covered = spectra.seen.mean(axis=1)
        found[f"coverage below {COVERED:.0%}"] = covered < COVERED
        found[f"coverage from {COVERED:.0%}"] = covered >= COVERED
        if "class" in spectra.table:
            names = spectra.table["class"].astype(str).to_numpy()
            values, counts = np.unique(names, return_counts=True)
            for value in values[np.argsort(-counts)][:MOST_CLASSES]:
                if value:
                    found[f"class {value}"] = names == value
        return {name: mask for name, mask in found.items() if 0 < mask.sum() < len(spectra)}


Quantity = Callable[[Case, Report], Iterator[Answers]]
"""A function that yields answers of a model about ``case.spectra``, in their order; it reports now and then."""
