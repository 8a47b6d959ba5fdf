"""Where the pixels of a spectrum lie."""

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from .errors import BadConfig


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
    """

    log10_start: float
    log10_step: float
    n_pixel: int

    def __post_init__(self) -> None:
        if self.n_pixel < 2 or not self.log10_step > 0 or not np.isfinite(self.log10_start):
            raise BadConfig(
                f"A wavelength grid needs at least 2 pixels and rising wavelengths, got {self.n_pixel} pixels of "
                f"{self.log10_step:g} dex from {self.log10_start:g}: give it as start:stop:n, as in 3388:8318:1000."
            )

    @classmethod
    def from_range(cls, start: float, stop: float, n_pixel: int) -> "SpectralGrid":
        """The grid of ``n_pixel`` pixels whose first and last are centred on ``start`` and ``stop`` (Angstrom)."""
        if not (0 < start < stop) or n_pixel < 2:
            raise BadConfig(
                f"A wavelength grid runs from a smaller to a larger wavelength with at least 2 pixels, got "
                f"{start:g}:{stop:g}:{n_pixel}: give it as start:stop:n in Angstrom, as in 3388:8318:1000."
            )
        low, high = np.log10([start, stop])
        return cls(float(low), float((high - low) / (n_pixel - 1)), int(n_pixel))

    @classmethod
    def parse(cls, text: str) -> "SpectralGrid":
        """Read ``start:stop:n`` (Angstrom, Angstrom, pixels)."""
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

    def matches(self, other: "SpectralGrid") -> bool:
        """Whether the two grids are the same to a hundredth of a pixel everywhere."""
        if self.n_pixel != other.n_pixel:
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
