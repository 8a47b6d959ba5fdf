"""Inverse problems as text, on the command line and the page: ``inpaint:0.4``, ``blur:300+denoise:0.05``…

What is done to spectra, in this order: operators as they are written (``blur:R``, ``downsample:N``, ``bands:ugriz``),
then noise (``denoise:σ`` in units of the mean flux), then hiding: ``inpaint:SHARE`` a window at a random place,
``random:SHARE`` data at random, ``hide:5000-5200,6540-6600`` ranges of rest wavelength in Angstrom. ``as-is`` adds
nothing: what spectra lack by themselves is found, and their own noise is taken off.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..data.spectra import SpectraSet
from ..errors import BadConfig
from ..grid import Grid, SpectralGrid
from .filters import filter_curves
from .instrument_operators import Bands, Blur
from .operators import Compose, Downsample, Identity, LinearOperator
from .problem import InverseProblem, measured_ivar

PROBLEM_PARTS = {
    "as-is": "nothing: fill what is missing",
    "inpaint:SHARE": "hide a window at a random place",
    "random:SHARE": "hide data at random",
    "hide:FROM-TO": "hide ranges of rest wavelength in Angstrom",
    "denoise:SIGMA": "add noise, in units of the mean flux",
    "blur:R": "see at a lower resolution",
    "downsample:N": "average N neighbouring pixels",
    "bands:ugriz": "see through filters only",
}
"""Parts of a problem, and what each does to a spectrum."""

_IN_WORDS: dict[str, Callable[[str], str]] = {
    "as-is": lambda _: "holes filled",
    "inpaint": lambda value: f"{float(value):.0%} hidden in one window",
    "random": lambda value: f"{float(value):.0%} hidden at random",
    "hide": lambda value: f"{value.replace('-', '–').replace(',', ', ')} Å hidden",
    "denoise": lambda value: f"noise of {value} added",
    "blur": lambda value: f"resolution {value}",
    "downsample": lambda value: f"{value} pixels averaged",
    "bands": lambda value: f"filters {value} only",
}


def problem_in_words(text: str) -> str:
    """A problem that `parse_problem` reads, for lists that people read.

    Examples
    --------
    >>> problem_in_words("inpaint:0.4+denoise:0.05")
    '40% hidden in one window, noise of 0.05 added'
    """
    parts = [part.strip().partition(":") for part in text.split("+") if part.strip()]
    return ", ".join(_IN_WORDS[word](value) if word in _IN_WORDS else word + sep + value for word, sep, value in parts)


MAX_UNSEEN = 0.05
"""Largest share of unseen pixels in a datum of an operator; with a larger one the datum counts as unseen."""


@dataclass(frozen=True, eq=False)
class Question:
    """A degradation of spectra, which a model is then asked to undo; made by `parse_problem`.

    Parameters
    ----------
    text
        The problem as text.
    grid
        Grid of the spectra.
    operator
        From a spectrum to its data.
    noise
        Standard deviation of the noise that is added to data, in units of the mean flux.
    window, scattered
        Share of the data that is hidden, as one window and at random.
    ranges
        Pairs of rest wavelengths between which data are hidden, Angstrom.
    """

    text: str
    grid: Grid
    operator: LinearOperator
    noise: float = 0.0
    window: float = 0.0
    scattered: float = 0.0
    ranges: tuple[tuple[float, float], ...] = ()

    @cached_property
    def wavelength(self) -> np.ndarray:
        """(n_out,) mean wavelength of each datum, Angstrom."""
        weight = self.operator.matrix.abs().numpy()
        return self.grid.wavelength @ weight / weight.sum(axis=0)

    @property
    def as_it_is(self) -> bool:
        """Whether the data that are not hidden are the pixels themselves, without added noise."""
        return isinstance(self.operator, Identity) and self.noise == 0

    def pose(self, spectra: SpectraSet, seed: int) -> tuple[InverseProblem, np.ndarray]:
        """The problem for some spectra, and the pixels on which a solution can be compared with them.

        Parameters
        ----------
        spectra
            Spectra on the grid of the question; their own holes stay hidden.
        seed
            Seed of windows and noise; those of a spectrum depend on the seed and its id alone.

        Returns
        -------
        problem
            Problem of n rows.
        compared
            (n, n_pixel) bool, seen pixels that the problem hides; all seen pixels under noise or an operator other than
            the identity.
        """
        observed, ivar = self._measured(spectra)
        hidden = np.zeros(observed.shape, dtype=bool)
        for row, id_ in enumerate(spectra.ids):
            random = np.random.default_rng([seed, zlib.crc32(id_.encode())])
            observed[row] += self.noise * random.standard_normal(observed.shape[1])
            hidden[row] = self._hidden(random)
        problem = InverseProblem(self.operator, observed, np.where(hidden, 0.0, ivar))
        return problem, spectra.seen & (hidden if self.as_it_is else True)

    def _measured(self, spectra: SpectraSet) -> tuple[np.ndarray, np.ndarray]:
        """Data and their inverse variances (n, n_out), float64."""
        flux, ivar = spectra.complete.astype(float), measured_ivar(spectra)
        variance = np.divide(1.0, ivar, out=np.zeros_like(ivar), where=ivar > 0)
        if not isinstance(self.operator, Identity):
            matrix = self.operator.matrix.numpy()
            share = np.abs(matrix) / np.abs(matrix).sum(axis=0).clip(1e-30)
            blind = ~spectra.seen @ share > MAX_UNSEEN
            flux, variance = flux @ matrix, np.where(blind, 0.0, variance @ matrix**2)
        total = variance + self.noise**2
        return flux, np.divide(1.0, total, out=np.zeros_like(total), where=variance > 0)

    def _hidden(self, random: np.random.Generator) -> np.ndarray:
        """(n_out,) bool."""
        n = self.operator.n_out
        hidden = np.zeros(n, dtype=bool)
        width = round(self.window * n)
        first = random.integers(0, n - width + 1)
        hidden[first : first + width] = True
        hidden[random.permutation(n)[: round(self.scattered * n)]] = True
        for low, high in self.ranges:
            hidden |= (self.wavelength >= low) & (self.wavelength <= high)
        return hidden


def parse_problem(text: str, grid: Grid) -> Question:
    """Read a problem, as ``blur:300+denoise:0.05``, for spectra on ``grid``.

    Raises
    ------
    BadConfig
        An unknown word, a share outside of 0 to 1, negative noise, a filter that is not known or not covered.

    Examples
    --------
    >>> question = parse_problem("blur:300+denoise:0.05", SpectralGrid.from_range(4000.0, 7000.0, 600))
    >>> question.noise, question.operator.n_out
    (0.05, 600)
    """
    operators: list[LinearOperator] = []
    settings: dict[str, object] = {}
    here = grid if isinstance(grid, SpectralGrid) else None
    for part in text.strip().split("+"):
        word, _, value = part.strip().partition(":")
        if word in ("blur", "downsample", "bands"):
            if here is None:
                raise BadConfig(f"{word} cannot be done in {text!r}: bands are not a spectrum.")
            operators.append(_operator(word, value, here))
            here = _grid_after(word, operators[-1], here)
        elif word in _SETTINGS:
            name, read = _SETTINGS[word]
            settings[name] = read(word, value)
        elif part.strip() != "as-is":
            raise BadConfig(
                f"There is no problem {part.strip()!r}: give one or more of {', '.join(PROBLEM_PARTS)}, joined by +."
            )
    operator = Identity(grid.n_pixel) if not operators else operators[0] if len(operators) == 1 else Compose(operators)
    return Question(text.strip(), grid, operator, **settings)


def _operator(word: str, value: str, grid: SpectralGrid) -> LinearOperator:
    if word == "bands":
        return Bands(grid, filter_curves(value, grid))
    number = _number(word, value, 1, 1e6)
    if word == "blur":
        return Blur(grid, number)
    if number != int(number):
        raise BadConfig(f"downsample:{value} is not a whole number of pixels: give one, as in downsample:4.")
    return Downsample(grid.n_pixel, int(number))


def _grid_after(word: str, operator: LinearOperator, grid: SpectralGrid) -> SpectralGrid | None:
    """The grid of an operator's data; ``None`` for bands."""
    if word != "downsample":
        return grid if word == "blur" else None
    factor = grid.n_pixel // operator.n_out if operator.n_out > 1 else grid.n_pixel
    return SpectralGrid(
        grid.log10_start + 0.5 * (factor - 1) * grid.log10_step, factor * grid.log10_step, operator.n_out
    )


def _number(word: str, value: str, minimum: float, maximum: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not minimum <= number <= maximum:
        raise BadConfig(f"{word}:{value} was asked for, but {word} takes a number from {minimum:g} to {maximum:g}.")
    return number


def _share(word: str, value: str) -> float:
    return _number(word, value, 0.0, 0.999)


def _sigma(word: str, value: str) -> float:
    return _number(word, value, 0.0, 100.0)


def _ranges(word: str, value: str) -> tuple[tuple[float, float], ...]:
    """Pairs from ``5000-5200,6540-6600``."""
    try:
        pairs = tuple((float(low), float(high)) for low, high in (pair.split("-") for pair in value.split(",")))
    except ValueError:
        pairs = ((1.0, 0.0),)
    if any(low >= high for low, high in pairs):
        raise BadConfig(f"{word}:{value} is not a range: give wavelengths in Angstrom, as in hide:5000-5200.")
    return pairs


_SETTINGS = {
    "inpaint": ("window", _share),
    "random": ("scattered", _share),
    "hide": ("ranges", _ranges),
    "denoise": ("noise", _sigma),
}
