"""The solution of an inverse problem, as the page reads it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specvae_core.errors import NotFound
from specvae_core.results import Kind, Result, Results

from .spectrum_plot import Smoothing, posed, solved


@dataclass(frozen=True, eq=False)
class Solution:
    """The solution for the first spectrum of a result of kind *reconstructions*, final or of a search under way.

    Parameters
    ----------
    result
        Its header names survey, model and problem.
    """

    result: Result

    @property
    def header(self) -> dict:
        """Header of the result."""
        return self.result.header

    @property
    def model(self) -> str:
        """Id of the model that was the prior."""
        return self.header["model"]

    @property
    def object_id(self) -> str:
        """Id of the object."""
        return str(self._first("ids"))

    @property
    def running(self) -> bool:
        """Whether the search goes on."""
        return self.header.get("state") == "running"

    def _first(self, name: str) -> np.ndarray:
        return self.result.arrays[name][0]

    def curves(self, smooth: Smoothing) -> dict[str, np.ndarray]:
        """Curves (n_pixel,) on the grid of the model, smoothed; names as in `spectrum_plot.CURVES`."""
        hidden = self._first("hidden")
        flux, ivar, spectrum = smooth(*(self._first(name) for name in ("flux", "flux_ivar", "spectrum")))
        measured = posed(flux, hidden, self._first("observed"), self._first("ivar"), smooth)
        if self.running:
            return measured | {"spectrum": spectrum}
        return measured | solved(flux, ivar, hidden, spectrum, *map(self._first, ("sigma", "band68", "band95")))

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Wavelengths (Angstrom) and values (m,) of data that are not pixels, as bands; empty where they are."""
        observed, ivar = self._first("observed"), self._first("ivar")
        if len(observed) == len(self._first("flux")):
            return np.empty(0), np.empty(0)
        return self.result.arrays["observed_wavelength"][ivar > 0], observed[ivar > 0]

    @property
    def trace(self) -> np.ndarray:
        """(n_steps + 1,) χ² per datum after each step."""
        return self.result.arrays["trace"][:, 0]

    @property
    def path(self) -> np.ndarray:
        """(n_steps + 1, n_latent) latents after each step."""
        return self.result.arrays["path"][:, 0]

    @property
    def path_spectra(self) -> np.ndarray | None:
        """(n_steps + 1, n_pixel) decoded spectra of the path; ``None`` where they were not stored."""
        spectra = self.result.arrays.get("path_spectra")
        return None if spectra is None else spectra[:, 0]

    def curves_at(
        self, step: int | None, smooth: Smoothing, decode: Callable[[np.ndarray], np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Curves as they were after a step of the search; those of its end where it is ``None``.

        Parameters
        ----------
        step
            A row of `path`.
        smooth
            As in `curves`.
        decode
            Gives spectra (m, n_pixel) of latents (m, n_latent), for a search whose spectra were not stored.
        """
        if step is None:
            return self.curves(smooth)
        stored = self.path_spectra
        spectrum = decode(self.path[step : step + 1])[0] if stored is None else stored[step]
        curves = self.curves(smooth)
        return {name: curves[name] for name in ("truth", "observed") if name in curves} | {"spectrum": spectrum}

    @property
    def lines(self) -> dict[str, dict[str, list]]:
        """Value and error of each line by its key, ``observed`` and ``found``; empty while the search goes on."""
        return next(iter(self.header.get("lines") or []), {})

    @cached_property
    def alternatives(self) -> np.ndarray:
        """(m, n_latent) latents of other solutions that fit as well."""
        if self.running:
            return self.path[:0]
        latents = self._first("alternatives")
        return latents[np.isfinite(latents).all(axis=1)]


def load_solution(results: Results, result_id: str) -> Solution | None:
    """A stored solution; ``None`` where its arrays are not written yet, or are being replaced."""
    try:
        solution = Solution(results.load(Kind.RECONSTRUCTIONS, result_id))
    except NotFound:
        return None
    return solution if "spectrum" in solution.result.arrays else None


def reserve_id(results: Results, object_id: str, model: str) -> str:
    """Reserve a free id made of object and model."""
    return results.reserve(Kind.RECONSTRUCTIONS, f"{object_id}-{model}")


def with_solution(shown: list[Solution], found: Solution, first: str) -> list[Solution]:
    """Solutions that are shown, and one that a job has written.

    Parameters
    ----------
    shown
        The ones so far.
    found
        A new one, or a later state of one of them; one of another problem is left out.
    first
        Id of the solution that leads, whatever its problem.
    """
    ids = [one.result.id for one in shown]
    if found.result.id in ids:
        shown = [found if one.result.id == found.result.id else one for one in shown]
    elif found.result.id == first or not shown or _same_problem(shown[0], found):
        shown = [*shown, found]
    return sorted(shown, key=lambda one: one.result.id != first)


def _same_problem(first: Solution, second: Solution) -> bool:
    names = ("survey", "problem", "seed")
    pairs = itertools.chain(((first.header.get(name), second.header.get(name)) for name in names),
                            [(first.object_id, second.object_id)])  # fmt: skip
    return all(one == other for one, other in pairs)
