"""Linear operators A of measurements y = A x + η (Rissaki et al. 2020, Eq. 1), and their adjoints.

Each operator obeys ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for all x and y.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from torch import Tensor

from ..errors import BadConfig
from ..grid import SpectralGrid
from ..lines import FWHM_PER_SIGMA


class LinearOperator(ABC):
    """A linear measurement of spectra.

    Parameters
    ----------
    n_in
        Pixels of a spectrum.
    n_out
        Data that a measurement gives.
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        self.n_in, self.n_out = n_in, n_out

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """A x: (…, n_in) to (…, n_out)."""

    @abstractmethod
    def adjoint(self, y: Tensor) -> Tensor:
        """Aᵀ y: (…, n_out) to (…, n_in)."""

    @cached_property
    def matrix(self) -> Tensor:
        """Aᵀ as a matrix (n_in, n_out) float64, row p the data of a spectrum that is 1 in pixel p and 0 elsewhere."""
        return self.forward(torch.eye(self.n_in, dtype=torch.double))

    def to(self, device: torch.device) -> Self:
        """The same operator, for spectra on another device."""
        other, _ = copy(self), self.matrix  # which is made where the operator was
        other.__dict__ |= {name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)}
        return other


class Identity(LinearOperator):
    """Every pixel as it is: denoising, and filling of holes that differ from spectrum to spectrum (ivar 0)."""

    def __init__(self, n_in: int) -> None:
        super().__init__(n_in, n_in)

    def forward(self, x: Tensor) -> Tensor:
        """The spectrum."""
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        """The spectrum."""
        return y


class Mask(LinearOperator):
    """The same pixels hidden in all spectra: 0 there (inpainting).

    Parameters
    ----------
    kept
        (n_in,) bool.
    """

    def __init__(self, kept: Tensor) -> None:
        super().__init__(len(kept), len(kept))
        self.kept = kept

    def forward(self, x: Tensor) -> Tensor:
        """The spectrum, 0 where hidden."""
        return torch.where(self.kept, x, 0.0)

    def adjoint(self, y: Tensor) -> Tensor:
        """The spectrum, 0 where hidden."""
        return torch.where(self.kept, y, 0.0)


class Subset(LinearOperator):
    """Some pixels only, the same of all spectra (super-resolution from scattered pixels).

    Parameters
    ----------
    n_in
        Pixels of a spectrum.
    pixels
        (n_out,) numbers of the pixels that are measured.
    """

    def __init__(self, n_in: int, pixels: Tensor) -> None:
        super().__init__(n_in, len(pixels))
        self.pixels = pixels

    def forward(self, x: Tensor) -> Tensor:
        """The flux in those pixels."""
        return x[..., self.pixels]

    def adjoint(self, y: Tensor) -> Tensor:
        """Each datum back in its pixel."""
        return y.new_zeros(*y.shape[:-1], self.n_in).index_add(-1, self.pixels, y)


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


class Downsample(LinearOperator):
    """Means of neighbouring pixels; left-over pixels at the red end are dropped.

    Parameters
    ----------
    n_in
        Pixels of a spectrum.
    factor
        Pixels that are averaged into one.

    Examples
    --------
    >>> Downsample(5, 2).forward(torch.tensor([1.0, 3.0, 5.0, 7.0, 9.0])).tolist()
    [2.0, 6.0]
    """

    def __init__(self, n_in: int, factor: int) -> None:
        if not 1 <= factor <= n_in:
            raise BadConfig(f"Spectra of {n_in} pixels cannot be downsampled by {factor}: give 1 to {n_in}.")
        super().__init__(n_in, n_in // factor)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """The means."""
        used = x[..., : self.n_out * self.factor]
        return used.reshape(*x.shape[:-1], self.n_out, self.factor).mean(dim=-1)

    def adjoint(self, y: Tensor) -> Tensor:
        """Each mean's share back in its pixels."""
        spread = (y / self.factor).repeat_interleave(self.factor, dim=-1)
        return torch.nn.functional.pad(spread, (0, self.n_in - spread.shape[-1]))


class Matrix(LinearOperator):
    """Any operator, given by its matrix.

    Parameters
    ----------
    weights
        (n_out, n_in) float64.
    """

    def __init__(self, weights: Tensor) -> None:
        super().__init__(weights.shape[1], weights.shape[0])
        self.weights = weights

    def forward(self, x: Tensor) -> Tensor:
        """The product."""
        return x @ self.weights.T.to(x.dtype)

    def adjoint(self, y: Tensor) -> Tensor:
        """The product with the transpose."""
        return y @ self.weights.to(y.dtype)


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


class Compose(LinearOperator):
    """One operator after the other.

    Parameters
    ----------
    operators
        The first is applied first; at least one.

    Examples
    --------
    >>> operator = Compose([Mask(torch.tensor([True, True, False, False])), Downsample(4, 2)])
    >>> operator.forward(torch.ones(4)).tolist()
    [1.0, 0.0]
    >>> operator.adjoint(torch.ones(2)).tolist()
    [0.5, 0.5, 0.0, 0.0]
    """

    def __init__(self, operators: Sequence[LinearOperator]) -> None:
        for first, second in pairwise(operators):
            if first.n_out != second.n_in:
                raise BadConfig(
                    f"An operator that takes {second.n_in} data cannot follow one that gives {first.n_out}."
                )
        super().__init__(operators[0].n_in, operators[-1].n_out)
        self.operators = tuple(operators)

    def to(self, device: torch.device) -> Self:
        """The same operators, for spectra on another device."""
        other = super().to(device)
        other.operators = tuple(operator.to(device) for operator in self.operators)
        return other

    def forward(self, x: Tensor) -> Tensor:
        """Data of all operators in turn."""
        for operator in self.operators:
            x = operator.forward(x)
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        """The adjoints, backwards."""
        for operator in reversed(self.operators):
            y = operator.adjoint(y)
        return y
