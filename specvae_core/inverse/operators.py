"""Linear operators A of measurements y = A x + η (Rissaki et al. 2020, Eq. 1), and their adjoints.

Each operator obeys ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for all x and y.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from functools import cached_property
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor

from ..errors import BadConfig


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
