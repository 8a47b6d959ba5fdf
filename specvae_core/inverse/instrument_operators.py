"""Operators of an instrument, which need to know where the pixels lie: its resolution, its filters, the redshift."""

import math

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig
from ..grid import SpectralGrid
from ..lines import FWHM_PER_SIGMA
from .operators import LinearOperator, Matrix


class Blur(LinearOperator):
    """A lower resolution: convolution with a Gaussian of constant width in log wavelength.

    At the ends the kernel is cut and renormalised, so that a flat spectrum stays flat.

    Parameters
    ----------
    grid
        Where the pixels lie.
    resolution
        λ / FWHM of the kernel.

    Raises
    ------
    BadConfig
        A kernel narrower than half a pixel, or wider than the grid.
    """

    def __init__(self, grid: SpectralGrid, resolution: float) -> None:
        super().__init__(grid.n_pixel, grid.n_pixel)
        self.sigma = 1 / (resolution * FWHM_PER_SIGMA * math.log(10) * grid.log10_step)
        if not 0.2 < self.sigma < grid.n_pixel / 4:
            finest = 1 / (0.2 * FWHM_PER_SIGMA * math.log(10) * grid.log10_step)
            raise BadConfig(
                f"A resolution of {resolution:g} is a kernel of {self.sigma * FWHM_PER_SIGMA:.3g} pixels FWHM on a "
                f"grid of {grid.n_pixel}: give one from {finest * 0.8 / grid.n_pixel:.0f} to {finest:.0f}."
            )
        reach = math.ceil(4 * self.sigma)
        kernel = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=torch.double) / self.sigma) ** 2)
        self._kernel = (kernel / kernel.sum())[None, None]
        self._norm = self._convolve(torch.ones(self.n_in, dtype=torch.double))

    def _convolve(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, 1, self.n_in)
        smooth = torch.nn.functional.conv1d(rows, self._kernel.to(x.dtype), padding=self._kernel.shape[-1] // 2)
        return smooth.reshape(x.shape)

    def forward(self, x: Tensor) -> Tensor:
        """The blurred spectrum."""
        return self._convolve(x) / self._norm.to(x.dtype)

    def adjoint(self, y: Tensor) -> Tensor:
        """The kernel is symmetric; only its normalisation changes sides."""
        return self._convolve(y / self._norm.to(y.dtype))


class Bands(Matrix):
    """Mean flux through filters, as a photon counter gives it: ∫ F T λ dλ / ∫ T λ dλ.

    Parameters
    ----------
    grid
        Where the pixels lie.
    curves
        (n_band, n_pixel) transmission T of each filter at the pixels, at any scale, not 0 throughout.
    """

    def __init__(self, grid: SpectralGrid, curves: np.ndarray) -> None:
        weights = curves * grid.wavelength * np.diff(grid.edges)
        super().__init__(torch.from_numpy(weights / weights.sum(axis=1, keepdims=True)))


class Redshift(LinearOperator):
    """A redshift: a spectrum at rest to the observed one, on a grid of the same logarithmic step.

    A redshift moves a logarithmic grid by log10(1 + z), so flux is interpolated linearly between two pixels; 0 where
    the spectrum does not reach.

    Parameters
    ----------
    rest, observed
        The two grids.
    redshift
        z.

    Raises
    ------
    BadConfig
        Grids of different steps, or a redshift at which they do not overlap.
    """

    def __init__(self, rest: SpectralGrid, observed: SpectralGrid, redshift: float) -> None:
        super().__init__(rest.n_pixel, observed.n_pixel)
        if abs(rest.log10_step - observed.log10_step) * max(self.n_in, self.n_out) > 0.01 * rest.log10_step:
            raise BadConfig(f"The grids {rest} and {observed} have different steps: give them the same.")
        first = (observed.log10_start - math.log10(1 + redshift) - rest.log10_start) / rest.log10_step
        place = first + torch.arange(self.n_out, dtype=torch.double)
        self.covered = (place >= 0) & (place <= self.n_in - 1)
        if not self.covered.any():
            raise BadConfig(f"At redshift {redshift:g} the model's {rest} lies outside of the observed {observed}.")
        self._low = place.floor().clamp(0, self.n_in - 2).long()
        self._share = torch.where(self.covered, place - self._low, 0.0)

    def forward(self, x: Tensor) -> Tensor:
        """The observed spectrum."""
        share = self._share.to(x.dtype)
        flux = (1 - share) * x[..., self._low] + share * x[..., self._low + 1]
        return torch.where(self.covered, flux, 0.0)

    def adjoint(self, y: Tensor) -> Tensor:
        """Each datum's share back in its two pixels."""
        y, share = torch.where(self.covered, y, 0.0), self._share.to(y.dtype)
        empty = y.new_zeros(*y.shape[:-1], self.n_in)
        return empty.index_add(-1, self._low, (1 - share) * y).index_add(-1, self._low + 1, share * y)
