"""A reconstruction as the page reads it."""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specvae_core.errors import NotFound
from specvae_core.results import Kind, Result, Results

from .spectrum_plot import posed, solved


@dataclass(frozen=True, eq=False)
class Found:
    """The first spectrum of a result of kind *reconstructions*, finished or still on its way.

    Parameters
    ----------
    result
        As the task wrote it; its header says survey, model and problem.
    """

    result: Result

    @property
    def header(self) -> dict:
        """What describes it."""
        return self.result.header

    @property
    def model(self) -> str:
        """Id of the model that found it."""
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

    @cached_property
    def curves(self) -> dict[str, np.ndarray]:
        """What is drawn on the model's grid; see `plots.reconstruction`."""
        flux, hidden = self._first("flux"), self._first("hidden")
        measured = posed(flux, hidden, self._first("observed"), self._first("ivar"))
        if self.running:
            return measured | {"spectrum": self._first("spectrum")}
        errors = [self._first(name) for name in ("spectrum", "sigma", "band68", "band95")]
        return measured | solved(flux, self._first("flux_ivar"), hidden, *errors)

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Wavelengths and values (m,) of data that are no pixels; none where pixels were measured."""
        observed, ivar = self._first("observed"), self._first("ivar")
        if len(observed) == len(self._first("flux")):
            return np.empty(0), np.empty(0)
        return self.result.arrays["observed_wavelength"][ivar > 0], observed[ivar > 0]

    @property
    def trace(self) -> np.ndarray:
        """(n_steps + 1,) misfit after each step."""
        return self.result.arrays["trace"][:, 0]

    @property
    def path(self) -> np.ndarray:
        """(n_steps + 1, k) code after each step."""
        return self.result.arrays["path"][:, 0]

    @property
    def path_spectra(self) -> np.ndarray | None:
        """(n_steps + 1, n_pixel) what each of them decodes to, where that was kept."""
        spectra = self.result.arrays.get("path_spectra")
        return None if spectra is None else spectra[:, 0]

    @property
    def lines(self) -> dict[str, dict[str, list]]:
        """Value and error of each line by its key, ``observed`` and ``found``; empty while the search goes on."""
        return next(iter(self.header.get("lines") or []), {})

    @cached_property
    def alternatives(self) -> np.ndarray:
        """(m, k) other codes that fit as well."""
        if self.running:
            return self.path[:0]
        codes = self._first("alternatives")
        return codes[np.isfinite(codes).all(axis=1)]


def read(results: Results, result_id: str) -> Found | None:
    """A reconstruction whose arrays are there; ``None`` where there is none yet, or just now none."""
    try:
        found = Found(results.load(Kind.RECONSTRUCTIONS, result_id))
    except NotFound:
        return None
    return found if "spectrum" in found.result.arrays else None


def reserve(results: Results, object_id: str, model: str) -> str:
    """Take a free id that tells object and model."""
    return results.reserve(Kind.RECONSTRUCTIONS, f"{object_id}-{model}")


def same_question(first: Found, second: Found) -> bool:
    """Whether two reconstructions answer the same question about the same object."""
    names = ("survey", "problem", "seed")
    pairs = itertools.chain(((first.header.get(name), second.header.get(name)) for name in names),
                            [(first.object_id, second.object_id)])  # fmt: skip
    return all(one == other for one, other in pairs)
