"""Where the pixels of a spectrum lie: on a wavelength grid, or in the bands of a photometric survey."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from .digits import whole_number
from .errors import BadConfig, GridMismatch

SPEED_OF_LIGHT = 299792.458
"""Speed of light in vacuum, km/s."""


LARGEST_LOG10 = 30.0
"""log10 of the longest wavelength in Angstrom; nothing longer or shorter than its inverse is a spectrum."""

MOST_PIXELS = 1_000_000
"""Pixels of a grid; a header that claims more is damaged."""


@dataclass(frozen=True)
class SpectralGrid:
    """A logarithmic wavelength grid in the rest frame, in vacuum.

    Pixel *i* is centred on ``10 ** (log10_start + i * log10_step)`` Angstrom. The grid travels with surveys and with
    the weights of models, so that neither can be used on the wrong pixels.

    Parameters
    ----------
    log10_start
        log10 of the first pixel's central wavelength in Angstrom.
    log10_step
        Pixel width in log10 wavelength.
    n_pixel
        Number of pixels.

    Examples
    --------
    >>> grid = SpectralGrid.from_range(4000.0, 7000.0, 4)
    >>> grid.wavelength.round(1).tolist()
    [4000.0, 4820.3, 5808.8, 7000.0]
    >>> str(grid)
    '4000:7000:4'
    """

    log10_start: float
    log10_step: float
    n_pixel: int

    sample: ClassVar[str] = "pixel"
    """What one of its values is, in a word: χ² and S/N are quoted for one."""

    def __post_init__(self) -> None:
        if self.n_pixel > MOST_PIXELS:
            raise BadConfig(f"A wavelength grid of {self.n_pixel:,} pixels is too fine: at most {MOST_PIXELS:,}.")
        last = self.log10_start + self.log10_step * (self.n_pixel - 1)
        if self.n_pixel < 2 or not self.log10_step > 0 or not -LARGEST_LOG10 < self.log10_start < last < LARGEST_LOG10:
            raise BadConfig(
                f"A wavelength grid needs at least 2 pixels and rising wavelengths, got {self.n_pixel} pixels of "
                f"{self.log10_step:g} dex from {self.log10_start:g}: give it as start:stop:n, as in 3388:8318:1000."
            )

    @classmethod
    def from_range(cls, start: float, stop: float, n_pixel: int) -> "SpectralGrid":
        """Grid of ``n_pixel`` pixels whose first and last are centred on ``start`` and ``stop`` (Angstrom)."""
        if not (0 < start < stop) or n_pixel < 2:
            raise BadConfig(
                f"A wavelength grid runs from a smaller to a larger wavelength with at least 2 pixels, got "
                f"{start:g}:{stop:g}:{n_pixel}: give it as start:stop:n in Angstrom, as in 3388:8318:1000."
            )
        low, high = np.log10([start, stop])
        return cls(float(low), float((high - low) / (n_pixel - 1)), int(n_pixel))

    @classmethod
    def parse(cls, text: str) -> "SpectralGrid":
        """Read ``start:stop:n`` (Angstrom, Angstrom, pixels).

        >>> SpectralGrid.parse("3388:8318:1000").n_pixel
        1000
        """
        try:
            start, stop, n_pixel = text.split(":")
            numbers = float(start), float(stop), int(n_pixel)
        except ValueError:
            raise BadConfig(
                f"The grid {text!r} is not of the form start:stop:n: give first and last wavelength in Angstrom and "
                "the number of pixels, as in 3388:8318:1000."
            ) from None
        return cls.from_range(*numbers)

    @cached_property
    def log10_wavelength(self) -> np.ndarray:
        """Pixel centres, log10 Angstrom, (n_pixel,)."""
        return self.log10_start + self.log10_step * np.arange(self.n_pixel)

    @cached_property
    def wavelength(self) -> np.ndarray:
        """Pixel centres in Angstrom, (n_pixel,)."""
        return 10.0**self.log10_wavelength

    @cached_property
    def edges(self) -> np.ndarray:
        """Pixel edges in Angstrom, (n_pixel + 1,)."""
        return 10.0 ** (self.log10_start + self.log10_step * (np.arange(self.n_pixel + 1) - 0.5))

    @property
    def pixel_velocity(self) -> float:
        """Width of a pixel as a velocity, km/s: the same everywhere, since the grid is logarithmic.

        >>> round(DEFAULT_GRID.pixel_velocity, 1)
        269.5
        """
        return float(np.log(10.0) * self.log10_step * SPEED_OF_LIGHT)

    def matches(self, other: "Grid") -> bool:
        """Whether the two grids are the same to a hundredth of a pixel everywhere."""
        if not isinstance(other, SpectralGrid) or self.n_pixel != other.n_pixel:
            return False
        ends = np.abs(self.log10_wavelength[[0, -1]] - other.log10_wavelength[[0, -1]])
        return bool((ends < 0.01 * self.log10_step).all())

    def to_json(self) -> dict[str, float | int]:
        """The three numbers, for headers."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.wavelength[0]:.6g}:{self.wavelength[-1]:.6g}:{self.n_pixel}"


DEFAULT_GRID = SpectralGrid.from_range(3388.0, 8318.0, 1000)
"""1000 logarithmic pixels, 3388 to 8318 Angstrom (Portillo et al. 2020, section 3)."""

EFFECTIVE_WAVELENGTHS = {
    **{"u": 3551.0, "g": 4686.0, "r": 6166.0, "i": 7480.0, "z": 8932.0},
    **{"b": 4380.0, "v": 5450.0, "y": 10214.0, "j": 12535.0, "h": 16453.0, "k": 21540.0, "ks": 21540.0},
    **{"w1": 33526.0, "w2": 46028.0, "w3": 115608.0, "w4": 220883.0},
}
"""Effective wavelengths in Angstrom of bands by their usual names: SDSS ugriz (Fukugita et al. 1996), Johnson B and V
(Bessell 1990), VISTA YJHKs (Sutherland et al. 2015), WISE (Wright et al. 2010). For axes only."""

KIND = "bands"

SOFTENED = "~"
"""Stands between a band and the softening of its asinh magnitudes: ``u~25.1``."""


@dataclass(frozen=True)
class BandGrid:
    """The bands of a photometric survey, in the place of a wavelength grid.

    The "flux" of a survey on such a grid is magnitudes, and its ivar is one over their squared errors (mag^-2).

    Parameters
    ----------
    bands
        Their names, in the order of the columns.
    extras
        Names of further measurements, as radii and concentrations, whose columns follow those of the bands, each in a
        unit of its own.
    softening
        Of asinh magnitudes, for each band in magnitudes, ``None`` for the usual ones; empty where all are these.

    Examples
    --------
    >>> bands = BandGrid.parse("u,g,r,i,z")
    >>> bands.wavelength.tolist()
    [3551.0, 4686.0, 6166.0, 7480.0, 8932.0]
    """

    bands: tuple[str, ...]
    extras: tuple[str, ...] = ()
    softening: tuple[float | None, ...] = ()

    sample: ClassVar[str] = "band"

    def __post_init__(self) -> None:
        if len(self.bands) < 2 or len(set(self.names)) < len(self.names) or not all(self.names):
            raise BadConfig(
                f"A photometric survey needs at least 2 bands with different names, got {', '.join(self.names)!r}: "
                "give them as in u,g,r,i,z."
            )

    @classmethod
    def parse(cls, text: str) -> "BandGrid":
        """Read names with commas between them."""
        return cls(tuple(name.strip() for name in text.split(",")))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns: bands, then further measurements."""
        return self.bands + self.extras

    @property
    def n_pixel(self) -> int:
        """Number of columns."""
        return len(self.names)

    @cached_property
    def wavelength(self) -> np.ndarray:
        """Effective wavelengths in Angstrom, (n_pixel,); running numbers 1, 2… where one band is not known.

        Further measurements have none: they stand beyond the reddest band, evenly spaced, so that axes have room.
        """
        known = [EFFECTIVE_WAVELENGTHS.get(name.lower()) for name in self.bands]
        bands = np.arange(1.0, len(self.bands) + 1) if None in known else np.array(known)
        step = (bands.max() - bands.min()) / (len(self.bands) - 1)
        return np.concatenate([bands, bands.max() + step * np.arange(1, len(self.extras) + 1)])

    @cached_property
    def edges(self) -> np.ndarray:
        """Rising borders halfway between bands that are neighbours in wavelength, (n_pixel + 1,)."""
        centre = np.sort(self.wavelength)
        middle = 0.5 * (centre[1:] + centre[:-1])
        return np.concatenate([[2 * centre[0] - middle[0]], middle, [2 * centre[-1] - middle[-1]]])

    def matches(self, other: "Grid") -> bool:
        """Whether the other has the same columns in the same order and of the same magnitudes."""
        return self == other

    def to_json(self) -> dict[str, object]:
        """Kind and names, for headers."""
        header: dict[str, object] = {"kind": KIND, "bands": list(self.bands)}
        more = {"extras": self.extras, "softening": self.softening}
        return header | {name: list(values) for name, values in more.items() if values}

    def __str__(self) -> str:
        levels = self.softening or (None,) * len(self.bands)
        pairs = zip(self.bands, levels, strict=True)
        bands = ",".join(name if level is None else f"{name}{SOFTENED}{level:g}" for name, level in pairs)
        return bands + (f" --extras {','.join(self.extras)}" if self.extras else "")


PIXELS = "pixels"


@dataclass(frozen=True)
class PixelGrid:
    """Pixels that carry no wavelength, in the place of a wavelength grid: images, and cubes whose bands nobody knows.

    Parameters
    ----------
    n_pixel
        Number of pixels.
    """

    n_pixel: int

    sample: ClassVar[str] = "pixel"

    def __post_init__(self) -> None:
        if self.n_pixel > MOST_PIXELS:
            raise BadConfig(f"A grid of {self.n_pixel:,} pixels is too fine: at most {MOST_PIXELS:,}.")
        if self.n_pixel < 2:
            raise BadConfig(f"A grid of pixels needs at least 2 of them, got {self.n_pixel}: give it as in pixels:784.")

    @cached_property
    def wavelength(self) -> np.ndarray:
        """Running numbers 1, 2…, (n_pixel,)."""
        return np.arange(1.0, self.n_pixel + 1)

    @cached_property
    def edges(self) -> np.ndarray:
        """Borders between pixels, (n_pixel + 1,)."""
        return np.arange(self.n_pixel + 1) + 0.5

    def matches(self, other: "Grid") -> bool:
        """Whether the other has as many pixels."""
        return self == other

    def to_json(self) -> dict[str, object]:
        """Kind and number, for headers."""
        return {"kind": PIXELS, "n_pixel": self.n_pixel}

    def __str__(self) -> str:
        return f"{PIXELS}:{self.n_pixel}"


Grid = SpectralGrid | BandGrid | PixelGrid


def parse_grid(text: str) -> SpectralGrid | PixelGrid:
    """Read ``start:stop:n`` (Angstrom, Angstrom, pixels), or ``pixels:n`` for pixels that carry no wavelength."""
    kind, _, number = text.partition(":")
    if kind.strip().lower() == PIXELS and (n_pixel := whole_number(number)) is not None:
        return PixelGrid(n_pixel)
    return SpectralGrid.parse(text)


def grid_from_json(header: Mapping[str, object]) -> Grid:
    """Grid of a header: bands or counted pixels where its kind says so, else a wavelength grid."""
    if header.get("kind") == PIXELS:
        return PixelGrid(int(header["n_pixel"]))
    if header.get("kind") == KIND:
        return BandGrid(*(tuple(header.get(name, ())) for name in ("bands", "extras", "softening")))
    return SpectralGrid(**header)


def check_grid(trained: Grid, given: Grid) -> None:
    """Raise `GridMismatch` unless spectra on the grid ``given`` suit a model trained on the grid ``trained``."""
    if not trained.matches(given):
        option = "--bands" if isinstance(trained, BandGrid) else "--grid"
        raise GridMismatch(
            f"The spectra lie on the grid {given}, but the model was trained on {trained}: ingest them once more "
            f"with {option} {trained}, or train a model on this survey."
        )
